package strategy

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrWrongColor is wrapped by a probe's error to say that the colour it
	// tried is not live: the deployment answered 456 (docs/protocol.md, section 6).
	ErrWrongColor = errors.New("wrong strategy")

	// ErrNotShared is wrapped by a probe's error that concerns its caller alone,
	// such as refused credentials or the caller's own time limit. It ends that
	// caller's detection, and a waiting caller probes for itself instead of
	// failing with it.
	ErrNotShared = errors.New("not shared with other callers")

	// ErrNoLiveColor is wrapped by Detect's error when both colours answered
	// ErrWrongColor. That error wraps both answers as well.
	ErrNoLiveColor = errors.New("strategy: neither blue nor green is live")
)

// flight is one detection. err and handover are written before done is closed
// and read after.
type flight struct {
	done     chan struct{}
	err      error
	handover bool // err is the leader's own: a waiter leads the next flight
}

// Detect returns the live colour, probing for it when Current(ttl) has none.
//
// One caller, the leader, runs its probe on its own goroutine; callers that
// arrive meanwhile wait, each no longer than its ctx lasts, and take what the
// leader finds, whatever their ttl. The leader's failure is theirs too, so that
// a server in trouble is asked once and not once for each of them. There are
// two exceptions, after which a waiter becomes the leader: the leader's ctx
// ended before it found a colour (or its probe panicked), or its error wraps
// [ErrNotShared].
//
// Probe is called with the leader's ctx, at most once for each colour. A nil
// error says that the colour is live, an error that wraps [ErrWrongColor] that
// it is not; any other ends the detection and is returned as it is. Probe must
// not call Detect on the same Entry. The order is
//
//   - blue, then green, when nothing was ever known;
//   - the known colour, then the other, when it expired;
//   - the other colour first when the known one was invalidated.
//
// A found colour begins a new generation. The State may have a colour that the
// caller's own probe did not try or did not find: another caller was the
// leader, or an announcement moved the entry during the probe, which then
// counts for more than the probe's answer. What the probe set up serves only if
// the colours agree.
//
// The error wraps [ErrNoLiveColor] when both colours were refused, and
// ctx.Err() when ctx ended first. A ctx that has already ended does not keep
// Detect from returning a colour that is known.
func (e *Entry) Detect(ctx context.Context, ttl time.Duration, probe func(context.Context, Color) error) (State, error) {
	for {
		if s, ok := e.Current(ttl); ok {
			return s, nil
		}
		if err := ctx.Err(); err != nil {
			return State{}, interrupted(err)
		}

		e.mu.Lock()
		// The flight that this caller would have waited for may just have landed.
		if s, ok := e.Current(ttl); ok {
			e.mu.Unlock()
			return s, nil
		}
		f := e.flight
		if f == nil {
			f = &flight{done: make(chan struct{})}
			e.flight = f
			start := e.rec.Load()
			e.mu.Unlock()
			return e.lead(ctx, f, start, probe)
		}
		e.mu.Unlock()

		select {
		case <-f.done:
		case <-ctx.Done():
			return State{}, interrupted(ctx.Err())
		}
		if f.handover {
			continue
		}
		if f.err != nil {
			if s, ok := e.Current(ttl); ok {
				return s, nil
			}
			return State{}, f.err
		}
		// Found during the wait, so fresh for any ttl, unless invalidated since.
		if s, ok := e.Current(0); ok {
			return s, nil
		}
	}
}

// lead runs the flight f, which began when the entry's record was start.
func (e *Entry) lead(ctx context.Context, f *flight, start *record, probe func(context.Context, Color) error) (s State, err error) {
	f.handover = true // stays so if probe panics
	defer func() {
		e.mu.Lock()
		e.flight = nil
		e.mu.Unlock()
		close(f.done)
	}()
	s, err = e.probeInTurn(ctx, start, probe)
	f.err = err
	f.handover = err != nil && !errors.Is(err, ErrNoLiveColor) &&
		(ctx.Err() != nil || errors.Is(err, ErrNotShared))
	return s, err
}

func (e *Entry) probeInTurn(ctx context.Context, start *record, probe func(context.Context, Color) error) (State, error) {
	first, gen := Blue, uint64(0)
	if start != nil {
		first, gen = start.state.Color, start.state.Generation
		if !start.live {
			first = first.Other()
		}
	}

	var refused [2]error
	for i, color := range [2]Color{first, first.Other()} {
		if err := ctx.Err(); err != nil {
			return State{}, interrupted(err)
		}
		err := probe(ctx, color)
		if err == nil {
			return e.found(color, gen), nil
		}
		if !errors.Is(err, ErrWrongColor) {
			return State{}, err
		}
		if s, ok := e.refused(color, gen); ok {
			return s, nil
		}
		refused[i] = err
	}
	return State{}, fmt.Errorf("%w: %v: %w; %v: %w",
		ErrNoLiveColor, first, refused[0], first.Other(), refused[1])
}

// found makes color the live one, unless an announcement has begun another
// generation since the detection began at gen, and returns what is live.
func (e *Entry) found(color Color, gen uint64) State {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.movedOn(gen); ok {
		return s
	}
	e.refusedAt[color] = time.Time{}
	return e.begin(color)
}

// refused returns the live state if an announcement has begun another
// generation since gen. Otherwise it gives color up if that is what the entry
// still believes: the answer to a probe is a 456 like any other, and must not be
// lost when the other colour's probe fails.
func (e *Entry) refused(color Color, gen uint64) (State, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.movedOn(gen); ok {
		return s, true
	}
	if r := e.rec.Load(); r != nil && r.live && r.state.Color == color {
		e.kill(r)
	}
	return State{}, false
}

func (e *Entry) movedOn(gen uint64) (State, bool) {
	r := e.rec.Load()
	if r == nil || !r.live || r.state.Generation == gen {
		return State{}, false
	}
	return r.state, true
}

func interrupted(err error) error {
	return fmt.Errorf("strategy: detection interrupted: %w", err)
}
