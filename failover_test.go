package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestDetection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ live, tried string }{
		{enginetest.Blue, "blue"},
		{enginetest.Green, "blue green"},
	} {
		t.Run(test.live, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{Live: []string{test.live}})
			srv.Handle("q", ids(5, 2))
			if n, err := readIDs(t.Context(), openDB(t, srv), "q"); n != 5 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
			if got := strategies(srv, "authenticate"); got != test.tried {
				t.Errorf("tried %s, want %s", got, test.tried)
			}
			// A second pool in the process uses the strategy that the first one found.
			srv.ResetCalls()
			if err := openDB(t, srv).Ping(); err != nil {
				t.Error(err)
			}
			if got := strategies(srv, "authenticate"); got != test.live {
				t.Errorf("second pool tried %s, want %s", got, test.live)
			}
		})
	}
}

func TestNoColourIsLive(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.SetLive("red")
	err := openDB(t, srv).Ping()
	if !errors.Is(err, e6data.ErrWrongStrategy) {
		t.Errorf("Ping: %v", err)
	}
	var e *e6data.Error
	if !errors.As(err, &e) || e.Phase != e6data.PhaseConnect {
		t.Errorf("error %#v", err)
	}
}

// A query that gets a 456 before it has run moves to the other colour.
func TestSwitchDuringAQuery(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"healthCheck", "prepareStatement", "executeStatement"} {
		t.Run(method, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(5, 2))
			db := openDB(t, srv)
			db.SetMaxOpenConns(1)
			if err := db.Ping(); err != nil {
				t.Fatal(err)
			}
			// Blue ends while the call is in flight. Its queries and sessions are lost.
			srv.Inject(enginetest.Fault{
				Method: method, Times: 1,
				Do:  func() { srv.SetLive(enginetest.Blue, enginetest.Green) },
				Err: status.Error(codes.Unknown, "Received http2 header with Status: 456"),
			})
			if err := db.Ping(); err != nil {
				t.Fatal(err)
			}
			if n, err := readIDs(t.Context(), db, "q"); n != 5 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
			if got := strategies(srv, method); !strings.Contains(got, "blue green") {
				t.Errorf("%s went to %s", method, got)
			}
			if n := srv.Stats().Executed; n != 1 {
				t.Errorf("executed %d times", n)
			}
		})
	}
}

// An announced switch moves new queries at once. A running query stays on its colour until
// it is cleared.
func TestAnnouncedSwitch(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
	srv.Handle("old", ids(100, 10))
	srv.Handle("new", ids(7, 10))
	db := openDB(t, srv, "prefetch_bytes=0") // no answer comes before its rows are read
	rows, err := db.Query("old")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	read := func(n int) {
		t.Helper()
		for range n {
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
		}
	}
	read(10)
	srv.Announce("Green")
	read(10) // the answer announces green
	srv.Announce("")
	if n, err := readIDs(t.Context(), db, "new"); n != 7 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	read(80)
	if rows.Next() || rows.Err() != nil {
		t.Errorf("after the last row: %v", rows.Err())
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	for _, c := range srv.Calls() {
		want := map[string]string{"old": "blue", "new": "green"}[c.SQL]
		if want != "" && c.Strategy != want {
			t.Errorf("%s of %q went to %s", c.Method, c.SQL, c.Strategy)
		}
	}
}

func TestAnnouncedNonsenseIsIgnored(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 1))
	srv.Announce("purple")
	db := openDB(t, srv)
	for range 2 {
		if n, err := readIDs(t.Context(), db, "q"); n != 5 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
	}
	if got := strategies(srv, "prepareStatement"); got != "blue blue" {
		t.Errorf("prepared on %s", got)
	}
}

// An expired session is renewed, and the statement runs once.
func TestSessionExpires(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"prepareStatement", "executeStatement", "getResultMetadata", "getNextResultBatch", "clearOrCancelQuery"} {
		t.Run(method, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(5, 2))
			db := openDB(t, srv)
			if err := db.Ping(); err != nil {
				t.Fatal(err)
			}
			srv.Inject(enginetest.Fault{Method: method, Times: 1, Do: srv.ExpireSessions})
			if n, err := readIDs(t.Context(), db, "q"); n != 5 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
			if n := srv.Stats().Executed; n != 1 {
				t.Errorf("executed %d times", n)
			}
		})
	}
}

// If the engine also denies the session that replaces a denied one, the driver returns the
// engine's error as it is.
func TestSessionIsAlwaysDenied(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Err: status.Error(codes.Internal, "Access denied")})
	_, err := readIDs(t.Context(), openDB(t, srv), "q")
	if errors.Is(err, e6data.ErrSessionExpired) || status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "Access denied") {
		t.Errorf("error %v", err)
	}
	if n := srv.Count("prepareStatement"); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestBadCredentials(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	dsn := strings.Replace(srv.DSN(), "secret-token", "wr0ng-t0ken", 1)
	db, err := sql.Open("e6data", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.PingContext(within(t, time.Minute))
	if !errors.Is(err, e6data.ErrAuthentication) {
		t.Fatalf("Ping: %v", err)
	}
	if msg := err.Error(); !strings.Contains(msg, srv.Addr()) || !strings.Contains(msg, "user@example.com") || strings.Contains(msg, "wr0ng") {
		t.Errorf("message %q", msg)
	}
	if n := srv.Count("authenticate"); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

func TestErrorsDoNotShowTheToken(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Err: status.Error(codes.InvalidArgument, "bad header secret-token")})
	_, err := openDB(t, srv).Query("q")
	if err == nil || strings.Contains(err.Error(), "secret-token") || !strings.Contains(err.Error(), "[redacted]") {
		t.Errorf("error %v", err)
	}
}

func TestSQLError(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2).Fail(enginetest.PhaseExecute, status.Error(codes.Internal, "division by zero")))
	_, err := openDB(t, srv).Query("q")
	var e *e6data.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %T %v", err, err)
	}
	if e.Phase != e6data.PhaseExecute || e.QueryID != "query-blue-000001" || e.Strategy != "blue" ||
		e.Code != codes.Internal || e.Message != "division by zero" || e.Kind != e6data.ErrSQL || e.Err != nil {
		t.Errorf("error %#v", e)
	}
	if want := "e6data: execute query query-blue-000001 (blue): Internal: division by zero"; e.Error() != want {
		t.Errorf("message %q, want %q", e.Error(), want)
	}
	if n := srv.Count("executeStatement"); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// outage is a dialer that can fail for a while. It works again before the fourth attempt
// of a clear, if the reader has its error by then.
type outage struct {
	e6data.NoHook
	closed atomic.Bool
	reader chan struct{} // closed when the reader has its error

	mu   sync.Mutex
	conn net.Conn
}

func (o *outage) dial(ctx context.Context, addr string) (net.Conn, error) {
	if o.closed.Load() {
		return nil, errors.New("the road is closed")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.conn = conn
	return conn, err
}

func (o *outage) begin() error {
	o.closed.Store(true)
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.conn.Close()
}

func (o *outage) Retry(ctx context.Context, r e6data.Retry) {
	if r.Phase != e6data.PhaseClear || r.Try != 4 {
		return
	}
	select {
	case <-o.reader:
		o.closed.Store(false)
	case <-ctx.Done():
	}
}

// If the engine cannot be reached for a while, the query is cleared afterwards, in the
// background. The reader does not wait for that, and max_attempts does not apply to it.
func TestClearOutlastsAnOutage(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(20, 10))
	o := &outage{reader: make(chan struct{})}
	know := sync.OnceFunc(func() { close(o.reader) })
	defer know()
	db := openWith(t, srv.DSN("max_attempts=2", "prefetch_bytes=0", "cleanup_timeout=1m"),
		e6data.WithHook(o), e6data.WithDialOptions(grpc.WithContextDialer(o.dial)))
	rows, err := db.QueryContext(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; rows.Next(); n++ {
		if n == 9 {
			if err := o.begin(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := rows.Err(); n != 10 || !errors.Is(err, e6data.ErrIncompleteResult) {
		t.Errorf("%d rows, %v", n, err)
	}
	know()
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	if n := len(srv.CallsTo("clearOrCancelQuery")); n != 1 {
		t.Errorf("%d clears arrived", n)
	}
}
