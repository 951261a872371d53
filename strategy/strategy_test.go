package strategy_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/strategy"
)

const (
	blue  = strategy.Blue
	green = strategy.Green
	ttl   = 5 * time.Minute
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newEntry() *strategy.Entry {
	return strategy.NewCache().Entry(strategy.Key{Endpoint: "host:443", Cluster: "c"})
}

// deployment answers probes like a proxy with one live colour, and records the
// order of the probes.
type deployment struct {
	mu    sync.Mutex
	live  strategy.Color
	asked []strategy.Color
}

func (d *deployment) probe(_ context.Context, c strategy.Color) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, c)
	if c != d.live {
		return fmt.Errorf("status: 456 for %v: %w", c, strategy.ErrWrongColor)
	}
	return nil
}

func (d *deployment) takeAsked() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := fmt.Sprint(d.asked)
	d.asked = nil
	return s
}

func mustNotProbe(t *testing.T) func(context.Context, strategy.Color) error {
	return func(_ context.Context, c strategy.Color) error {
		t.Errorf("probed %v though a live colour is known", c)
		return errors.New("unexpected probe")
	}
}

// detect gives the entry a new generation with the colour live.
func detect(t *testing.T, e *strategy.Entry, live strategy.Color) strategy.State {
	t.Helper()
	if s, ok := e.Current(0); ok {
		e.Invalidate(s)
	}
	s, err := e.Detect(t.Context(), ttl, (&deployment{live: live}).probe)
	if err != nil || s.Color != live {
		t.Fatalf("Detect = %v, %v; want %v", s, err, live)
	}
	return s
}

func wantCurrent(t *testing.T, e *strategy.Entry, want strategy.State) {
	t.Helper()
	if got, ok := e.Current(0); !ok || got != want {
		t.Errorf("Current = %v, %v; want %v", got, ok, want)
	}
}

func wantNone(t *testing.T, e *strategy.Entry) {
	t.Helper()
	if got, ok := e.Current(0); ok {
		t.Errorf("Current = %v; want none", got)
	}
}

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want strategy.Color
	}{
		{"blue", blue}, {"green", green}, {"BLUE", blue}, {"Green", green},
		{" green\r\n", green}, {"", strategy.Unknown}, {"red", strategy.Unknown},
		{"blue,green", strategy.Unknown}, {"bl ue", strategy.Unknown},
	} {
		t.Run(fmt.Sprintf("%q", tc.in), func(t *testing.T) {
			got, ok := strategy.Parse(tc.in)
			if got != tc.want || ok != (tc.want != strategy.Unknown) {
				t.Errorf("Parse = %v, %v; want %v", got, ok, tc.want)
			}
		})
	}
}

func TestColor(t *testing.T) {
	for _, tc := range []struct {
		c, other strategy.Color
		header   string
	}{
		{blue, green, "blue"},
		{green, blue, "green"},
		{strategy.Unknown, strategy.Unknown, ""},
		{strategy.Color(9), strategy.Unknown, ""},
	} {
		if tc.c.Other() != tc.other || tc.c.String() != tc.header {
			t.Errorf("%d: Other %v, String %q; want %v, %q", tc.c, tc.c.Other(), tc.c.String(), tc.other, tc.header)
		}
	}
}

func TestEntryIsSharedByKey(t *testing.T) {
	c := strategy.NewCache()
	e := c.Entry(strategy.Key{Endpoint: "host:443", Cluster: "one"})
	for _, tc := range []struct {
		name string
		key  strategy.Key
		same bool
	}{
		{"same key", strategy.Key{Endpoint: "host:443", Cluster: "one"}, true},
		{"letter case and blanks", strategy.Key{Endpoint: "HOST:443 ", Cluster: " One"}, true},
		{"other cluster", strategy.Key{Endpoint: "host:443", Cluster: "two"}, false},
		{"no cluster", strategy.Key{Endpoint: "host:443"}, false},
		{"other port", strategy.Key{Endpoint: "host:80", Cluster: "one"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if same := c.Entry(tc.key) == e; same != tc.same {
				t.Errorf("same entry: %v; want %v", same, tc.same)
			}
		})
	}
	if strategy.Shared() != strategy.Shared() {
		t.Error("Shared returned two caches")
	}
}

func TestForget(t *testing.T) {
	c := strategy.NewCache()
	key, other := strategy.Key{Endpoint: "host:443", Cluster: "one"}, strategy.Key{Endpoint: "host:443"}
	e := c.Entry(key)
	known, kept := detect(t, e, green), detect(t, c.Entry(other), green)
	c.Forget(strategy.Key{Endpoint: "HOST:443", Cluster: " One"})
	if _, ok := c.Entry(key).Current(0); ok {
		t.Error("the colour is still known")
	}
	d := &deployment{live: green}
	if _, err := c.Entry(key).Detect(t.Context(), ttl, d.probe); err != nil || d.takeAsked() != "[blue green]" {
		t.Errorf("not detected as at first: %v", err)
	}
	wantCurrent(t, e, known) // the old entry keeps its colour
	wantCurrent(t, c.Entry(other), kept)
	if n := len(c.Snapshot()); n != 2 {
		t.Errorf("%d entries", n)
	}
}

func TestKeysAreIndependent(t *testing.T) {
	c := strategy.NewCache()
	one := c.Entry(strategy.Key{Endpoint: "host:443", Cluster: "one"})
	two := c.Entry(strategy.Key{Endpoint: "host:443", Cluster: "two"})
	inOne, inTwo := detect(t, one, blue), detect(t, two, blue)

	if !one.Announce(inOne, green) {
		t.Error("announcement in one was ignored")
	}
	wantCurrent(t, two, inTwo)
	if !two.Invalidate(inTwo) {
		t.Error("invalidation in two was ignored")
	}
	wantNone(t, two)
	wantCurrent(t, one, strategy.State{Color: green, Generation: 2})
}

func TestInvalidate(t *testing.T) {
	t.Run("nothing known", func(t *testing.T) {
		if newEntry().Invalidate(strategy.State{}) {
			t.Error("invalidated nothing")
		}
	})
	t.Run("the live colour", func(t *testing.T) {
		e := newEntry()
		s := detect(t, e, blue)
		if !e.Invalidate(s) {
			t.Error("ignored")
		}
		wantNone(t, e)
		if e.Invalidate(s) {
			t.Error("invalidated twice")
		}
	})
	t.Run("late, about the colour before", func(t *testing.T) {
		e := newEntry()
		old := detect(t, e, blue)
		fresh := detect(t, e, green)
		if e.Invalidate(old) {
			t.Error("a 456 about blue dropped green")
		}
		wantCurrent(t, e, fresh)
	})
	t.Run("late, about an earlier generation of the colour", func(t *testing.T) {
		e := newEntry()
		old := detect(t, e, blue)
		fresh := detect(t, e, blue)
		if e.Invalidate(old) {
			t.Error("a 456 about blue dropped the blue that was detected after it")
		}
		wantCurrent(t, e, fresh)
	})
	t.Run("late, after an announcement", func(t *testing.T) {
		e := newEntry()
		old := detect(t, e, blue)
		e.Announce(old, green)
		if e.Invalidate(old) {
			t.Error("a 456 about blue dropped the announced green")
		}
		wantCurrent(t, e, strategy.State{Color: green, Generation: 2})
	})
}

func TestAnnounce(t *testing.T) {
	t.Run("moves new queries at once", func(t *testing.T) {
		e := newEntry()
		if !e.Announce(detect(t, e, blue), green) {
			t.Error("ignored")
		}
		wantCurrent(t, e, strategy.State{Color: green, Generation: 2})
	})
	t.Run("not a colour", func(t *testing.T) {
		e := newEntry()
		s := detect(t, e, blue)
		for _, to := range []strategy.Color{strategy.Unknown, blue, strategy.Color(7)} {
			if e.Announce(s, to) {
				t.Errorf("moved to %d", to)
			}
		}
		wantCurrent(t, e, s)
	})
	t.Run("nothing known", func(t *testing.T) {
		e := newEntry()
		if e.Announce(strategy.State{}, green) || e.Announce(strategy.State{Color: blue, Generation: 1}, green) {
			t.Error("moved")
		}
		wantNone(t, e)
	})
	t.Run("after an invalidation", func(t *testing.T) {
		e := newEntry()
		s := detect(t, e, blue)
		e.Invalidate(s)
		if e.Announce(s, green) {
			t.Error("moved")
		}
		wantNone(t, e)
	})
	t.Run("repeated by a query still on the old colour", func(t *testing.T) {
		e := newEntry()
		old := detect(t, e, blue)
		e.Announce(old, green)
		if e.Announce(old, green) {
			t.Error("moved twice")
		}
		wantCurrent(t, e, strategy.State{Color: green, Generation: 2})
	})
	t.Run("by a late query after a change and back", func(t *testing.T) {
		e := newEntry()
		first := detect(t, e, blue)
		e.Announce(first, green)
		second, _ := e.Current(0)
		if !e.Announce(second, blue) {
			t.Error("the change back was ignored")
		}
		third := strategy.State{Color: blue, Generation: 3}
		wantCurrent(t, e, third)
		if e.Announce(first, green) {
			t.Error("a late announcement from generation 1 changed generation 3")
		}
		wantCurrent(t, e, third)
	})
	t.Run("under an expired but unreplaced state", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEntry()
			s := detect(t, e, blue)
			time.Sleep(2 * ttl)
			if !e.Announce(s, green) {
				t.Error("ignored")
			}
			if got, ok := e.Current(ttl); !ok || got.Color != green {
				t.Errorf("Current = %v, %v; want green, fresh", got, ok)
			}
		})
	})
}

func TestExpiry(t *testing.T) {
	t.Run("ttl is the reader's", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEntry()
			detect(t, e, blue)
			time.Sleep(time.Minute)
			for _, tc := range []struct {
				ttl  time.Duration
				want bool
			}{
				{time.Second, false},
				{time.Minute, false},
				{time.Minute + 1, true},
				{time.Hour, true},
				{0, true},
				{-1, true},
			} {
				if _, ok := e.Current(tc.ttl); ok != tc.want {
					t.Errorf("Current(%v) = %v; want %v", tc.ttl, ok, tc.want)
				}
			}
		})
	})
	t.Run("confirmation postpones it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEntry()
			s := detect(t, e, blue)
			for range 10 {
				time.Sleep(ttl - 1)
				e.Confirm(s)
			}
			if _, ok := e.Current(ttl); !ok {
				t.Error("expired")
			}
		})
	})
	t.Run("confirmation revives an expired state", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEntry()
			s := detect(t, e, blue)
			time.Sleep(2 * ttl)
			e.Confirm(s)
			if got, ok := e.Current(ttl); !ok || got != s {
				t.Errorf("Current = %v, %v; want %v", got, ok, s)
			}
		})
	})
	t.Run("confirmation of another state does nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEntry()
			e.Confirm(strategy.State{})
			old := detect(t, e, blue)
			e.Invalidate(old)
			e.Confirm(old)
			wantNone(t, e)
			detect(t, e, blue)
			time.Sleep(ttl)
			e.Confirm(old)
			if s, ok := e.Current(ttl); ok {
				t.Errorf("Current = %v, refreshed by an earlier generation", s)
			}
		})
	})
}

// Confirmations that follow within a millisecond are not recorded. A retreat counts as
// an invalidation and as a switch.
func TestSnapshotCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := strategy.NewCache()
		e := c.Entry(strategy.Key{Endpoint: "host:443"})
		s := detect(t, e, blue)
		confirmed := func() time.Duration { return time.Since(c.Snapshot()[0].ConfirmedAt) }
		time.Sleep(time.Millisecond - 1)
		if e.Confirm(s); confirmed() != time.Millisecond-1 {
			t.Errorf("confirmed %v ago", confirmed())
		}
		time.Sleep(1 * time.Nanosecond)
		if e.Confirm(s); confirmed() != 0 {
			t.Errorf("confirmed %v ago", confirmed())
		}
		e.Announce(s, green)
		e.Invalidate(strategy.State{Color: green, Generation: 2})
		if got := c.Snapshot()[0]; got.Color != blue || got.Invalidations != 1 || got.Switches != 2 {
			t.Errorf("%+v", got)
		}
	})
}

func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := strategy.NewCache()
		if got := c.Snapshot(); len(got) != 0 {
			t.Errorf("Snapshot of an empty cache = %v", got)
		}
		start := time.Now()
		b2 := c.Entry(strategy.Key{Endpoint: "b:1", Cluster: "Two"})
		b1 := c.Entry(strategy.Key{Endpoint: "B:1", Cluster: "one"})
		c.Entry(strategy.Key{Endpoint: "c:1"})
		a := c.Entry(strategy.Key{Endpoint: "a:1", Cluster: "z"})

		inA := detect(t, a, blue)
		detect(t, b1, green)
		inB2 := detect(t, b2, blue)
		time.Sleep(time.Minute)
		a.Announce(inA, green)
		b2.Invalidate(inB2)
		time.Sleep(ttl)
		// A second detection finds the same colour, so Since does not change.
		if _, err := b1.Detect(t.Context(), ttl, (&deployment{live: green}).probe); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		b1.Confirm(strategy.State{Color: green, Generation: 2})

		minute := start.Add(time.Minute)
		want := []strategy.Status{
			{Key: strategy.Key{Endpoint: "a:1", Cluster: "z"}, Color: green, Generation: 2, Since: minute, ConfirmedAt: minute, Switches: 1},
			{Key: strategy.Key{Endpoint: "b:1", Cluster: "one"}, Color: green, Generation: 2, Since: start, ConfirmedAt: time.Now()},
			{Key: strategy.Key{Endpoint: "b:1", Cluster: "two"}, Generation: 1, Since: minute, Invalidations: 1},
			{Key: strategy.Key{Endpoint: "c:1"}},
		}
		got := c.Snapshot()
		if len(got) != len(want) {
			t.Fatalf("Snapshot = %v; want %d entries", got, len(want))
		}
		for i, w := range want {
			g := got[i]
			if !g.Since.Equal(w.Since) || !g.ConfirmedAt.Equal(w.ConfirmedAt) {
				t.Errorf("%v: since %v, confirmed at %v; want %v, %v", g.Key, g.Since, g.ConfirmedAt, w.Since, w.ConfirmedAt)
			}
			g.Since, g.ConfirmedAt = w.Since, w.ConfirmedAt
			if g != w {
				t.Errorf("entry %d = %+v; want %+v", i, g, w)
			}
		}
	})
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	e := newEntry()
	detect(t, e, blue)
	if n := testing.AllocsPerRun(1000, func() {
		s, ok := e.Current(ttl)
		if !ok {
			t.Fatal("expired")
		}
		e.Confirm(s)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCurrentConfirm(b *testing.B) {
	e := newEntry()
	if _, err := e.Detect(b.Context(), 0, (&deployment{live: blue}).probe); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s, _ := e.Current(ttl)
			e.Confirm(s)
		}
	})
}
