package arrowe6data_test

import (
	"errors"
	"testing"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/thriftrows"
)

// A converter makes an empty record of a batch without rows, and an error of a batch that
// lacks a column.
func TestConverterOfOddBatches(t *testing.T) {
	t.Parallel()
	columns := []thriftrows.Column{{Name: "a", Type: "LONG"}, {Name: "b", Type: "STRING"}, {Name: "c", Type: "BOOLEAN"}, {Name: "d", Type: "TIMESTAMP_TZ"}}
	c, err := arrowe6data.NewConverter(columns, arrowe6data.WithAllocator(checked(t)), arrowe6data.WithZones(), arrowe6data.WithDictionary())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	b, err := thriftrows.AppendChunk(nil, 1, []thriftrows.Vector{
		{Type: thriftrows.Long, Data: thriftrows.Int64Data{1}}, {Type: thriftrows.String, Data: thriftrows.VarcharData{"x"}},
		{Type: thriftrows.Boolean, Data: thriftrows.BoolData{true}}, {Type: thriftrows.TimestampTZ, Data: thriftrows.TimeData{Micros: []int64{1}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, len(columns)); err != nil {
		t.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	for range 2 { // before the first row, and on it
		rec, err := c.Record(batch)
		if err != nil {
			t.Fatal(err)
		}
		if int(rec.NumRows()) != batch.NumRows() || rec.NumCols() != 5 {
			t.Errorf("%d rows, want %d", rec.NumRows(), batch.NumRows())
		}
		rec.Release()
		batch.Next()
	}
	wide, err := arrowe6data.NewConverter(append(columns, thriftrows.Column{Name: "e", Type: "STRING"}), arrowe6data.WithAllocator(checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer wide.Release()
	batch.Reset(&chunk)
	batch.Next()
	var column *arrowe6data.ColumnError
	if _, err := wide.Record(batch); !errors.As(err, &column) || column.Column != 4 {
		t.Errorf("%v", err)
	}
}
