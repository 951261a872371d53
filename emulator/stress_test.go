//go:build cgo

package emulator_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

// Readers that leave at any moment, beside others, take nothing away from those that stay.
func TestReadersLeaveAtAnyMoment(t *testing.T) {
	t.Parallel()
	const workers = 6
	each := 60
	if testing.Short() {
		each = 30
	}
	_, db := start(t, emulator.Config{Demo: true, Queue: 3, Cache: true}, "catalog=demo")
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			r := rand.New(rand.NewPCG(15, uint64(w)))
			for range each {
				if err := visit(t.Context(), db, r); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
}

// visit runs a query, and leaves at some moment or stays to its end.
func visit(ctx context.Context, db *sql.DB, r *rand.Rand) error {
	limit := 1 + r.IntN(5000)
	stays := r.IntN(3) == 0
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !stays {
		time.AfterFunc(time.Duration(r.IntN(8000))*time.Microsecond, cancel)
	}
	rows, err := db.QueryContext(ctx, "SELECT id, kind FROM events WHERE id <= ? ORDER BY id", limit)
	if err != nil {
		return left(stays, err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var id int
		var kind string
		if err := rows.Scan(&id, &kind); err != nil {
			return left(stays, err)
		}
		if id != n+1 {
			return errors.New("rows are missing")
		}
		if !stays && r.IntN(2000) == 0 {
			return rows.Close()
		}
	}
	if err := rows.Err(); err != nil {
		return left(stays, err)
	}
	if n != limit {
		return errors.New("rows are missing at the end")
	}
	return nil
}

// left returns the error of a reader that has not left.
func left(stays bool, err error) error {
	if !stays && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// The server is closed while statements run, are prepared and are read.
func TestCloseAtAnyMoment(t *testing.T) {
	t.Parallel()
	times := 3
	if testing.Short() {
		times = 2
	}
	for i := range times {
		srv, err := emulator.New(emulator.Config{Demo: true})
		if err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("e6data", srv.DSN("catalog=demo", "cleanup_timeout=10ms", "connect_timeout=100ms"))
		if err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for w := range 4 {
			wait.Go(func() {
				r := rand.New(rand.NewPCG(uint64(i), uint64(w)))
				for visit(t.Context(), db, r) == nil {
				}
			})
		}
		if err := srv.Wait(t.Context(), func(s enginetest.Stats) bool { return s.Executed > i }); err != nil {
			t.Error(err)
		}
		srv.Close()
		wait.Wait()
		if err := db.Close(); err != nil && !errors.Is(err, e6data.ErrAmbiguousExecution) {
			t.Log(err) // a query could not be cleared
		}
	}
}
