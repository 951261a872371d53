//go:build cgo

package dialect

import (
	"errors"
	"strings"
	"testing"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// duck is a connection to a database in memory. One goroutine may use it at a time.
type duck struct {
	db   duckdb.Database
	conn duckdb.Connection
}

// openDuck opens a database with the settings and the macros of this package.
func openDuck(tb testing.TB) *duck {
	tb.Helper()
	return openDuckWith(tb, append(Settings(), Macros()...)...)
}

// openDuckWith opens a database and runs statements in it.
func openDuckWith(tb testing.TB, statements ...string) *duck {
	tb.Helper()
	d := new(duck)
	if duckdb.Open(":memory:", &d.db) != duckdb.StateSuccess {
		tb.Fatal("DuckDB does not open a database")
	}
	tb.Cleanup(func() { duckdb.Close(&d.db) })
	if duckdb.Connect(d.db, &d.conn) != duckdb.StateSuccess {
		tb.Fatal("DuckDB does not open a connection")
	}
	tb.Cleanup(func() { duckdb.Disconnect(&d.conn) })
	for _, sql := range statements {
		if _, err := d.query(sql); err != nil {
			tb.Fatalf("%s\n%v", sql, err)
		}
	}
	return d
}

// query runs a statement and returns its cells, which must be VARCHAR: a column of
// another type is returned as its type's number.
func (d *duck) query(sql string) (rows [][]string, err error) {
	var res duckdb.Result
	defer duckdb.DestroyResult(&res)
	if duckdb.Query(d.conn, sql, &res) != duckdb.StateSuccess {
		return nil, errors.New(duckdb.ResultError(&res))
	}
	columns := int(duckdb.ColumnCount(&res))
	for {
		chunk := duckdb.FetchChunk(res)
		if chunk.Ptr == nil {
			return rows, nil
		}
		for r := range int(duckdb.DataChunkGetSize(chunk)) {
			row := make([]string, columns)
			for c := range row {
				row[c] = cell(&res, chunk, c, r)
			}
			rows = append(rows, row)
		}
		duckdb.DestroyDataChunk(&chunk)
	}
}

func cell(res *duckdb.Result, chunk duckdb.DataChunk, column, row int) string {
	vector := duckdb.DataChunkGetVector(chunk, duckdb.IdxT(column))
	if valid := duckdb.VectorGetValidity(vector); valid != nil {
		if word := *(*uint64)(unsafe.Add(valid, row/64*8)); word>>(row%64)&1 == 0 {
			return "NULL"
		}
	}
	if duckdb.ColumnType(res, duckdb.IdxT(column)) != duckdb.TypeVarchar {
		return "not VARCHAR"
	}
	text := (*duckdb.StringT)(unsafe.Add(duckdb.VectorGetData(vector), row*16))
	return strings.Clone(duckdb.StringTData(text))
}

// value returns what a query selects as text: its rows with "; " between them, and
// the type of the row, or of its only column.
func (d *duck) value(sql string) (value, typ string, err error) {
	rows, err := d.query("SELECT CAST(c AS VARCHAR), typeof(c) FROM (" + sql + ") AS t(c)")
	if err != nil {
		return "", "", err
	}
	var cells []string
	for _, row := range rows {
		cells = append(cells, row[0])
		typ = row[1]
	}
	return strings.Join(cells, "; "), typ, nil
}
