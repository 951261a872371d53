// Command engine is one colour of an e6data deployment in a container: package
// enginetest with synthetic results (package synth), and an HTTP endpoint to
// control it.
//
//	POST /announce?colour=green   responses have new_strategy from now on; no colour ends that
//	POST /expire                  every session becomes unknown
//	GET  /stats                   returns the books as JSON, see synth.Books
//	GET  /ready                   answers 200
package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/integration/internal/synth"
)

func main() {
	colour := flag.String("colour", enginetest.Blue, "the engine's colour, which is live")
	addr := flag.String("listen", ":9000", "address for gRPC")
	control := flag.String("control", ":9001", "address of the control endpoint")
	lifetime := flag.Duration("lifetime", 15*time.Minute, "time until the program exits by itself")
	flag.Parse()
	log.SetFlags(log.LstdFlags | log.Lmicroseconds)
	time.AfterFunc(*lifetime, func() { log.Fatal("the lifetime has passed") })
	if err := run(*colour, *addr, *control); err != nil {
		log.Print(err)
		os.Exit(1)
	}
}

func run(colour, addr, control string) error {
	srv, err := enginetest.NewServer(enginetest.Config{
		Live:          []string{colour},
		MaxCalls:      -1,
		ServerOptions: []grpc.ServerOption{grpc.ForceServerCodecV2(newCodec())},
	})
	if err != nil {
		return err
	}
	defer srv.Close()
	srv.HandleFunc(synth.Result)

	lis, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- forward(lis, srv.Addr()) }()
	go func() {
		s := &http.Server{Addr: control, Handler: controller(srv), ReadHeaderTimeout: 5 * time.Second}
		failed <- s.ListenAndServe()
	}()
	log.Printf("%s engine serves %s, controlled at %s", colour, addr, control)
	return <-failed
}

func controller(srv *enginetest.Server) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /announce", func(_ http.ResponseWriter, r *http.Request) {
		srv.Announce(r.FormValue("colour"))
	})
	mux.HandleFunc("POST /expire", func(http.ResponseWriter, *http.Request) { srv.ExpireSessions() })
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		b := synth.Books{Stats: srv.Stats()}
		if err := srv.Balanced(); err != nil {
			b.Unbalanced = err.Error()
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(b)
	})
	return mux
}

// forward forwards connections from other machines to the engine, which listens
// on loopback only.
func forward(lis net.Listener, to string) error {
	for {
		in, err := lis.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer func() { _ = in.Close() }()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			var d net.Dialer
			out, err := d.DialContext(ctx, "tcp", to)
			if err != nil {
				log.Print(err)
				return
			}
			defer func() { _ = out.Close() }()
			go func() {
				_, _ = io.Copy(out, in)
				_ = out.Close()
			}()
			_, _ = io.Copy(in, out)
		}()
	}
}
