package e6data_test

import (
	"slices"
	"testing"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// BenchmarkScanAny scans into variables of type any, as generic code and most libraries do.
func BenchmarkScanAny(b *testing.B) {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	const rows, batches = 10_000, 20
	result := enginetest.NewResult().Column("id", "LONG").Column("name", "STRING").Column("price", "DECIMAL(10,2)").Column("x", "DOUBLE")
	var vectors []thriftrows.Vector
	for _, column := range []struct {
		typ   thriftrows.VectorType
		value any
	}{{thriftrows.Long, int64(1 << 40)}, {thriftrows.String, "name"}, {thriftrows.Decimal128, "12.30"}, {thriftrows.Double, 1.5}} {
		v, err := thriftrows.NewVector(column.typ, 2, slices.Repeat([]any{column.value}, rows))
		if err != nil {
			b.Fatal(err)
		}
		vectors = append(vectors, v)
	}
	chunk, err := thriftrows.AppendChunk(nil, rows, vectors)
	if err != nil {
		b.Fatal(err)
	}
	srv.Handle("q", result.Chunks(slices.Repeat([][]byte{chunk}, batches)...))
	db := openDB(b, srv)
	dest := make([]any, 4)
	for i := range dest {
		dest[i] = new(any)
	}
	b.ReportAllocs()
	for b.Loop() {
		result, err := db.Query("q")
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; result.Next(); n++ {
			if err := result.Scan(dest...); err != nil {
				b.Fatal(err)
			}
		}
		if n != rows*batches || result.Err() != nil {
			b.Fatal(n, result.Err())
		}
	}
}
