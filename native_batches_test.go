package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// sumOf adds the column of a result, and closes it.
func sumOf(t testing.TB, b *e6data.Batches) (sum int64) {
	t.Helper()
	for batch, err := range b.All() {
		if err != nil {
			t.Fatal(err)
		}
		values, _, err := batch.Column(0).Int64s()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			sum += v
		}
	}
	return sum
}

// Close gives the connection back, whatever was read.
func TestQueryBatches(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("SELECT n", ids(100, 10))
	db := openDB(t, srv)
	db.SetMaxOpenConns(1)
	ctx := within(t, time.Minute)
	for range 3 { // all of it, and the beginning
		b, err := e6data.QueryBatches(ctx, db, "SELECT n")
		if err != nil {
			t.Fatal(err)
		}
		if n := db.Stats().InUse; n != 1 {
			t.Errorf("%d connections in use by an open result", n)
		}
		if sum := sumOf(t, b); sum != 99*100/2 {
			t.Errorf("sum %d", sum)
		}
		if b, err = e6data.QueryBatches(ctx, db, "SELECT n"); err != nil || !b.Next() {
			t.Fatal(err)
		}
		for range 2 {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}
		if b.Next() || b.Err() == nil {
			t.Error("a closed result has a batch")
		}
	}
	if n := db.Stats().InUse; n != 0 {
		t.Errorf("%d connections in use", n)
	}
}

// A query that fails gives its connection back.
func TestQueryBatchesFails(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	db := openDB(t, srv)
	db.SetMaxOpenConns(1)
	for range 2 {
		if b, err := e6data.QueryBatches(within(t, time.Minute), db, "SELECT unknown"); !errors.Is(err, e6data.ErrSQL) || b != nil {
			t.Errorf("%v", err)
		}
	}
	if _, err := e6data.QueryBatches(t.Context(), 7, "SELECT 1"); err == nil {
		t.Error("a number is not a database")
	}
}

// Every kind of connection that Select takes will do.
func TestQueryBatchesOfConnections(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("SELECT n", ids(20, 10))
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	db, connector := openConnector(t, cfg)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	read := func(ctx context.Context, from any) {
		b, err := e6data.QueryBatches(ctx, from, "SELECT n")
		if err != nil {
			t.Fatalf("%T: %v", from, err)
		}
		if sum := sumOf(t, b); sum != 190 {
			t.Errorf("%T: sum %d", from, sum)
		}
	}
	for _, from := range []any{db, conn, connector} {
		read(t.Context(), from)
	}
	err = e6data.UseConn(t.Context(), db, func(c *e6data.Conn) error {
		read(t.Context(), c)
		read(t.Context(), c)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// An application may run statements on its *sql.Conn while a result is open, and may
// close the connection before the result.
func TestQueryBatchesOnUsedConn(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("SELECT n", ids(100, 10))
	srv.Handle("SELECT 7", ids(1, 1))
	conn, err := openDB(t, srv, "prefetch_bytes=0").Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := e6data.QueryBatches(t.Context(), conn, "SELECT n")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if !b.Next() {
			t.Fatal(b.Err())
		}
		if n, err := e6data.One[int](t.Context(), conn, "SELECT 7"); err != nil || n != 0 {
			t.Fatal(n, err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Next() || !errors.Is(b.Err(), sql.ErrConnDone) {
		t.Errorf("a batch of a closed connection: %v", b.Err())
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	waitEnded(t, srv, 4, 0)
}
