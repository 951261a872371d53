package arrowe6data_test

import (
	"errors"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/golden"
	"github.com/e6data/e6data-go/thriftrows"
)

// A converter makes the same records as a reader, for every golden case.
func TestConverter(t *testing.T) {
	srv := enginetest.Start(t, enginetest.Config{})
	db := openDB(t, srv)
	cases, err := golden.Load("../testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		r := enginetest.NewResult()
		for _, col := range c.Columns {
			r.Column(col.Name, col.FieldType)
		}
		srv.Handle(c.Name, r.RowCount(int64(2*c.RowCount)).Chunks(c.Chunk, c.Chunk))
		t.Run(c.Name, func(t *testing.T) {
			mem := checked(t)
			opts := []arrowe6data.Option{arrowe6data.WithAllocator(mem), arrowe6data.WithZones()}
			ctx := within(t, time.Minute)
			reader, err := arrowe6data.Query(ctx, db, c.Name, opts[0], opts[1])
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Release()
			batches, err := e6data.QueryBatches(ctx, db, c.Name)
			if err != nil {
				t.Fatal(err)
			}
			defer batches.Close()
			converter, err := arrowe6data.NewConverter(batches.Columns(), opts...)
			if err != nil {
				t.Fatal(err)
			}
			defer converter.Release()
			for batches.Next() {
				if !reader.Next() {
					if reader.Err() == nil {
						t.Fatal("the reader has fewer records")
					}
					break
				}
				rec, err := converter.Record(batches.Batch())
				if err != nil {
					t.Fatal(err)
				}
				if !rec.Schema().Equal(reader.Schema()) || !converter.Schema().Equal(reader.Schema()) {
					t.Errorf("schema %v, want %v", rec.Schema(), reader.Schema())
				}
				if !array.RecordApproxEqual(rec, reader.RecordBatch(), array.WithNaNsEqual(true), array.WithAbsTolerance(0)) {
					t.Errorf("record %v, want %v", rec, reader.RecordBatch())
				}
				rec.Release()
			}
			if batches.Err() != nil {
				t.Fatal(batches.Err())
			}
		})
	}
}

// A value that does not fit its column is an error that names the column.
func TestConverterErrors(t *testing.T) {
	v, err := thriftrows.NewVector(thriftrows.String, 0, []any{"text"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := thriftrows.AppendChunk(nil, 1, []thriftrows.Vector{v})
	if err != nil {
		t.Fatal(err)
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, 1); err != nil {
		t.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	batch.Next()
	columns := []thriftrows.Column{{Name: "n", Type: "LONG"}}
	converter, err := arrowe6data.NewConverter(columns, arrowe6data.WithAllocator(checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	var bad *arrowe6data.ColumnError
	if _, err := converter.Record(batch); !errors.As(err, &bad) || bad.Name != "n" {
		t.Errorf("%v, want a *ColumnError of n", err)
	}
	if want, err := arrowe6data.Schema(columns); err != nil || !converter.Schema().Equal(want) {
		t.Errorf("%v, %v, want %v", converter.Schema(), err, want)
	}
	if _, err := arrowe6data.NewConverter(columns, arrowe6data.WithDecimal(0, 0)); err == nil {
		t.Error("a precision of 0 was accepted")
	}
	if _, err := arrowe6data.NewConverter(columns, arrowe6data.WithDictionary("none")); err == nil {
		t.Error("a dictionary of no column was accepted")
	}
}
