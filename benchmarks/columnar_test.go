package benchmarks_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/thriftrows"
)

// BenchmarkColumnar decodes chunks into typed columns. Texts are not copied,
// except by e6dataStrings, which makes Go strings. For Arrow the same data is
// encoded once in its stream format, with the zones of instants in a separate
// column. A chunk is a document, and so is the stream that the competitor arrow
// reads. arrowStream reads a stream with many record batches after one schema.
func BenchmarkColumnar(b *testing.B) {
	competitors := []competitor{
		{"e6data", e6dataColumns(false)},
		{"e6dataStrings", e6dataColumns(true)},
		{"thrift", thriftDecode},
		{"arrow", arrowDecode(1)},
		{"arrowStream", arrowDecode(32)},
	}
	compareChunks(b, competitors...)
}

// e6dataColumns decodes a chunk and all its columns: integers, doubles,
// booleans, decimals and strings as Go values, and instants as in Arrow, with
// their zones as locations.
func e6dataColumns(asStrings bool) func(b *testing.B, s *data.Set) func() {
	return func(b *testing.B, s *data.Set) func() { return readColumns(b, s, asStrings) }
}

func readColumns(b *testing.B, s *data.Set, asStrings bool) func() {
	var chunk thriftrows.Chunk
	batch := thriftrows.NewBatch(nil, nil)
	raw, columns := s.Chunk(0), len(s.Columns)
	return func() {
		must(b, chunk.Decode(raw, columns))
		batch.Reset(&chunk)
		n := 0
		for batch.Next() {
			n += batch.NumRows()
			for i := range columns {
				must(b, readColumn(batch.Column(i), asStrings))
			}
		}
		if n < data.ChunkRows {
			b.Fatalf("%d rows", n)
		}
	}
}

func readColumn(c *thriftrows.BatchColumn, asStrings bool) error {
	var err error
	switch c.Type() {
	case thriftrows.Integer, thriftrows.Long:
		_, _, err = c.Int64s()
	case thriftrows.Double:
		_, _, err = c.Float64s()
	case thriftrows.Boolean:
		_, _, err = c.Bools()
	case thriftrows.Decimal128:
		_, _, err = c.Decimals()
	case thriftrows.Date:
		_, _, err = c.Micros()
	case thriftrows.TimestampTZ:
		if _, _, err = c.Micros(); err == nil {
			_, _, err = c.Zones()
		}
	default:
		if asStrings {
			_, _, err = c.Strings()
		} else {
			_, _, err = c.Bytes()
		}
	}
	return err
}

// arrowDecode reads the next record batch of a stream with this many batches.
func arrowDecode(batches int) func(b *testing.B, s *data.Set) func() {
	return func(b *testing.B, s *data.Set) func() { return readArrow(b, s, batches) }
}

func readArrow(b *testing.B, s *data.Set, batches int) func() {
	stream := arrowStream(b, s, batches)
	var reader *ipc.Reader
	return func() {
		if reader == nil || !reader.Next() {
			if reader != nil {
				if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
				reader.Release()
			}
			var err error
			reader, err = ipc.NewReader(bytes.NewReader(stream))
			must(b, err)
			if !reader.Next() {
				b.Fatal(reader.Err())
			}
		}
		if n := touch(reader.RecordBatch()); n < data.ChunkRows {
			b.Fatalf("%d rows", n)
		}
	}
}

// touch accesses the values of every column, like a reader of the columns.
func touch(record arrow.RecordBatch) int {
	n := 0
	for _, column := range record.Columns() {
		switch column := column.(type) {
		case *array.Int64:
			n += len(column.Int64Values())
		case *array.Int32:
			n += len(column.Int32Values())
		case *array.Float64:
			n += len(column.Float64Values())
		case *array.String:
			n += len(column.ValueOffsets()) - 1
		case *array.Date32:
			n += len(column.Date32Values())
		case *array.Timestamp:
			n += len(column.TimestampValues())
		case *array.Decimal128:
			n += len(column.Values())
		case *array.Boolean:
			n += column.Len()
		}
	}
	return n
}

// arrowStream returns chunk 0 in Arrow's stream format, repeated the given
// number of times.
func arrowStream(tb testing.TB, s *data.Set, times int) []byte {
	var fields []arrow.Field
	var columns []arrow.Array
	for i, v := range s.Vectors(0) {
		column := arrowColumn(tb, v)
		fields = append(fields, arrow.Field{Name: s.Columns[i].Name, Type: column.DataType(), Nullable: true})
		columns = append(columns, column)
		if d, ok := v.Data.(thriftrows.TimeData); ok {
			zones := arrowTexts(d.Zones, v.Nulls)
			fields = append(fields, arrow.Field{Name: s.Columns[i].Name + "_zone", Type: zones.DataType(), Nullable: true})
			columns = append(columns, zones)
		}
	}
	record := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(s.RowsIn(0)))
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(record.Schema()))
	for range times {
		must(tb, w.Write(record))
	}
	must(tb, w.Close())
	return out.Bytes()
}

func arrowColumn(tb testing.TB, v thriftrows.Vector) arrow.Array {
	pool := memory.DefaultAllocator
	valid := valid(v.Nulls)
	switch d := v.Data.(type) {
	case thriftrows.Int64Data:
		b := array.NewInt64Builder(pool)
		b.AppendValues(d, valid)
		return b.NewArray()
	case thriftrows.Int32Data:
		b := array.NewInt32Builder(pool)
		b.AppendValues(d, valid)
		return b.NewArray()
	case thriftrows.Float64Data:
		b := array.NewFloat64Builder(pool)
		b.AppendValues(d, valid)
		return b.NewArray()
	case thriftrows.VarcharData:
		return arrowTexts(d, v.Nulls)
	case thriftrows.DateData:
		b := array.NewDate32Builder(pool)
		for _, micros := range d {
			b.Append(arrow.Date32(micros / (24 * 3600 * 1_000_000)))
		}
		return b.NewArray()
	case thriftrows.TimeData:
		b := array.NewTimestampBuilder(pool, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"})
		for _, micros := range d.Micros {
			b.Append(arrow.Timestamp(micros))
		}
		return b.NewArray()
	case thriftrows.Decimal128Data:
		b := array.NewDecimal128Builder(pool, &arrow.Decimal128Type{Precision: 18, Scale: d.Scale})
		for _, unscaled := range d.Unscaled {
			var low int64
			for _, x := range unscaled[8:] {
				low = low<<8 | int64(x)
			}
			b.Append(decimal128.FromI64(low))
		}
		return b.NewArray()
	case thriftrows.BoolData:
		b := array.NewBooleanBuilder(pool)
		b.AppendValues(d, valid)
		return b.NewArray()
	}
	tb.Fatalf("no Arrow column for %T", v.Data)
	return nil
}

func arrowTexts(texts []string, nulls []bool) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	b.AppendValues(texts, valid(nulls))
	return b.NewArray()
}

func valid(nulls []bool) []bool {
	valid := make([]bool, len(nulls))
	for i, null := range nulls {
		valid[i] = !null
	}
	return valid
}
