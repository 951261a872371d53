package integration

import (
	"errors"
	"testing"
	"time"

	"github.com/e6data/e6data-go/integration/internal/load"
	"github.com/e6data/e6data-go/integration/internal/stack"
	"github.com/e6data/e6data-go/integration/internal/synth"
)

// lost holds the documented errors of a query whose engine or network fails:
// not begun, perhaps executed, or not read to the end.
var lost = []load.Class{load.Connection, load.Ambiguous, load.Incomplete}

// An engine dies with all its state, and a new one replaces it. Proxies report
// that to clients in different ways. The effect on a query must be the same.
func TestEngineKilledMidQuery(t *testing.T) { onEngines(t, engineKilledMidQuery) }

func engineKilledMidQuery(t *testing.T, e engines) {
	s, db, next := e.deploy(t)
	for _, test := range []struct {
		failure string
		allowed []load.Class
	}{
		{"502", lost},
		// This answer is the same as that of a suspended cluster.
		{"503", append([]load.Class{load.Suspended}, lost...)},
		{"grpc", lost},
		{"reset", lost},
	} {
		t.Run(test.failure, func(t *testing.T) {
			ctx := within(t, time.Minute)
			must(t, s.SetFailure(ctx, test.failure))
			r := under(t, db, next, 20*time.Second)
			if e.books {
				_, err := s.Blue.WaitBooks(ctx, func(b synth.Books) bool { return b.Open > connections/2 })
				must(t, err)
			}
			must(t, s.Blue.Kill(ctx))
			must(t, stack.Until(ctx, func() error {
				if r.Report().Failures() == 0 {
					return errors.New("nothing has failed")
				}
				return nil
			}))
			time.Sleep(300 * time.Millisecond)
			must(t, s.Blue.Start(ctx))
			// The sessions from before the restart are unknown now.
			progress(t, r, 2*connections)
			report := settle(t, "engine killed", r, test.allowed...)
			if report.Failed[load.Incomplete]+report.Failed[load.Ambiguous] == 0 {
				t.Error("no running query was interrupted")
			}
			allGood(t, "engine restarted", db, next)
		})
	}
	if !e.books {
		return
	}
	// The restarted engine refuses to clear the queries from before the
	// restart, because it does not have them. All its own queries must be
	// cleared.
	b, err := s.Blue.WaitBooks(within(t, 20*time.Second), func(b synth.Books) bool { return b.Open == 0 })
	must(t, err)
	t.Logf("the books of %s: %s", s.Blue, books(b))
}

// The router is restarted. It is the machine to which the driver is connected.
func TestRouterRestarted(t *testing.T) { onEngines(t, routerRestarted) }

func routerRestarted(t *testing.T, e engines) {
	s, db, next := e.deploy(t)
	ctx := within(t, time.Minute)
	r := under(t, db, next, 20*time.Second)
	must(t, s.Router.Kill(ctx))
	time.Sleep(500 * time.Millisecond)
	must(t, s.Router.Start(ctx))
	progress(t, r, 2*connections)
	settle(t, "router restarted", r, lost...)
	allGood(t, "afterwards", db, next)
	if e.books {
		cleared(t, s.Blue)
	}
}

// bound is the longest time between a query's deadline and its return on a busy
// machine.
const bound = time.Second

// A cut network reports no error and delivers no bytes. Deadlines hold.
func TestNetworkCut(t *testing.T) {
	onEngines(t, func(t *testing.T, e engines) {
		outage(t, e, 3*time.Second, func(t *testing.T, c *stack.Container) { must(t, c.Cut(within(t, time.Minute))) },
			func(t *testing.T, c *stack.Container) { must(t, c.Restore(within(t, time.Minute))) })
	})
}

// A paused machine keeps its connections and does not answer. Deadlines hold.
func TestPaused(t *testing.T) {
	onEngines(t, func(t *testing.T, e engines) {
		outage(t, e, 3*time.Second, func(t *testing.T, c *stack.Container) { must(t, c.Pause()) },
			func(t *testing.T, c *stack.Container) { must(t, c.Unpause()) })
	})
}

// outage stops first the engine and then the router for a while.
func outage(t *testing.T, e engines, length time.Duration, begin, end func(*testing.T, *stack.Container)) {
	const deadline = time.Second
	for _, test := range []struct {
		name    string
		machine func(*stack.Stack) *stack.Container
	}{
		{"engine", func(s *stack.Stack) *stack.Container { return s.Blue }},
		{"router", func(s *stack.Stack) *stack.Container { return s.Router }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, db, next := e.deploy(t)
			r := under(t, db, next, deadline)
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
			allGood(t, "afterwards", db, next)
			if !e.books {
				return
			}
			if test.name == "router" {
				cleared(t, s.Blue)
				return
			}
			// The router ended calls to the engine, including those that clear. It
			// is unknown which of them arrived.
			b, err := s.Blue.Books(within(t, 5*time.Second))
			must(t, err)
			t.Logf("the books of %s: %s", s.Blue, books(b))
		})
	}
}
