package strategy

import (
	"sync"
	"sync/atomic"
	"time"
)

// confirmEvery is how far apart two confirmations must be to count as two.
// Without it every call of every connection would write the same cache line.
const confirmEvery = time.Millisecond

// Entry is what is known about one deployment. Get it from a [Cache].
//
// Current and Confirm take no lock and allocate nothing. The other methods
// take a lock of the entry, never while a probe runs.
type Entry struct {
	key  Key
	base time.Time

	// rec is nil until something is known. It is read without mu and replaced
	// only under it.
	rec atomic.Pointer[record]

	mu sync.Mutex
	// refusedAt is when an announced colour was last refused before any call
	// under it had succeeded.
	refusedAt     [3]time.Time
	flight        *flight // the detection under way, if any
	work          *work   // of Share, if any
	switches      uint64
	invalidations uint64
}

// record is one generation, or with live unset what an invalidation left of it.
// A confirmation is written into the record, not the Entry, so that one meant
// for an earlier generation cannot refresh a later one.
type record struct {
	state State
	live  bool
	since time.Time
	// from is the colour that announced this one; Unknown for a detected colour.
	from      Color
	proven    atomic.Bool  // a call under state succeeded
	confirmed atomic.Int64 // nanoseconds after Entry.base
}

// refusalMemory is how long announcements of a colour are ignored after the
// deployment refused that colour or the colour was down. An engine may announce a
// colour before the proxy admits it.
const refusalMemory = 2 * time.Second

// clock returns the nanoseconds since base.
func (e *Entry) clock() int64 { return int64(time.Since(e.base)) }

// Current returns the live colour. It returns false when none is known, or when
// the known one was last confirmed ttl ago or earlier: it is then time to call
// Detect. The ttl is the reader's and may differ from call to call; with a ttl
// of 0 or less a colour never expires.
//
// Expiry only concerns the reader. Running queries stay on the expired state,
// and their Confirm makes it current again.
func (e *Entry) Current(ttl time.Duration) (State, bool) {
	r := e.rec.Load()
	if r == nil || !r.live {
		return State{}, false
	}
	if ttl > 0 && e.clock()-r.confirmed.Load() >= int64(ttl) {
		return State{}, false
	}
	return r.state, true
}

// Confirm notes that a call under s succeeded just now. It does nothing when
// the entry has moved on from s. Confirmations less than a millisecond apart
// count as one.
func (e *Entry) Confirm(s State) {
	r := e.rec.Load()
	if r == nil || !r.live || r.state != s {
		return
	}
	if !r.proven.Load() {
		r.proven.Store(true)
	}
	now, last := e.clock(), r.confirmed.Load()
	if now-last >= int64(confirmEvery) {
		// Losing the race means that someone else has just confirmed.
		r.confirmed.CompareAndSwap(last, now)
	}
}

// Announce follows a new_strategy naming to, in a response to a call that ran
// under from (docs/protocol.md, section 3), and reports whether it moved the entry. From
// then on Current returns the new colour, in a new generation, and a detection
// under way settles for it.
//
// Only the present generation may name its successor: the announcement is
// ignored when from is not exactly what the entry believes, expired or not. So
// a query still running on the old colour that repeats the announcement changes
// nothing, and neither does a straggler from an early generation of a colour
// that the deployment has since left and come back to. After an invalidation
// nothing is believed and all announcements are ignored until the next
// detection, which tries the other colour first anyway. A to that is not Blue
// or Green, or that is from's own colour, is ignored too. So is a to that was
// announced, and refused, in the last two seconds: see [Entry.Retreat].
//
// An announcement heard inside a probe has no State yet: make it after Detect
// returned, under the State it returned, provided that this has the colour the
// response came from.
func (e *Entry) Announce(from State, to Color) bool {
	if to != Blue && to != Green || to == from.Color {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if r := e.rec.Load(); r == nil || !r.live || r.state != from {
		return false
	}
	if at := e.refusedAt[to]; !at.IsZero() && time.Since(at) < refusalMemory {
		return false
	}
	e.begin(to)
	e.rec.Load().from = from.Color // nobody reads it without mu
	return true
}

// Invalidate gives up s because a call under it was answered 456 (docs/protocol.md,
// section 6), and reports whether it did. It does nothing when the entry has
// moved on from s: a late 456 about blue throws away neither a green nor a blue
// that was detected after it.
//
// Where s was announced and no call under it has succeeded yet, Invalidate is
// [Entry.Retreat]: the announcement came early.
func (e *Entry) Invalidate(s State) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.rec.Load()
	if r == nil || !r.live || r.state != s {
		return false
	}
	if !e.retreat(r) {
		e.kill(r)
	}
	return true
}

// Retreat returns to the colour that announced s, in a new generation, because s
// is down although it was announced, and reports whether it did. It does nothing
// when the entry has moved on from s, when s was detected, and when a call under
// s has succeeded: then s was live, and its failure is one like any other. For two
// seconds further announcements of s.Color are ignored, so that the queries of
// that time run where they are served; then the next announcement counts again.
func (e *Entry) Retreat(s State) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.rec.Load()
	return r != nil && r.live && r.state == s && e.retreat(r)
}

// retreat begins a generation of the colour that announced r, if r was announced
// and is not proven. e.mu is held and r is e.rec.
func (e *Entry) retreat(r *record) bool {
	if r.from == Unknown || r.proven.Load() {
		return false
	}
	e.invalidations++
	e.refusedAt[r.state.Color] = time.Now()
	e.begin(r.from)
	return true
}

// begin starts a new generation with color. e.mu is held.
func (e *Entry) begin(color Color) State {
	now := time.Now()
	next := &record{state: State{color, 1}, live: true, since: now}
	next.confirmed.Store(int64(now.Sub(e.base)))
	if last := e.rec.Load(); last != nil {
		next.state.Generation = last.state.Generation + 1
		if last.state.Color != color {
			e.switches++
		} else if last.live {
			next.since = last.since
		}
	}
	e.rec.Store(next)
	return next.state
}

// kill leaves of r only which colour it was and its generation, so that the
// next detection knows where to begin and the next generation its number. e.mu
// is held and r is e.rec.
func (e *Entry) kill(r *record) {
	e.invalidations++
	e.rec.Store(&record{state: r.state, since: time.Now()})
}

func (e *Entry) status() Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := Status{Key: e.key, Switches: e.switches, Invalidations: e.invalidations}
	r := e.rec.Load()
	if r == nil {
		return s
	}
	s.Generation, s.Since = r.state.Generation, r.since
	if r.live {
		s.Color = r.state.Color
		// Counted back from now, for a wall clock that was set since base.
		now := time.Now()
		s.ConfirmedAt = now.Add(time.Duration(r.confirmed.Load()) - now.Sub(e.base))
	}
	return s
}
