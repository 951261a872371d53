//go:build cgo

package emulator_test

import (
	"context"
	"testing"
	"time"

	"github.com/e6data/e6data-go/emulator"
)

// A statement that is given up at any moment, also while it is planned, leaves a connection that
// the next statement can use.
func TestStatementsAfterStoppedOnes(t *testing.T) {
	t.Parallel()
	srv, db := start(t, emulator.Config{Raw: true})
	rounds := 300
	if testing.Short() {
		rounds = 100
	}
	for i := range rounds {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1000+i*37%3000)*time.Microsecond)
		if _, err := db.ExecContext(ctx, endless); err == nil {
			t.Error("an endless statement has ended")
		}
		cancel()
		ctx, cancel = context.WithTimeout(t.Context(), 30*time.Second)
		var n int
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM range(10)").Scan(&n); err != nil || n != 10 {
			t.Fatalf("after %d stopped statements: %d, %v", i+1, n, err)
		}
		cancel()
	}
	if err := srv.WaitBalanced(t.Context()); err != nil {
		t.Error(err)
	}
}
