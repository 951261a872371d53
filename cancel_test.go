package e6data_test

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
)

// endedContext ends with err when done is closed: a deadline that passes at the
// right moment however slow the machine is.
type endedContext struct {
	context.Context
	done <-chan struct{}
	err  error
}

func (c *endedContext) Done() <-chan struct{} { return c.done }

func (c *endedContext) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// In every phase, a context that ends ends the call with the context's error,
// and the query is cleared on the engine.
func TestContextEndsInEachPhase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method string
		// ambiguous: the engine may have executed the query.
		ambiguous bool
	}{
		{"authenticate", false},
		{"prepareStatement", false},
		{"executeStatement", true},
		{"getResultMetadata", false},
		{"getNextResultBatch", false},
	} {
		for _, end := range []struct {
			name string
			want error
		}{{"cancelled", context.Canceled}, {"deadline", context.DeadlineExceeded}} {
			t.Run(test.method+" "+end.name, func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{})
				srv.Handle("q", ids(100, 10))
				db := openDB(t, srv)
				hang := srv.Inject(enginetest.Fault{Method: test.method, Hang: true})
				ctx := &endedContext{within(t, time.Minute), hang.Struck(), end.want}
				_, err := readIDs(ctx, db, "q")
				if !errors.Is(err, end.want) {
					t.Errorf("error %v, want %v", err, end.want)
				}
				if test.ambiguous != errors.Is(err, e6data.ErrAmbiguousExecution) {
					t.Errorf("error %v, ambiguous: %v", err, !test.ambiguous)
				}
				// The server's side of the call ends too: InFlight and the books say so.
				if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
					t.Error(err)
				}
				// The connection is as good as before.
				hang.Release()
				if n, err := readIDs(t.Context(), db, "q"); n != 100 || err != nil {
					t.Errorf("afterwards: %d rows, %v", n, err)
				}
			})
		}
	}
}

// A deadline that the engine is told of, and may answer itself.
func TestDeadline(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10).Delay(enginetest.PhaseExecute, time.Minute))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := readIDs(ctx, openDB(t, srv), "q"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestContextEndsWhileRowsAreRead(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 10))
	db := openDB(t, srv)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rows, err := db.QueryContext(ctx, "q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for range 25 {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
	}
	cancel()
	for rows.Next() {
	}
	if err := rows.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("rows ended with %v", err)
	}
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
}

func TestCauseOfCancellation(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1, 1))
	db := openDB(t, srv)
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true})
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the dashboard was closed")
	go func() {
		<-hang.Struck()
		cancel(cause)
	}()
	_, err := readIDs(ctx, db, "q")
	if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
}

func TestCloseEarly(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 10))
	db := openDB(t, srv)
	for _, read := range []int{0, 1, 10, 15} {
		t.Run(fmt.Sprint(read), func(t *testing.T) {
			rows, err := db.Query("q")
			if err != nil {
				t.Fatal(err)
			}
			for range read {
				if !rows.Next() {
					t.Fatal(rows.Err())
				}
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
			if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
				t.Errorf("after Close: %v", err)
			}
		})
	}
	var id int
	if err := db.QueryRow("q").Scan(&id); err != nil || id != 0 {
		t.Errorf("QueryRow: %d, %v", id, err)
	}
}

// A connection lost in mid-result is an error, never a short result.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10).RowCount(-1))
	db := openDB(t, srv)

	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 3, Times: 1, After: true, Drop: true})
	n, err := readIDs(t.Context(), db, "q")
	if n != 30 || !errors.Is(err, e6data.ErrIncompleteResult) || status.Code(err) != codes.Unavailable {
		t.Errorf("%d rows, %v", n, err)
	}
	var e *e6data.Error
	if !errors.As(err, &e) || e.Phase != e6data.PhaseFetch || e.QueryID == "" {
		t.Errorf("error %#v", e)
	}

	srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, After: true, Drop: true})
	_, err = readIDs(t.Context(), db, "q")
	if !errors.Is(err, e6data.ErrAmbiguousExecution) {
		t.Errorf("execute: %v", err)
	}
	if !errors.As(err, &e) || e.Phase != e6data.PhaseExecute || e.QueryID == "" {
		t.Errorf("error %#v", e)
	}
	if n := srv.Stats().Executed; n != 2 {
		t.Errorf("%d executions of two queries", n)
	}
}

// slowClock is a context whose own timer does not fire at its deadline.
type slowClock struct {
	context.Context
	deadline time.Time
}

func (c slowClock) Deadline() (time.Time, bool) { return c.deadline, true }

// The engine knows the caller's deadline. When it notices first, and a proxy makes
// an HTTP status of that, it is the caller's deadline all the same.
func TestTheEngineNoticesTheDeadlineFirst(t *testing.T) {
	for _, method := range []string{"authenticate", "executeStatement", "getResultMetadata", "getNextResultBatch"} {
		for _, proxied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, proxy %t", method, proxied), func(t *testing.T) {
				t.Parallel()
				srv := newEngine(t, enginetest.Config{})
				srv.Handle("q", ids(10, 5))
				dsn := srv.DSN("prefetch_bytes=0")
				if proxied {
					dsn = newProxy(t, srv, enginetest.ProxyConfig{}).DSN("prefetch_bytes=0")
				}
				db, err := sql.Open("e6data", dsn)
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				if method != "authenticate" {
					if err := db.PingContext(within(t, time.Minute)); err != nil {
						t.Fatal(err)
					}
				}
				hang := srv.Inject(enginetest.Fault{Method: method, Times: 1, Hang: true})
				defer hang.Release()
				ctx := slowClock{within(t, time.Minute), time.Now().Add(100 * time.Millisecond)}
				_, err = readAll(ctx, t, db, "q")
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, e6data.ErrIncompleteResult) {
					t.Errorf("got %v", err)
				}
				if ambiguous := method == "executeStatement"; errors.Is(err, e6data.ErrAmbiguousExecution) != ambiguous {
					t.Errorf("ambiguous: %t: %v", !ambiguous, err)
				}
			})
		}
	}
}

// A denied session is renewed in mid-query. A context that ends meanwhile is found
// in the error, as well as what the renewal was for.
func TestContextEndsWhileTheSessionIsRenewed(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"getResultMetadata", "getNextResultBatch"} {
		t.Run(method, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(100, 10))
			db := openDB(t, srv)
			if err := db.Ping(); err != nil {
				t.Fatal(err)
			}
			hang := srv.Inject(enginetest.Fault{Method: "authenticate", Times: 1, Hang: true})
			defer hang.Release()
			srv.Inject(enginetest.Fault{Method: method, Times: 1, Do: srv.ExpireSessions})
			ctx := &endedContext{within(t, time.Minute), hang.Struck(), context.Canceled}
			// Not through sql.Rows, which has an error of its own.
			err := e6data.UseConn(t.Context(), db, func(c *e6data.Conn) error {
				b, err := c.Query(ctx, "q")
				if err != nil {
					return err
				}
				defer b.Close()
				for b.Next() {
				}
				return b.Err()
			})
			if !errors.Is(err, context.Canceled) || !errors.Is(err, e6data.ErrSessionExpired) {
				t.Errorf("error %v", err)
			}
		})
	}
}
