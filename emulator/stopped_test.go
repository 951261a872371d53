//go:build cgo

package emulator_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

// A statement that is given up at any moment, also while it is planned, leaves a connection that
// the next statement can use.
func TestStatementsAfterStoppedOnes(t *testing.T) {
	t.Parallel()
	// The books may not balance on a busy machine: the driver does not clear a query that is prepared
	// long after its caller has left. Such a query is not executed.
	srv, err := emulator.New(emulator.Config{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	db := open(t, srv)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 60 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1000+rand.IntN(15000))*time.Microsecond)
				if _, err := db.ExecContext(ctx, endless); err == nil {
					t.Error("an endless statement has ended")
				}
				cancel()
				ctx, cancel = context.WithTimeout(t.Context(), 20*time.Second)
				var n int
				if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM range(10)").Scan(&n); err != nil || n != 10 {
					t.Errorf("after a stopped statement: %d, %v", n, err)
				}
				cancel()
			}
		})
	}
	workers.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := srv.Wait(ctx, func(s enginetest.Stats) bool {
		return s.InFlight == 0 && s.Open <= s.Prepared-s.Executed-s.Orphaned
	}); err != nil {
		t.Errorf("queries that were executed are left: %+v, %v", srv.Stats(), err)
	}
}
