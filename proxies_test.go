package e6data_test

import (
	"crypto/tls"
	"database/sql"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go/enginetest"
)

// forwardTo returns a handler that passes HTTP/2 on to srv.
func forwardTo(t testing.TB, srv *enginetest.Server) http.Handler {
	t.Helper()
	transport := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	target := &url.URL{Scheme: "http", Host: srv.Addr()}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport, ErrorLog: log.New(io.Discard, "", 0),
	}
}

// serveHTTP2 serves HTTP/2 on loopback until the test ends, with TLS if cfg is set.
// state, which may be nil, is called when a connection changes its state.
func serveHTTP2(t testing.TB, cfg *tls.Config, handler http.HandlerFunc, state func(net.Conn, http.ConnState)) (addr string) {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = lis.Addr().String()
	forget(t, addr)
	front := &http.Server{
		TLSConfig: cfg, Protocols: new(http.Protocols), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute,
		Handler: handler, ConnState: state,
	}
	front.Protocols.SetHTTP2(cfg != nil)
	front.Protocols.SetUnencryptedHTTP2(cfg == nil)
	var serving sync.WaitGroup
	serving.Go(func() {
		if cfg == nil {
			_ = front.Serve(lis)
		} else {
			_ = front.ServeTLS(lis, "", "")
		}
	})
	t.Cleanup(func() {
		_ = front.Close()
		serving.Wait()
	})
	return addr
}

// newRogue starts a proxy that answers calls of the method by itself. engine
// passes a call on. It returns a pool on the proxy.
func newRogue(t *testing.T, srv *enginetest.Server, method string, rogue func(w http.ResponseWriter, r *http.Request, engine http.Handler), params ...string) *sql.DB {
	t.Helper()
	forward := forwardTo(t, srv)
	addr := serveHTTP2(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/"+method) {
			rogue(w, r, forward)
			return
		}
		forward.ServeHTTP(w, r)
	}, nil)
	return openWith(t, strings.Replace(srv.DSN(params...), srv.Addr(), addr, 1))
}

// newProxy starts a proxy in front of srv that goes before it.
func newProxy(t testing.TB, srv *enginetest.Server, cfg enginetest.ProxyConfig) *enginetest.Proxy {
	t.Helper()
	p, err := enginetest.NewProxy(srv, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	forget(t, p.Addr())
	return p
}

// openProxyDB opens a pool on p, which is closed before p.
func openProxyDB(t testing.TB, p *enginetest.Proxy, params ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("e6data", p.DSN(params...))
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

// tlsProxy ends TLS in front of a plaintext engine, as HAProxy and Envoy do:
// HTTP/2 on both sides.
type tlsProxy struct {
	addr string

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	calls int
	names map[string]bool // what the certificates of clients are for
}

func newTLSProxy(t testing.TB, srv *enginetest.Server, cfg *tls.Config) *tlsProxy {
	t.Helper()
	p := &tlsProxy{conns: map[net.Conn]struct{}{}, names: map[string]bool{}}
	forward := forwardTo(t, srv)
	var open sync.WaitGroup
	t.Cleanup(open.Wait)
	t.Cleanup(p.drop)
	p.addr = serveHTTP2(t, cfg, func(w http.ResponseWriter, r *http.Request) {
		p.note(r)
		forward.ServeHTTP(w, r)
	}, func(c net.Conn, state http.ConnState) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch state {
		case http.StateNew:
			open.Add(1)
			p.conns[c] = struct{}{}
		case http.StateClosed, http.StateHijacked:
			open.Done()
			delete(p.conns, c)
		}
	})
	return p
}

func (p *tlsProxy) note(r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.ProtoMajor == 2 && r.TLS != nil && r.TLS.NegotiatedProtocol == "h2" {
		p.calls++
		for _, c := range r.TLS.PeerCertificates {
			p.names[c.Subject.CommonName] = true
		}
	}
}

// drop cuts every connection.
func (p *tlsProxy) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// seen returns how many calls came by HTTP/2 over TLS, and whether one of them
// came with a certificate of the given name.
func (p *tlsProxy) seen(name string) (int, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls, p.names[name]
}

// listen starts a server that does with each connection what serve says.
func listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := lis.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(10 * time.Second))
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		lis.Close()
		serving.Wait()
	})
	forget(t, lis.Addr().String())
	return lis.Addr().String()
}
