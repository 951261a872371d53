package strategy

import (
	"sync"
	"sync/atomic"
	"time"
)

// confirmEvery is the shortest time between two recorded confirmations. Without
// it every call of every connection would write the same cache line.
const confirmEvery = time.Millisecond

// Entry holds the live colour of one deployment. [Cache.Entry] returns it.
//
// Current and Confirm take no lock and allocate nothing. The other methods take
// the entry's lock. Detect does not hold it while a probe runs.
type Entry struct {
	key  Key
	base time.Time

	// rec is nil until a colour is known. It is read without mu and replaced
	// only under mu.
	rec atomic.Pointer[record]

	mu sync.Mutex
	// refusedAt is the time at which an announced colour was last refused
	// before any call under it had succeeded.
	refusedAt     [3]time.Time
	flight        *flight // the current detection, if any
	work          *work   // of Share, if any
	switches      uint64
	invalidations uint64
}

// record is one generation. live is false after an invalidation. A confirmation
// is stored in the record, not in the Entry, so that a confirmation of an
// earlier generation cannot refresh a later one.
type record struct {
	state State
	live  bool
	since time.Time
	// from is the colour that announced this one. It is Unknown for a detected
	// colour.
	from      Color
	proven    atomic.Bool  // a call under state succeeded
	confirmed atomic.Int64 // nanoseconds after Entry.base
}

// refusalMemory is the time for which announcements of a colour are ignored after
// the deployment refused that colour or the colour was down. An engine may
// announce a colour before the proxy admits it.
const refusalMemory = 2 * time.Second

// clock returns the nanoseconds since base.
func (e *Entry) clock() int64 { return int64(time.Since(e.base)) }

// Current returns the live colour. It returns false when no colour is known, or
// when the colour was last confirmed ttl ago or earlier: the caller then calls
// Detect. The ttl may differ between calls. With a ttl of 0 or less a colour
// does not expire.
//
// Expiry does not change the entry. Running queries keep the expired state, and
// their Confirm makes it current again.
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

// Confirm records that a call under s has just succeeded. It does nothing when
// s is no longer the entry's state. Confirmations less than a millisecond apart
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
		// If this fails, another caller has just confirmed.
		r.confirmed.CompareAndSwap(last, now)
	}
}

// Announce changes the entry to the colour to, and reports whether it did. The
// new_strategy in the response to a call under from named it (docs/protocol.md, section
// 3). After that Current returns the new colour in a new generation, and a running
// detection returns it too.
//
// Announce does nothing in these cases:
//
//   - from is not exactly the entry's state, expired or not. A query on the old
//     colour may repeat the announcement, and a query of an early generation may
//     report after the deployment changed and changed back.
//   - The last state was invalidated. The next detection tries the other colour
//     first.
//   - to is not Blue or Green, or is from's own colour.
//   - to was announced and then refused in the last two seconds: see
//     [Entry.Retreat].
//
// A response to a probe's call has no State yet. Its announcement is made after
// Detect has returned, under the State that Detect returned, if that State has
// the colour of the probe.
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
	e.rec.Load().from = from.Color // from is only read under mu
	return true
}

// Invalidate drops s because a call under it was answered 456 (docs/protocol.md,
// section 6), and reports whether it did. It does nothing when s is no longer the
// entry's state: a late 456 about blue drops neither green nor a blue that was
// detected later.
//
// If s was announced and no call under it has succeeded yet, Invalidate does
// the same as [Entry.Retreat]: the announcement was early.
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

// Retreat goes back to the colour that announced s, in a new generation, and
// reports whether it did. It is called when s was announced and is down. It does
// nothing when s is no longer the entry's state, when s was detected, and when a
// call under s has succeeded: then s was live, and its failure is an ordinary one.
// For two seconds announcements of s.Color are ignored, so that new queries run on
// the colour that serves them. After that the next announcement is accepted again.
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

// kill makes r not live and keeps its colour and generation. The next detection
// begins with the other colour, and the next generation has the next number.
// e.mu is held and r is e.rec.
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
		// The time is counted back from now, because the wall clock may have
		// been set since base.
		now := time.Now()
		s.ConfirmedAt = now.Add(time.Duration(r.confirmed.Load()) - now.Sub(e.base))
	}
	return s
}
