package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
)

// disturbance is a kind of thing that excuses failures, a set as a sum.
type disturbance uint8

const (
	cut     disturbance = 1 << iota // a connection was reset
	refusal                         // a call, or its answer, was lost on the way
	death                           // a colour went
	expiry                          // the sessions expired
	suspension
)

func (d disturbance) String() string {
	var names []string
	for i, name := range []string{"cut", "refusal", "death", "expiry", "suspension"} {
		if d&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "+")
}

// slack is how long after a disturbance a query that starts may still feel it:
// the channel connects again, with a back-off.
const slack = time.Second

// journal is what has gone wrong when.
type journal struct {
	start time.Time

	mu     sync.Mutex
	events []event
	lines  []string // the latest, for a failure's report
	counts map[disturbance]int
}

type event struct {
	at     time.Time
	kind   disturbance
	colour string // of a death
}

func newJournal() *journal {
	return &journal{start: time.Now(), counts: map[disturbance]int{}}
}

// note writes a disturbance down; it is called before the harm is done.
func (j *journal) note(kind disturbance, colour string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, event{time.Now(), kind, colour})
	j.counts[kind]++
}

// logf writes a line that only people read.
func (j *journal) logf(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf("%8.3f s  ", time.Since(j.start).Seconds())+fmt.Sprintf(format, args...))
}

// between returns what went wrong from one time to another, and shortly before.
func (j *journal) between(from, to time.Time) (kinds disturbance) {
	from = from.Add(-slack)
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range slices.Backward(j.events) {
		if e.at.Before(from) {
			break
		}
		if !e.at.After(to) {
			kinds |= e.kind
		}
	}
	return kinds
}

// died tells whether a colour, or any for "", went from one time to another, or
// shortly before.
func (j *journal) died(colour string, from, to time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.ContainsFunc(j.events, func(e event) bool {
		return e.kind == death && (e.colour == colour || colour == "") &&
			e.at.After(from.Add(-slack)) && e.at.Before(to)
	})
}

// tail returns the latest lines.
func (j *journal) tail(n int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines[max(0, len(j.lines)-n):], "\n\t")
}

// weather makes the trouble: storms, each of some kinds of trouble, and calms in
// which only announced switches happen and nothing may fail.
type weather struct {
	srv     *enginetest.Server
	proxy   *enginetest.Proxy
	link    *link
	journal *journal
	rand    *rand.Rand
	suspend bool

	live   string    // the colour that new queries belong on
	old    string    // still live beside it; "" when it is not
	dies   time.Time // when old goes
	wakes  time.Time // when a suspended cluster is active again at the latest
	asleep bool
}

// trouble is something that a storm does.
type trouble struct {
	name   string
	weight int
	do     func()
}

func (w *weather) troubles() []trouble {
	all := []trouble{
		{"announce", 2, w.announce},
		{"sudden death", 1, w.sudden},
		{"expiry", 2, w.expire},
		{"drop all", 1, w.dropAll},
		{"cut", 3, w.cutLink},
		{"drop", 3, func() { w.fault(enginetest.Fault{Drop: true, Do: func() { w.journal.note(cut, "") }}) }},
		{"unavailable", 3, func() {
			w.fault(enginetest.Fault{
				Err: status.Error(codes.Unavailable, "upstream connect error or disconnect/reset before headers"),
				Do:  func() { w.journal.note(refusal, "") },
			})
		}},
		{"stream reset", 3, func() { w.proxyFault(enginetest.Shape{Reset: true, Bytes: w.rand.IntN(2000)}) }},
		{"bad gateway", 2, func() { w.proxyFault(enginetest.Shape{Status: http.StatusBadGateway, Body: "<h1>Bad Gateway</h1>"}) }},
		{"delay", 4, w.delay},
		{"v2", 2, w.toggleV2},
		{"rotation", 1, w.toggleRotation},
	}
	if w.suspend {
		all = append(all, trouble{"suspend", 1, w.suspendCluster})
	}
	return all
}

// blow makes weather until ctx ends, and leaves a deployment that works.
func (w *weather) blow(ctx context.Context) {
	for ctx.Err() == nil {
		all := w.troubles()
		w.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		// A storm of few kinds excuses few kinds of failure.
		kinds := all[:1+w.rand.IntN(len(all))]
		var names []string
		for _, k := range kinds {
			names = append(names, k.name)
		}
		w.journal.logf("storm of %s", strings.Join(names, ", "))
		w.storm(ctx, kinds, time.Duration(600+w.rand.IntN(1400))*time.Millisecond)
		w.calm()
		w.journal.logf("calm")
		w.quiet(ctx, slack+time.Duration(300+w.rand.IntN(900))*time.Millisecond)
	}
	w.calm()
}

func (w *weather) storm(ctx context.Context, kinds []trouble, d time.Duration) {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	end := time.Now().Add(d)
	for time.Now().Before(end) && ctx.Err() == nil {
		n := w.rand.IntN(total)
		for _, k := range kinds {
			if n -= k.weight; n < 0 {
				k.do()
				break
			}
		}
		w.wait(ctx, time.Duration(10+w.rand.IntN(240))*time.Millisecond)
	}
}

// quiet lets time pass with now and then a switch that nobody is to notice:
// the old colour stays.
func (w *weather) quiet(ctx context.Context, d time.Duration) {
	end := time.Now().Add(d)
	for time.Now().Before(end) && ctx.Err() == nil {
		if w.old == "" && w.rand.IntN(8) == 0 {
			w.announce()
			w.dies = end.Add(time.Hour)
		}
		w.wait(ctx, 100*time.Millisecond)
	}
}

// calm ends all trouble.
func (w *weather) calm() {
	w.srv.ClearFaults()
	w.proxy.ClearFaults()
	w.link.spare()
	if w.old != "" {
		w.kill()
	}
	if w.asleep {
		w.wake()
	}
}

// wait does what is due meanwhile.
func (w *weather) wait(ctx context.Context, d time.Duration) {
	end := time.Now().Add(d)
	for now := time.Now(); now.Before(end) && ctx.Err() == nil; now = time.Now() {
		if w.old != "" && now.After(w.dies) {
			w.kill()
		}
		if w.asleep {
			w.journal.note(suspension, "")
			if now.After(w.wakes) || w.srv.Cluster() == enginetest.ClusterActive {
				w.wake()
			}
		}
		time.Sleep(min(10*time.Millisecond, end.Sub(now)))
	}
}

func other(colour string) string {
	if colour == enginetest.Blue {
		return enginetest.Green
	}
	return enginetest.Blue
}

// announce begins a switch; the old colour goes some time later.
func (w *weather) announce() {
	delay := time.Duration(50+w.rand.IntN(850)) * time.Millisecond
	if w.old != "" {
		return
	}
	w.old, w.live = w.live, other(w.live)
	w.dies = time.Now().Add(delay)
	w.journal.logf("%s announced, %s lasts %v", w.live, w.old, delay)
	w.srv.SetLive(w.old, w.live)
	w.srv.Announce(w.live)
}

// kill ends a switch.
func (w *weather) kill() {
	w.journal.logf("%s dies", w.old)
	w.journal.note(death, w.old)
	w.srv.SetLive(w.live)
	w.srv.Announce("")
	w.old = ""
}

// sudden swaps the colours without a word.
func (w *weather) sudden() {
	if w.old != "" {
		w.kill()
	}
	w.old, w.live = w.live, other(w.live)
	w.kill()
}

func (w *weather) expire() {
	w.journal.logf("sessions expire")
	w.journal.note(expiry, "")
	w.srv.ExpireSessions()
}

func (w *weather) dropAll() {
	w.journal.logf("all connections drop")
	w.journal.note(cut, "")
	w.srv.DropConnections()
}

func (w *weather) cutLink() {
	n, toClient := w.rand.IntN(48<<10), w.rand.IntN(4) > 0
	w.journal.logf("cut after %d bytes, to the client %t", n, toClient)
	w.link.cutAfter(n, toClient)
}

var methods = []string{
	"authenticate", "prepareStatement", "executeStatement", "getResultMetadata",
	"getNextResultBatch", "clearOrCancelQuery", "healthCheck",
}

// fault injects f into a few calls to some method.
func (w *weather) fault(f enginetest.Fault) {
	f.Method = methods[w.rand.IntN(len(methods))]
	f.Skip, f.Times, f.After = w.rand.IntN(10), 1+w.rand.IntN(3), w.rand.IntN(2) == 0
	w.journal.logf("fault: %d times %s, after the engine %t, drop %t, %v", f.Times, f.Method, f.After, f.Drop, f.Err)
	w.srv.Inject(f)
}

// proxyFault has the proxy spoil a few calls to some method.
func (w *weather) proxyFault(shape enginetest.Shape) {
	f := enginetest.ProxyFault{
		Method: methods[w.rand.IntN(len(methods))],
		Skip:   w.rand.IntN(10),
		Times:  1 + w.rand.IntN(3),
		After:  w.rand.IntN(2) == 0,
		Shape:  shape,
		Do:     func() { w.journal.note(refusal, "") },
	}
	w.journal.logf("proxy: %d times %s, after the engine %t: %v", f.Times, f.Method, f.After, shape)
	w.proxy.Inject(f)
}

// maxDelay is well below how long the driver waits for an answer to prepare that
// its caller does not want any more.
const maxDelay = 200 * time.Millisecond

func (w *weather) delay() {
	f := enginetest.Fault{
		Method: methods[w.rand.IntN(len(methods))],
		Times:  1 + w.rand.IntN(20),
		After:  w.rand.IntN(2) == 0,
		Delay:  time.Duration(1 + w.rand.Int64N(int64(maxDelay))),
	}
	w.journal.logf("delay: %d times %s by %v, after the engine %t", f.Times, f.Method, f.Delay, f.After)
	w.srv.Inject(f)
}

func (w *weather) toggleV2() {
	on, chunks := w.rand.IntN(2) == 0, 1+w.rand.IntN(9)
	w.journal.logf("V2 batches %t, %d chunks", on, chunks)
	w.srv.SetV2(on, chunks)
}

func (w *weather) toggleRotation() {
	on := w.rand.IntN(2) == 0
	w.journal.logf("session rotation %t", on)
	w.srv.SetRotateSessions(on)
}

// suspendCluster puts the cluster to sleep until the driver, or an operator,
// resumes it.
func (w *weather) suspendCluster() {
	polls, operator := w.rand.IntN(3), time.Duration(50+w.rand.IntN(400))*time.Millisecond
	if w.asleep {
		return
	}
	w.journal.logf("the cluster is suspended; an operator comes after %v", operator)
	w.journal.note(suspension, "")
	w.asleep, w.wakes = true, time.Now().Add(operator)
	w.srv.SetResume(polls, enginetest.ClusterActive)
	w.srv.SetCluster(enginetest.ClusterSuspended)
}

func (w *weather) wake() {
	w.srv.SetCluster(enginetest.ClusterActive)
	w.journal.note(suspension, "")
	w.asleep = false
}
