package enginetest_test

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// play has a server play r, and returns an executed query and its metadata.
func play(t *testing.T, r *enginetest.Result, cfg enginetest.Config) (*q, *thriftrows.Metadata) {
	t.Helper()
	noErr(t, r.Err())
	srv := newServer(t, cfg)
	srv.Handle("q", r)
	p := connect(t, srv).MustExecute("q")
	b, err := p.Metadata()
	noErr(t, err)
	m, err := thriftrows.DecodeMetadata(b)
	noErr(t, err)
	return p, m
}

func TestAllTypes(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 1, 31, 23, 59, 58, 0, time.FixedZone("", 19800))
	values := map[string]any{
		"BINARY": []byte{0, 0xff}, "BOOLEAN": true, "DOUBLE": 1.5, "FLOAT": float32(1.5), "INT96": day,
		"INTEGER": 1, "LONG": int64(1), "STRING": "x", "DATE": day, "DATETIME": day, "TIMESTAMP": day,
		"STRUCT": "{}", "MAP": "{}", "ARRAY": "[]", "NULL": nil, "TIMESTAMP_TZ": day,
		"DECIMAL128": big.NewInt(7), "DECIMAL(10, 2)": "12.30", "BIGINT": 5,
	}
	all := enginetest.NewResult()
	var row []any
	for word, v := range values {
		t.Run(word, func(t *testing.T) {
			r := enginetest.NewResult().Column("c", word).Row(v).Row(nil)
			p, m := play(t, r, enginetest.Config{})
			if m.RowCount != 2 || m.Columns[0].Type != word {
				t.Errorf("metadata %+v", m)
			}
			if got := p.Sizes(); !slices.Equal(got, []int{2}) {
				t.Errorf("chunks of %v rows", got)
			}
		})
		all.Column("c_"+word, word)
		row = append(row, v)
	}
	p, _ := play(t, all.Row(row...).EmptyBatch(), enginetest.Config{})
	if got := p.Sizes(); !slices.Equal(got, []int{1, 0}) {
		t.Errorf("chunks of %v rows", got)
	}
}

func TestBuilder(t *testing.T) {
	t.Parallel()
	long := func() *enginetest.Result { return enginetest.NewResult().Column("n", "LONG") }
	count := func(i int) []any { return []any{i} }
	constant := thriftrows.Vector{Type: thriftrows.Long, Constant: true, Nulls: []bool{false}, Data: thriftrows.NumericConstantData(7)}
	raw, err := thriftrows.AppendChunk(nil, 5, []thriftrows.Vector{constant})
	noErr(t, err)
	tests := []struct {
		name  string
		r     *enginetest.Result
		count int64
		sizes []int
	}{
		{"nothing", enginetest.NewResult(), 0, nil},
		{"no rows", long(), 0, nil},
		{"batches", long().Row(1).Row(2).Row(3).BatchRows(2), 3, []int{2, 1}},
		{"empty batches", long().EmptyBatch().Row(1).EmptyBatch().EmptyBatch().Row(2), 2, []int{0, 1, 0, 0, 1}},
		{"false count", long().Row(1).RowCount(9), 9, []int{1}},
		{"unknown count", long().Row(1).RowCount(-1), -1, []int{1}},
		{"constant", long().Vectors(3, constant).Row(1), 4, []int{3, 1}},
		{"raw", long().Chunks(raw, raw), -1, []int{5, 5}},
		{"generated", long().Generate(5, count).BatchRows(2), 5, []int{2, 2, 1}},
		{"generated nothing", long().Generate(0, count), 0, nil},
		{"chunk function", long().RowCount(15).ChunkFunc(func(i int) []byte { return [][]byte{raw, raw, raw, nil}[i] }), 15, []int{5, 5, 5}},
		{"other vectors", enginetest.NewResult().ColumnAs("n", "DECIMAL", thriftrows.Decimal128, 3).Row("1.234"), 1, []int{1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, m := play(t, tt.r, enginetest.Config{})
			if m.RowCount != tt.count {
				t.Errorf("row count %d", m.RowCount)
			}
			if got := p.Sizes(); !slices.Equal(got, tt.sizes) {
				t.Errorf("chunks of %v rows", got)
			}
			p.MustClear()
			// The same by V2, whatever the number of chunks in a response.
			p = p.MustExecute("q")
			var sizes []int
			for {
				r, err := p.BatchV2()
				noErr(t, err)
				for _, b := range r.GetResultBatches() {
					sizes = append(sizes, sizeOf(t, b))
				}
				if r.GetEndOfStream() {
					break
				}
			}
			if !slices.Equal(sizes, tt.sizes) {
				t.Errorf("V2: chunks of %v rows", sizes)
			}
			p.MustClear()
		})
	}
}

func TestBuilderErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		r    *enginetest.Result
		want string
	}{
		{"type", enginetest.NewResult().Column("price", "MONEY"), `column "price": unknown type "MONEY"`},
		{"value", enginetest.NewResult().Column("price", "LONG").Row("x"), `column "price"`},
		{"width", enginetest.NewResult().Column("price", "LONG").Row(1, 2), "2 values for 1 columns"},
		{"scale", enginetest.NewResult().Column("price", "DECIMAL(10,2)").Row("1.234"), `column "price"`},
		{"batch", enginetest.NewResult().BatchRows(0), "batch of 0 rows"},
		{"phase", enginetest.NewResult().Delay(9, 1), "no phase 9"},
		{"sources", enginetest.NewResult().Row().ChunkFunc(func(int) []byte { return nil }), "more than one"},
		{"name", enginetest.NewResult().Column(strings.Repeat("x", 70000), "LONG"), "does not fit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.r.Err(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Err is %v", err)
			}
			srv := newServer(t, enginetest.Config{})
			srv.Handle("q", tt.r)
			_, err := connect(t, srv).Prepare("q")
			wantErr(t, err, codes.Internal, tt.want)
		})
	}
	t.Run("generated", func(t *testing.T) {
		t.Parallel()
		r := enginetest.NewResult().Column("n", "LONG").Generate(4, func(i int) []any { return []any{[]any{1, 2, 3, "x"}[i]} }).BatchRows(2)
		p, _ := play(t, r, enginetest.Config{})
		_, err := p.Batch()
		noErr(t, err)
		_, err = p.Batch()
		wantErr(t, err, codes.Internal, "batch 1")
	})
}

func TestHandleTakesACopy(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	r := enginetest.NewResult().Column("n", "LONG").Row(1)
	srv.Handle("q", r)
	r.Row(2).Column("m", "LONG").FailAt(0, status.Error(codes.Unavailable, "lost"))
	c := connect(t, srv)
	if got := c.MustExecute("q").Sizes(); !slices.Equal(got, []int{1}) {
		t.Errorf("chunks of %v rows", got)
	}
	srv.Handle("q", nil)
	_, err := c.Prepare("q")
	wantErr(t, err, codes.Internal, "no result")
}

func TestBadBytes(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Metadata([]byte("meta")).Chunks([]byte("junk"), nil))
	c := connect(t, srv)
	p := c.MustExecute("q")
	b, err := p.Metadata()
	noErr(t, err)
	if string(b) != "meta" {
		t.Errorf("metadata %q", b)
	}
	r, err := p.BatchV2()
	noErr(t, err)
	if got := r.GetResultBatches(); len(got) != 2 || string(got[0]) != "junk" || len(got[1]) != 0 || !r.GetEndOfStream() {
		t.Errorf("V2 response %v", r)
	}
	p.MustClear()
}

func TestSizeZeroEnd(t *testing.T) {
	t.Parallel()
	r := enginetest.NewResult().Column("n", "LONG").Row(1).SizeZeroEnd()
	p, _ := play(t, r, enginetest.Config{})
	for _, want := range []int{1, 0} {
		b, err := p.Batch()
		noErr(t, err)
		if sizeOf(t, b) != want {
			t.Errorf("a chunk of %d rows", sizeOf(t, b))
		}
	}
	b, err := p.Batch()
	if len(b) != 0 || err != nil {
		t.Errorf("after the end: % x, %v", b, err)
	}
}

func TestV2(t *testing.T) {
	t.Parallel()
	rows := func(n int) *enginetest.Result {
		return enginetest.NewResult().Column("n", "LONG").Generate(n, func(i int) []any { return []any{i} }).BatchRows(1)
	}
	read := func(t *testing.T, p *q) string {
		t.Helper()
		var b strings.Builder
		for {
			r, err := p.BatchV2()
			noErr(t, err)
			fmt.Fprintf(&b, "%d ", len(r.GetResultBatches()))
			if r.GetEndOfStream() {
				return b.String() + "end"
			}
		}
	}
	for _, tt := range []struct {
		name string
		r    *enginetest.Result
		want string
	}{
		{"whole", rows(3), "3 end"},
		{"parts", rows(7), "3 3 1 end"},
		{"even parts", rows(6), "3 3 end"},
		{"nothing", rows(0), "0 end"},
		{"late end", rows(4).LateEnd(), "3 1 0 end"},
		{"empty answers", rows(4).EmptyAnswers(2), "0 0 3 0 0 1 end"},
		{"size 0 end", rows(4).SizeZeroEnd(), "3 2 end"},
		{"chunk function", rows(0).Generate(0, nil).ChunkFunc(func(i int) []byte { return bytes.Repeat([]byte("x"), 3-i) }), "3 0 end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, _ := play(t, tt.r, enginetest.Config{V2Chunks: 3})
			if got := read(t, p); got != tt.want {
				t.Errorf("chunks %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("off", func(t *testing.T) {
		t.Parallel()
		srv := newServer(t, enginetest.Config{DisableV2: true})
		srv.Handle("q", rows(3))
		p := connect(t, srv).MustExecute("q")
		_, err := p.BatchV2()
		wantErr(t, err, codes.Unimplemented, "")
		if got := p.Sizes(); len(got) != 3 {
			t.Errorf("chunks of %v rows", got)
		}
		p.MustClear()
		srv.SetV2(true, 2)
		p = p.MustExecute("q")
		if got := read(t, p); got != "2 1 end" {
			t.Errorf("chunks %s", got)
		}
		p.MustClear()
		balanced(t, srv)
	})
}

// BenchmarkDrain shows what the server itself costs a benchmark of a driver.
func BenchmarkDrain(b *testing.B) {
	srv, err := enginetest.NewServer(enginetest.Config{MaxCalls: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	chunk := make([]byte, 1<<20)
	srv.Handle("q", enginetest.NewResult().ChunkFunc(func(int) []byte { return chunk }))
	c := connect(b, srv)
	p := c.MustExecute("q")
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Batch(); err != nil {
			b.Fatal(err)
		}
	}
	p.MustClear()
}
