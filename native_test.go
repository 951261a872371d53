package e6data_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestColumnarReading(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(10_000, 300))
	srv.Handle("short", ids(10, 5).RowCount(11))
	for _, way := range fetching {
		t.Run(way, func(t *testing.T) {
			err := e6data.UseConn(t.Context(), openDB(t, srv, way), func(c *e6data.Conn) error {
				result, err := c.Query(t.Context(), "q")
				if err != nil {
					return err
				}
				if cols := result.Columns(); len(cols) != 1 || cols[0].Name != "id" || result.QueryID() == "" {
					t.Errorf("columns %v, query %q", cols, result.QueryID())
				}
				n := int64(0)
				for batch, err := range result.All() {
					if err != nil {
						return err
					}
					column, err := batch.ColumnByName("id")
					if err != nil {
						return err
					}
					values, nulls, err := column.Int64s()
					if err != nil {
						return err
					}
					for i, v := range values {
						if v != n || nulls.Null(i) {
							t.Fatalf("row %d is %d", n, v)
						}
						n++
					}
				}
				if n != 10_000 {
					t.Errorf("%d rows", n)
				}

				result, err = c.Query(t.Context(), "short")
				if err != nil {
					return err
				}
				for _, err = range result.All() {
				}
				if !errors.Is(err, e6data.ErrIncompleteResult) {
					t.Errorf("short result: %v", err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// wrapped is a driver around this one, such as a tracing driver.
type wrapped struct{ driver.Conn }

func (w wrapped) Raw() driver.Conn { return w.Conn }

type wrappingConnector struct{ driver.Connector }

func (w wrappingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := w.Connector.Connect(ctx)
	return wrapped{c}, err
}

func TestWithConn(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	c, err := e6data.NewConnector(parseDSN(t, srv.DSN()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	db := sql.OpenDB(wrappingConnector{c})
	defer db.Close()
	called := false
	use := func(*e6data.Conn) error { called = true; return nil }
	if err := e6data.UseConn(t.Context(), db, use); err != nil || !called {
		t.Errorf("wrapped: %v, called: %v", err, called)
	}
	sc, err := openDB(t, srv).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer sc.Close()
	if err := e6data.UseConn(t.Context(), sc, use); err != nil {
		t.Errorf("sql.Conn: %v", err)
	}
	mine := errors.New("mine")
	for _, want := range []error{mine, driver.ErrBadConn} {
		if err := e6data.UseConn(t.Context(), db, func(*e6data.Conn) error { return want }); err != want {
			t.Errorf("error of f: %v", err)
		}
	}
	if err := e6data.UseConn(t.Context(), 42, use); err == nil || !strings.Contains(err.Error(), "not a int") {
		t.Errorf("not a database: %v", err)
	}
}
