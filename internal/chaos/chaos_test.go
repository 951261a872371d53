package chaos

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

const (
	connections = 50
	// stuck is longer than any query takes, whatever the weather.
	stuck = 3 * time.Minute
)

// run is one run of TestChaos.
type run struct {
	srv     *enginetest.Server
	ledger  *ledger
	journal *journal
	pools   []*sql.DB
	last    []enginetest.Call // before the janitor ran

	mu       sync.Mutex
	failures []string
	failed   int
	outcomes map[uint64]outcome
	tally    map[string]int
	rows     int64
	dropped  []uint64 // statements whose rows are not closed
}

// outcome is the result of a statement.
type outcome struct {
	ended     time.Time
	succeeded bool
	gaveUp    bool // its caller did
}

func TestChaos(t *testing.T) {
	t.Parallel()
	seed := *seedFlag
	for seed == 0 {
		seed = rand.Uint64()
	}
	// t.Log would not show the line if the test hangs.
	fmt.Printf("chaos: seed %d for %v: go test ./internal/chaos -run '^TestChaos$' -chaos.seed=%d -chaos.time=%v -chaos.suspend=%t\n",
		seed, *timeFlag, seed, *timeFlag, *suspendFlag)
	source := func(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }

	r := &run{ledger: newLedger(), journal: newJournal(), outcomes: map[uint64]outcome{}, tally: map[string]int{}}
	r.srv = newServer(t, enginetest.Config{MaxCalls: 20_000, ServerOptions: []grpc.ServerOption{r.ledger.option()}})
	r.srv.HandleFunc(serve)
	wire := newLink(t, r.srv.Addr(), func() {
		r.journal.logf("the connection is cut")
		r.journal.note(cut, "")
	})
	proxy, err := enginetest.NewProxy(r.srv, enginetest.ProxyConfig{
		WrongStrategy: enginetest.Shape{Status: 456},
		Suspended:     enginetest.Shape{Status: 503},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	r.openPools(t, r.srv.Addr(), wire.addr(), proxy.Addr())

	w := &weather{srv: r.srv, proxy: proxy, link: wire, journal: r.journal, rand: source(0), suspend: *suspendFlag}
	w.live = enginetest.Blue
	ctx, stop := context.WithTimeout(context.Background(), *timeFlag)
	defer stop()
	var weather, workers sync.WaitGroup
	weather.Go(func() { w.blow(ctx) })
	for i := range uint64(connections) {
		workers.Go(func() {
			wk := &worker{run: r, rand: source(1 + i), number: i, db: r.pools[i%uint64(len(r.pools))]}
			for ctx.Err() == nil {
				wk.turn()
			}
		})
	}
	workers.Wait()
	weather.Wait()
	for _, db := range r.pools {
		if err := db.Close(); err != nil {
			r.fail("", "closing a pool: %v", err)
		}
	}
	r.collect()
	r.audit(t)
	r.report(t, seed)
}

// openPools opens a pool for every kind of fetching. One connects to the engine
// itself, the others to the link and the proxy.
func (r *run) openPools(t *testing.T, engine, link, proxy string) {
	for _, p := range []struct {
		addr, params string
		idle         int
		life         time.Duration
	}{
		{engine, "prefetch_bytes=0", connections, 0},
		{link, "result_batch_v2=off", connections, 0},
		// Connections that are opened for one or two queries.
		{link, "prefetch_bytes=0&result_batch_v2=on", 2, 0},
		{link, "result_batch_v2=on&catalog=lake", connections, 500 * time.Millisecond},
		{proxy, "prefetch_bytes=1&result_batch_v2=auto&catalog=lake", connections, 0},
		{proxy, "prefetch_bytes=0", 4, 0},
	} {
		dsn := strings.Replace(r.srv.DSN(p.params), r.srv.Addr(), p.addr, 1)
		cfg, err := e6data.ParseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		// A cluster resumes within a second here: 5 s between polls would be most
		// of a run. Five polls must last longer than a short 503.
		connector, err := e6data.NewConnector(cfg, e6data.WithResumePoll(100*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		db.SetMaxIdleConns(p.idle)
		db.SetConnMaxLifetime(p.life)
		r.pools = append(r.pools, db)
	}
}

// fail records a failure of the driver, with the known facts about the
// statement.
func (r *run) fail(text string, format string, args ...any) {
	msg := fmt.Sprintf("%.3f s: ", time.Since(r.journal.start).Seconds()) + fmt.Sprintf(format, args...)
	r.mu.Lock()
	r.failed++
	detailed := len(r.failures) < 8
	r.mu.Unlock()
	if detailed && text != "" {
		msg += "\n\t" + text
		var lines []string
		for _, c := range r.calls() {
			if c.SQL == text {
				lines = append(lines, fmt.Sprintf("%8.3f s  %v", c.Time.Sub(r.journal.start).Seconds(), c))
			}
		}
		msg += "\n\t" + strings.Join(lines[max(0, len(lines)-20):], "\n\t") +
			"\n\tthe latest weather:\n\t" + r.journal.tail(12)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.failures) < 40 {
		r.failures = append(r.failures, msg)
	}
}

// audit checks the engine's books after everything has ended.
func (r *run) audit(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := r.srv.Wait(ctx, func(s enginetest.Stats) bool { return s.InFlight == 0 }); err != nil {
		r.fail("", "calls are in flight after all pools are closed: %v", err)
	}
	books := r.srv.Stats()
	r.mu.Lock()
	for id, o := range r.outcomes {
		if n := r.ledger.executed[id]; n > 1 || o.succeeded && n != 1 {
			r.failures = append(r.failures, fmt.Sprintf("statement %d was executed %d times in the end", id, n))
			r.failed++
		}
	}
	r.mu.Unlock()
	if books.Executed != r.ledger.total {
		t.Errorf("the engine executed %d queries, the ledger has %d", books.Executed, r.ledger.total)
	}
	for _, v := range books.Violations {
		r.violation(v)
	}
	for _, again := range r.ledger.repeated {
		// The answer to the first call may have been lost.
		if r.journal.between(again.first, again.then)&(cut|refusal) == 0 {
			r.fail("", "query %s was cleared again after %v", again.query, again.then.Sub(again.first))
		}
	}
	r.last = r.srv.Calls()
	for _, q := range newJanitor(t, r.srv, r.ledger).sweep() {
		why := r.unclearable(q)
		r.count("open in the end: " + why)
		if why == leaked {
			r.fail(r.text(q), "LEAKED query %s of statement %d, prepared at %.3f s; around it: %q", q.id, q.statement,
				q.prepared.Sub(r.journal.start).Seconds(), r.journal.between(q.prepared, r.outcomes[q.statement].ended))
		}
	}
}

// calls returns the latest calls of the driver.
func (r *run) calls() []enginetest.Call {
	if r.last != nil {
		return r.last
	}
	return r.srv.Calls()
}

// text returns a query's text, if the latest calls contain it.
func (r *run) text(q entry) string {
	for _, c := range r.last {
		if c.QueryID == q.id {
			return c.SQL
		}
	}
	return ""
}

func (r *run) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally[what]++
}

var cleared = regexp.MustCompile(`query (query-\w+-\d+) is cleared$`)

// violation judges a violation that the engine reports. A call whose context
// has ended may arrive after the query was cleared, because the network does
// not keep the order of calls.
func (r *run) violation(v string) {
	if m := cleared.FindStringSubmatch(v); m != nil && r.outcomes[r.ledger.query(m[1]).statement].gaveUp {
		r.count("call overtaken by clear")
		return
	}
	r.fail("", "VIOLATION: %s", v)
}

const leaked = "leaked"

// unclearable returns the reason why the driver could not clear a query, or
// that the query leaked.
func (r *run) unclearable(q entry) string {
	o := r.outcomes[q.statement]
	switch {
	case r.journal.died(q.colour, q.asked, time.Now()):
		return "colour died"
	case q.denied > 1:
		return "clearing denied twice"
	case q.touched:
	case r.journal.between(q.prepared, q.prepared.Add(slack))&(cut|refusal) != 0:
		return "answer to prepare lost"
	case o.gaveUp && q.prepared.After(o.ended.Add(maxDelay)):
		return "prepared long after the caller gave up"
	}
	return leaked
}

// report prints the sums, and the failures with the seed.
func (r *run) report(t *testing.T, seed uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var classes []string
	for c := range r.tally {
		classes = append(classes, c)
	}
	slices.Sort(classes)
	books := r.srv.Stats()
	t.Logf("%d statements, %d rows, %d calls, %d sessions, %d queries prepared, %d orphaned", len(r.outcomes), r.rows, books.Calls, books.Sessions, books.Prepared, books.Orphaned)
	for _, c := range classes {
		t.Logf("%7d %s", r.tally[c], c)
	}
	for kind := cut; kind <= outage; kind <<= 1 {
		t.Logf("%7d times %v", r.journal.counts[kind], kind)
	}
	var happened []string
	for what := range r.journal.tally {
		happened = append(happened, what)
	}
	slices.Sort(happened)
	for _, what := range happened {
		t.Logf("%7d times: %s", r.journal.tally[what], what)
	}
	if r.tally["ok"] == 0 {
		t.Error("no statement succeeded")
	}
	if r.failed > 0 {
		t.Errorf("%d failures with seed %d:\n%s", r.failed, seed, strings.Join(r.failures, "\n"))
	}
}
