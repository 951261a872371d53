//go:build cgo

package emulator

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// A result is shuffled in windows of this size: rows, and bytes of their values as text.
const (
	shuffledRows  = 1 << 16
	shuffledBytes = 16 << 20
)

// shuffler changes the order of the rows of a result, as a cluster may do if a query has no
// ORDER BY. The order depends on the seed, the statement and the rows of a window, and not
// on the order in which DuckDB's threads return them.
type shuffler struct {
	seed  uint64
	types []duckdb.LogicalType
	kinds []*kind

	window []duckdb.DataChunk
	order  []shuffledRow // the rows of the window that are not returned yet
	ended  bool
	text   []byte
}

// shuffledRow is a row of a window. Rows are returned in the order of their keys.
type shuffledRow struct {
	key        uint64
	chunk, row int
}

// newShuffler returns the shuffler of a statement's result. It returns nil if the seed is 0
// or if the statement has an order.
func newShuffler(seed uint64, sql string, r *result) *shuffler {
	if seed == 0 || ordered(sql) {
		return nil
	}
	s := &shuffler{seed: mix(seed ^ hash([]byte(sql)))}
	for i, c := range r.columns {
		s.types = append(s.types, duckdb.ColumnLogicalType(&r.duckdb, duckdb.IdxT(i)))
		s.kinds = append(s.kinds, c.kind)
	}
	return s
}

// next returns the next chunk of the shuffled result. fetch returns the next chunk of the
// result. A chunk without a pointer is the end, or an error.
func (s *shuffler) next(fetch func() duckdb.DataChunk) duckdb.DataChunk {
	if len(s.order) == 0 && !s.fill(fetch) {
		return duckdb.DataChunk{}
	}
	n := min(len(s.order), maxBatchRows)
	out := s.gather(s.order[:n])
	s.order = s.order[n:]
	return out
}

// fill reads a window. It reports whether the window has rows.
func (s *shuffler) fill(fetch func() duckdb.DataChunk) bool {
	s.clear()
	size, seen := 0, map[uint64]uint64{}
	for !s.ended && len(s.order) < shuffledRows && size < shuffledBytes {
		chunk := fetch()
		if chunk.Ptr == nil {
			s.ended = true
			break
		}
		s.window = append(s.window, chunk)
		trees := make([]*tree, len(s.kinds))
		for i, k := range s.kinds {
			trees[i] = newTree(k, duckdb.DataChunkGetVector(chunk, duckdb.IdxT(i)))
		}
		for row := range int(duckdb.DataChunkGetSize(chunk)) {
			h := s.hash(trees, row)
			size += len(s.text)
			// Equal rows have different keys, or they would stand beside each other.
			s.order = append(s.order, shuffledRow{mix(h+s.seed) + mix(seen[h]), len(s.window) - 1, row})
			seen[h]++
		}
	}
	for i := range s.order {
		s.order[i].key = mix(s.order[i].key)
	}
	slices.SortStableFunc(s.order, func(a, b shuffledRow) int { return cmp.Compare(a.key, b.key) })
	return len(s.order) > 0
}

// hash returns the hash of a row. It leaves the row's text in s.text.
func (s *shuffler) hash(trees []*tree, row int) uint64 {
	s.text = s.text[:0]
	w := renderer{json: true, zone: "UTC"}
	for _, t := range trees {
		// A value that has no text is refused when it is encoded.
		s.text, _ = w.append(s.text, t, row, true)
		s.text = append(s.text, 0)
	}
	return hash(s.text)
}

// gather returns a chunk with these rows of the window.
func (s *shuffler) gather(rows []shuffledRow) duckdb.DataChunk {
	// Rows of the same chunk are copied together, and then all are put in order.
	grouped := make([]int, len(rows))
	for i := range grouped {
		grouped[i] = i
	}
	slices.SortStableFunc(grouped, func(a, b int) int { return cmp.Compare(rows[a].chunk, rows[b].chunk) })
	sel := newSelection(len(rows))
	defer sel.free()
	together := duckdb.CreateDataChunk(s.types)
	defer duckdb.DestroyDataChunk(&together)
	for from := 0; from < len(grouped); {
		chunk, n := rows[grouped[from]].chunk, 0
		for ; from+n < len(grouped) && rows[grouped[from+n]].chunk == chunk; n++ {
			sel.rows[n] = duckdb.SelT(rows[grouped[from+n]].row)
		}
		s.copy(s.window[chunk], together, sel, n, from)
		from += n
	}
	for i, at := range grouped {
		sel.rows[at] = duckdb.SelT(i)
	}
	out := duckdb.CreateDataChunk(s.types)
	s.copy(together, out, sel, len(rows), 0)
	duckdb.DataChunkSetSize(out, duckdb.IdxT(len(rows)))
	return out
}

// copy copies n rows of a chunk to another one, from row at on.
func (s *shuffler) copy(from, to duckdb.DataChunk, sel selection, n, at int) {
	for i := range s.types {
		column := duckdb.IdxT(i)
		duckdb.VectorCopySel(duckdb.DataChunkGetVector(from, column), duckdb.DataChunkGetVector(to, column),
			sel.vector, duckdb.IdxT(n), 0, duckdb.IdxT(at))
	}
}

// clear frees the window.
func (s *shuffler) clear() {
	for i := range s.window {
		duckdb.DestroyDataChunk(&s.window[i])
	}
	s.window, s.order = s.window[:0], s.order[:0]
}

func (s *shuffler) free() {
	s.clear()
	for i := range s.types {
		duckdb.DestroyLogicalType(&s.types[i])
	}
	s.types = nil
}

// selection is a list of rows for DuckDB.
type selection struct {
	vector duckdb.SelectionVector
	rows   []duckdb.SelT
}

func newSelection(n int) selection {
	v := duckdb.CreateSelectionVector(duckdb.IdxT(n))
	return selection{v, unsafe.Slice(duckdb.SelectionVectorGetDataPtr(v), n)} //nolint:gosec // it has n elements
}

func (s *selection) free() { duckdb.DestroySelectionVector(&s.vector) }

func hash(b []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(b) // it never fails
	return h.Sum64()
}

// mix returns a number in which each bit depends on all bits of n (the finalizer of
// SplitMix64).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
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
