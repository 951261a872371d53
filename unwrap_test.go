package e6data_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// What drivers around this one have: a method for the connection below them, under
// one of three names, or one that passes on pings.
type (
	byWrappedConn struct{ bare }
	byConn        struct{ bare }
	byPing        struct{ bare }
	around        struct{ bare }
	opaque        struct{ bare }
	bare          struct{ c driver.Conn }
)

func (w bare) Prepare(query string) (driver.Stmt, error) { return w.c.Prepare(query) }
func (w bare) Close() error                              { return w.c.Close() }
func (w bare) Begin() (driver.Tx, error)                 { return nil, errors.ErrUnsupported }

func (w byWrappedConn) WrappedConn() driver.Conn { return w.c }

func (w byConn) Conn() driver.Conn { return w.c }

func (w byPing) Ping(ctx context.Context) error { return w.c.(driver.Pinger).Ping(ctx) }

func (w around) Raw() driver.Conn { return w }

// wrapConnector is a connector with a wrapper around its connections.
type wrapConnector struct {
	*e6data.Connector
	wrap func(bare) driver.Conn
}

func (w wrapConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := w.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return w.wrap(bare{c}), nil
}

func TestWithConnUnwraps(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wrap func(bare) driver.Conn
		want string
	}{
		"Raw":               {func(p bare) driver.Conn { return wrapped{p.c} }, ""},
		"WrappedConn":       {func(p bare) driver.Conn { return byWrappedConn{p} }, ""},
		"Conn":              {func(p bare) driver.Conn { return byConn{p} }, ""},
		"Ping":              {func(p bare) driver.Conn { return byPing{p} }, ""},
		"one in the other":  {func(p bare) driver.Conn { return byConn{bare{wrapped{byPing{p}}}} }, ""},
		"none":              {func(p bare) driver.Conn { return opaque{p} }, "another driver, e6data_test.opaque"},
		"one around itself": {func(p bare) driver.Conn { return around{p} }, "more than 32 drivers"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(3, 3))
			_, connector := openConnector(t, parseDSN(t, srv.DSN()))
			db := sql.OpenDB(wrapConnector{connector, test.wrap})
			defer db.Close()
			rows := 0
			err := e6data.UseConn(t.Context(), db, countRows(t.Context(), &rows))
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || rows != 0 {
					t.Errorf("%v, %d rows", err, rows)
				}
				return
			}
			if err != nil || rows != 3 {
				t.Errorf("%v, %d rows", err, rows)
			}
			if n := srv.Count("healthCheck"); n != 0 {
				t.Errorf("looking for the connection made %d calls", n)
			}
		})
	}
}

// countRows adds the rows of q to n.
func countRows(ctx context.Context, n *int) func(*e6data.Conn) error {
	return func(c *e6data.Conn) error {
		result, err := c.Query(ctx, "q")
		if err != nil {
			return err
		}
		for batch, err := range result.All() {
			if err != nil {
				return err
			}
			*n += batch.NumRows()
		}
		return nil
	}
}

// As libraries have them: a type around *sql.DB, one around *sql.Conn, and one whose
// connections are of a type of its own.
type (
	libraryDB   struct{ *sql.DB }
	libraryConn struct{ *sql.Conn }
	ownDB       struct{ db *sql.DB }
	badDB       struct{}
)

func (o ownDB) Conn(ctx context.Context) (libraryConn, error) {
	c, err := o.db.Conn(ctx)
	return libraryConn{c}, err
}

func (badDB) Conn(context.Context) (rawConner, error) { return nil, nil }

type rawConner interface {
	Raw(f func(any) error) error
	Close() error
}

func TestWithConnOfLibraries(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(3, 3))
	db := openDB(t, srv)
	db.SetMaxOpenConns(1) // a connection that is not given back is missed
	ctx := within(t, time.Minute)
	use := func(what string, of any) {
		t.Helper()
		rows := 0
		if err := e6data.UseConn(ctx, of, countRows(ctx, &rows)); err != nil || rows != 3 {
			t.Errorf("%s: %v, %d rows", what, err, rows)
		}
	}
	use("around *sql.DB", libraryDB{db})
	use("with connections of its own", ownDB{db})
	use("a pointer", &ownDB{db})
	sc, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	use("around *sql.Conn", libraryConn{sc})
	use("again", libraryConn{sc})
	if err := sc.Close(); err != nil {
		t.Error("UseConn closed a connection that it did not open:", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := e6data.UseConn(ended, ownDB{db}, func(*e6data.Conn) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("no connection: %v", err)
	}
	for _, of := range []any{nil, 42, badDB{}, (*e6data.Config)(nil)} {
		if err := e6data.UseConn(ctx, of, nil); err == nil || !strings.Contains(err.Error(), "UseConn takes a *sql.DB or a *sql.Conn") {
			t.Errorf("%T: %v", of, err)
		}
	}
}

func TestConnectorWithConn(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(3, 3))
	c, err := e6data.NewConnector(parseDSN(t, srv.DSN()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, rows := within(t, time.Minute), 0
	for range 3 {
		if err := c.UseConn(ctx, countRows(ctx, &rows)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e6data.UseConn(ctx, c, countRows(ctx, &rows)); err != nil || rows != 12 {
		t.Errorf("%v, %d rows", err, rows)
	}
	if n := srv.Count("authenticate"); n != 1 {
		t.Errorf("%d sessions: each connection is to have the session of the one before", n)
	}
	mine := errors.New("mine")
	if err := c.UseConn(ctx, func(*e6data.Conn) error { return mine }); err != mine {
		t.Errorf("error of f: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.UseConn(ctx, func(*e6data.Conn) error { t.Error("called"); return nil }); err == nil {
		t.Error("a closed connector opened a connection")
	}
}
