//go:build cgo

package emulator_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

func TestCancelledQueriesStop(t *testing.T) {
	t.Parallel()
	srv, db := start(t, emulator.Config{Raw: true})
	for name, leave := range map[string]func() (context.Context, context.CancelFunc){
		"cancelled": func() (context.Context, context.CancelFunc) { return context.WithCancel(t.Context()) },
		"deadline": func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 200*time.Millisecond)
		},
	} {
		ctx, cancel := leave()
		before := srv.Stats().Executed
		done := make(chan error, 1)
		go func() {
			_, err := db.QueryContext(ctx, endless)
			done <- err
		}()
		if err := srv.Wait(t.Context(), func(s enginetest.Stats) bool { return s.Executed == before+1 }); err != nil {
			t.Fatal(err)
		}
		if name == "cancelled" {
			cancel()
		}
		if err := <-done; !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		// The engine has stopped when the call has ended: it holds the call up otherwise.
		if err := srv.WaitBalanced(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A reader that leaves while DuckDB computes the next rows interrupts it.
func TestCancelledReadersStopTheQuery(t *testing.T) {
	t.Parallel()
	srv, db := start(t, emulator.Config{Raw: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rows, err := db.QueryContext(ctx, "SELECT a.i FROM range(1000000000000) a(i) WHERE a.i < 1000000 OR a.i % 1000000007 = 1000000006")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for i := 0; i < 1000 && rows.Next(); i++ {
	}
	cancel()
	for rows.Next() {
	}
	if err := rows.Err(); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := srv.WaitBalanced(t.Context()); err != nil {
		t.Error(err)
	}
}

// Close does not wait for statements that would run for ever.
func TestCloseInterrupts(t *testing.T) {
	t.Parallel()
	srv, err := emulator.New(emulator.Config{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	db := open(t, srv, "cleanup_timeout=100ms") // the server will not answer
	done := make(chan error, 1)
	go func() {
		_, err := db.Exec(endless)
		done <- err
	}()
	if err := srv.Wait(t.Context(), func(s enginetest.Stats) bool { return s.Executed == 1 }); err != nil {
		t.Fatal(err)
	}
	srv.Close()
	if err := <-done; err == nil {
		t.Error("no error")
	}
	srv.Close()
}

// Millions of rows go through although the database has less memory than they take.
// TestFiveMillionRowsInConstantMemory measures the process's memory.
func TestLargeResultsStream(t *testing.T) {
	t.Parallel()
	rows := 2_000_000
	if testing.Short() {
		rows = 200_000
	}
	_, db := start(t, emulator.Config{Raw: true, MemoryMB: 64})
	res, err := db.Query("SELECT i, repeat('x', 50) AS text, i * 0.5 AS d FROM range(?) t(i)", rows)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	var sum, n int64
	var text sql.RawBytes
	for res.Next() {
		var i int64
		var d float64
		if err := res.Scan(&i, &text, &d); err != nil {
			t.Fatal(err)
		}
		sum += i
		n++
	}
	if err := res.Err(); err != nil || n != int64(rows) || sum != n*(n-1)/2 {
		t.Errorf("%d rows, sum %d: %v", n, sum, err)
	}
}

// A sort that does not fit the memory uses temporary files. Close deletes them.
func TestLargeSortSpills(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	srv, err := emulator.New(emulator.Config{Raw: true, MemoryMB: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	db := open(t, srv)
	rows, err := db.Query("SELECT hash(i) AS h, repeat('x', 100) || i AS text FROM range(1000000) t(i) ORDER BY h")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	spilled := func() (files int) {
		_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files++
			}
			return nil
		})
		return files
	}
	rows.Next()
	if spilled() == 0 {
		t.Error("nothing was spilled")
	}
	n := 1
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil || n != 1_000_000 {
		t.Errorf("%d rows, %v", n, err)
	}
	_ = db.Close()
	srv.Close()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// With a queue of one, the second statement executes when the first one has.
func TestQueue(t *testing.T) {
	t.Parallel()
	srv, db := start(t, emulator.Config{Raw: true, Queue: 1})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first, second := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := db.ExecContext(ctx, endless)
		first <- err
	}()
	if err := srv.Wait(t.Context(), func(s enginetest.Stats) bool { return s.Executed == 1 }); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := db.ExecContext(t.Context(), "SELECT 1")
		second <- err
	}()
	if err := srv.Wait(t.Context(), func(s enginetest.Stats) bool { return s.Executed == 2 }); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-second:
		t.Fatalf("the second statement did not wait: %v", err)
	default:
	}
	cancel()
	if err := <-second; err != nil {
		t.Error(err)
	}
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSwitchUnderLoad(t *testing.T) {
	t.Parallel()
	srv, db := start(t, emulator.Config{Demo: true}, "catalog=demo")
	var ran atomic.Int64
	stop, failed := make(chan struct{}), make(chan error, 4)
	for range cap(failed) {
		go func() {
			for {
				select {
				case <-stop:
					failed <- nil
					return
				default:
				}
				var n int
				if err := db.QueryRow("SELECT COUNT(*) FROM events").Scan(&n); err != nil || n != allEvents {
					failed <- fmt.Errorf("%d rows, %w", n, err)
					return
				}
				ran.Add(1)
			}
		}()
	}
	// A query that began before the switch is read to its end after it has begun.
	rows, err := db.Query(events)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	rows.Next()
	from, to := enginetest.Blue, enginetest.Green
	for range 4 {
		before := ran.Load()
		if err := srv.Wait(t.Context(), func(enginetest.Stats) bool { return ran.Load() > before+5 || len(failed) > 0 }); err != nil {
			t.Fatal(err)
		}
		switched := make(chan error, 1)
		go func() { switched <- srv.Switch(t.Context(), from, to) }()
		n := 1
		for rows.Next() {
			n++
		}
		if err := rows.Err(); err != nil || n != allEvents && n != 1 {
			t.Errorf("%d rows, %v", n, err)
		}
		if err := <-switched; err != nil {
			t.Fatal(err)
		}
		from, to = to, from
	}
	close(stop)
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}
