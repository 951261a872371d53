// Package router is the proxy in front of a deployment's two colours. It
// forwards HTTP/2 without TLS by the strategy header. It does not use gRPC, so
// its own answers are plain HTTP: 456 for a colour that is not live, 503 while
// the cluster is suspended, and 502 if the engine cannot be reached. Like Envoy
// it bounds the calls in flight, ends connections in an orderly way, and has
// answers of its own for calls that an engine did not answer.
package router

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"time"
)

// statusWrongStrategy is the status of the engine's proxy for a colour that is
// not live. HTTP has no name for it.
const statusWrongStrategy = 456

// Cleartext returns HTTP/2 with prior knowledge, which gRPC uses without TLS.
func Cleartext() *http.Protocols {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return p
}

// Router is the proxy. It is an [http.Handler]. Its methods may be called
// concurrently.
type Router struct {
	engines    map[string]http.Handler
	transports []*http.Transport

	mu        sync.Mutex
	live      []string
	suspended bool
	failure   string
	most      int // calls in flight; 0 is no limit
	inFlight  int
	overflows int
}

// New returns a router to the engines with these addresses by colour. An empty
// address is an engine that is not there. The colours in live are live.
func New(addrs map[string]string, live []string) *Router {
	r := &Router{engines: map[string]http.Handler{}, live: live}
	for colour, addr := range addrs {
		if addr != "" {
			r.engines[colour] = r.proxyTo(colour, addr)
		}
	}
	return r
}

func (r *Router) proxyTo(colour, addr string) http.Handler {
	dialer := &net.Dialer{Timeout: time.Second}
	transport := &http.Transport{
		Protocols:   Cleartext(),
		DialContext: dialer.DialContext,
		// Like the health checks of a proxy, this ends the connection to an
		// engine that is silent for two seconds, and its calls.
		HTTP2: &http.HTTP2Config{SendPingTimeout: time.Second, PingTimeout: time.Second},
	}
	r.transports = append(r.transports, transport)
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", addr
		},
		// The proxy does not flush before the end of the answer, because all
		// calls are unary. A status without a body must remain one frame, or
		// gRPC does not read it.
		FlushInterval: 0,
		Transport:     transport,
		ErrorHandler: func(w http.ResponseWriter, req *http.Request, err error) {
			if req.Context().Err() != nil {
				return // the client has disconnected
			}
			log.Printf("%s: %v", colour, err)
			r.fail(w)
		},
		ErrorLog: log.New(quiet{}, "", 0),
	}
}

// Close closes the idle connections to the engines.
func (r *Router) Close() {
	for _, transport := range r.transports {
		transport.CloseIdleConnections()
	}
}

// quiet drops the proxy's log lines about clients that disconnect.
type quiet struct{}

func (quiet) Write(p []byte) (int, error) { return len(p), nil }

// fail answers a call if the engine failed before it answered.
func (r *Router) fail(w http.ResponseWriter) {
	r.mu.Lock()
	failure := r.failure
	r.mu.Unlock()
	switch failure {
	case "503":
		refuse(w, http.StatusServiceUnavailable, "no server is available")
	case "grpc":
		unavailable(w, "upstream connect error or disconnect/reset before headers")
	case "reset":
		panic(http.ErrAbortHandler)
	default:
		refuse(w, http.StatusBadGateway, "the engine cannot be reached")
	}
}

func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text+"\n")
}

// unavailable answers with gRPC's status UNAVAILABLE, as Envoy does.
func unavailable(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Grpc-Status", "14")
	w.Header().Set("Grpc-Message", text)
	w.WriteHeader(http.StatusOK)
}

// begin counts a call, and returns the router's state at that moment.
func (r *Router) begin(colour string) (live, suspended, overflow bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight++
	overflow = r.most > 0 && r.inFlight > r.most
	if overflow {
		r.overflows++
	}
	return slices.Contains(r.live, colour), r.suspended, overflow
}

func (r *Router) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight--
}

// SetLive makes these colours live, and no other.
func (r *Router) SetLive(colours ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live = colours
	log.Printf("live: %q", colours)
}

// SetSuspended makes the router answer 503 to all calls to the engines, or ends
// that.
func (r *Router) SetSuspended(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.suspended = on
	log.Printf("suspended: %v", on)
}

// SetFailure chooses the answer to a call if the engine failed before it
// answered: "503", "grpc" (UNAVAILABLE), "reset" (of the stream) or "" (502).
func (r *Router) SetFailure(as string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure = as
	log.Printf("failures are answered as %q", as)
}

// SetMost bounds the calls in flight. Further calls are answered with
// UNAVAILABLE. 0 is no bound.
func (r *Router) SetMost(calls int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.most = calls
}

// Overflows returns the number of calls beyond the bound.
func (r *Router) Overflows() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.overflows
}

// ServeHTTP forwards or answers a call.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	colour := req.Header.Get("strategy")
	live, suspended, overflow := r.begin(colour)
	defer r.end()
	engine := r.engines[colour]
	switch {
	case overflow:
		w.Header().Set("X-Envoy-Overloaded", "true")
		unavailable(w, "upstream connect error or disconnect/reset before headers. reset reason: overflow")
	case !live || engine == nil:
		refuse(w, statusWrongStrategy, "the colour is not live")
	case suspended && strings.HasPrefix(req.URL.Path, "/QueryEngineService/"):
		refuse(w, http.StatusServiceUnavailable, "the cluster is suspended")
	default:
		// A call ends when its client ends it, and at the latest after a minute.
		ctx, cancel := context.WithTimeout(req.Context(), time.Minute)
		defer cancel()
		engine.ServeHTTP(w, req.WithContext(ctx))
	}
}
