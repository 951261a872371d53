//go:build cgo

package emulator_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/protocoltest"
)

// weather makes the trouble.
type weather struct {
	srv  *emulator.Server
	rand *rand.Rand
	live string

	deaths map[string]time.Time // when a colour last died
	drops  []time.Time          // when all connections had been cut
	happen map[string]int
}

// blow makes trouble until ctx ends, and leaves a deployment that works.
func (w *weather) blow(ctx context.Context) {
	w.deaths, w.happen = map[string]time.Time{}, map[string]int{}
	kinds := map[string]func(context.Context){
		"sessions expire":    func(context.Context) { w.srv.ExpireSessions() },
		"switch":             w.change,
		"sudden switch":      func(context.Context) { w.kill() },
		"no colour is live":  w.gap,
		"fault":              func(context.Context) { w.fault() },
		"another fault":      func(context.Context) { w.fault() },
		"connections drop":   func(context.Context) { w.srv.DropConnections(); w.drops = append(w.drops, time.Now()) },
		"cluster suspended":  w.suspend,
		"V2 batches changed": func(context.Context) { w.srv.SetV2(w.rand.IntN(2) == 0, 1+w.rand.IntN(8)) },
		"sessions rotate":    func(context.Context) { w.srv.SetRotateSessions(w.rand.IntN(2) == 0) },
	}
	names := slices.Sorted(maps.Keys(kinds))
	for ctx.Err() == nil {
		name := names[w.rand.IntN(len(names))]
		w.happen[name]++
		kinds[name](ctx)
		w.last(ctx, 20, 200)
	}
	w.srv.ClearFaults()
	w.srv.SetLive(w.live)
	w.srv.Announce("")
	w.srv.SetCluster(enginetest.ClusterActive)
	w.srv.SetRotateSessions(false)
	w.srv.SetV2(true, 8)
}

// last lets the weather last some milliseconds, or until ctx ends.
func (w *weather) last(ctx context.Context, least, most int) {
	select {
	case <-time.After(time.Duration(least+w.rand.IntN(most-least)) * time.Millisecond):
	case <-ctx.Done():
	}
}

func (w *weather) other() string {
	if w.live == enginetest.Blue {
		return enginetest.Green
	}
	return enginetest.Blue
}

// change announces the other colour, and ends the old one some time later.
func (w *weather) change(ctx context.Context) {
	w.srv.SetLive(w.live, w.other())
	w.srv.Announce(w.other())
	w.last(ctx, 50, 400)
	w.kill()
	w.srv.Announce("")
}

// kill ends the live colour, whatever runs there.
func (w *weather) kill() {
	old := w.live
	w.live = w.other()
	w.srv.SetLive(w.live)
	w.deaths[old] = time.Now()
}

// gap makes the deployment refuse everything for a moment.
func (w *weather) gap(ctx context.Context) {
	w.srv.SetLive()
	w.last(ctx, 20, 100)
	w.srv.SetLive(w.live)
}

func (w *weather) suspend(ctx context.Context) {
	w.srv.SetResume(1, enginetest.ClusterActive)
	w.srv.SetCluster(enginetest.ClusterSuspended)
	w.last(ctx, 50, 400)
	w.srv.SetCluster(enginetest.ClusterActive)
}

// fault harms some calls to a method.
func (w *weather) fault() {
	methods := []string{
		"authenticate", "prepareStatement", "executeStatement", "getResultMetadata",
		"getNextResultBatch", "clearOrCancelQuery", "getDynamicParams", "",
	}
	f := enginetest.Fault{
		Method: methods[w.rand.IntN(len(methods))], Skip: w.rand.IntN(6), Times: 1 + w.rand.IntN(4), After: w.rand.IntN(2) == 0,
	}
	switch w.rand.IntN(4) {
	case 0:
		f.Drop = true
	case 1:
		f.Delay = time.Duration(w.rand.IntN(100)) * time.Millisecond
	default:
		f.Err = status.Error(codes.Unavailable, "injected")
	}
	w.srv.Inject(f)
}

// planners notes the planner of each query, which clearing it needs, and how long the
// query took to prepare.
type planners struct{ of, took sync.Map }

func (p *planners) option() grpc.ServerOption {
	return grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, h grpc.UnaryHandler) (any, error) {
		began := time.Now()
		resp, err := h(ctx, req)
		if r, ok := resp.(interface {
			GetEngineIP() string
			GetQueryId() string
		}); ok && err == nil {
			p.of.Store(r.GetQueryId(), r.GetEngineIP())
			p.took.Store(r.GetQueryId(), time.Since(began))
		}
		return resp, err
	})
}

var (
	openQuery    = regexp.MustCompile(`(?m)^\t(query-(\w+)-\d+) \(`)
	clearedQuery = regexp.MustCompile(`query (query-\w+-\d+) is cleared$`)
)

// checkBooks holds the engine's books against what the weather excuses.
func (w *weather) checkBooks(t *testing.T, c *chaos) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := w.srv.Wait(ctx, func(s enginetest.Stats) bool { return s.InFlight == 0 }); err != nil {
		c.fail("calls are in flight after all pools are closed: %v", err)
	}
	byQuery := map[string][]enginetest.Call{}
	for _, call := range w.srv.Calls() {
		byQuery[call.QueryID] = append(byQuery[call.QueryID], call)
	}
	stats := w.srv.Stats()
	for _, v := range stats.Violations {
		// What its caller has given up may arrive after the clearing.
		if m := clearedQuery.FindStringSubmatch(v); m != nil && abandoned(byQuery[m[1]]) {
			c.count("call overtaken by clear")
			continue
		}
		c.fail("VIOLATION: %s", v)
	}
	if stats.PastEnd > 0 {
		c.fail("batches were asked for past the end %d times", stats.PastEnd)
	}
	if n := stats.DoubleCleared; n > 0 && len(w.drops) == 0 {
		c.fail("%d queries were cleared again", n)
	}
	w.srv.SetLive(enginetest.Blue, enginetest.Green)
	for before := -1; w.srv.Stats().Open != before; {
		before = w.srv.Stats().Open
		if err := w.srv.Balanced(); err != nil {
			w.sweep(t, c, byQuery, openQuery.FindAllStringSubmatch(err.Error(), -1))
		}
	}
	if n := w.srv.Stats().Open; n > 0 {
		c.fail("%d queries cannot be cleared", n)
	}
	t.Logf("%d calls, %d queries prepared, %d executed, %d orphaned; %v", stats.Calls, stats.Prepared, stats.Executed, stats.Orphaned, w.happen)
	for name, n := range w.happen {
		c.tally["weather: "+name] = n
	}
}

// sweep judges and clears queries that are open in the end.
func (w *weather) sweep(t *testing.T, c *chaos, byQuery map[string][]enginetest.Call, open [][]string) {
	t.Helper()
	for _, m := range open {
		id, color := m[1], m[2]
		calls := byQuery[id]
		why := w.excuse(color, calls)
		if took, ok := c.planners.took.Load(id); ok && why == leaked && len(calls) == 1 && took.(time.Duration) > slowPrepare {
			why = "prepared when its caller had left"
		}
		c.count("open in the end: " + why)
		if why == leaked {
			c.fail("LEAKED: %s, calls %v", id, calls)
		}
		client := protocoltest.Dial(t, w.srv.Server)
		client.Color = color
		client.Session = client.Login()
		ip, _ := c.planners.of.Load(id)
		q := &protocoltest.Query{Client: client, ID: id, IP: ip.(string), Session: client.Session}
		q.MustClear()
	}
}

const leaked = "leaked"

// slowPrepare is less than the time for which the driver waits for the answer to prepare
// after its caller has left. A query that is prepared later is never cleared.
const slowPrepare = 300 * time.Millisecond

// excuse returns the reason for which the driver could not clear a query, or "leaked".
func (w *weather) excuse(color string, calls []enginetest.Call) string {
	began := calls[0].Time
	denied := 0
	for _, call := range calls {
		if call.Method == "clearOrCancelQuery" && call.Err != nil {
			denied++
		}
	}
	switch {
	case w.deaths[color].After(began):
		return "colour died"
	case denied > 1:
		return "clearing denied twice"
	case len(calls) == 1 && slices.ContainsFunc(w.drops, func(at time.Time) bool { return at.After(began) && at.Sub(began) < time.Second }):
		return "answer to prepare lost"
	}
	return leaked
}

// abandoned reports whether a caller has given a query up.
func abandoned(calls []enginetest.Call) bool {
	return slices.ContainsFunc(calls, func(c enginetest.Call) bool {
		code := status.Code(c.Err)
		return code == codes.Canceled || code == codes.DeadlineExceeded
	})
}
