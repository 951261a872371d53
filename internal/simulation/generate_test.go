package simulation

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

const ms = span(time.Millisecond)

// faultsOf lists the faults that can happen to a call of each class. An engine does
// not deny a call that has no session.
var faultsOf = [numClasses][]fault{
	authenticate:  {unsent, lost, unanswered, refused, unavailable, mute, crashed, silent, slow},
	prepare:       {unsent, lost, unanswered, refused, unavailable, mute, crashed, denied, quoted, failing, silent, slow},
	execute:       {unsent, lost, unanswered, refused, unavailable, mute, crashed, denied, quoted, failing, silent, slow},
	describe:      {unsent, lost, unanswered, refused, unavailable, mute, crashed, denied, quoted, failing, cancelled, silent, slow},
	fetch:         {unsent, lost, unanswered, refused, unavailable, mute, crashed, denied, quoted, failing, cancelled, silent, slow},
	clearing:      {unsent, lost, unanswered, refused, unavailable, mute, crashed, denied, quoted, failing, silent, slow},
	health:        {unsent, lost, unanswered, refused, unavailable, mute, crashed, silent, slow},
	clusterStatus: {unsent, lost, refused, unavailable, mute, slow},
	clusterResume: {unsent, lost, unanswered, refused, unavailable, mute, crashed, slow},
	killing:       {unsent, lost, unanswered, refused, unavailable, mute, crashed, denied, quoted, silent, slow},
}

// generator makes a schedule from a seed.
type generator struct {
	*rand.Rand
	horizon span // most statements begin before it
	s       *schedule
}

// generate returns the schedule of a seed.
func generate(seed uint64) *schedule {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0x5eed)), s: &schedule{Seed: seed}}
	g.horizon = pick(g, 40*ms, 120*ms, 500*ms, 3000*ms)
	g.s.Setup = setup{
		Attempts: pick(g, 5, 5, 5, 3, 2),
		TTL:      pick(g, 300_000*ms, 300_000*ms, 0, 100*ms),
		Prefetch: g.IntN(2) == 0,
		V2:       pick(g, "off", "auto", "on"),
		EngineV2: g.IntN(3) > 0,
		Catalog:  g.IntN(2) == 0,
		Rotate:   g.IntN(4) == 0,
		Green:    g.IntN(4) == 0,
		OAuth:    g.IntN(6) == 0,
		Ready:    g.IntN(4) == 0,
	}
	g.s.Setup.Rotate = g.s.Setup.Rotate && !g.s.Setup.OAuth
	if g.IntN(16) == 0 {
		g.s.Setup.QueryTimeout = g.span(10*ms, 400*ms)
	}
	for id := range 1 + g.IntN(8) {
		g.s.Ops = append(g.s.Ops, g.op(id))
	}
	for range pick(g, 0, 1, 1, 2, 2, 3, 4) {
		g.scene()
	}
	slices.SortStableFunc(g.s.Ops, func(a, b op) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(g.s.Events, func(a, b event) int { return cmp.Compare(a.At, b.At) })
	return g.s
}

func pick[T any](g *generator, choices ...T) T { return choices[g.IntN(len(choices))] }

// span returns a duration in [low, high), in nanoseconds: no two events are at the
// same moment.
func (g *generator) span(low, high span) span { return low + span(g.Int64N(int64(high-low))) }

func (g *generator) op(id int) op {
	o := op{ID: id, At: g.span(0, g.horizon)}
	switch g.IntN(9) {
	case 0:
		o.Kind = opExec
	case 1:
		o.Kind = opPing
	default:
		if g.IntN(6) == 0 {
			o.Kind = opSubmit
		}
		o.Rows = pick(g, 0, 1, 2, 5, 9, 30)
		o.Batch = 1 + g.IntN(5)
		o.Empty = g.IntN(6) == 0
		o.Unknown = g.IntN(5) == 0
		if o.Rows > 1 && g.IntN(5) == 0 {
			o.Read = 1 + g.IntN(o.Rows)
		}
		if g.IntN(3) == 0 {
			o.Think = g.span(100_000, 30*ms)
		}
	}
	if g.IntN(8) == 0 {
		o.Timeout = pick(g, g.span(ms, 40*ms), g.span(20*ms, 1000*ms))
	}
	return o
}

func (g *generator) add(e event) { g.s.Events = append(g.s.Events, e) }

// scene adds events that belong together.
func (g *generator) scene() {
	t := g.span(0, g.horizon)
	to := pick(g, blue, green)
	if len(g.s.Events) == 0 && g.IntN(4) > 0 { // to the colour that is not live
		to = green
		if g.s.Setup.Green {
			to = blue
		}
	}
	later := func() span { t += pick(g, g.span(ms, 20*ms), g.span(ms, 300*ms), g.span(ms, 2500*ms)); return t }
	switch g.IntN(13) {
	case 0, 1: // an orderly switch
		g.add(event{At: t, Kind: both})
		g.add(event{At: t + 1, Kind: announce, Color: to})
		g.add(event{At: later(), Kind: live, Color: to})
		if g.IntN(2) == 0 {
			g.add(event{At: later(), Kind: live, Color: to, Strict: true})
		}
	case 2: // a switch without an announcement
		g.add(event{At: t, Kind: live, Color: to, Strict: g.IntN(2) == 0})
	case 3: // an early announcement, perhaps of a colour that never comes
		g.add(event{At: t, Kind: announce, Color: to})
		if g.IntN(3) > 0 {
			g.add(event{At: later(), Kind: live, Color: to, Strict: g.IntN(2) == 0})
		} else {
			g.add(event{At: later(), Kind: announce})
		}
	case 4: // a moment without a live colour
		g.add(event{At: t, Kind: live, Strict: g.IntN(2) == 0})
		g.add(event{At: later(), Kind: live, Color: to})
	case 5:
		g.add(event{At: t, Kind: down, Color: to, Lasts: pick(g, g.span(ms, 50*ms), g.span(ms, 1000*ms))})
	case 6:
		g.add(event{At: t, Kind: expire, Color: to})
	case 7:
		g.add(event{At: t, Kind: restart, Color: to})
	case 8:
		g.add(event{At: t, Kind: suspend, Lasts: g.span(ms, 800*ms)})
	case 9:
		g.add(event{At: t, Kind: cancel, Op: g.s.Ops[g.IntN(len(g.s.Ops))].ID})
	case 10:
		g.add(event{At: g.span(t, t+100*ms), Kind: kill, Op: g.s.Ops[g.IntN(len(g.s.Ops))].ID})
	default:
		for range 1 + g.IntN(3) {
			c := class(g.IntN(int(numClasses)))
			f := pick(g, faultsOf[c]...)
			if g.s.Setup.OAuth && g.IntN(4) == 0 {
				f = pick(g, tokenRefused, authDown)
			}
			g.add(event{At: t, Kind: faulty, Class: c, Fault: f, Count: pick(g, 1, 1, 1, 2, 3, 6)})
			t = g.span(0, g.horizon)
		}
	}
}
