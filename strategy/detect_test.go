package strategy_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/e6data/e6data-go/strategy"
)

type probeFunc = func(context.Context, strategy.Color) error

// caller is a Detect on its own goroutine.
type caller struct {
	state strategy.State
	err   error
	done  chan struct{}
}

func start(ctx context.Context, e *strategy.Entry, probe probeFunc) *caller {
	c := &caller{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.state, c.err = e.Detect(ctx, ttl, probe)
	}()
	return c
}

// untilCancelled is a probe of a server that does not answer.
func untilCancelled(ctx context.Context, _ strategy.Color) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestDetectOrder(t *testing.T) {
	for _, tc := range []struct {
		name    string
		prepare func(*testing.T, *strategy.Entry)
		live    strategy.Color
		asked   string
	}{
		{"nothing known, blue live", func(*testing.T, *strategy.Entry) {}, blue, "[blue]"},
		{"nothing known, green live", func(*testing.T, *strategy.Entry) {}, green, "[blue green]"},
		{"green expired, still live", func(t *testing.T, e *strategy.Entry) {
			detect(t, e, green)
			time.Sleep(ttl)
		}, green, "[green]"},
		{"green expired, blue live", func(t *testing.T, e *strategy.Entry) {
			detect(t, e, green)
			time.Sleep(ttl)
		}, blue, "[green blue]"},
		{"blue invalidated, green live", func(t *testing.T, e *strategy.Entry) {
			e.Invalidate(detect(t, e, blue))
		}, green, "[green]"},
		{"blue invalidated, still live", func(t *testing.T, e *strategy.Entry) {
			e.Invalidate(detect(t, e, blue))
		}, blue, "[green blue]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEntry()
				tc.prepare(t, e)
				d := &deployment{live: tc.live}
				s, err := e.Detect(t.Context(), ttl, d.probe)
				if err != nil || s.Color != tc.live {
					t.Errorf("Detect = %v, %v; want %v", s, err, tc.live)
				}
				if got := d.takeAsked(); got != tc.asked {
					t.Errorf("asked %v; want %v", got, tc.asked)
				}
				wantCurrent(t, e, s)
			})
		})
	}
}

func TestDetectReturnsAKnownColourAtOnce(t *testing.T) {
	e := newEntry()
	want := detect(t, e, green)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := e.Detect(ended, ttl, mustNotProbe(t)); err != nil || got != want {
		t.Errorf("Detect = %v, %v; want %v", got, err, want)
	}
}

func TestEachDetectionBeginsAGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEntry()
		for gen := range uint64(3) {
			s, err := e.Detect(t.Context(), ttl, (&deployment{live: blue}).probe)
			if want := (strategy.State{Color: blue, Generation: gen + 1}); err != nil || s != want {
				t.Errorf("Detect = %v, %v; want %v", s, err, want)
			}
			time.Sleep(ttl)
		}
	})
}

func TestDetectFailure(t *testing.T) {
	t.Run("both colours refused", func(t *testing.T) {
		e := newEntry()
		answers := map[strategy.Color]error{blue: errors.New("no to blue"), green: errors.New("no to green")}
		_, err := e.Detect(t.Context(), ttl, func(_ context.Context, c strategy.Color) error {
			return errors.Join(strategy.ErrWrongColor, answers[c])
		})
		for _, want := range []error{strategy.ErrNoLiveColor, strategy.ErrWrongColor, answers[blue], answers[green]} {
			if !errors.Is(err, want) {
				t.Errorf("error %q does not wrap %q", err, want)
			}
		}
		wantNone(t, e)
	})
	t.Run("another error ends it", func(t *testing.T) {
		e := newEntry()
		var asked int
		_, err := e.Detect(t.Context(), ttl, func(context.Context, strategy.Color) error {
			asked++
			return io.ErrUnexpectedEOF
		})
		if err != io.ErrUnexpectedEOF || asked != 1 {
			t.Errorf("err = %v after %d probes; want the probe's error after 1", err, asked)
		}
	})
	t.Run("ctx already ended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := newEntry().Detect(ctx, ttl, mustNotProbe(t)); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v; want context.Canceled", err)
		}
	})
	t.Run("ctx ends between the colours", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d := &deployment{live: green}
		_, err := newEntry().Detect(ctx, ttl, func(ctx context.Context, c strategy.Color) error {
			cancel()
			return d.probe(ctx, c)
		})
		if got := d.takeAsked(); !errors.Is(err, context.Canceled) || got != "[blue]" {
			t.Errorf("err = %v, asked %v; want context.Canceled, [blue]", err, got)
		}
	})
	t.Run("a refused colour is dropped when the other colour's probe fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEntry()
			old := detect(t, e, blue)
			time.Sleep(ttl)
			d := &deployment{live: green}
			if _, err := e.Detect(t.Context(), ttl, func(ctx context.Context, c strategy.Color) error {
				if c == green {
					return io.ErrUnexpectedEOF
				}
				return d.probe(ctx, c)
			}); err != io.ErrUnexpectedEOF {
				t.Errorf("err = %v", err)
			}
			e.Confirm(old)
			wantNone(t, e)
		})
	})
}

func TestThousandsDetectOnce(t *testing.T) {
	const callers = 5000
	e := newEntry()
	d := &deployment{live: green}
	var (
		wg   sync.WaitGroup
		bad  atomic.Int64
		gate = make(chan struct{})
	)
	for range callers {
		wg.Go(func() {
			<-gate
			s, err := e.Detect(t.Context(), ttl, d.probe)
			if err != nil || s != (strategy.State{Color: green, Generation: 1}) {
				bad.Add(1)
			}
		})
	}
	close(gate)
	wg.Wait()
	if got := d.takeAsked(); bad.Load() != 0 || got != "[blue green]" {
		t.Errorf("asked %v, %d callers without green; want [blue green], 0", got, bad.Load())
	}
}

// All methods run at once, for the race detector. Generations only grow.
func TestConcurrentUse(t *testing.T) {
	e := newEntry()
	var wg sync.WaitGroup
	for i := range 64 {
		d := &deployment{live: strategy.Color(i%2 + 1)}
		wg.Go(func() {
			var last uint64
			for range 200 {
				s, err := e.Detect(t.Context(), ttl, d.probe)
				if err != nil || s.Generation < last {
					t.Errorf("Detect = %v, %v after generation %d", s, err, last)
					return
				}
				last = s.Generation
				e.Confirm(s)
				switch i % 8 {
				case 0:
					e.Invalidate(s)
				case 1:
					e.Announce(s, s.Color.Other())
				}
			}
		})
	}
	wg.Wait()
}

func TestWaitersShareTheOutcome(t *testing.T) {
	failure := errors.New("connection refused")
	for _, tc := range []struct {
		name   string
		answer error
	}{
		{"found", nil},
		{"failed", failure},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEntry()
				answer := make(chan error)
				leader := start(t.Context(), e, func(context.Context, strategy.Color) error { return <-answer })
				synctest.Wait()
				var waiters []*caller
				for range 100 {
					waiters = append(waiters, start(t.Context(), e, mustNotProbe(t)))
				}
				synctest.Wait()
				answer <- tc.answer
				for _, c := range append(waiters, leader) {
					<-c.done
					if c.err != tc.answer || (c.err == nil && c.state.Color != blue) {
						t.Errorf("Detect = %v, %v; want error %v", c.state, c.err, tc.answer)
					}
				}
			})
		})
	}
}

func TestAWaiterReturnsTheFoundColourWhateverItsTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEntry()
		answer := make(chan error)
		leader := start(t.Context(), e, func(context.Context, strategy.Color) error { return <-answer })
		synctest.Wait()
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, err = e.Detect(t.Context(), 1, mustNotProbe(t))
		}()
		synctest.Wait()
		answer <- nil
		<-leader.done
		if <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestWaiterLeavesWithItsOwnCtx(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEntry()
		answer := make(chan error)
		leader := start(t.Context(), e, func(context.Context, strategy.Color) error { return <-answer })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		waiter := start(ctx, e, mustNotProbe(t))
		<-waiter.done
		if !errors.Is(waiter.err, context.DeadlineExceeded) {
			t.Errorf("waiter: %v; want its deadline", waiter.err)
		}
		answer <- nil
		if <-leader.done; leader.err != nil {
			t.Errorf("leader: %v", leader.err)
		}
	})
}

func TestHandover(t *testing.T) {
	for _, tc := range []struct {
		name  string
		probe probeFunc
	}{
		{"context error", untilCancelled},
		{"the call's own error for a cancelled ctx", func(ctx context.Context, _ strategy.Color) error {
			<-ctx.Done()
			return errors.New("code = Canceled")
		}},
		{"refused just as the ctx ended", func(ctx context.Context, _ strategy.Color) error {
			<-ctx.Done()
			return strategy.ErrWrongColor
		}},
		{"not shared", func(ctx context.Context, _ strategy.Color) error {
			<-ctx.Done()
			return errors.Join(strategy.ErrNotShared, errors.New("bad credentials"))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEntry()
				d := &deployment{live: green}
				ctx, cancel := context.WithCancel(t.Context())
				leader := start(ctx, e, tc.probe)
				synctest.Wait()
				var waiters []*caller
				for range 50 {
					waiters = append(waiters, start(t.Context(), e, d.probe))
				}
				synctest.Wait()
				cancel()
				if <-leader.done; leader.err == nil {
					t.Error("the leader did not fail")
				}
				for _, c := range waiters {
					if <-c.done; c.err != nil || c.state.Color != green {
						t.Errorf("waiter: %v, %v; want green", c.state, c.err)
					}
				}
				if got := d.takeAsked(); got != "[blue green]" {
					t.Errorf("the waiters asked %v; want [blue green]", got)
				}
			})
		})
	}
}

// Credentials may be refused while the leader's ctx is well.
func TestHandoverWithoutCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEntry()
		answer := make(chan error)
		leader := start(t.Context(), e, func(context.Context, strategy.Color) error { return <-answer })
		synctest.Wait()
		waiter := start(t.Context(), e, (&deployment{live: blue}).probe)
		synctest.Wait()
		answer <- errors.Join(strategy.ErrNotShared, io.EOF)
		if <-leader.done; !errors.Is(leader.err, io.EOF) {
			t.Errorf("leader: %v; want its own error", leader.err)
		}
		if <-waiter.done; waiter.err != nil || waiter.state.Color != blue {
			t.Errorf("waiter: %v, %v; want blue", waiter.state, waiter.err)
		}
	})
}

// If no colour is live, the waiters need not look again, even if the leader's ctx has
// ended meanwhile.
func TestNoHandoverWithoutALiveColour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEntry()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := e.Detect(ctx, ttl, func(_ context.Context, c strategy.Color) error {
				time.Sleep(time.Second)
				if c == green {
					cancel()
				}
				return strategy.ErrWrongColor
			})
			if !errors.Is(err, strategy.ErrNoLiveColor) {
				t.Error(err)
			}
		})
		synctest.Wait()
		if _, err := e.Detect(t.Context(), ttl, mustNotProbe(t)); !errors.Is(err, strategy.ErrNoLiveColor) {
			t.Error(err)
		}
		wg.Wait()
	})
}

func TestAPanickingProbeHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEntry()
		release, done := make(chan struct{}), make(chan any)
		go func() {
			defer func() { done <- recover() }()
			_, _ = e.Detect(t.Context(), ttl, func(context.Context, strategy.Color) error {
				<-release
				panic("probe")
			})
		}()
		synctest.Wait()
		waiter := start(t.Context(), e, (&deployment{live: blue}).probe)
		synctest.Wait()
		close(release)
		if got := <-done; got != "probe" {
			t.Errorf("recovered %v; want the probe's panic", got)
		}
		if <-waiter.done; waiter.err != nil {
			t.Error(waiter.err)
		}
	})
}

func TestChangesDuringADetection(t *testing.T) {
	for _, tc := range []struct {
		name   string
		news   func(*strategy.Entry, strategy.State)
		answer error // to the probe of blue, the expired colour
		want   strategy.State
		probes string
	}{
		{"green announced while blue is found", func(e *strategy.Entry, s strategy.State) { e.Announce(s, green) },
			nil, strategy.State{Color: green, Generation: 2}, "blue"},
		{"green announced while blue is refused", func(e *strategy.Entry, s strategy.State) { e.Announce(s, green) },
			strategy.ErrWrongColor, strategy.State{Color: green, Generation: 2}, "blue"},
		{"announced and invalidated: the probe decides", func(e *strategy.Entry, s strategy.State) {
			e.Announce(s, green)
			e.Invalidate(strategy.State{Color: green, Generation: 2})
		}, nil, strategy.State{Color: blue, Generation: 3}, "blue"},
		{"late 456 about blue: the probe decides", func(e *strategy.Entry, s strategy.State) { e.Invalidate(s) },
			nil, strategy.State{Color: blue, Generation: 2}, "blue"},
		{"confirmed blue, then refused", func(e *strategy.Entry, s strategy.State) { e.Confirm(s) },
			strategy.ErrWrongColor, strategy.State{Color: green, Generation: 2}, "blue green"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEntry()
				old := detect(t, e, blue)
				time.Sleep(ttl)
				var probes []string
				got, err := e.Detect(t.Context(), ttl, func(_ context.Context, c strategy.Color) error {
					probes = append(probes, c.String())
					if c == green {
						return nil
					}
					// The entry's lock must not be held here: tc.news takes it.
					tc.news(e, old)
					return tc.answer
				})
				if err != nil || got != tc.want {
					t.Errorf("Detect = %v, %v; want %v", got, err, tc.want)
				}
				if p := strings.Join(probes, " "); p != tc.probes {
					t.Errorf("probed %q; want %q", p, tc.probes)
				}
				wantCurrent(t, e, tc.want)
			})
		})
	}
}
