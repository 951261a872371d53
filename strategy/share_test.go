package strategy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestShareRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := NewCache().Entry(Key{Endpoint: "h:80"})
		var runs atomic.Int32
		want := errors.New("asleep")
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				err := e.Share(t.Context(), func(context.Context) error {
					runs.Add(1)
					time.Sleep(time.Second)
					return want
				})
				if err != want {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
		if runs.Load() != 1 {
			t.Errorf("%d runs", runs.Load())
		}
		// What comes after is new.
		if err := e.Share(t.Context(), func(context.Context) error { runs.Add(1); return nil }); err != nil || runs.Load() != 2 {
			t.Errorf("%v, %d runs", err, runs.Load())
		}
	})
}

func TestShareKeepsEachDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := NewCache().Entry(Key{Endpoint: "h:80"})
		work := func(ctx context.Context) error {
			select {
			case <-time.After(10 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		var wg sync.WaitGroup
		for _, test := range []struct {
			deadline time.Duration
			want     error
		}{{time.Second, context.DeadlineExceeded}, {2 * time.Second, context.DeadlineExceeded}, {time.Minute, nil}} {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
				defer cancel()
				start := time.Now()
				if err := e.Share(ctx, work); !errors.Is(err, test.want) {
					t.Errorf("deadline of %v: %v", test.deadline, err)
				}
				if waited := time.Since(start); waited > min(test.deadline, 10*time.Second) {
					t.Errorf("deadline of %v: waited %v", test.deadline, waited)
				}
			})
		}
		wg.Wait()
	})
}

// When the last waiter leaves, the work ends and is waited for; the next call
// begins it anew.
func TestShareEndsWithItsLastWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := NewCache().Entry(Key{Endpoint: "h:80"})
		ended := false
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := e.Share(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			ended = true
			return nil
		})
		if !errors.Is(err, context.DeadlineExceeded) || !ended {
			t.Errorf("%v, ended: %v", err, ended)
		}
		if err := e.Share(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
