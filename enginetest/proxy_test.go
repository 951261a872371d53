package enginetest_test

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

func newProxy(t testing.TB, srv *enginetest.Server, cfg enginetest.ProxyConfig) *enginetest.Proxy {
	t.Helper()
	p, err := enginetest.NewProxy(srv, cfg)
	noErr(t, err)
	t.Cleanup(p.Close)
	return p
}

var (
	wrongColour = enginetest.Shape{Status: 456, Body: "wrong colour"}
	asleep      = enginetest.Shape{Status: 503}
)

func TestProxyPassesCallsOn(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{ClusterName: "c"})
	srv.Handle(items, itemsResult())
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	c := dialAddr(t, p.Addr(), nil)
	_, err := c.Authenticate(c.ctx(), &wire.AuthenticateRequest{})
	wantErr(t, err, codes.Unimplemented, "unknown cluster")
	c.extra = []string{"cluster-name", "c"}
	c.session = c.login()
	pr := c.mustExecute(items)
	if got := pr.sizes(); len(got) != 2 {
		t.Errorf("chunks of %v rows", got)
	}
	pr.mustClear()
	// Trailers, with percent-encoded text.
	_, err = c.prepare("SELECT 'größer 100%'\n")
	wantErr(t, err, codes.Internal, "SELECT 'größer 100%'")
	srv.SetLive(enginetest.Green)
	_, err = c.prepare(items)
	wantErr(t, err, codes.Unknown, "status: 456")
	srv.SetLive(enginetest.Blue)
	srv.SetCluster(enginetest.ClusterSuspended)
	_, err = c.prepare(items)
	wantErr(t, err, codes.Unavailable, "status: 503")
	if n, m := p.Count("prepareStatement"), p.Count(""); n != 4 || m != srv.Stats().Calls {
		t.Errorf("%d prepares in %d calls", n, m)
	}
	balanced(t, srv)
}

// An answer that has only trailers keeps them, in every order in which the proxy's
// goroutines run.
func TestProxyPassesTrailersOn(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	c := dialAddr(t, p.Addr(), nil)
	c.session = "expired"
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for range 250 {
				if _, err := c.prepare(items); !strings.Contains(status.Convert(err).Message(), "Access denied") {
					t.Error(err)
					return
				}
			}
		})
	}
	calls.Wait()
}

func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{Live: []string{enginetest.Green}})
	p := newProxy(t, srv, enginetest.ProxyConfig{WrongStrategy: wrongColour, Suspended: asleep})
	c := dialAddr(t, p.Addr(), nil)
	_, err := c.Authenticate(c.ctx(), &wire.AuthenticateRequest{})
	wantErr(t, err, codes.Unknown, `456 (); transport: received unexpected content-type "text/plain"`+"\n"+`data: "wrong colour"`)
	c.color = enginetest.Green
	c.login()

	srv.SetCluster(enginetest.ClusterSuspended)
	_, err = c.Authenticate(c.ctx(), &wire.AuthenticateRequest{})
	wantErr(t, err, codes.Unavailable, "503 (Service Unavailable)")
	r, err := c.cluster.Status(c.ctx(), &wire.ClusterStatusRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken})
	noErr(t, err)
	if r.GetStatus() != enginetest.ClusterSuspended {
		t.Errorf("status %q", r.GetStatus())
	}
	if n := srv.Stats().Calls; n != 2 {
		t.Errorf("%d calls reached the server", n)
	}
}

func TestProxyFault(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
	srv.Handle(items, itemsResult())
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	blue := dialAddr(t, p.Addr(), nil)
	blue.session = blue.login()
	green := blue.on(enginetest.Green)

	done := 0
	f := p.Inject(enginetest.ProxyFault{
		Method: "prepareStatement", Strategy: enginetest.Green, Skip: 1, Times: 1,
		Do:    func() { done++ },
		Shape: enginetest.Shape{Code: codes.InvalidArgument, Message: "Status: 456, 100% größer"},
	})
	blue.mustPrepare(items).mustClear()
	green.mustPrepare(items).mustClear()
	blue.mustPrepare(items).mustClear()
	_, err := green.prepare(items)
	wantErr(t, err, codes.InvalidArgument, "Status: 456, 100% größer")
	green.mustPrepare(items).mustClear()
	if f.Hits() != 1 || done != 1 {
		t.Errorf("%d hits, done %d times", f.Hits(), done)
	}

	f = p.Inject(enginetest.ProxyFault{Shape: asleep})
	_, err = green.prepare(items)
	wantErr(t, err, codes.Unavailable, "503")
	f.Release()
	f.Release()
	green.mustPrepare(items).mustClear()
	p.Inject(enginetest.ProxyFault{Shape: asleep})
	p.ClearFaults()
	green.mustPrepare(items).mustClear()
	balanced(t, srv)
}

func TestProxyLosesAnAnswer(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	c := dialAddr(t, p.Addr(), nil)
	c.session = c.login()

	// The engine does not get the call.
	q := c.mustPrepare(items)
	p.Inject(enginetest.ProxyFault{Method: "executeStatement", Times: 1, Shape: enginetest.Shape{Status: 502}})
	wantErr(t, q.execute(), codes.Unavailable, "502 (Bad Gateway)")
	if n := srv.Stats().Executed; n != 0 {
		t.Errorf("executed %d times", n)
	}
	// The engine gets the call.
	p.Inject(enginetest.ProxyFault{Method: "executeStatement", Times: 1, After: true, Shape: enginetest.Shape{Status: 502, ContentType: "application/grpc"}})
	err := q.execute()
	wantErr(t, err, codes.Unknown, "")
	if msg := status.Convert(err).Message(); msg != "" {
		t.Errorf("message %q", msg)
	}
	if n := srv.Stats().Executed; n != 1 {
		t.Errorf("executed %d times", n)
	}
	// The engine answers, and a part of the answer is lost.
	p.Inject(enginetest.ProxyFault{Method: "getNextResultBatch", Times: 1, Shape: enginetest.Shape{Reset: true, Bytes: 20}})
	_, err = q.batch()
	wantErr(t, err, codes.Internal, "RST_STREAM with error code: INTERNAL_ERROR")
	if got := q.sizes(); len(got) != 1 {
		t.Errorf("after the lost chunk: chunks of %v rows", got)
	}
	q.mustClear()
	balanced(t, srv)
}

// A call that hangs in the engine does not keep the proxy from closing.
func TestProxyClose(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	c := dialAddr(t, p.Addr(), nil)
	f := srv.Inject(enginetest.Fault{Method: "authenticate", Hang: true})
	failed := make(chan error, 1)
	go func() {
		_, err := c.Authenticate(c.ctx(), &wire.AuthenticateRequest{})
		failed <- err
	}()
	<-f.Struck()
	p.Close()
	p.Close()
	wantErr(t, <-failed, codes.Unavailable, "")
	if _, err := net.DialTimeout("tcp", p.Addr(), time.Second); err == nil {
		t.Error("the proxy still listens")
	}
	noErr(t, srv.Wait(soon(t), func(s enginetest.Stats) bool { return s.InFlight == 0 && s.Connections == 0 }))
}

// The proxy forwards the caller's cancellation to the engine.
func TestProxyCancels(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	c := dialAddr(t, p.Addr(), nil)
	f := srv.Inject(enginetest.Fault{Method: "authenticate", Hang: true})
	ctx, cancel := context.WithCancel(c.ctx())
	go func() {
		<-f.Struck()
		cancel()
	}()
	_, err := c.Authenticate(ctx, &wire.AuthenticateRequest{})
	wantErr(t, err, codes.Canceled, "")
	noErr(t, srv.Wait(soon(t), func(s enginetest.Stats) bool { return s.InFlight == 0 }))
}

func TestProxyWithoutServer(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	srv.Close()
	c := dialAddr(t, p.Addr(), nil)
	_, err := c.Authenticate(c.ctx(), &wire.AuthenticateRequest{})
	wantErr(t, err, codes.Unavailable, "502 (Bad Gateway)")
}

func TestProxyBeforeTLS(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{TLS: true})
	if p, err := enginetest.NewProxy(srv, enginetest.ProxyConfig{}); err == nil {
		p.Close()
		t.Error("no error")
	}
}

func TestProxyDSN(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{ClusterName: "c"})
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	got, want := p.DSN("a=b"), srv.DSN("a=b")
	if got == want || got != strings.Replace(want, srv.Addr(), p.Addr(), 1) {
		t.Errorf("%s of a server with %s", got, want)
	}
}

func TestShapeString(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		shape enginetest.Shape
		want  string
	}{
		{enginetest.Shape{}, "none"},
		{asleep, "HTTP 503 text/plain"},
		{wrongColour, `HTTP 456 text/plain "wrong colour"`},
		{enginetest.Shape{ContentType: "application/grpc"}, "HTTP 200 application/grpc"},
		{enginetest.Shape{Code: codes.Unknown, Message: "status: 456"}, `gRPC Unknown "status: 456"`},
		{enginetest.Shape{Reset: true, Bytes: 3}, "RST_STREAM after 3 bytes"},
	} {
		if got := test.shape.String(); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	first := newServer(t, enginetest.Config{})
	addr := first.Addr()
	if _, err := enginetest.NewServer(enginetest.Config{Listen: addr}); err == nil {
		t.Error("two servers on one address")
	}
	first.Close()
	again := newServer(t, enginetest.Config{Listen: addr})
	if again.Addr() != addr {
		t.Errorf("listens on %s, want %s", again.Addr(), addr)
	}
	connect(t, again)
	if u, err := url.Parse(again.DSN()); err != nil || u.Host != addr {
		t.Errorf("DSN %s, %v", again.DSN(), err)
	}
}

func TestMark(t *testing.T) {
	t.Parallel()
	ids := func(mark string) (session, query string) {
		srv := newServer(t, enginetest.Config{Mark: mark, RotateSessions: mark != ""})
		srv.Handle(items, itemsResult())
		c := connect(t, srv)
		q := c.mustPrepare(items)
		defer q.mustClear()
		if mark != "" && !strings.HasPrefix(q.session, "session-"+mark+"-") {
			t.Errorf("fresh session %q", q.session)
		}
		return c.session, q.id
	}
	for _, test := range []struct{ mark, session, query string }{
		{"", "session-blue-000001", "query-blue-000001"},
		{"life2", "session-life2-blue-000001", "query-life2-blue-000001"},
	} {
		if s, q := ids(test.mark); s != test.session || q != test.query {
			t.Errorf("mark %q: %s and %s", test.mark, s, q)
		}
	}
}
