// Command router is the proxy in front of a deployment's two colours. It
// forwards HTTP/2 without TLS by the strategy header. It does not use gRPC, so
// its own answers are plain HTTP: 456 for a colour that is not live, 503 while
// the cluster is suspended, and 502 if the engine cannot be reached.
//
//	POST /live?colour=blue&colour=green   makes these colours live, or none
//	POST /suspended?on=true               suspends or resumes the cluster
//	GET  /ready                           answers 200
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// statusWrongStrategy is the status of the engine's proxy for a colour that is
// not live. HTTP has no name for it.
const statusWrongStrategy = 456

func main() {
	addr := flag.String("listen", ":8000", "address for HTTP/2")
	control := flag.String("control", ":8001", "address of the control endpoint")
	blue := flag.String("blue", "", "the blue engine's address")
	green := flag.String("green", "", "the green engine's address")
	live := flag.String("live", "blue", "the colours that are live at first, separated by commas")
	lifetime := flag.Duration("lifetime", 15*time.Minute, "time until the program exits by itself")
	flag.Parse()
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	time.AfterFunc(*lifetime, func() { log.Fatal("the lifetime has passed") })

	r := newRouter(map[string]string{"blue": *blue, "green": *green}, strings.Split(*live, ","))
	failed := make(chan error, 2)
	go func() {
		s := &http.Server{Addr: *addr, Handler: r, Protocols: cleartext(), ReadHeaderTimeout: 5 * time.Second}
		s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1000}
		failed <- s.ListenAndServe()
	}()
	go func() {
		s := &http.Server{Addr: *control, Handler: r.controller(), ReadHeaderTimeout: 5 * time.Second}
		failed <- s.ListenAndServe()
	}()
	log.Printf("router serves %s, controlled at %s", *addr, *control)
	log.Print(<-failed)
	os.Exit(1)
}

// cleartext returns HTTP/2 with prior knowledge, which gRPC uses without TLS.
func cleartext() *http.Protocols {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return p
}

type router struct {
	engines map[string]http.Handler

	mu        sync.Mutex
	live      []string
	suspended bool
	failure   string
}

func newRouter(addrs map[string]string, live []string) *router {
	r := &router{engines: map[string]http.Handler{}, live: live}
	for colour, addr := range addrs {
		if addr != "" {
			r.engines[colour] = r.proxyTo(colour, addr)
		}
	}
	return r
}

func (r *router) proxyTo(colour, addr string) http.Handler {
	dialer := &net.Dialer{Timeout: time.Second}
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", addr
		},
		// The proxy does not flush before the end of the answer, because all
		// calls are unary. A status without a body must remain one frame, or
		// gRPC does not read it.
		FlushInterval: 0,
		Transport: &http.Transport{
			Protocols:   cleartext(),
			DialContext: dialer.DialContext,
			// Like the health checks of a proxy, this ends the connection to an
			// engine that is silent for two seconds, and its calls.
			HTTP2: &http.HTTP2Config{SendPingTimeout: time.Second, PingTimeout: time.Second},
		},
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

// quiet drops the proxy's log lines about clients that disconnect.
type quiet struct{}

func (quiet) Write(p []byte) (int, error) { return len(p), nil }

// fail answers a call if the engine failed before it answered.
func (r *router) fail(w http.ResponseWriter) {
	r.mu.Lock()
	failure := r.failure
	r.mu.Unlock()
	switch failure {
	case "503":
		refuse(w, http.StatusServiceUnavailable, "no server is available")
	case "grpc":
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Grpc-Status", "14")
		w.Header().Set("Grpc-Message", "upstream connect error or disconnect/reset before headers")
		w.WriteHeader(http.StatusOK)
	case "reset":
		panic(http.ErrAbortHandler)
	default:
		refuse(w, http.StatusBadGateway, "the engine cannot be reached")
	}
}

func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(code)
	_, _ = fmt.Fprintln(w, text)
}

func (r *router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	colour := req.Header.Get("strategy")
	r.mu.Lock()
	live, suspended := slices.Contains(r.live, colour), r.suspended
	r.mu.Unlock()
	engine := r.engines[colour]
	switch {
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

func (r *router) controller() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /live", func(_ http.ResponseWriter, req *http.Request) {
		_ = req.ParseForm()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.live = req.Form["colour"]
		log.Printf("live: %q", r.live)
	})
	mux.HandleFunc("POST /suspended", func(_ http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.suspended = req.FormValue("on") == "true"
		log.Printf("suspended: %v", r.suspended)
	})
	mux.HandleFunc("POST /failure", func(_ http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.failure = req.FormValue("as")
		log.Printf("failures are answered as %q", r.failure)
	})
	return mux
}
