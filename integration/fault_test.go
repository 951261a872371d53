package integration

import (
	"errors"
	"testing"
	"time"

	"github.com/e6data/e6data-go/integration/internal/load"
	"github.com/e6data/e6data-go/integration/internal/stack"
	"github.com/e6data/e6data-go/integration/internal/synth"
)

// lost are the promised ends of a query whose engine or way to it fails: not
// begun, perhaps executed, or not wholly read.
var lost = []load.Class{load.Connection, load.Ambiguous, load.Incomplete}

// An engine dies with all it knows, and a new one takes its place. Proxies tell
// clients in different ways; what they do to a query is the same.
func TestEngineKilledMidQuery(t *testing.T) {
	s, db := deploy(t)
	for _, test := range []struct {
		failure string
		allowed []load.Class
	}{
		{"502", lost},
		// No telling it from a suspended cluster.
		{"503", append([]load.Class{load.Suspended}, lost...)},
		{"grpc", lost},
		{"reset", lost},
	} {
		t.Run(test.failure, func(t *testing.T) {
			ctx := within(t, time.Minute)
			must(t, s.SetFailure(ctx, test.failure))
			r := under(t, db, 20*time.Second)
			_, err := s.Blue.WaitBooks(ctx, func(b synth.Books) bool { return b.Open > connections/2 })
			must(t, err)
			must(t, s.Blue.Kill(ctx))
			must(t, stack.Until(ctx, func() error {
				if r.Report().Failures() == 0 {
					return errors.New("nothing has failed")
				}
				return nil
			}))
			time.Sleep(300 * time.Millisecond)
			must(t, s.Blue.Start(ctx))
			// The sessions of the engine's former life are unknown now.
			progress(t, r, 2*connections)
			report := settle(t, "engine killed", r, test.allowed...)
			if report.Failed[load.Incomplete]+report.Failed[load.Ambiguous] == 0 {
				t.Error("no query was struck while it ran")
			}
			allGood(t, "engine restarted", db)
		})
	}
	// The engine of the last life refuses to clear the queries of its former
	// lives, which it does not know; its own must all be cleared.
	b, err := s.Blue.WaitBooks(within(t, 20*time.Second), func(b synth.Books) bool { return b.Open == 0 })
	must(t, err)
	t.Logf("the books of %s: %s", s.Blue, books(b))
}

// The router is restarted: for the driver, the machine it is connected to.
func TestRouterRestarted(t *testing.T) {
	s, db := deploy(t)
	ctx := within(t, time.Minute)
	r := under(t, db, 20*time.Second)
	must(t, s.Router.Kill(ctx))
	time.Sleep(500 * time.Millisecond)
	must(t, s.Router.Start(ctx))
	progress(t, r, 2*connections)
	settle(t, "router restarted", r, lost...)
	allGood(t, "afterwards", db)
	cleared(t, s.Blue)
}

// bound is how long after its deadline a query may return on a busy machine.
const bound = time.Second

// A network that is cut says nothing, it only stops to deliver: deadlines hold.
func TestNetworkCut(t *testing.T) {
	outage(t, 3*time.Second, func(t *testing.T, c *stack.Container) { must(t, c.Cut(within(t, time.Minute))) },
		func(t *testing.T, c *stack.Container) { must(t, c.Restore(within(t, time.Minute))) })
}

// A paused machine keeps its connections and answers nothing: deadlines hold.
func TestPaused(t *testing.T) {
	outage(t, 3*time.Second, func(t *testing.T, c *stack.Container) { must(t, c.Pause()) },
		func(t *testing.T, c *stack.Container) { must(t, c.Unpause()) })
}

// outage makes first the engine and then the router silent for a while.
func outage(t *testing.T, length time.Duration, begin, end func(*testing.T, *stack.Container)) {
	const deadline = time.Second
	for _, test := range []struct {
		name    string
		machine func(*stack.Stack) *stack.Container
	}{
		{"engine", func(s *stack.Stack) *stack.Container { return s.Blue }},
		{"router", func(s *stack.Stack) *stack.Container { return s.Router }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, db := deploy(t)
			r := under(t, db, deadline)
			m := test.machine(s)
			begin(t, m)
			time.Sleep(length)
			end(t, m)
			progress(t, r, connections)
			report := settle(t, test.name+" silent", r, append([]load.Class{load.Deadline}, lost...)...)
			if report.Failed[load.Deadline] == 0 {
				t.Error("no deadline passed")
			}
			if report.Longest > deadline+bound {
				t.Errorf("a query with a deadline of %v took %v: %s", deadline, report.Longest, report.Slowest)
			}
			allGood(t, "afterwards", db)
			if test.name == "router" {
				cleared(t, s.Blue)
				return
			}
			// The router gave up calls to the engine, those that clear among them:
			// nobody can know which of them arrived.
			b, err := s.Blue.Books(within(t, 5*time.Second))
			must(t, err)
			t.Logf("the books of %s: %s", s.Blue, books(b))
		})
	}
}
