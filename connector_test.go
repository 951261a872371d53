package e6data_test

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// What the parameters make of the calls.
func TestSettingsInCalls(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(3, 3))
	for _, catalog := range []string{"", "catalog=c&"} {
		srv.ResetCalls()
		db := openDB(t, srv, catalog+"impersonate=boss&cache=false&user_agent=app/7")
		if n, err := readIDs(t.Context(), db, "q"); n != 3 || err != nil {
			t.Fatalf("%d rows, %v", n, err)
		}
		auth := srv.CallsTo("authenticate")[0]
		if got := auth.Request.(*wire.AuthenticateRequest).GetUserNameForImpersonation(); got != "boss" {
			t.Errorf("impersonating %q", got)
		}
		if agent := strings.Join(auth.Header["user-agent"], " "); !strings.HasPrefix(agent, "app/7 e6data-go") || !strings.Contains(agent, " grpc-go/") {
			t.Errorf("user agent %q", agent)
		}
		execute := srv.CallsTo("executeStatement")[0].Request.(interface{ GetShouldNotCache() bool })
		if !execute.GetShouldNotCache() {
			t.Errorf("%T may be cached", execute)
		}
	}
	srv.ResetCalls()
	if _, err := readIDs(t.Context(), openDB(t, srv), "q"); err != nil {
		t.Fatal(err)
	}
	if r := srv.CallsTo("authenticate")[0].Request.(*wire.AuthenticateRequest); r.UserNameForImpersonation != nil {
		t.Errorf("impersonating %q", r.GetUserNameForImpersonation())
	}
	if srv.CallsTo("executeStatement")[0].Request.(interface{ GetShouldNotCache() bool }).GetShouldNotCache() {
		t.Error("may not be cached")
	}
}

func TestLocation(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	clock := time.Date(2024, 1, 31, 23, 59, 58, 0, time.UTC)
	srv.Handle("q", enginetest.NewResult().Column("at", "TIMESTAMP").Row(clock))
	db := openDB(t, srv, "loc=Asia/Kolkata")
	want := time.Date(2024, 1, 31, 23, 59, 58, 0, mustLocation(t, "Asia/Kolkata"))
	var at time.Time
	if err := db.QueryRowContext(t.Context(), "q").Scan(&at); err != nil || !at.Equal(want) || at.Location().String() != "Asia/Kolkata" {
		t.Errorf("%v, %v, want %v", at, err, want)
	}
	err := e6data.UseConn(t.Context(), db, func(c *e6data.Conn) error {
		batches, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		defer batches.Close()
		if !batches.Next() {
			return batches.Err()
		}
		times, _, err := batches.Batch().Column(0).Times()
		if err == nil && !times[0].Equal(want) {
			err = fmt.Errorf("%v by column, want %v", times[0], want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Connections are spread over the channels, each of which has one socket.
func TestChannels(t *testing.T) {
	t.Parallel()
	for _, channels := range []int{1, 3} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(10, 5))
		db := openDB(t, srv, fmt.Sprintf("channels=%d", channels))
		var conns []*sql.Conn
		for n := 1; n <= 7; n++ {
			c, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
			if got, want := srv.Stats().Connections, min(n, channels); got != want {
				t.Errorf("%d sockets for %d connections, want %d", got, n, want)
			}
		}
		for _, c := range conns {
			if n, err := readIDs(t.Context(), c, "q"); n != 10 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
		}
		if got := srv.Stats().Connections; got != channels {
			t.Errorf("%d sockets, want %d", got, channels)
		}
		for _, c := range conns {
			c.Close()
		}
	}
}

// An engine that does not answer is given up after connect_timeout.
func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts sockets, and that is all
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	srv := newEngine(t, enginetest.Config{})
	hang := srv.Inject(enginetest.Fault{Method: "authenticate", Hang: true})
	defer hang.Release()
	for name, dsn := range map[string]string{
		"no answer to authenticate": srv.DSN("connect_timeout=50ms"),
		"no gRPC":                   "e6data://u:t@" + silent.Addr().String() + "/?connect_timeout=50ms",
	} {
		t.Run(name, func(t *testing.T) {
			db := openWith(t, dsn)
			err := db.PingContext(within(t, time.Minute))
			var e *e6data.Error
			if !errors.As(err, &e) || e.Phase != e6data.PhaseConnect || !errors.Is(err, context.DeadlineExceeded) ||
				!strings.Contains(err.Error(), "timed out after 50ms (connect_timeout) while connecting") {
				t.Errorf("%v", err)
			}
		})
	}
	// The caller's own deadline is not taken for it.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = openWith(t, srv.DSN("connect_timeout=1h")).PingContext(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "connect_timeout") {
		t.Errorf("%v", err)
	}
}

// Waking a cluster does not count.
func TestConnectTimeoutWhileResuming(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	srv.SetCluster(enginetest.ClusterSuspended)
	srv.Inject(enginetest.Fault{Method: "ClusterService/status", Times: 1, Delay: 2500 * time.Millisecond})
	db := openWith(t, srv.DSN("connect_timeout=2s"), e6data.WithResumePoll(time.Millisecond))
	if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// However credentials are refused, it is told once, with host and user.
func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{codes.Unauthenticated, codes.PermissionDenied, codes.OK} {
		srv := newEngine(t, enginetest.Config{})
		dsn := srv.DSN()
		if code == codes.OK {
			dsn = strings.Replace(dsn, enginetest.DefaultToken, "t0ps3cret", 1) // an empty session id
		} else {
			srv.Inject(enginetest.Fault{Method: "authenticate", Err: status.Error(code, "no: "+enginetest.DefaultToken)})
		}
		db := openWith(t, dsn)
		for name, f := range map[string]func() error{
			"ping":  func() error { return db.PingContext(t.Context()) },
			"query": func() error { _, err := db.ExecContext(t.Context(), "q"); return err },
		} {
			srv.ResetCalls()
			err := f()
			if !errors.Is(err, e6data.ErrAuthentication) || !strings.Contains(err.Error(), srv.Addr()) || !strings.Contains(err.Error(), enginetest.DefaultUser) {
				t.Errorf("%s, %v: %v", name, code, err)
			}
			if strings.Contains(err.Error(), enginetest.DefaultToken) || strings.Contains(err.Error(), "t0ps3cret") {
				t.Errorf("%s, %v: the token is in %v", name, code, err)
			}
			if n := srv.Count("authenticate"); n != 1 {
				t.Errorf("%s, %v: asked %d times", name, code, n)
			}
		}
	}
}

// watch is a stats handler of the application's.
type watch struct {
	mu                 sync.Mutex
	requests, answers  map[string]bool // compressors seen
	saved, outs, inPay int
}

func (*watch) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*watch) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*watch) HandleConn(context.Context, stats.ConnStats)                       {}

func (w *watch) HandleRPC(_ context.Context, s stats.RPCStats) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch s := s.(type) {
	case *stats.OutHeader:
		w.requests[s.Compression] = true
		w.outs++
	case *stats.InHeader:
		w.answers[s.Compression] = true
	case *stats.InPayload:
		w.saved += s.Length - s.CompressedLength
		w.inPay++
	}
}

// Requests and answers are compressed, result batches included.
func TestCompression(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(20_000, 5_000))
	for _, params := range []string{"", "compression=gzip", "compression=gzip&result_batch_v2=on"} {
		w := &watch{requests: map[string]bool{}, answers: map[string]bool{}}
		db := openWith(t, srv.DSN(params), e6data.WithDialOptions(grpc.WithStatsHandler(w)))
		if n, err := readIDs(t.Context(), db, "q"); n != 20_000 || err != nil {
			t.Errorf("%s: %d rows, %v", params, n, err)
		}
		w.mu.Lock()
		if w.outs == 0 || w.inPay == 0 {
			t.Error("the application's stats handler was not asked")
		}
		if params == "" && (w.requests["gzip"] || w.answers["gzip"]) {
			t.Errorf("compressed without being asked to: %v, %v", w.requests, w.answers)
		}
		if params != "" && (len(w.requests) != 1 || !w.requests["gzip"] || !w.answers["gzip"] || w.saved < 50_000) {
			t.Errorf("%s: requests %v, answers %v, %d bytes saved", params, w.requests, w.answers, w.saved)
		}
		w.mu.Unlock()
	}
}

// The driver's own stats handler stays in force beside the application's: it
// is what proves that a call was not sent.
func TestDialOptionsAreAdded(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 5))
	var dials atomic.Int64
	db := openWith(t, srv.DSN(), e6data.WithDialOptions(
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
			dials.Add(1)
			return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		}),
		grpc.WithStatsHandler(&watch{requests: map[string]bool{}, answers: map[string]bool{}}),
	))
	srv.Inject(enginetest.Fault{Method: "executeStatement", Drop: true, Times: 1})
	_, err := readIDs(t.Context(), db, "q")
	if !errors.Is(err, e6data.ErrAmbiguousExecution) {
		t.Errorf("execute that was sent: %v", err)
	}
	if n, err := readIDs(t.Context(), db, "q"); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if n := dials.Load(); n < 2 {
		t.Errorf("the application's dialer was called %d times", n)
	}
}

// What keeps Connect from even beginning is an *Error as well.
func TestConnectErrors(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	cfg := parseDSN(t, srv.DSN())
	closed, err := e6data.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Error(err)
	}
	undialled, err := e6data.NewConnector(cfg, e6data.WithDialOptions(grpc.WithTransportCredentials(nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer undialled.Close()
	empty, err := (&e6data.Driver{}).OpenConnector("")
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]driver.Connector{
		"e6data: connect: the connector is closed":         closed,
		"e6data: connect: grpc: no transport security set": undialled,
		"e6data: connect: the DSN is empty":                empty,
	} {
		_, err := c.Connect(t.Context())
		var e *e6data.Error
		if !errors.As(err, &e) || e.Phase != e6data.PhaseConnect || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%T %v, want %s", err, err, want)
		}
	}
}

// A name server that knows no such host is all that gRPC does not tell.
func TestUnknownHost(t *testing.T) {
	t.Parallel()
	nobody := manual.NewBuilderWithScheme("dns")
	nobody.InitialState(resolver.State{})
	db := openWith(t, "e6data://u:t0ken@e6.exmaple.com/?max_attempts=1", e6data.WithDialOptions(grpc.WithResolvers(nobody)))
	err := db.PingContext(within(t, time.Minute))
	var e *e6data.Error
	if !errors.As(err, &e) || e.Phase != e6data.PhaseConnect || !strings.Contains(err.Error(), `no address is known of the host "e6.exmaple.com"`) {
		t.Errorf("error %v", err)
	}
}

// A limit that an answer or a request breaks is an error that says so.
func TestMessageLimits(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(20_000, 20_000))
	_, err := readIDs(t.Context(), openDB(t, srv, "max_recv_bytes=64KiB"), "q")
	if !errors.Is(err, e6data.ErrIncompleteResult) || status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "larger than max") ||
		!strings.Contains(err.Error(), "max_recv_bytes is 64KiB") {
		t.Errorf("answer: %v", err)
	}
	_, err = readIDs(t.Context(), openDB(t, srv, "max_send_bytes=1KiB"), "SELECT '"+strings.Repeat("x", 2000)+"'")
	if status.Code(err) != codes.ResourceExhausted || !strings.Contains(err.Error(), "larger than max") {
		t.Errorf("request: %v", err)
	}
	if n, err := readIDs(t.Context(), openDB(t, srv, "max_recv_bytes=1MiB&max_send_bytes=1KiB"), "q"); n != 20_000 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// HTTPS_PROXY is obeyed, for a host whose name only the proxy can resolve. Go
// reads that variable once in a process, so the driver runs in one of its own.
func TestHTTPSProxy(t *testing.T) {
	t.Parallel()
	if dsn := os.Getenv("E6DATA_TEST_DSN"); dsn != "" {
		db := openWith(t, dsn)
		n, err := readIDs(t.Context(), db, "q")
		fmt.Printf("rows=%d err=%v\n", n, err)
		return
	}
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	proxy := newConnectProxy(t, srv.Addr())
	const host = "engine.example.invalid:1234"
	dsn := strings.Replace(srv.DSN("max_attempts=1"), srv.Addr(), host, 1)
	for _, noProxy := range []string{"", "example.invalid"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHTTPSProxy$", "-test.count=1")
		cmd.Env = append(os.Environ(), "E6DATA_TEST_DSN="+dsn, "HTTPS_PROXY=http://"+proxy.addr, "https_proxy=", "NO_PROXY="+noProxy, "no_proxy=")
		before := len(proxy.asked())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		asked := proxy.asked()[before:]
		if noProxy != "" {
			if len(asked) != 0 || strings.Contains(string(out), "err=<nil>") {
				t.Errorf("NO_PROXY was passed over: %q, %s", asked, out)
			}
			continue
		}
		if !strings.Contains(string(out), "rows=100 err=<nil>") || len(asked) == 0 || asked[0] != "CONNECT "+host {
			t.Errorf("proxy was asked %q: %s", asked, out)
		}
	}
}

// What counts as loopback, where an access token needs no TLS, is not sent to a
// proxy, whatever NO_PROXY says.
func TestNoProxyForLoopback(t *testing.T) {
	t.Parallel()
	if addr := os.Getenv("E6DATA_TEST_DSN"); addr != "" {
		cfg := e6data.NewConfig()
		var port string
		cfg.Host, port, _ = net.SplitHostPort(addr)
		cfg.Port, _ = strconv.Atoi(port)
		cfg.AccessToken, cfg.MaxAttempts = e6data.NewSecret("t0ken"), 1
		if c, err := e6data.NewConnector(cfg); err == nil {
			db := sql.OpenDB(c)
			_ = db.PingContext(t.Context())
			_ = db.Close()
		}
		return
	}
	srv := newUncheckedEngine(t, enginetest.Config{Bearer: func(string) bool { return true }})
	proxy := newConnectProxy(t, srv.Addr())
	_, port, err := net.SplitHostPort(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", "localhost", "LOCALHOST", "localhost.", "a.localhost"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoProxyForLoopback$", "-test.count=1")
		cmd.Env = append(os.Environ(), "E6DATA_TEST_DSN="+net.JoinHostPort(host, port), "HTTPS_PROXY=http://"+proxy.addr, "https_proxy=", "NO_PROXY=", "no_proxy=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if srv.Stats().Calls == 0 {
		t.Error("nothing was reached")
	}
	if asked := proxy.asked(); len(asked) != 0 {
		t.Errorf("the proxy was asked %q, with a token to come in plaintext", asked)
	}
}

// connectProxy is an HTTP proxy that knows CONNECT, and one host.
type connectProxy struct {
	addr  string
	mu    sync.Mutex
	lines []string
}

func (p *connectProxy) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines
}

// newConnectProxy starts a proxy all of whose tunnels lead to target.
func newConnectProxy(t *testing.T, target string) *connectProxy {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &connectProxy{addr: lis.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := lis.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.tunnel(client, target) })
		}
	})
	t.Cleanup(func() {
		lis.Close()
		running.Wait()
	})
	return p
}

func (p *connectProxy) tunnel(client net.Conn, target string) {
	defer client.Close()
	r := bufio.NewReader(client)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.lines = append(p.lines, req.Method+" "+req.Host)
	p.mu.Unlock()
	engine, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer engine.Close()
	if _, err := io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(engine, r)
		engine.Close()
	})
	_, _ = io.Copy(client, engine)
	client.Close()
	up.Wait()
}
