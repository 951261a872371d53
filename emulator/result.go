//go:build cgo

package emulator

import (
	"fmt"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/thriftrows"
)

// result is a statement's result. Its chunks are made while it is read.
type result struct {
	duckdb  duckdb.Result
	json    bool
	zone    string // of TIMESTAMP_TZ
	batch   int
	columns []column
	rows    int64 // -1 when not known

	mix     *shuffler        // nil to keep the order
	chunk   duckdb.DataChunk // the chunk that is being read
	from    int              // the number of its rows that were read
	over    bool             // everything was read
	builder thriftrows.ChunkBuilder
	size    int // of the largest chunk so far
	// For a column of a chunk, used again and again.
	texts   []string
	text    []byte
	micros  []int64
	ints128 []thriftrows.Int128
	valid   thriftrows.Validity
}

type column struct {
	name string
	kind *kind
}

// describe finds the columns.
func (r *result) describe() error {
	r.rows = -1
	if r.zone == "UTC" {
		r.zone = "Z"
	}
	if duckdb.ResultReturnType(r.duckdb) == duckdb.ResultTypeNothing {
		// Such as CREATE: DuckDB has a column there, and no row that means something.
		r.rows, r.over = 0, true
		return nil
	}
	for i := range duckdb.ColumnCount(&r.duckdb) {
		name := duckdb.ColumnName(&r.duckdb, i)
		typ := duckdb.ColumnLogicalType(&r.duckdb, i)
		k, err := describe(typ)
		duckdb.DestroyLogicalType(&typ)
		if err != nil {
			return fmt.Errorf("column %q: %w", name, err)
		}
		r.columns = append(r.columns, column{name, k})
	}
	return nil
}

func (r *result) metadata() ([]byte, error) {
	m := thriftrows.Metadata{RowCount: r.rows}
	for _, c := range r.columns {
		m.Columns = append(m.Columns, thriftrows.Column{Name: c.name, Type: c.kind.word})
	}
	return thriftrows.AppendMetadata(nil, &m)
}

// next makes the next chunk of the result, nil at its end.
func (r *result) next() (chunk []byte, rows int, err error) {
	if r.over {
		return nil, 0, nil
	}
	var n int
	for {
		if r.chunk.Ptr == nil {
			if r.chunk = r.fetch(); r.chunk.Ptr == nil {
				if text := duckdb.ResultError(&r.duckdb); text != "" {
					return nil, 0, &rawError{text}
				}
				r.free() // its transaction ends
				return nil, 0, nil
			}
			r.from = 0
		}
		if n = int(duckdb.DataChunkGetSize(r.chunk)); r.from < n {
			break
		}
		duckdb.DestroyDataChunk(&r.chunk)
	}
	rows = min(n-r.from, r.batch)
	b, err := r.encode(r.from, rows)
	if err != nil {
		return nil, 0, err
	}
	if r.from += rows; r.from == n {
		duckdb.DestroyDataChunk(&r.chunk)
	}
	return b, rows, nil
}

// fetch returns the next chunk of DuckDB's. A chunk without a pointer is the end, or an
// error.
func (r *result) fetch() duckdb.DataChunk {
	fetch := func() duckdb.DataChunk { return duckdb.FetchChunk(r.duckdb) }
	if r.mix != nil {
		return r.mix.next(fetch)
	}
	return fetch()
}

// free frees DuckDB's memory of the result. It may be called again.
func (r *result) free() {
	if r.chunk.Ptr != nil {
		duckdb.DestroyDataChunk(&r.chunk)
	}
	if r.mix != nil {
		r.mix.free()
	}
	duckdb.DestroyResult(&r.duckdb)
	r.over = true
}

// encode makes a chunk of some of the rows of DuckDB's.
func (r *result) encode(from, rows int) ([]byte, error) {
	// The chunk before is a good guess.
	r.builder.Begin(make([]byte, 0, r.size+r.size/8+256), rows, len(r.columns))
	for i, c := range r.columns {
		v := view{k: c.kind, vector: duckdb.DataChunkGetVector(r.chunk, duckdb.IdxT(i)), from: from, rows: rows}
		v.data, v.mask = duckdb.VectorGetData(v.vector), duckdb.VectorGetValidity(v.vector)
		if err := r.column(&v); err != nil {
			return nil, fmt.Errorf("emulator: column %q: %w", c.name, err)
		}
	}
	b, err := r.builder.Finish()
	r.size = max(r.size, len(b))
	return b, err
}

// view is some rows of a column in DuckDB's memory.
type view struct {
	k      *kind
	vector duckdb.Vector
	data   unsafe.Pointer
	mask   unsafe.Pointer // a bit for each row; nil: no NULL
	from   int
	rows   int
}

// values are a view's values as an array of Ts.
func values[T any](v *view) []T {
	if v.data == nil {
		return make([]T, v.rows)
	}
	return unsafe.Slice((*T)(v.data), v.from+v.rows)[v.from:] //nolint:gosec // DuckDB's memory has these values
}

// null reports whether row i of the vector is NULL.
func (v *view) null(i int) bool {
	return v.mask != nil && *(*uint64)(unsafe.Add(v.mask, i/64*8))>>(i%64)&1 == 0
}

// validity returns the rows' bits, in r.valid if they have to be moved.
func (r *result) validity(v *view) thriftrows.Validity {
	if v.mask == nil {
		return nil
	}
	words := unsafe.Slice((*uint64)(v.mask), (v.from+v.rows+63)/64) //nolint:gosec // DuckDB's memory has these values
	first, shift := v.from/64, v.from%64
	if shift == 0 {
		return words[first:]
	}
	r.valid = r.valid[:0]
	for i := first; i < len(words); i++ {
		w := words[i] >> shift
		if i+1 < len(words) {
			w |= words[i+1] << (64 - shift)
		}
		r.valid = append(r.valid, w)
	}
	return r.valid
}
