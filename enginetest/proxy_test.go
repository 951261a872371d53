package enginetest_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

var (
	wrongColour = enginetest.Shape{Status: 456, Body: "wrong colour"}
	asleep      = enginetest.Shape{Status: 503}
)

// An answer that has only trailers keeps them, however the proxy's goroutines run.
func TestProxyPassesTrailersOn(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	c := dialAddr(t, p.Addr(), nil)
	c.Session = "expired"
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for range 250 {
				if _, err := c.Prepare(items); !strings.Contains(status.Convert(err).Message(), "Access denied") {
					t.Error(err)
					return
				}
			}
		})
	}
	calls.Wait()
}

func TestProxyWithoutServer(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	srv.Close()
	c := dialAddr(t, p.Addr(), nil)
	_, err := c.Authenticate(c.Context(), &wire.AuthenticateRequest{})
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
