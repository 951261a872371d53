package e6data_test

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/strategy"
)

// parallelTests is how many tests run at once unless -parallel says it. They wait
// more than they compute.
const parallelTests = "16"

func TestMain(m *testing.M) {
	if !slices.ContainsFunc(os.Args, func(arg string) bool { return strings.HasPrefix(strings.TrimLeft(arg, "-"), "test.parallel") }) {
		_ = flag.Set("test.parallel", parallelTests)
	}
	listener.listen()
	slog.SetDefault(slog.New(listener.handler()))
	goleak.VerifyTestMain(listening{m})
}

// newEngine starts an engine whose books must balance when the test ends.
func newEngine(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	srv := newUncheckedEngine(t, cfg)
	t.Cleanup(func() {
		if err := srv.WaitBalanced(within(t, 10*time.Second)); err != nil {
			t.Error(err)
		}
	})
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

// A test knows nothing of an engine that had the port before.
func TestPortsAreForgotten(t *testing.T) {
	t.Parallel()
	before := newEngine(t, enginetest.Config{Live: []string{enginetest.Green}})
	if err := openDB(t, before).PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	before.Close()
	srv := newEngine(t, enginetest.Config{Listen: before.Addr()})
	if err := openDB(t, srv).PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strategies(srv, "authenticate"); got != "blue" {
		t.Errorf("authenticated on %s", got)
	}
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
