//go:build cgo

package emulator_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// reference is DuckDB without emulator, protocol and driver. Its texts are the test's oracle:
// DuckDB itself casts every column to VARCHAR.
type reference struct {
	mu   sync.Mutex
	db   duckdb.Database
	conn duckdb.Connection
}

func newReference(t testing.TB, settings ...string) *reference {
	t.Helper()
	r := &reference{}
	if duckdb.Open(":memory:", &r.db) == duckdb.StateError {
		t.Fatal("no database")
	}
	duckdb.Connect(r.db, &r.conn)
	t.Cleanup(func() {
		duckdb.Disconnect(&r.conn)
		duckdb.Close(&r.db)
	})
	for _, set := range append([]string{"SET TimeZone = 'UTC'", "SET threads = 1"}, settings...) {
		if _, err := r.rows(set); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// rows returns the cells of a query whose columns are all texts; nil is NULL.
func (r *reference) rows(sql string) (out [][]*string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var res duckdb.Result
	defer duckdb.DestroyResult(&res)
	if duckdb.Query(r.conn, sql, &res) == duckdb.StateError {
		return nil, errors.New(duckdb.ResultError(&res))
	}
	if duckdb.ResultReturnType(res) != duckdb.ResultTypeQueryResult {
		return nil, nil
	}
	for {
		chunk := duckdb.FetchChunk(res)
		if chunk.Ptr == nil {
			return out, nil
		}
		n := int(duckdb.DataChunkGetSize(chunk))
		first := len(out)
		for range n {
			out = append(out, make([]*string, duckdb.DataChunkGetColumnCount(chunk)))
		}
		for c := range duckdb.DataChunkGetColumnCount(chunk) {
			if typ := duckdb.ColumnType(&res, c); n > 0 && typ != duckdb.TypeVarchar {
				return nil, fmt.Errorf("column %d is no text", c)
			}
			v := duckdb.DataChunkGetVector(chunk, c)
			mask := duckdb.VectorGetValidity(v)
			texts := (*[2048]duckdb.StringT)(duckdb.VectorGetData(v))
			for i := range n {
				if mask == nil || duckdb.ValidityRowIsValid(mask, duckdb.IdxT(i)) {
					s := duckdb.StringTData(&texts[i])
					out[first+i][c] = &s
				}
			}
		}
		duckdb.DestroyDataChunk(&chunk)
	}
}
