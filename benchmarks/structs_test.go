package benchmarks_test

import (
	"database/sql"
	"reflect"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/internal/typed"
	"github.com/e6data/e6data-go/thriftrows"
)

// Rows of the data sets, as an application would declare them.
type (
	mixedRow struct {
		ID       int64              `db:"id"`
		Quantity int32              `db:"quantity"`
		Price    sql.Null[float64]  `db:"price"`
		Name     sql.Null[string]   `db:"name"`
		Day      time.Time          `db:"day"`
		At       time.Time          `db:"at"`
		Amount   thriftrows.Decimal `db:"amount"`
		Active   bool               `db:"active"`
	}
	wideRow struct{ A, B, C, D string }
	intsRow struct{ A, B, C, D int64 }
)

// BenchmarkStructs is decoding a chunk into structs.
func BenchmarkStructs(b *testing.B) {
	compareChunks(b,
		competitor{"e6data", func(b *testing.B, s *data.Set) func() { return structReaders[s](b, s) }},
	)
}

var structReaders = map[*data.Set]func(testing.TB, *data.Set) func(){
	data.Mixed: fillBlocks[mixedRow],
	data.Wide:  fillBlocks[wideRow],
	data.Ints:  fillBlocks[intsRow],
}

func fillBlocks[T any](tb testing.TB, s *data.Set) func() {
	plan, err := typed.Compile(reflect.TypeFor[T](), names(s), typed.Options{})
	must(tb, err)
	block := typed.NewBlock[T](plan, typed.BlockRows)
	var chunk thriftrows.Chunk
	batch := thriftrows.NewBatch(nil, nil)
	var last T
	return func() {
		must(tb, chunk.Decode(s.Chunk(0), len(s.Columns)))
		batch.Reset(&chunk)
		n := 0
		for batch.NextRun(typed.BlockRows) {
			rows, err := block.Fill(batch, nil)
			must(tb, err)
			for i := range rows {
				last = rows[i]
			}
			n += len(rows)
		}
		if n != data.ChunkRows {
			tb.Fatal(n, last)
		}
	}
}
