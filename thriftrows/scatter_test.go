package thriftrows_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// element is a variable of each type that columns are scattered into, as the field of a
// struct.
type element struct {
	n int64
	m int32
	b bool
	f float64
	s string
	t time.Time
	d thriftrows.Decimal
}

// scattered compares what a Scatter method writes with what its twin returns.
func scattered[T any](rows []element, field func(*element) *T, read func() ([]T, thriftrows.Nulls, error), write func([]*T) (thriftrows.Nulls, error)) error {
	want, wantNulls, wantErr := read()
	want = append([]T(nil), want...)
	dst := make([]*T, len(rows))
	for i := range rows {
		dst[i] = field(&rows[i])
	}
	nulls, err := write(dst)
	if err != nil || wantErr != nil {
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			return fmt.Errorf("error %w, want %w", err, wantErr)
		}
		return nil
	}
	if nulls.Any() != wantNulls.Any() || nulls.All() != wantNulls.All() {
		return fmt.Errorf("nulls %v, want %v", nulls, wantNulls)
	}
	next := -1
	if nulls.All() {
		next = len(rows)
	}
	for i := len(rows); i >= 0; i-- {
		if i < len(rows) && wantNulls.Null(i) {
			next = i
		}
		if got := nulls.Next(i); got != next {
			return fmt.Errorf("the first NULL from row %d on is in row %d, want %d", i, got, next)
		}
	}
	for i := range rows {
		if nulls.Null(i) != wantNulls.Null(i) {
			return fmt.Errorf("row %d: NULL %v", i, nulls.Null(i))
		}
		// A NaN is alike only as text.
		if got := *dst[i]; !nulls.Null(i) && !reflect.DeepEqual(got, want[i]) && fmt.Sprint(got) != fmt.Sprint(want[i]) {
			return fmt.Errorf("row %d: %v, want %v", i, got, want[i])
		}
	}
	return nil
}

// scatteredColumn compares all Scatter methods of a column.
func scatteredColumn(c *thriftrows.BatchColumn, rows []element) error {
	for name, err := range map[string]error{
		"Int64s":   scattered(rows, func(e *element) *int64 { return &e.n }, c.Int64s, c.ScatterInt64s),
		"Int32s":   scattered(rows, func(e *element) *int32 { return &e.m }, func() ([]int32, thriftrows.Nulls, error) { return c.AppendInt32s(nil) }, c.ScatterInt32s),
		"Bools":    scattered(rows, func(e *element) *bool { return &e.b }, c.Bools, c.ScatterBools),
		"Float64s": scattered(rows, func(e *element) *float64 { return &e.f }, c.Float64s, c.ScatterFloat64s),
		"Strings":  scattered(rows, func(e *element) *string { return &e.s }, c.Strings, c.ScatterStrings),
		"Times":    scattered(rows, func(e *element) *time.Time { return &e.t }, c.Times, c.ScatterTimes),
		"Decimals": scattered(rows, func(e *element) *thriftrows.Decimal { return &e.d }, c.Decimals, c.ScatterDecimals),
	} {
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// scatteredChunk compares a chunk run by run, up to so many rows.
func scatteredChunk(chunk *thriftrows.Chunk, loc *time.Location, run, most int) error {
	batch := thriftrows.NewBatch(nil, loc)
	batch.Reset(chunk)
	rows := 0
	for batch.NextRun(run) && rows < most {
		n := batch.NumRows()
		if batch.FirstRow() != rows || n > max(run, 1) {
			return fmt.Errorf("a run of %d rows from row %d on, want row %d", n, batch.FirstRow(), rows)
		}
		for k := range batch.NumColumns() {
			if err := scatteredColumn(batch.Column(k), make([]element, n)); err != nil {
				return fmt.Errorf("column %d, from row %d on: %w", k, rows, err)
			}
		}
		rows += n
	}
	if rows < min(chunk.NumRows(), most) {
		return fmt.Errorf("%d of %d rows", rows, chunk.NumRows())
	}
	return nil
}

func TestScatterIsLikeSlices(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range loadGolden(t) {
		var chunk thriftrows.Chunk
		if err := chunk.Decode(c.Chunk, len(c.Columns)); err != nil {
			t.Fatal(err)
		}
		for _, run := range []int{0, 7, 256} {
			for _, loc := range []*time.Location{nil, kolkata} {
				if err := scatteredChunk(&chunk, loc, run, 600); err != nil {
					t.Errorf("%s in runs of %d: %v", c.Name, run, err)
				}
			}
		}
	}
}

func FuzzScatter(f *testing.F) {
	for _, c := range loadGolden(f) {
		if len(c.Chunk) < 500 {
			f.Add(c.Chunk, byte(len(c.Columns)), byte(3))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, columns, run byte) {
		var chunk thriftrows.Chunk
		if chunk.Decode(b, int(columns)) != nil {
			return
		}
		if err := scatteredChunk(&chunk, nil, int(run), maxFuzzRows); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSeek(t *testing.T) {
	v, err := thriftrows.NewVector(thriftrows.Long, 0, []any{10, 11, 12})
	if err != nil {
		t.Fatal(err)
	}
	cursor := thriftrows.NewCursor(nil, nil)
	if cursor.Seek(0) {
		t.Error("there is a row without a chunk")
	}
	b, err := thriftrows.AppendChunk(nil, 3, []thriftrows.Vector{v})
	if err != nil {
		t.Fatal(err)
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, 1); err != nil {
		t.Fatal(err)
	}
	cursor.Reset(&chunk)
	for _, row := range []int{2, 0, 1} {
		if !cursor.Seek(row) {
			t.Errorf("no row %d", row)
		} else if v, err := cursor.Value(0); v != int64(10+row) || err != nil {
			t.Errorf("row %d is %v, %v", row, v, err)
		}
	}
	if cursor.Seek(3) || cursor.Seek(-1) {
		t.Error("there is a row beyond the chunk")
	}
}

func TestTextBytes(t *testing.T) {
	texts, err := thriftrows.NewVector(thriftrows.String, 0, []any{"a", "bc", nil})
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := thriftrows.NewVector(thriftrows.Long, 0, []any{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	batch := batchOf(t, 3, texts, numbers)
	if n, none := batch.Column(0).TextBytes(), batch.Column(1).TextBytes(); n != 3*4+3 || none != 0 {
		t.Errorf("%d and %d bytes", n, none)
	}
}
