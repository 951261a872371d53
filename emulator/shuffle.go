//go:build cgo

package emulator

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// shuffler changes the order of the rows of a result, chunk by chunk, as a cluster may where a query
// has no ORDER BY. The same seed and statement have the same order.
type shuffler struct {
	random *rand.Rand
	types  []duckdb.LogicalType
}

// newShuffler returns what shuffles a statement's rows, nil for a statement that has an order.
func newShuffler(seed uint64, sql string, r *result) *shuffler {
	if seed == 0 || ordered(sql) {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(sql)) // it never fails
	s := &shuffler{random: rand.New(rand.NewPCG(seed, h.Sum64()))}
	for i := range r.columns {
		s.types = append(s.types, duckdb.ColumnLogicalType(&r.duckdb, duckdb.IdxT(i)))
	}
	return s
}

func (s *shuffler) free() {
	for i := range s.types {
		duckdb.DestroyLogicalType(&s.types[i])
	}
	s.types = nil
}

// shuffle puts a chunk with the rows in another order into its place.
func (s *shuffler) shuffle(chunk *duckdb.DataChunk) {
	n := duckdb.DataChunkGetSize(*chunk)
	if n < 2 {
		return
	}
	sel := duckdb.CreateSelectionVector(n)
	defer duckdb.DestroySelectionVector(&sel)
	order := unsafe.Slice(duckdb.SelectionVectorGetDataPtr(sel), n) //nolint:gosec // it has n elements
	for i := range order {
		order[i] = duckdb.SelT(i)
	}
	s.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	out := duckdb.CreateDataChunk(s.types)
	for i := range s.types {
		at := duckdb.IdxT(i)
		duckdb.VectorCopySel(duckdb.DataChunkGetVector(*chunk, at), duckdb.DataChunkGetVector(out, at), sel, n, 0, 0)
	}
	duckdb.DataChunkSetSize(out, n)
	duckdb.DestroyDataChunk(chunk)
	*chunk = out
}

// ordered reports whether a statement has an ORDER BY that is not inside brackets.
func ordered(sql string) bool {
	scan := sqltext.NewScanner(sql)
	depth, order := 0, false
	for {
		t, ok := scan.Next()
		if !ok {
			return false
		}
		word := sql[t.Start:t.End]
		switch t.Kind {
		case sqltext.KindBlank, sqltext.KindComment:
			continue
		case sqltext.KindOperator:
			depth += strings.Count(word, "(") - strings.Count(word, ")")
		case sqltext.KindWord:
			if order && depth == 0 && strings.EqualFold(word, "BY") {
				return true
			}
		}
		order = t.Kind == sqltext.KindWord && strings.EqualFold(word, "ORDER")
	}
}
