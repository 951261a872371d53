package benchmarks_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/benchmarks/naive"
	"github.com/e6data/e6data-go/benchmarks/sqlfloor"
	"github.com/e6data/e6data-go/thriftrows"
)

// BenchmarkScan decodes chunks and scans the rows into typed variables, without
// a network. With Go 1.27 the driver's rows are read with ScanColumn.
func BenchmarkScan(b *testing.B) {
	competitors := []competitor{
		{"e6data", func(b *testing.B, s *data.Set) func() {
			return scanAll(b, openDB(b, chunkConnector(s, 0)), s, s.RowsIn(0))
		}},
		{"naive", func(b *testing.B, s *data.Set) func() {
			c := connector(func() driver.Rows { return naive.NewRows(names(s), once(s.Chunk(0)), nil) })
			return scanAll(b, openDB(b, c), s, s.RowsIn(0))
		}},
		{"sqlfloor", func(b *testing.B, s *data.Set) func() {
			c, err := sqlfloor.NewConnector(s.Columns, s.RowsIn(0))
			must(b, err)
			return scanAll(b, openDB(b, c), s, s.RowsIn(0))
		}},
		{"boxedfloor", func(b *testing.B, s *data.Set) func() {
			c, err := sqlfloor.NewBoxedConnector(s.Columns, s.RowsIn(0))
			must(b, err)
			return scanAll(b, openDB(b, c), s, s.RowsIn(0))
		}},
	}
	compareChunks(b, append(competitors, scanFloor...)...)
}

func openDB(tb testing.TB, c driver.Connector) *sql.DB {
	db := sql.OpenDB(c)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// scanAll returns a function that scans want rows of a data set into typed
// variables. The variables are the same for all competitors.
func scanAll(tb testing.TB, db *sql.DB, s *data.Set, want int) func() {
	return func() {
		rows, err := db.QueryContext(context.Background(), statement(s))
		must(tb, err)
		n, err := scanners[s](rows)
		must(tb, err)
		must(tb, rows.Err())
		must(tb, rows.Close())
		if n != want {
			tb.Fatalf("%d rows, want %d", n, want)
		}
	}
}

// scanners holds functions that read all rows like an application.
var scanners = map[*data.Set]func(*sql.Rows) (n int, err error){
	data.Mixed: func(rows *sql.Rows) (n int, err error) {
		var (
			id       int64
			quantity int32
			price    sql.Null[float64]
			name     sql.Null[string]
			day, at  time.Time
			amount   string
			active   bool
		)
		for rows.Next() && err == nil {
			err = rows.Scan(&id, &quantity, &price, &name, &day, &at, &amount, &active)
			n++
		}
		return n, err
	},
	data.Wide: func(rows *sql.Rows) (n int, err error) {
		var p, q, r, s string
		for rows.Next() && err == nil {
			err = rows.Scan(&p, &q, &r, &s)
			n++
		}
		return n, err
	},
	data.Ints: func(rows *sql.Rows) (n int, err error) {
		var p, q, r, s int64
		for rows.Next() && err == nil {
			err = rows.Scan(&p, &q, &r, &s)
			n++
		}
		return n, err
	},
}

func statement(s *data.Set) string { return "SELECT * FROM " + s.Name }

// chunkRows reads the rows of a chunk in memory in the same way as the driver.
type chunkRows struct {
	columns []string
	left    [][]byte
	chunk   thriftrows.Chunk
	cursor  *thriftrows.Cursor
}

func (r *chunkRows) Columns() []string { return r.columns }
func (r *chunkRows) Close() error      { return nil }

func (r *chunkRows) Next(dest []driver.Value) error {
	for !r.cursor.Next() {
		if err := r.advance(); err != nil {
			return err
		}
	}
	return r.cursor.Values(dest)
}

func (r *chunkRows) advance() error {
	if len(r.left) == 0 {
		return io.EOF
	}
	if err := r.chunk.Decode(r.left[0], len(r.columns)); err != nil {
		return err
	}
	r.left = r.left[1:]
	r.cursor.Reset(&r.chunk)
	return nil
}

// chunkConnector returns a connector whose queries return these chunks of a
// data set. Memory that the driver reuses for the next chunk is reused for the
// next query here, because a query has one chunk.
func chunkConnector(s *data.Set, numbers ...int) driver.Connector {
	var chunks [][]byte
	for _, i := range numbers {
		chunks = append(chunks, s.Chunk(i))
	}
	r := &chunkRows{columns: names(s), cursor: thriftrows.NewCursor(nil, nil)}
	rows := newChunkRows(r)
	return connector(func() driver.Rows {
		r.left = chunks
		return rows
	})
}

// connector opens rows. It allows one query at a time.
type connector func() driver.Rows

func (c connector) Connect(context.Context) (driver.Conn, error) { return conn{c}, nil }
func (c connector) Driver() driver.Driver                        { return nil }

type conn struct{ open func() driver.Rows }

func (c conn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (c conn) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }
func (c conn) Close() error                        { return nil }

func (c conn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return c.open(), nil
}
