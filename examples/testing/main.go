// Command testing is a small web service with an e6data database. Its tests
// show two ways to test an application: with an engine inside the test's
// process (package enginetest) and with go-sqlmock. The repository's
// docs/testing.md compares them.
//
//	cd examples/testing && go test .
//	E6DATA_DSN='e6data://...?secure=true' go run .
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	e6data "github.com/e6data/e6data-go"
)

func main() {
	listen := flag.String("listen", "localhost:8080", "the `address` to listen on")
	timeout := flag.Duration("timeout", 30*time.Second, "how long a request may take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *listen, os.Getenv("E6DATA_DSN"), *timeout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testing:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, and then until all running requests have ended.
func run(ctx context.Context, listen, dsn string, timeout time.Duration) (err error) {
	if dsn == "" {
		return errors.New("the environment variable E6DATA_DSN must be set to the engine's DSN")
	}
	db, err := sql.Open(e6data.DriverName, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// Further requests wait for a connection, so that the cluster is not
	// overloaded.
	db.SetMaxOpenConns(16)

	srv := &http.Server{
		Addr:              listen,
		Handler:           newService(db, timeout, slog.Default()),
		ReadHeaderTimeout: 10 * time.Second,
		// A client that does not read keeps a query open on the engine. This timeout
		// ends it.
		WriteTimeout: timeout + 10*time.Second,
	}
	served := make(chan error, 1)
	go func() { served <- srv.ListenAndServe() }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout+10*time.Second)
	defer cancel()
	return srv.Shutdown(limit)
}
