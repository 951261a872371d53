package chaos

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
)

// weather makes the disturbances. In a storm some kinds of trouble happen. In a
// calm only announced switches happen, and no query may fail.
type weather struct {
	srv     *enginetest.Server
	proxy   *enginetest.Proxy
	link    *link
	journal *journal
	rand    *rand.Rand
	suspend bool

	colours
	wakes  time.Time // the latest time at which a suspended cluster is active again
	asleep bool
}

// trouble is a kind of disturbance in a storm.
type trouble struct {
	name   string
	weight int
	do     func()
}

func (w *weather) troubles() []trouble {
	all := []trouble{
		{"announce", 2, w.announce},
		{"early announcement", 2, func() { w.announceEarly(false, w.sometimes(w.ms(50, 900))) }},
		{"announced and down", 2, func() { w.announceEarly(true, w.sometimes(w.ms(50, 900))) }},
		{"fast switches", 2, func() { w.fast(w.ms(400, 900)) }},
		{"gap", 2, w.none},
		{"short 503", 2, w.outage},
		{"sudden death", 1, w.sudden},
		{"expiry", 2, w.expire},
		{"drop all", 1, w.dropAll},
		{"cut", 3, w.cutLink},
		{"drop", 3, func() { w.fault(enginetest.Fault{Drop: true, Do: func() { w.journal.note(cut, "") }}) }},
		{"unavailable", 3, func() {
			w.fault(enginetest.Fault{
				Err: status.Error(codes.Unavailable, unavailable),
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

// blow makes storms and calms until ctx ends. It leaves a working deployment.
func (w *weather) blow(ctx context.Context) {
	for ctx.Err() == nil {
		all := w.troubles()
		w.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		// A storm with few kinds of trouble excuses few kinds of failure.
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

// quiet waits for d. Now and then it makes a switch that must not fail a query,
// because the old colour stays live.
func (w *weather) quiet(ctx context.Context, d time.Duration) {
	end := time.Now().Add(d)
	for time.Now().Before(end) && ctx.Err() == nil {
		const ever = time.Hour
		switch w.rand.IntN(20) {
		case 0:
			w.begin(ever)
		case 1:
			w.announceEarly(false, w.sometimes(ever))
		case 2:
			w.announceEarly(true, w.sometimes(ever))
		case 3:
			w.fast(ever)
		}
		w.wait(ctx, 100*time.Millisecond)
	}
}

// sometimes returns d or 0.
func (w *weather) sometimes(d time.Duration) time.Duration { return d * time.Duration(w.rand.IntN(2)) }

// calm ends all trouble.
func (w *weather) calm() {
	now := time.Now()
	if !w.noneUntil.IsZero() {
		w.endGap(now)
	}
	if !w.upAt.IsZero() {
		w.endOutage(now)
	}
	w.settle()
	w.srv.ClearFaults()
	w.proxy.ClearFaults()
	w.link.spare()
	if w.asleep {
		w.wake()
	}
}

// wait waits for d and makes the changes that are due meanwhile.
func (w *weather) wait(ctx context.Context, d time.Duration) {
	end := time.Now().Add(d)
	for now := time.Now(); now.Before(end) && ctx.Err() == nil; now = time.Now() {
		w.doDue(now)
		if w.asleep {
			w.journal.note(suspension, "")
			if now.After(w.wakes) || w.srv.Cluster() == enginetest.ClusterActive {
				w.wake()
			}
		}
		time.Sleep(min(10*time.Millisecond, end.Sub(now)))
	}
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

// fault injects f into a few calls to a random method.
func (w *weather) fault(f enginetest.Fault) {
	f.Method = methods[w.rand.IntN(len(methods))]
	f.Skip, f.Times, f.After = w.rand.IntN(10), 1+w.rand.IntN(3), w.rand.IntN(2) == 0
	w.journal.logf("fault: %d times %s, after the engine %t, drop %t, %v", f.Times, f.Method, f.After, f.Drop, f.Err)
	w.srv.Inject(f)
}

// proxyFault makes the proxy spoil a few calls to a random method.
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

// maxDelay is well below the time for which the driver waits for the answer to a
// cancelled prepare.
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

// suspendCluster suspends the cluster until the driver or an operator resumes
// it.
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
