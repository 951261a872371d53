package data_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/internal/thriftgen"
	"github.com/e6data/e6data-go/thriftrows"
)

func TestSets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		set                   *data.Set
		rows, columns, chunks int
		bytesARow             int
	}{
		{data.Mixed, 524_288, 8, 64, 91},
		{data.Wide, 524_288, 4, 64, 276},
		{data.Ints, 1_000_000, 4, 123, 36},
	} {
		t.Run(tc.set.Name, func(t *testing.T) {
			t.Parallel()
			s := tc.set
			if s.Rows != tc.rows || len(s.Columns) != tc.columns || s.NumChunks() != tc.chunks {
				t.Fatalf("%d rows, %d columns, %d chunks", s.Rows, len(s.Columns), s.NumChunks())
			}
			rows := 0
			for i := range s.NumChunks() {
				rows += s.RowsIn(i)
			}
			if rows != s.Rows {
				t.Errorf("chunks of %d rows together", rows)
			}
			if got := len(s.Chunk(0)) / data.ChunkRows; got != tc.bytesARow {
				t.Errorf("%d bytes a row, want %d", got, tc.bytesARow)
			}
			if bytes.Equal(s.Chunk(0), s.Chunk(1)) {
				t.Error("the first two chunks are the same")
			}
			meta, err := thriftrows.DecodeMetadata(s.Metadata())
			if err != nil {
				t.Fatal(err)
			}
			if meta.RowCount != int64(s.Rows) || len(meta.Columns) != len(s.Columns) {
				t.Errorf("metadata of %d rows and %d columns", meta.RowCount, len(meta.Columns))
			}
			for _, i := range []int{0, s.NumChunks() - 1} {
				testChunk(t, s, i)
			}
		})
	}
}

// testChunk compares the chunk that Apache Thrift's code reads with the
// generated one.
func testChunk(t *testing.T, s *data.Set, i int) {
	t.Helper()
	chunk := thriftgen.NewChunk()
	buf := &thrift.TMemoryBuffer{Buffer: bytes.NewBuffer(s.Chunk(i))}
	if err := chunk.Read(context.Background(), thrift.NewTBinaryProtocolConf(buf, nil)); err != nil {
		t.Fatal(err)
	}
	if buf.Len() > 0 {
		t.Errorf("chunk %d: %d bytes left", i, buf.Len())
	}
	if int(chunk.Size) != s.RowsIn(i) || len(chunk.Vectors) != len(s.Columns) {
		t.Fatalf("chunk %d: %d rows, %d columns", i, chunk.Size, len(chunk.Vectors))
	}
	for k, v := range chunk.Vectors {
		nulls := 0
		for _, null := range v.NullSet {
			if null {
				nulls++
			}
		}
		if got, want := count(v.Data), s.RowsIn(i); len(v.NullSet) != want || got != want {
			t.Errorf("chunk %d, column %d: %d values and %d marks of NULL, want %d", i, k, got, len(v.NullSet), want)
		}
		nullable := s == data.Mixed && (k == 2 || k == 3)
		if share := float64(nulls) / float64(s.RowsIn(i)); nullable != (share > 0.02 && share < 0.04) || !nullable && nulls > 0 {
			t.Errorf("chunk %d, column %d: %d NULLs", i, k, nulls)
		}
	}
}

func count(d *thriftgen.Data) int {
	switch {
	case d.BoolData != nil:
		return len(d.BoolData.Data)
	case d.Int32Data != nil:
		return len(d.Int32Data.Data)
	case d.Int64Data != nil:
		return len(d.Int64Data.Data)
	case d.Float64Data != nil:
		return len(d.Float64Data.Data)
	case d.VarcharData != nil:
		return len(d.VarcharData.Data)
	case d.DateData != nil:
		return len(d.DateData.Data)
	case d.TimeData != nil && len(d.TimeData.ZoneData) == len(d.TimeData.Data):
		return len(d.TimeData.Data)
	case d.Decimal128Data != nil:
		return len(d.Decimal128Data.Data)
	}
	return -1
}
