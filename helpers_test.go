package e6data_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/thriftrows"
)

// newEngine starts an engine whose books must balance when the test ends.
func newEngine(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	var addr string
	t.Cleanup(func() { forget(t, addr) }) // for the examples, which have no t
	srv := enginetest.Start(t, cfg)
	addr = srv.Addr()
	forget(t, addr)
	return srv
}

// newUncheckedEngine starts an engine on which the test leaves queries.
func newUncheckedEngine(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	srv, err := enginetest.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	forget(t, srv.Addr())
	t.Cleanup(func() {
		srv.Close()
		forget(t, srv.Addr()) // for the examples, which have no t
	})
	return srv
}

// forget makes connectors that are made from now on know nothing of who listens
// at addr. The system gives a port to one test after another, and what the
// process knows of an endpoint's colour outlives the connectors.
func forget(t testing.TB, addr string) {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range strategy.Shared().Snapshot() {
		if strings.HasSuffix(s.Key.Endpoint, ":"+port) { // by whatever name or address of this host
			strategy.Shared().Forget(s.Key)
		}
	}
}

// openDB opens a pool on srv, which is closed before srv.
func openDB(t testing.TB, srv *enginetest.Server, params ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("e6data", srv.DSN(params...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// within is a context that ends long after a test should have.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// openConnector opens a pool and returns its connector, too.
func openConnector(t testing.TB, cfg *e6data.Config, opts ...e6data.Option) (*sql.DB, *e6data.Connector) {
	t.Helper()
	c, err := e6data.NewConnector(cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, c
}

func openConfig(t testing.TB, cfg *e6data.Config, opts ...e6data.Option) *sql.DB {
	t.Helper()
	db, _ := openConnector(t, cfg, opts...)
	return db
}

// openWith opens a pool with options.
func openWith(t testing.TB, dsn string, opts ...e6data.Option) *sql.DB {
	t.Helper()
	return openConfig(t, parseDSN(t, dsn), opts...)
}

// openOne opens a pool of one connection with options.
func openOne(t testing.TB, dsn string, opts ...e6data.Option) (*sql.DB, *e6data.Connector) {
	t.Helper()
	db, c := openConnector(t, parseDSN(t, dsn), opts...)
	db.SetMaxOpenConns(1)
	return db, c
}

func parseDSN(t testing.TB, dsn string) *e6data.Config {
	t.Helper()
	cfg, err := e6data.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// logBuffer is a bytes.Buffer for several goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// useConn calls f with a native connection of db.
func useConn(t testing.TB, db *sql.DB, f func(*e6data.Conn) error) error {
	t.Helper()
	return e6data.UseConn(within(t, time.Minute), db, f)
}

// mustUseConn is with for what must not fail.
func mustUseConn(t testing.TB, db *sql.DB, f func(*e6data.Conn) error) {
	t.Helper()
	if err := useConn(t, db, f); err != nil {
		t.Fatal(err)
	}
}

// waitCalled waits until a method was called n times.
func waitCalled(t testing.TB, srv *enginetest.Server, method string, n int) {
	t.Helper()
	if err := srv.Wait(within(t, time.Minute), func(enginetest.Stats) bool { return srv.Count(method) >= n }); err != nil {
		t.Fatal(err)
	}
}

// waitEnded waits until so many queries were cleared and cancelled, and checks that
// there are no more.
func waitEnded(t testing.TB, srv *enginetest.Server, cleared, cancelled int) {
	t.Helper()
	_ = srv.Wait(within(t, time.Minute), func(s enginetest.Stats) bool { return s.Cleared >= cleared && s.Cancelled >= cancelled })
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	if s := srv.Stats(); s.Cleared != cleared || s.Cancelled != cancelled {
		t.Errorf("%d queries cleared and %d cancelled, want %d and %d", s.Cleared, s.Cancelled, cleared, cancelled)
	}
}

func wantRows(got, want int) error {
	if got != want {
		return fmt.Errorf("%d rows, want %d", got, want)
	}
	return nil
}

// ids is a result with one LONG column that counts from 0.
func ids(rows, batch int) *enginetest.Result {
	return enginetest.NewResult().Column("id", "LONG").BatchRows(batch).
		Generate(rows, func(i int) []any { return []any{i} })
}

// readIDs reads a result of ids and tells how many rows were right.
func readIDs(ctx context.Context, db interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, query string, args ...any) (int, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var id int
		if err := rows.Scan(&id); err != nil {
			return n, err
		}
		if id != n {
			return n, fmt.Errorf("row %d has id %d", n, id)
		}
	}
	return n, rows.Err()
}

// submit submits q by a pool of its own, which is closed again, and returns
// the handle's text.
func submit(t *testing.T, srv *enginetest.Server) e6data.QueryHandle {
	t.Helper()
	db := openDB(t, srv)
	var text []byte
	mustUseConn(t, db, func(c *e6data.Conn) error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel() // ends nothing
		h, err := c.Submit(ctx, "q;")
		if err != nil {
			return err
		}
		text, err = h.MarshalText()
		return err
	})
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	h, err := e6data.ParseQueryHandle(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// result plays rows in the given batches; -1 is a chunk without rows.
func batches(sizes ...int) *enginetest.Result {
	r := enginetest.NewResult().Column("id", "LONG")
	id := 0
	for _, n := range sizes {
		if n < 0 {
			r.EmptyBatch()
			continue
		}
		values := make([]any, n)
		for i := range values {
			values[i] = id
			id++
		}
		v, err := thriftrows.NewVector(thriftrows.Long, 0, values)
		if err != nil {
			panic(err)
		}
		r.Vectors(n, v)
	}
	return r
}

// strategies lists the strategy headers of the calls to a method.
func strategies(srv *enginetest.Server, method string) string {
	var s []string
	for _, c := range srv.CallsTo(method) {
		s = append(s, c.Strategy)
	}
	return strings.Join(s, " ")
}

func readAll(ctx context.Context, t testing.TB, db *sql.DB, query string) (n int, err error) {
	t.Helper()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		n++
	}
	return n, errors.Join(rows.Err(), rows.Close())
}

// await waits for something that must come.
func await(t testing.TB, ch <-chan struct{}) {
	t.Helper()
	select {
	case <-ch:
	case <-within(t, time.Minute).Done():
		t.Fatal("it does not come")
	}
}

// lastSQL is the latest statement that was prepared.
func lastSQL(srv *enginetest.Server) string {
	calls := srv.Calls()
	for _, c := range slices.Backward(calls) {
		if strings.HasPrefix(c.Method, "prepareStatement") {
			return c.SQL
		}
	}
	return ""
}
