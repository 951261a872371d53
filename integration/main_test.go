// Package integration runs the driver against a blue/green deployment in Docker
// containers that are switched, killed, cut off, paused and restarted under
// load. It contains tests only: see README.md.
package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/integration/internal/load"
	"github.com/e6data/e6data-go/integration/internal/stack"
	"github.com/e6data/e6data-go/integration/internal/synth"
)

// connections is how many queries each load runs at the same time.
const connections = 32

// docker is the daemon with this run's images. It is nil if no daemon answers;
// skipped is then the reason.
var (
	docker  *stack.Docker
	skipped string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	d, err := stack.Connect(ctx, os.Stderr)
	if err != nil {
		skipped = "SKIPPED: integration tests: no Docker daemon (" + err.Error() + ")"
		fmt.Fprintln(os.Stderr, skipped)
		if os.Getenv("E6DATA_REQUIRE_DOCKER") == "1" {
			fmt.Fprintln(os.Stderr, "FAILED: E6DATA_REQUIRE_DOCKER is 1")
			return 1
		}
		return m.Run()
	}
	docker = d
	code := 1
	if err := d.BuildImages(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	if err := d.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// engines are what a deployment consists of.
type engines struct {
	name  string
	start func(*stack.Docker, context.Context) (*stack.Stack, error)
	// queries returns a function for a load. It may run queries.
	queries func(ctx context.Context, db *sql.DB) (func() load.Query, error)
	books   bool // the engines keep books
}

// scripted are the engines of these tests, whose rows, batches and delays are in the
// query.
var scripted = engines{
	name:    "engine",
	start:   (*stack.Docker).NewStack,
	queries: func(context.Context, *sql.DB) (func() load.Query, error) { return mixed, nil },
	books:   true,
}

// emulators execute real SQL. Each row must be that of the first time.
var emulators = engines{
	name:  "emulator",
	start: (*stack.Docker).NewSQLStack,
	queries: func(ctx context.Context, db *sql.DB) (func() load.Query, error) {
		return load.SQL(ctx, db, statements...)
	},
}

// onEngines runs a test with each kind of engines.
func onEngines(t *testing.T, f func(t *testing.T, e engines)) {
	for _, e := range []engines{scripted, emulators} {
		t.Run(e.name, func(t *testing.T) { f(t, e) })
	}
}

// deploy starts a deployment of scripted engines with blue live, and a pool of
// connections to it.
func deploy(t *testing.T) (*stack.Stack, *sql.DB) {
	t.Helper()
	s, db, _ := scripted.deploy(t)
	return s, db
}

// deploy starts a deployment with blue live, and a pool of connections to it. next is for
// a load.
func (e engines) deploy(t *testing.T) (_ *stack.Stack, _ *sql.DB, next func() load.Query) {
	t.Helper()
	if docker == nil {
		t.Skip(skipped)
	}
	s, err := e.start(docker, t.Context())
	t.Cleanup(func() {
		if t.Failed() {
			for _, c := range []*stack.Container{s.Router, s.Blue, s.Green} {
				if text := c.Logs(15); text != "" {
					t.Logf("the last lines of %s:\n%s", c, text)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("e6data", s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	next, err = e.queries(within(t, time.Minute), db)
	must(t, err)
	return s, db, next
}

// must ends the test if a step fails.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mixed holds queries with a few rows, with some batches, and with many slow
// batches.
var mixed = load.Synthetic(
	synth.Query{Rows: 0},
	synth.Query{Rows: 1},
	synth.Query{Rows: 20},
	synth.Query{Rows: 20, Prepare: 2 * time.Millisecond, Execute: 5 * time.Millisecond},
	synth.Query{Rows: 200, Batch: 50},
	synth.Query{Rows: 1000, Batch: 500, Delay: time.Millisecond},
	synth.Query{Rows: 800, Batch: 40, Delay: 10 * time.Millisecond},
)

// statements are queries of an emulator, on TPC-H data, with one row and with many
// batches.
var statements = []string{
	`SELECT 'it\'s', 1 + 1`,
	"SELECT n_nationkey, n_name, n_comment FROM tpch.db.nation ORDER BY n_nationkey",
	"SELECT c_name, SUM(o_totalprice), MAX(o_orderdate), COUNT(*) FROM tpch.db.orders JOIN tpch.db.customer ON c_custkey = o_custkey WHERE c_custkey < 30 GROUP BY c_name ORDER BY c_name",
	"SELECT o_orderkey, o_totalprice, o_orderdate, o_comment FROM tpch.db.orders WHERE o_custkey < 200 ORDER BY o_orderkey",
	"SELECT l_orderkey, l_linenumber, l_quantity, l_shipdate, l_comment FROM tpch.db.lineitem WHERE l_orderkey < 12000 ORDER BY l_orderkey, l_linenumber",
}

// under starts a load and waits until queries have succeeded.
func under(t *testing.T, db *sql.DB, next func() load.Query, timeout time.Duration) *load.Running {
	t.Helper()
	r := load.Load{DB: db, Connections: connections, Timeout: timeout, Next: next}.Start()
	t.Cleanup(func() { r.Stop() }) // before the pool is closed
	progress(t, r, 2*connections)
	return r
}

// progress waits until the load has finished further queries successfully.
func progress(t *testing.T, r *load.Running, queries int) {
	t.Helper()
	start := r.Report().OK
	must(t, stack.Until(within(t, 20*time.Second), func() error {
		if now := r.Report().OK; now < start+queries {
			return fmt.Errorf("%d of %d queries", now-start, queries)
		}
		return nil
	}))
}

// settle stops the load and checks its report.
func settle(t *testing.T, what string, r *load.Running, allowed ...load.Class) load.Report {
	t.Helper()
	report := r.Stop()
	t.Logf("%s: %v", what, report)
	for class, samples := range report.Samples {
		t.Logf("%s: %s, such as %s", what, class, samples[0])
	}
	if err := report.Check(allowed...); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return report
}

// allGood runs a load for a second. No query may fail.
func allGood(t *testing.T, what string, db *sql.DB, next func() load.Query) {
	t.Helper()
	r := load.Load{DB: db, Connections: connections, Timeout: 20 * time.Second, Next: next}.Start()
	time.Sleep(time.Second)
	settle(t, what, r)
}

// balanced waits until an engine's books balance and returns them.
func balanced(t *testing.T, c *stack.Container) synth.Books {
	t.Helper()
	b, err := c.WaitBooks(within(t, 10*time.Second), func(b synth.Books) bool { return b.Unbalanced == "" })
	t.Logf("the books of %s: %s", c, books(b))
	if err != nil {
		t.Errorf("%s: %v\n%s", c, err, b.Unbalanced)
	}
	return b
}

// cleared checks that the driver has cleared the queries that it executed,
// although the network failed for a moment. It accepts three exceptions: queries
// that were not executed, because the answer with their id may have been lost; a
// few queries whose clear call was lost; and queries that were cleared again
// because the answer to the first call was lost.
func cleared(t *testing.T, c *stack.Container) {
	t.Helper()
	b, err := c.WaitBooks(within(t, 12*time.Second), func(b synth.Books) bool {
		executed := b.Open - (b.Prepared - b.Executed - b.Orphaned) // at least
		return executed <= connections/4 && b.InFlight == 0 && len(b.Violations) == 0
	})
	t.Logf("the books of %s: %s", c, books(b))
	if err != nil {
		t.Errorf("%s: %s", c, b.Unbalanced)
	}
}

func books(b synth.Books) string {
	return fmt.Sprintf("%d prepared, %d executed, %d cleared, %d open, %d orphaned, %d sessions, %d cleared again, %d violations",
		b.Prepared, b.Executed, b.Cleared, b.Open, b.Orphaned, b.Sessions, b.DoubleCleared, len(b.Violations))
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// status sends a request to the router and returns the HTTP status.
func status(ctx context.Context, s *stack.Stack, colour string) (int, error) {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return ask(ctx, &http.Transport{Protocols: protocols}, s.URL("/QueryEngineService/healthCheck"), colour)
}

// ask sends a call without a payload to a URL and returns the HTTP status.
func ask(ctx context.Context, transport *http.Transport, url, colour string) (int, error) {
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("\x00\x00\x00\x00\x00"))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("TE", "trailers")
	req.Header.Set("strategy", colour)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode == http.StatusOK {
		grpc := resp.Trailer.Get("Grpc-Status")
		if grpc == "" {
			grpc = resp.Header.Get("Grpc-Status")
		}
		if grpc != "0" {
			err = errors.Join(err, fmt.Errorf("grpc-status %q", grpc))
		}
	}
	return resp.StatusCode, err
}
