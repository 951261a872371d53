package protocoltest

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

var (
	wrongColor = enginetest.Shape{Status: 456, Body: "wrong colour"}
	asleep     = enginetest.Shape{Status: 503}
)

func proxyPassesCallsOn(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{ClusterName: "c"})
	p := NewProxy(t, srv, enginetest.ProxyConfig{})
	c := DialAddr(t, p.Addr(), nil)
	_, err := c.Authenticate(c.Context(), &wire.AuthenticateRequest{})
	WantErr(t, err, codes.Unimplemented, "unknown cluster")
	c.Extra = []string{"cluster-name", "c"}
	c.Session = c.Login()
	pr := c.MustExecute(Items)
	if got := pr.Sizes(); len(got) != 2 {
		t.Errorf("chunks of %v rows", got)
	}
	pr.MustClear()
	// Trailers and what is percent-encoded in them.
	_, err = c.Prepare("SELECT id FROM \"größer 100%\"\n")
	WantErr(t, err, codes.Internal, "größer 100%")
	srv.SetLive(enginetest.Green)
	_, err = c.Prepare(Items)
	WantErr(t, err, codes.Unknown, "status: 456")
	srv.SetLive(enginetest.Blue)
	srv.SetCluster(enginetest.ClusterSuspended)
	_, err = c.Prepare(Items)
	WantErr(t, err, codes.Unavailable, "status: 503")
	if n, m := p.Count("prepareStatement"), p.Count(""); n != 4 || m != srv.Stats().Calls {
		t.Errorf("%d prepares in %d calls", n, m)
	}
	Balanced(t, srv)
}

func proxyRefuses(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{Live: []string{enginetest.Green}})
	p := NewProxy(t, srv, enginetest.ProxyConfig{WrongStrategy: wrongColor, Suspended: asleep})
	c := DialAddr(t, p.Addr(), nil)
	_, err := c.Authenticate(c.Context(), &wire.AuthenticateRequest{})
	WantErr(t, err, codes.Unknown, `456 (); transport: received unexpected content-type "text/plain"`+"\n"+`data: "wrong colour"`)
	c.Color = enginetest.Green
	c.Login()

	srv.SetCluster(enginetest.ClusterSuspended)
	_, err = c.Authenticate(c.Context(), &wire.AuthenticateRequest{})
	WantErr(t, err, codes.Unavailable, "503 (Service Unavailable)")
	r, err := c.Cluster.Status(c.Context(), &wire.ClusterStatusRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken})
	NoErr(t, err)
	if r.GetStatus() != enginetest.ClusterSuspended {
		t.Errorf("status %q", r.GetStatus())
	}
	if n := srv.Stats().Calls; n != 2 {
		t.Errorf("%d calls reached the server", n)
	}
}

func proxyFault(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
	p := NewProxy(t, srv, enginetest.ProxyConfig{})
	blue := DialAddr(t, p.Addr(), nil)
	blue.Session = blue.Login()
	green := blue.On(enginetest.Green)

	done := 0
	f := p.Inject(enginetest.ProxyFault{
		Method: "prepareStatement", Strategy: enginetest.Green, Skip: 1, Times: 1,
		Do:    func() { done++ },
		Shape: enginetest.Shape{Code: codes.InvalidArgument, Message: "Status: 456, 100% größer"},
	})
	blue.MustPrepare(Items).MustClear()
	green.MustPrepare(Items).MustClear()
	blue.MustPrepare(Items).MustClear()
	_, err := green.Prepare(Items)
	WantErr(t, err, codes.InvalidArgument, "Status: 456, 100% größer")
	green.MustPrepare(Items).MustClear()
	if f.Hits() != 1 || done != 1 {
		t.Errorf("%d hits, done %d times", f.Hits(), done)
	}

	f = p.Inject(enginetest.ProxyFault{Shape: asleep})
	_, err = green.Prepare(Items)
	WantErr(t, err, codes.Unavailable, "503")
	f.Release()
	f.Release()
	green.MustPrepare(Items).MustClear()
	p.Inject(enginetest.ProxyFault{Shape: asleep})
	p.ClearFaults()
	green.MustPrepare(Items).MustClear()
	Balanced(t, srv)
}

func proxyLosesAnAnswer(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := NewProxy(t, srv, enginetest.ProxyConfig{})
	c := DialAddr(t, p.Addr(), nil)
	c.Session = c.Login()

	// The engine does not see it.
	q := c.MustPrepare(Items)
	p.Inject(enginetest.ProxyFault{Method: "executeStatement", Times: 1, Shape: enginetest.Shape{Status: 502}})
	WantErr(t, q.Execute(), codes.Unavailable, "502 (Bad Gateway)")
	if n := srv.Stats().Executed; n != 0 {
		t.Errorf("executed %d times", n)
	}
	// The engine sees it.
	p.Inject(enginetest.ProxyFault{Method: "executeStatement", Times: 1, After: true, Shape: enginetest.Shape{Status: 502, ContentType: "application/grpc"}})
	err := q.Execute()
	WantErr(t, err, codes.Unknown, "")
	if msg := status.Convert(err).Message(); msg != "" {
		t.Errorf("message %q", msg)
	}
	if n := srv.Stats().Executed; n != 1 {
		t.Errorf("executed %d times", n)
	}
	// And answers, in part.
	p.Inject(enginetest.ProxyFault{Method: "getNextResultBatch", Times: 1, Shape: enginetest.Shape{Reset: true, Bytes: 20}})
	_, err = q.Batch()
	WantErr(t, err, codes.Internal, "RST_STREAM with error code: INTERNAL_ERROR")
	if got := q.Sizes(); len(got) != 1 {
		t.Errorf("after the lost chunk: chunks of %v rows", got)
	}
	q.MustClear()
	Balanced(t, srv)
}

// A call that hangs in the engine does not keep the proxy from closing.
func proxyClose(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := NewProxy(t, srv, enginetest.ProxyConfig{})
	c := DialAddr(t, p.Addr(), nil)
	f := srv.Inject(enginetest.Fault{Method: "authenticate", Hang: true})
	failed := make(chan error, 1)
	go func() {
		_, err := c.Authenticate(c.Context(), &wire.AuthenticateRequest{})
		failed <- err
	}()
	<-f.Struck()
	p.Close()
	p.Close()
	WantErr(t, <-failed, codes.Unavailable, "")
	if _, err := net.DialTimeout("tcp", p.Addr(), time.Second); err == nil {
		t.Error("it still listens")
	}
	NoErr(t, srv.Wait(Soon(t), func(s enginetest.Stats) bool { return s.InFlight == 0 && s.Connections == 0 }))
}

// The caller's cancellation goes through to the engine.
func proxyCancels(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := NewProxy(t, srv, enginetest.ProxyConfig{})
	c := DialAddr(t, p.Addr(), nil)
	f := srv.Inject(enginetest.Fault{Method: "authenticate", Hang: true})
	ctx, cancel := context.WithCancel(c.Context())
	go func() {
		<-f.Struck()
		cancel()
	}()
	_, err := c.Authenticate(ctx, &wire.AuthenticateRequest{})
	WantErr(t, err, codes.Canceled, "")
	NoErr(t, srv.Wait(Soon(t), func(s enginetest.Stats) bool { return s.InFlight == 0 }))
}

func mark(t *testing.T, on Backend) {
	ids := func(mark string) (session, query string) {
		srv := on.Start(t, enginetest.Config{Mark: mark, RotateSessions: mark != ""})
		c := Connect(t, srv)
		q := c.MustPrepare(Items)
		defer q.MustClear()
		if mark != "" && !strings.HasPrefix(q.Session, "session-"+mark+"-") {
			t.Errorf("fresh session %q", q.Session)
		}
		return c.Session, q.ID
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
