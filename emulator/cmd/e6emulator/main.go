// Command e6emulator is an e6data engine in a box, for trying the driver and for testing
// applications in any language: real SQL behind the real protocol.
//
//	go -C emulator run ./cmd/e6emulator --demo
//
// It prints a data source name when it is ready, and ends at SIGINT or SIGTERM: then it waits up to
// --grace for queries that are open. Its log goes to standard error, as JSON with --json.
//
// With --admin it listens there for HTTP, which only a loopback address may be: see the
// functions of admin.go, or GET / for a list.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // for an image without any other file

	"github.com/e6data/e6data-go/emulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "e6emulator:", err)
		os.Exit(1)
	}
}

// run is the program. It returns when ctx has ended.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	log := o.logger(stderr)
	o.config.Logger = log
	began := time.Now()
	srv, err := emulator.New(o.config)
	if err != nil {
		return err
	}
	defer srv.Close()
	dsn := srv.DSN(o.params()...)
	if o.certFile != "" {
		if err := os.WriteFile(o.certFile, srv.CertPEM(), 0o600); err != nil {
			return err
		}
	}
	stopAdmin, err := o.serveAdmin(srv, log)
	if err != nil {
		return err
	}
	defer stopAdmin()
	log.Info("ready", "address", srv.Addr(), "admin", o.adminAddr, "took", time.Since(began).Round(time.Millisecond))
	if _, err := fmt.Fprintln(stdout, dsn); err != nil {
		return err
	}

	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.grace)
	defer cancel()
	log.Info("ending", "open", srv.Stats().Open)
	if err := srv.WaitBalanced(grace); err != nil {
		log.Warn("queries are left", "error", err)
	}
	return nil
}

// logger makes the program's log.
func (o *options) logger(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	if o.debug {
		level = slog.LevelDebug
	}
	if o.json {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// serveAdmin starts the admin's HTTP server, if --admin has an address.
func (o *options) serveAdmin(srv *emulator.Server, log *slog.Logger) (stop func(), err error) {
	if o.admin == "" {
		return func() {}, nil
	}
	lis, err := listenLoopback(o.admin)
	if err != nil {
		return nil, err
	}
	o.adminAddr = lis.Addr().String()
	h := &http.Server{Handler: newAdmin(srv, o.pair, log), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
			log.Error("admin", "error", err)
		}
	}()
	return func() {
		_ = h.Close() // no answer matters any more
		<-done
	}, nil
}
