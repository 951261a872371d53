package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	grpckeepalive "google.golang.org/grpc/keepalive"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// Bursts on database/sql's default pool, which closes all but two connections after
// each, take no more sessions than connections were in use at one time.
func TestSessionsOutliveConnections(t *testing.T) {
	t.Parallel()
	const workers = 32
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	db := openDB(t, srv)
	for range 10 {
		if n := readTogether(t, db, workers, 2); n != 0 {
			t.Errorf("%d queries failed", n)
		}
	}
	if n := srv.Count("authenticate"); n > workers {
		t.Errorf("authenticated %d times for %d connections at a time", n, workers)
	}
}

// Connections with live sessions do not authenticate when nothing has confirmed the
// colour for strategy_ttl.
func TestNoHerdAfterStrategyTTL(t *testing.T) {
	t.Parallel()
	const workers = 50
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	db := openDB(t, srv, "strategy_ttl=1ns") // which is always over
	db.SetMaxIdleConns(workers)
	conns := make([]*sql.Conn, workers)
	for i := range conns {
		var err error
		if conns[i], err = db.Conn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range conns {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	srv.ResetCalls()
	readTogether(t, db, workers, 2)
	if n := len(srv.CallsTo("authenticate")); n != 0 {
		t.Errorf("authenticated %d times", n)
	}
}

// A handle whose session has expired uses the live session of its colour.
func TestHandleUsesALiveSession(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	db := openDB(t, srv)
	db.SetMaxOpenConns(1)
	mustUseConn(t, db, func(c *e6data.Conn) error {
		h, err := c.Submit(t.Context(), "q")
		if err != nil {
			return err
		}
		srv.ExpireSessions()
		// A query of the connection opens another session.
		b, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		if err := b.Close(); err != nil {
			return err
		}
		before := srv.Count("authenticate")
		if _, err := c.Status(t.Context(), h); err != nil {
			return err
		}
		if n := srv.Count("authenticate"); n != before {
			t.Errorf("authenticated %d times for the handle", n-before)
		}
		return c.Clear(t.Context(), h)
	})
}

// Nobody waits for a query to be cleared: not its reader, not a connection that is
// closed. The pool's Close and Shutdown do.
func TestNobodyWaitsForClearing(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	db, c := openConnector(t, parseDSN(t, srv.DSN("cleanup_timeout=1m")))
	hang := srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Hang: true})
	for range 3 { // these would wait for a minute each
		if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.QueryContext(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(rows.Close(), conn.Close()); err != nil {
		t.Error(err)
	}
	if err := srv.Balanced(); err == nil {
		t.Error("the queries are cleared already")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown before the clearing: %v", err)
	}
	hang.Release()
	if err := c.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := srv.Balanced(); err != nil {
		t.Errorf("after Shutdown: %v", err)
	}
}

// sql.DB.Close waits for what is outstanding, for cleanup_timeout at most.
func TestCloseWaitsForClearing(t *testing.T) {
	t.Parallel()
	for name, params := range map[string]string{"done": "cleanup_timeout=1m", "given up": "cleanup_timeout=50ms"} {
		srv := newUncheckedEngine(t, enginetest.Config{})
		srv.Handle("q", ids(5, 2))
		hang := srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Hang: true})
		db, err := sql.Open("e6data", srv.DSN(params))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := readIDs(t.Context(), db, "q"); n != 5 || err != nil {
			t.Fatalf("%d rows, %v", n, err)
		}
		<-hang.Struck()
		if name == "done" {
			hang.Release()
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if cleared := srv.Balanced() == nil; cleared != (name == "done") {
			t.Errorf("%s: cleared %v", name, cleared)
		}
		hang.Release()
	}
}

// A point query takes four round trips; nothing is asked for before it is wanted.
func TestRoundTripsOfAPointQuery(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1, 1))
	db := openDB(t, srv)
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	srv.ResetCalls()
	var id int
	if err := db.QueryRow("q").Scan(&id); err != nil {
		t.Fatal(err)
	}
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	var methods []string
	for _, c := range srv.Calls() {
		methods = append(methods, c.Method)
	}
	if got, want := strings.Join(methods, " "), "prepareStatement executeStatement getResultMetadata getNextResultBatch clearOrCancelQuery"; got != want {
		t.Errorf("calls %s\nwant  %s", got, want)
	}
}

// Rows that are dropped without Close are cleared when they are collected.
func TestDroppedRowsAreCleared(t *testing.T) {
	for _, params := range []string{"", "prefetch_bytes=0"} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(1000, 10))
		func() {
			err := e6data.UseConn(context.Background(), openDB(t, srv, params), func(c *e6data.Conn) error {
				b, err := c.Query(context.Background(), "q")
				if err == nil && !b.Next() {
					err = b.Err()
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}()
		for ctx := within(t, time.Minute); srv.Balanced() != nil && ctx.Err() == nil; runtime.Gosched() {
			runtime.GC()
		}
	}
}

// A connector whose connections are closed lets its channel go after a while, though
// nobody closes it, and connects again when it is used again.
func TestIdleConnectorLetsItsChannelGo(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	c, err := e6data.NewConnector(parseDSN(t, srv.DSN()))
	if err != nil {
		t.Fatal(err)
	}
	e6data.SetIdleAfter(c, time.Millisecond)
	for range 2 {
		conn, err := c.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		for ctx := within(t, time.Minute); len(c.Stats().Channels) > 0; runtime.Gosched() {
			if ctx.Err() != nil {
				t.Fatal("the channel is still there")
			}
		}
	}
	if n := srv.Count("authenticate"); n != 1 {
		t.Errorf("authenticated %d times", n)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// halfOpen dials connections, of which those that were made before break go on
// looking alive and carry nothing any more.
type halfOpen struct {
	mu    sync.Mutex
	conns []*silencedConn
}

func (h *halfOpen) dial(ctx context.Context, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &silencedConn{Conn: c}
	h.conns = append(h.conns, s)
	return s, nil
}

func (h *halfOpen) silence() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.conns {
		c.mu.Lock()
		c.silent = true
		c.mu.Unlock()
	}
}

// silencedConn swallows what is written once it is silent.
type silencedConn struct {
	net.Conn
	mu     sync.Mutex
	silent bool
}

func (c *silencedConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// A connection that was lost without notice: a dial that gets no answer in
// connect_timeout on a channel that looks alive gets another channel.
func TestHalfOpenConnection(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	h := &halfOpen{}
	db, c := openConnector(t, parseDSN(t, srv.DSN("connect_timeout=2s")), e6data.WithDialOptions(grpc.WithContextDialer(h.dial)))
	first, err := db.Conn(t.Context()) // holds the session
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	h.silence()
	if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if n := c.Stats().Retries["stuck"]; n != 1 {
		t.Errorf("retries %v", c.Stats().Retries)
	}
}

// pinger dials connections through which more pings can be sent than gRPC sends.
type pinger struct {
	mu   sync.Mutex
	conn net.Conn
}

func (p *pinger) dial(ctx context.Context, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn = c
	return pingedConn{c, p}, err
}

// ping sends so many PING frames. What it sends is never in the middle of a write of
// gRPC's.
func (p *pinger) ping(n int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	const typePing = 6
	frame := make([]byte, 9+8)
	frame[2], frame[3] = 8, typePing
	for range n {
		if _, err := p.conn.Write(frame); err != nil {
			return err
		}
	}
	return nil
}

type pingedConn struct {
	net.Conn
	p *pinger
}

func (c pingedConn) Write(b []byte) (int, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.Conn.Write(b)
}

// A server with gRPC's own ping policy ends a connection that is pinged more often. The
// error says what to do, and the process pings less often from then on.
func TestTooManyPings(t *testing.T) {
	t.Parallel()
	srv := newUncheckedEngine(t, enginetest.Config{Pings: &grpckeepalive.EnforcementPolicy{}})
	srv.Handle("q", ids(5, 2))
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true})
	defer hang.Release()
	cfg := parseDSN(t, srv.DSN("cleanup_timeout=100ms"))
	p := &pinger{}
	db, c := openConnector(t, cfg, e6data.WithDialOptions(grpc.WithContextDialer(p.dial)))
	if before := e6data.PingEvery(c); before != cfg.KeepaliveTime {
		t.Errorf("pings every %v at first", before)
	}
	pinged := make(chan error, 1)
	go func() {
		<-hang.Struck()
		pinged <- p.ping(5)
	}()
	_, err := db.QueryContext(within(t, time.Minute), "q")
	if !errors.Is(err, e6data.ErrAmbiguousExecution) || !strings.Contains(fmt.Sprint(err), "raise keepalive_time") {
		t.Errorf("error %v", err)
	}
	if err := <-pinged; err != nil {
		t.Error(err)
	}
	if after := e6data.PingEvery(c); after != 2*cfg.KeepaliveTime {
		t.Errorf("pings every %v afterwards", after)
	}
}
