package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// These tests cover faults that connectors for this engine have had.

// open opens a pool of one connection.
func open(t *testing.T, srv *enginetest.Server, params ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("e6data", srv.DSN(params...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	return db
}

func numbers(rows, batch int) *enginetest.Result {
	return enginetest.NewResult().Column("id", "LONG").BatchRows(batch).
		Generate(rows, func(i int) []any { return []any{i} })
}

// readNumbers counts the rows of numbers and checks each.
func readNumbers(q queryer, text string) (n int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), stuck)
	defer cancel()
	rows, err := q.QueryContext(ctx, text)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return n, err
		}
		if id != n {
			return n, fmt.Errorf("row %d is %d", n, id)
		}
		n++
	}
	return n, rows.Err()
}

// When a session expired after the execution, the connector ran the whole
// statement again, up to five times.
func TestAccessDeniedAtMetadataExecutesOnce(t *testing.T) {
	t.Parallel()
	denied := status.Error(codes.Internal, "Access denied")
	for _, method := range []string{"getResultMetadata", "getNextResultBatch"} {
		for _, times := range []int{1, 0} {
			t.Run(fmt.Sprint(method, " denied ", times), func(t *testing.T) {
				srv := newServer(t, enginetest.Config{})
				srv.Handle("INSERT", numbers(3, 2))
				db := open(t, srv)
				srv.Inject(enginetest.Fault{Method: method, Times: times, Err: denied})
				_, err := db.Exec("INSERT")
				if times == 1 && err != nil {
					t.Errorf("denied once: %v", err)
				}
				if times == 0 && !errors.Is(err, e6data.ErrSessionExpired) {
					t.Errorf("always denied: %v", err)
				}
				if b := srv.Stats(); b.Executed != 1 || b.Prepared != 1 {
					t.Errorf("prepared %d and executed %d times", b.Prepared, b.Executed)
				}
				balance(t, srv)
			})
		}
	}
}

// A switch of one cluster also changed the colour of the connections to all
// other clusters in the process.
func TestClustersDoNotShareTheirColour(t *testing.T) {
	t.Parallel()
	for _, announced := range []bool{true, false} {
		t.Run(fmt.Sprint("announced ", announced), func(t *testing.T) {
			srv := newServer(t, enginetest.Config{})
			srv.Handle("q", numbers(5, 2))
			one, two := open(t, srv, "cluster_name=one"), open(t, srv, "cluster_name=two")
			ask := func(db *sql.DB) {
				t.Helper()
				if n, err := readNumbers(db, "q"); n != 5 || err != nil {
					t.Fatalf("%d rows, %v", n, err)
				}
				balance(t, srv) // the answer to clear also has an announcement
			}
			ask(one)
			ask(two)
			// Only the first cluster gets queries while green is announced or is
			// the only live colour.
			srv.SetLive(enginetest.Blue, enginetest.Green)
			if announced {
				srv.Announce(enginetest.Green)
			} else {
				srv.SetLive(enginetest.Green)
			}
			ask(one)
			srv.Announce("")
			srv.SetLive(enginetest.Blue, enginetest.Green)
			srv.ResetCalls()
			ask(one)
			ask(two)
			for _, c := range srv.Calls() {
				want := map[string]string{"one": enginetest.Green, "two": enginetest.Blue}[c.Header.Get("cluster-name")[0]]
				if c.Strategy != want {
					t.Errorf("%v of %v went to %s", c, c.Header, c.Strategy)
				}
			}
		})
	}
}

// A connection from the pool kept the colour with which it was opened.
func TestReusedConnectionFollowsASwitch(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
	srv.Handle("q", numbers(5, 2))
	db := open(t, srv)
	db.SetMaxOpenConns(2)
	idle, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	ask := func(q queryer) {
		t.Helper()
		if n, err := readNumbers(q, "q"); n != 5 || err != nil {
			t.Fatalf("%d rows, %v", n, err)
		}
		balance(t, srv)
	}
	ask(idle)
	srv.Announce(enginetest.Green)
	ask(db) // gets the announcement on another connection
	srv.Announce("")
	srv.ResetCalls()
	ask(idle)
	ask(db)
	for _, c := range srv.Calls() {
		if c.Strategy != enginetest.Green {
			t.Errorf("%v", c)
		}
	}
	// The same holds after blue has stopped.
	srv.SetLive(enginetest.Green)
	ask(idle)
	if n := srv.Stats().Refused; n != 0 {
		t.Errorf("%d calls were refused", n)
	}
}

// A batch without rows in mid-stream ended the result without an error.
func TestZeroRowBatchDoesNotCutTheResult(t *testing.T) {
	t.Parallel()
	const all, before = 20_000, 8192
	result := func() *enginetest.Result {
		r := enginetest.NewResult().Column("id", "LONG").BatchRows(before)
		for i := range all {
			if i == before {
				r.EmptyBatch()
			}
			r.Row(i)
		}
		return r
	}
	for _, params := range []string{"", "prefetch_bytes=0", "result_batch_v2=on"} {
		t.Run(params, func(t *testing.T) {
			srv := newServer(t, enginetest.Config{V2Chunks: 1})
			srv.Handle("all", result())
			db := open(t, srv, params)
			if n, err := readNumbers(db, "all"); n != all || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
			if _, err := db.Exec("all"); err != nil {
				t.Error(err)
			}
			// If the engine has lost the rest of the rows, there must be an
			// error, too.
			srv.Handle("short", numbers(before, before).RowCount(all))
			if n, err := readNumbers(db, "short"); n != before || !errors.Is(err, e6data.ErrIncompleteResult) {
				t.Errorf("a result that the engine cut: %d rows, %v", n, err)
			}
			balance(t, srv)
		})
	}
}

// After a resume the connector prepared without a session, and only a new
// process helped.
func TestPrepareHasASessionAfterResume(t *testing.T) {
	if testing.Short() {
		t.Skip("the driver asks every 5 s whether the cluster is awake")
	}
	for _, idle := range []bool{true, false} {
		t.Run(fmt.Sprint("connection is idle ", idle), func(t *testing.T) {
			srv := newServer(t, enginetest.Config{})
			if _, err := e6data.ParseDSN(srv.DSN("auto_resume=true")); err != nil {
				t.Skip("the driver does not resume a cluster by itself yet:", err)
			}
			t.Parallel()
			srv.Handle("q", numbers(5, 2))
			db := open(t, srv)
			if idle {
				if err := db.Ping(); err != nil {
					t.Fatal(err)
				}
			}
			// A resumed cluster has no session from before.
			srv.ExpireSessions()
			srv.SetCluster(enginetest.ClusterSuspended)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			rows, err := db.QueryContext(ctx, "q")
			if err != nil {
				t.Fatal(err)
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
			for _, c := range srv.CallsTo("prepareStatement") {
				if c.Request.(*wire.PrepareStatementRequest).GetSessionId() == "" {
					t.Errorf("%v: no session", c)
				}
			}
			if n := srv.Stats().Executed; n != 1 {
				t.Errorf("executed %d times", n)
			}
			balance(t, srv)
		})
	}
}
