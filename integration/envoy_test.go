package integration

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/integration/internal/load"
	"github.com/e6data/e6data-go/integration/internal/router"
	"github.com/e6data/e6data-go/integration/internal/stack"
)

// newEnvoy starts a router that behaves like Envoy in front of a pair whose blue
// engine is live.
func newEnvoy(t *testing.T, o router.Options) (*pair, *router.Router, *router.Frontend) {
	t.Helper()
	p := newPair(t)
	r := router.New(p.addrs(), []string{enginetest.Blue})
	t.Cleanup(r.Close)
	r.SetFailure("grpc")
	f, err := router.Serve(r, o)
	must(t, err)
	t.Cleanup(f.Close)
	u := url.URL{
		Scheme: "e6data", User: url.UserPassword(enginetest.DefaultUser, enginetest.DefaultToken), Host: f.Addr(), Path: "/db",
	}
	p.open(t, u.String())
	return p, r, f
}

// Deployments go on under load behind a router that is reloaded again and again.
// The ends of its connections (GOAWAY) fall between and into calls. No query
// fails.
func TestEnvoyRollingDeployments(t *testing.T) {
	p, r, f := newEnvoy(t, router.Options{})
	running := under(t, p.db, mixed, time.Minute)
	live := enginetest.Blue
	for range 4 {
		next := otherColour(live)
		r.SetLive(live, next)
		f.Reload(within(t, time.Minute))
		p.engines[live].Announce(next)
		drained(t, p.engines[live])
		r.SetLive(next)
		f.Reload(within(t, time.Minute))
		p.engines[live].Announce("")
		progress(t, running, connections)
		live = next
	}
	p.settled(t, settle(t, "rolling deployments behind a router like Envoy", running))
	f.WaitDrained()
}

// The router answers calls beyond a bound with UNAVAILABLE. A call that executes
// a query is ambiguous then, because the same answer follows a lost connection;
// a batch is lost; all other calls are repeated.
func TestEnvoyOverflow(t *testing.T) {
	p, r, _ := newEnvoy(t, router.Options{})
	running := under(t, p.db, mixed, time.Minute)
	r.SetMost(connections / 4)
	must(t, stack.Until(within(t, time.Minute), func() error {
		if n := r.Overflows(); n <= 2*connections {
			return fmt.Errorf("%d calls beyond the bound", n)
		}
		return nil
	}))
	r.SetMost(0)
	progress(t, running, connections)
	report := settle(t, "a router with a bound of calls", running, load.Ambiguous, load.Incomplete, load.Connection)
	if report.OK == 0 {
		t.Error("no query succeeded")
	}
	allGood(t, "afterwards", p.db, mixed)
}

// A connection carries at most three calls, and ends soon if it is idle.
func TestEnvoyConnectionLimits(t *testing.T) {
	p, _, _ := newEnvoy(t, router.Options{Streams: 3, Idle: 30 * time.Millisecond})
	for range 3 {
		running := under(t, p.db, mixed, time.Minute)
		progress(t, running, connections)
		settle(t, "three calls a connection", running)
		for _, srv := range p.engines {
			drained(t, srv)
		}
	}
}

// An engine dies, and the router answers UNAVAILABLE for it. The other colour
// becomes live. Only queries that were lost fail.
func TestEnvoyEngineDies(t *testing.T) {
	p, r, _ := newEnvoy(t, router.Options{})
	r.SetLive(enginetest.Blue, enginetest.Green)
	running := under(t, p.db, mixed, time.Minute)
	p.engines[enginetest.Blue].Close()
	r.SetLive(enginetest.Green)
	progress(t, running, 2*connections)
	report := settle(t, "an engine that dies behind a router like Envoy", running, load.Incomplete, load.Ambiguous, load.Connection)
	if report.Failures() == 0 {
		t.Error("no query was lost")
	}
}
