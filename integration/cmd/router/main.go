// Command router is the proxy in front of a deployment's two colours in a
// container (package router), with an HTTP endpoint to control it.
//
//	POST /live?colour=blue&colour=green   makes these colours live, or none
//	POST /suspended?on=true               suspends or resumes the cluster
//	POST /failure?as=grpc                 chooses the answers for a failed engine
//	GET  /ready                           answers 200
package main

import (
	"flag"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/e6data/e6data-go/integration/internal/router"
)

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

	r := router.New(map[string]string{"blue": *blue, "green": *green}, strings.Split(*live, ","))
	failed := make(chan error, 2)
	go func() {
		s := &http.Server{Addr: *addr, Handler: r, Protocols: router.Cleartext(), ReadHeaderTimeout: 5 * time.Second}
		s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1000}
		failed <- s.ListenAndServe()
	}()
	go func() {
		s := &http.Server{Addr: *control, Handler: controller(r), ReadHeaderTimeout: 5 * time.Second}
		failed <- s.ListenAndServe()
	}()
	log.Printf("router serves %s, controlled at %s", *addr, *control)
	log.Print(<-failed)
	os.Exit(1)
}

func controller(r *router.Router) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /live", func(_ http.ResponseWriter, req *http.Request) {
		_ = req.ParseForm()
		r.SetLive(req.Form["colour"]...)
	})
	mux.HandleFunc("POST /suspended", func(_ http.ResponseWriter, req *http.Request) {
		r.SetSuspended(req.FormValue("on") == "true")
	})
	mux.HandleFunc("POST /failure", func(_ http.ResponseWriter, req *http.Request) { r.SetFailure(req.FormValue("as")) })
	return mux
}
