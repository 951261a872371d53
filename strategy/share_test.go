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
				_, err := e.Share(t.Context(), func(context.Context, func(string)) error {
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
		// A later call runs its own function.
		if _, err := e.Share(t.Context(), func(context.Context, func(string)) error { runs.Add(1); return nil }); err != nil || runs.Load() != 2 {
			t.Errorf("%v, %d runs", err, runs.Load())
		}
	})
}

func TestShareKeepsEachDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := NewCache().Entry(Key{Endpoint: "h:80"})
		work := func(ctx context.Context, tell func(string)) error {
			tell("at work")
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
				if told, err := e.Share(ctx, work); told != "at work" || !errors.Is(err, test.want) {
					t.Errorf("deadline of %v: told %q, %v", test.deadline, told, err)
				}
				if waited := time.Since(start); waited > min(test.deadline, 10*time.Second) {
					t.Errorf("deadline of %v: waited %v", test.deadline, waited)
				}
			})
		}
		wg.Wait()
	})
}

// When the last waiter leaves, Share ends the work and waits for it. The next
// call begins new work.
func TestShareEndsWithItsLastWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := NewCache().Entry(Key{Endpoint: "h:80"})
		ended := false
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := e.Share(ctx, func(ctx context.Context, _ func(string)) error {
			<-ctx.Done()
			ended = true
			return nil
		})
		if !errors.Is(err, context.DeadlineExceeded) || !ended {
			t.Errorf("%v, ended: %v", err, ended)
		}
		if _, err := e.Share(t.Context(), func(context.Context, func(string)) error { return nil }); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// An error that concerns the first caller alone does not fail the others. One
// of them runs its own function for the rest.
func TestShareOthersFailures(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		stay time.Duration
	}{
		"not shared":      {ErrNotShared, time.Minute},
		"after it left":   {errors.New("the connection is closed"), time.Second},
		"not shared, too": {ErrNotShared, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := NewCache().Entry(Key{Endpoint: "h:80"})
				var wg sync.WaitGroup
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), test.stay)
					defer cancel()
					if _, err := e.Share(ctx, func(context.Context, func(string)) error {
						time.Sleep(2 * time.Second)
						return test.err
					}); err == nil {
						t.Error("no error")
					}
				})
				synctest.Wait()
				var runs atomic.Int32
				for range 10 {
					wg.Go(func() {
						if _, err := e.Share(t.Context(), func(context.Context, func(string)) error {
							runs.Add(1)
							time.Sleep(time.Second)
							return nil
						}); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if runs.Load() != 1 {
					t.Errorf("%d runs", runs.Load())
				}
			})
		})
	}
}

// The work of a caller that has left goes on for the others. They return its result,
// and a caller that comes later joins them.
func TestShareGoesOnWithoutItsFirstCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := NewCache().Entry(Key{Endpoint: "h:80"})
		var runs atomic.Int32
		work := func(context.Context, func(string)) error {
			runs.Add(1)
			time.Sleep(10 * time.Second)
			return nil
		}
		var wg sync.WaitGroup
		for _, c := range []struct{ comes, stays time.Duration }{{0, time.Second}, {500 * time.Millisecond, time.Minute}, {2 * time.Second, time.Minute}} {
			wg.Go(func() {
				time.Sleep(c.comes)
				ctx, cancel := context.WithTimeout(t.Context(), c.stays)
				defer cancel()
				if _, err := e.Share(ctx, work); (err != nil) != (c.stays == time.Second) {
					t.Errorf("the caller after %v: %v", c.comes, err)
				}
			})
		}
		wg.Wait()
		if runs.Load() != 1 {
			t.Errorf("%d runs", runs.Load())
		}
	})
}

// While the work of callers that have all left is still ending, a later caller begins
// new work.
func TestShareAfterAllHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := NewCache().Entry(Key{Endpoint: "h:80"})
		ended := make(chan struct{})
		slow := func(ctx context.Context, _ func(string)) error {
			<-ctx.Done()
			<-ended
			return ctx.Err()
		}
		var wg sync.WaitGroup
		for stays := time.Second; stays <= 2*time.Second; stays += time.Second {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), stays)
				defer cancel()
				if _, err := e.Share(ctx, slow); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		time.Sleep(3 * time.Second)
		ran := false
		if _, err := e.Share(t.Context(), func(context.Context, func(string)) error { ran = true; return nil }); err != nil || !ran {
			t.Errorf("%v, its own work ran: %v", err, ran)
		}
		close(ended)
		wg.Wait()
	})
}
