package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Proxy is an HTTP/2 proxy in front of a plaintext [Server], as deployments
// have one: calls go through it to the server, and what it answers itself is
// what an HTTP server sends, not an imitation of it by gRPC. Make it with
// [NewProxy]. Its methods are safe for concurrent use.
type Proxy struct {
	srv       *Server
	cfg       ProxyConfig
	addr      string
	http      *http.Server
	transport *http.Transport
	forward   *httputil.ReverseProxy
	serving   sync.WaitGroup // Serve, and the connections from clients

	mu       sync.Mutex
	closed   bool
	handlers sync.WaitGroup // no more are added once closed is set
	faults   []*ProxyInjected
	counts   map[string]int // by full method
	backends map[net.Conn]struct{}
}

// ProxyConfig says what the proxy answers of its own accord. What is left at
// its zero value is left to the server, which answers with a gRPC status.
type ProxyConfig struct {
	// WrongStrategy is the answer to a call whose colour is not live on the
	// server: see [Server.SetLive].
	WrongStrategy Shape
	// Suspended is the answer to a call of QueryEngineService while the server's
	// cluster is not active: see [Server.SetCluster].
	Suspended Shape
}

// ProxyFault has the proxy answer calls by itself. All conditions must hold for
// it to strike a call; those left at zero always do.
type ProxyFault struct {
	// Method names the method as in [Fault].
	Method string
	// Strategy is the call's strategy header.
	Strategy string
	// Skip is how many calls that meet the conditions pass unharmed first.
	Skip int
	// Times is how many calls are struck after those; 0 means all.
	Times int

	// Do is called before anything else; it may use the proxy and the server.
	Do func()
	// Shape is the answer.
	Shape Shape
	// After lets the engine do its work first: its answer is lost. Else it does
	// not see the call.
	After bool
}

// ProxyInjected is a [ProxyFault] that is in force.
type ProxyInjected struct {
	f          ProxyFault
	p          *Proxy
	seen, hits int // guarded by p.mu
}

// NewProxy starts a proxy for srv on a free port of 127.0.0.1. The caller closes
// it, before srv or after it. A server that speaks TLS cannot be behind it.
func NewProxy(srv *Server, cfg ProxyConfig) (*Proxy, error) {
	if srv.cfg.TLS {
		return nil, errors.New("enginetest: the proxy speaks plaintext, the server TLS")
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("enginetest: %w", err)
	}
	p := &Proxy{
		srv: srv, cfg: cfg, addr: lis.Addr().String(),
		counts: map[string]int{}, backends: map[net.Conn]struct{}{},
	}
	var h2c http.Protocols
	h2c.SetUnencryptedHTTP2(true)
	silent := log.New(io.Discard, "", 0)
	p.transport = &http.Transport{Protocols: &h2c, DialContext: p.dial, DisableCompression: true}
	target := &url.URL{Scheme: "http", Host: srv.Addr()}
	p.forward = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: breakOff,
		ErrorHandler:   badGateway,
		Transport:      p.transport,
		// Not -1: what has no length is passed on at once anyway, and an answer
		// without a body, whose headers are its trailers, must not be flushed before
		// it ends.
		FlushInterval: 0,
		ErrorLog:      silent,
	}
	p.http = &http.Server{
		Handler: http.HandlerFunc(p.serve), Protocols: &h2c, ErrorLog: silent, ConnState: p.connState,
		ReadHeaderTimeout: time.Minute,
	}
	p.serving.Go(func() { _ = p.http.Serve(lis) })
	return p, nil
}

// Addr returns the proxy's address, such as 127.0.0.1:41234.
func (p *Proxy) Addr() string { return p.addr }

// DSN is [Server.DSN] with the proxy's address.
func (p *Proxy) DSN(params ...string) string { return p.srv.dsn(p.addr, params) }

// Close stops the proxy at once: calls in flight end with an error and
// connections are cut. It returns when every call has ended, so that a
// [ProxyFault.Do] that blocks holds it up, and may be called again.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.http.Close()
	p.serving.Wait()
	p.handlers.Wait()
	p.transport.CloseIdleConnections()
	// What a call has left half done would not be idle yet.
	p.mu.Lock()
	left := p.backends
	p.backends = nil
	p.mu.Unlock()
	for c := range left {
		_ = c.Close()
	}
}

// Inject puts a fault in force. A call suffers the first one that strikes it,
// but none when [ProxyConfig] has an answer for it.
func (p *Proxy) Inject(f ProxyFault) *ProxyInjected {
	i := &ProxyInjected{f: f, p: p}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, i)
	return i
}

// ClearFaults removes all faults.
func (p *Proxy) ClearFaults() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// Release ends the fault. It may be called again.
func (i *ProxyInjected) Release() {
	i.p.mu.Lock()
	defer i.p.mu.Unlock()
	i.p.faults = slices.DeleteFunc(slices.Clone(i.p.faults), func(j *ProxyInjected) bool { return i == j })
}

// Hits returns how many calls the fault has struck.
func (i *ProxyInjected) Hits() int {
	i.p.mu.Lock()
	defer i.p.mu.Unlock()
	return i.hits
}

// Count returns how many calls to a method, named as in [Fault], have arrived at
// the proxy, whoever answered them.
func (p *Proxy) Count(method string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for full, count := range p.counts {
		if matchMethod(method, full) {
			n += count
		}
	}
	return n
}

// serve is the way of every call through the proxy.
func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	f, ok := p.begin(r)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	defer p.handlers.Done()
	if f.Do != nil {
		f.Do()
	}
	switch {
	case f.Shape == Shape{}:
		p.forward.ServeHTTP(w, r)
		return
	case f.Shape.Reset:
		p.forward.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), resetKey{}, f.Shape.Bytes)))
		return
	case f.After:
		p.forward.ServeHTTP(nowhere{}, r)
	}
	for k, v := range f.Shape.header() {
		w.Header()[k] = v
	}
	w.WriteHeader(f.Shape.status())
	if f.Shape.Body != "" {
		_, _ = io.WriteString(w, f.Shape.Body)
	}
}

// nowhere is where an engine's answer goes that is lost.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) WriteHeader(int)             {}
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// begin counts a call and finds what becomes of it; it is not ok when the proxy
// is closed already.
func (p *Proxy) begin(r *http.Request) (f ProxyFault, ok bool) {
	f.Shape = p.refuse(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return f, false
	}
	p.handlers.Add(1)
	p.counts[r.URL.Path]++
	if f.Shape != (Shape{}) {
		return f, true
	}
	for _, i := range p.faults {
		if !matchMethod(i.f.Method, r.URL.Path) || i.f.Strategy != "" && i.f.Strategy != r.Header.Get("strategy") {
			continue
		}
		i.seen++
		if i.seen <= i.f.Skip || i.f.Times > 0 && i.hits >= i.f.Times {
			continue
		}
		i.hits++
		return i.f, true
	}
	return f, true
}

// refuse is [ProxyConfig].
func (p *Proxy) refuse(r *http.Request) Shape {
	p.srv.mu.Lock()
	defer p.srv.mu.Unlock()
	_, live := p.srv.colours.route(r.Header.Get("strategy"))
	switch {
	case !live:
		return p.cfg.WrongStrategy
	case p.srv.cluster.state != ClusterActive && strings.HasPrefix(r.URL.Path, "/QueryEngineService/"):
		return p.cfg.Suspended
	}
	return Shape{}
}

// badGateway is the answer when the server gave none.
func badGateway(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, err.Error(), http.StatusBadGateway)
}

type resetKey struct{}

// breakOff lets the engine's answer break off where the call's context says so.
func breakOff(resp *http.Response) error {
	if bytes, ok := resp.Request.Context().Value(resetKey{}).(int); ok {
		resp.Body = &brokenBody{ReadCloser: resp.Body, left: bytes}
	}
	return nil
}

var errBroken = errors.New("enginetest: broken off")

// brokenBody fails after some bytes, upon which the reverse proxy aborts the
// answer.
type brokenBody struct {
	io.ReadCloser
	left int
}

func (b *brokenBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errBroken
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	if err != nil {
		err = errBroken // the answer was shorter than that
	}
	return n, err
}

// connState has Close wait for the connections' goroutines.
func (p *Proxy) connState(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew: // Serve has not returned
		p.serving.Add(1)
		p.mu.Lock()
		closed := p.closed
		p.mu.Unlock()
		if closed { // too late for http.Server.Close to know of it
			_ = c.Close()
		}
	case http.StateClosed, http.StateHijacked:
		p.serving.Done()
	}
}

// dial connects to the server, and notes the connection so that Close finds it.
func (p *Proxy) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.backends == nil {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	b := &backend{Conn: c, p: p}
	p.backends[b] = struct{}{}
	return b, nil
}

// backend is a connection to the server.
type backend struct {
	net.Conn
	p *Proxy
}

func (b *backend) Close() error {
	b.p.mu.Lock()
	delete(b.p.backends, b)
	b.p.mu.Unlock()
	return b.Conn.Close()
}
