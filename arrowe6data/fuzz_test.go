package arrowe6data_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/internal/golden"
	"github.com/e6data/e6data-go/thriftrows"
)

// FuzzRecord makes records of chunks that may be malformed, as columns of types that may
// be wrong. A record has the values of a Cursor, and all memory is given back.
func FuzzRecord(f *testing.F) {
	cases, err := golden.Load("../testdata/golden")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		if len(c.Chunk) < 600 {
			f.Add(c.Chunk, byte(len(c.Columns)), byte(0))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, columns, shift byte) {
		var chunk thriftrows.Chunk
		if chunk.Decode(b, int(columns)) != nil || chunk.NumRows() > 10_000 {
			return
		}
		described := make([]thriftrows.Column, chunk.NumColumns())
		for i := range described {
			typ := chunk.Type(i)
			if shift > 0 { // another type than the chunk's
				typ = thriftrows.VectorType((int(typ) + int(shift)) % int(thriftrows.Decimal128+1))
			}
			described[i] = thriftrows.Column{Name: fmt.Sprint("c", i), Type: typ.String()}
		}
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		defer mem.AssertSize(t, 0)
		c, err := arrowe6data.NewConverter(described, arrowe6data.WithAllocator(mem), arrowe6data.WithZones())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release()
		batch, cursor := thriftrows.NewBatch(nil, nil), thriftrows.NewCursor(nil, nil)
		batch.Reset(&chunk)
		cursor.Reset(&chunk)
		for first := true; batch.Next(); first = false {
			if first && c.Settle(batch) != nil {
				return
			}
			rec, err := c.Record(batch)
			if err != nil {
				return
			}
			if err := compareCursor(rec, cursor, len(described)); err != nil {
				rec.Release()
				t.Fatal(err)
			}
			rec.Release()
		}
	})
}

func compareCursor(rec arrow.RecordBatch, cursor *thriftrows.Cursor, columns int) error {
	for i := range int(rec.NumRows()) {
		if !cursor.Next() {
			return fmt.Errorf("no row %d", i)
		}
		for k := range columns {
			want, err := cursor.Value(k)
			if err != nil {
				continue // Arrow has the instant of an unknown zone, and no decimals that are too large
			}
			at := rec.Schema().FieldIndices(fmt.Sprint("c", k))[0]
			got := cell(rec.Column(at), i)
			if f, ok := want.(float64); ok && rec.Column(at).DataType().ID() == arrow.FLOAT32 {
				want = float64(float32(f))
			}
			if !sameCell(got, want) {
				return fmt.Errorf("row %d, column %d: %v, want %v", i, k, got, want)
			}
		}
	}
	return nil
}
