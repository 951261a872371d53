package strategy

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrWrongColor means that a probe's colour is not live: the deployment
	// answered 456 (docs/protocol.md, section 6). The probe's error wraps it.
	ErrWrongColor = errors.New("wrong strategy")

	// ErrNotShared means that a probe's error concerns its caller alone, such as
	// refused credentials or the caller's own time limit. The probe's error
	// wraps it. It ends that caller's detection only; a waiting caller then runs
	// its own probe.
	ErrNotShared = errors.New("not shared with other callers")

	// ErrNoLiveColor means that the probes of both colours returned
	// ErrWrongColor. Detect's error wraps it, and both probe errors too.
	ErrNoLiveColor = errors.New("strategy: neither blue nor green is live")
)

// flight is one detection. err and handover are written before done is closed,
// and are read after that.
type flight struct {
	done     chan struct{}
	err      error
	handover bool // err concerns the leader alone: a waiter leads the next flight
}

// Detect returns the live colour. It probes for the colour when Current(ttl)
// returns none.
//
// One caller, the leader, runs its probe on its own goroutine. Callers that
// arrive meanwhile wait, each until its ctx ends. They return the colour that
// the leader found, whatever their ttl. They return the leader's error too, so
// that a failing server gets one probe instead of one for each caller. In two
// cases a waiter becomes the leader instead: the leader's ctx ended before it
// found a colour (or its probe panicked), or the leader's error wraps
// [ErrNotShared].
//
// Probe is called with the leader's ctx, at most once for each colour. A nil
// error means that the colour is live. An error that wraps [ErrWrongColor]
// means that it is not. Any other error ends the detection, and Detect returns
// it unchanged. Probe must not call Detect on the same Entry. The order is
//
//   - blue, then green, when no colour was ever known;
//   - the known colour, then the other, when it expired;
//   - the other colour first when the known one was invalidated.
//
// A found colour begins a new generation. The State may have a colour that the
// caller's own probe did not try or did not find: another caller was the
// leader, or an announcement changed the entry during the probe and replaced
// the probe's result. A session that the probe created is usable only if the
// colours agree.
//
// The error wraps [ErrNoLiveColor] when both colours were refused, and
// ctx.Err() when ctx ended first. When a colour is known, Detect returns it
// even if ctx has already ended.
func (e *Entry) Detect(ctx context.Context, ttl time.Duration, probe func(context.Context, Color) error) (State, error) {
	for {
		if s, ok := e.Current(ttl); ok {
			return s, nil
		}
		if err := ctx.Err(); err != nil {
			return State{}, interrupted(err)
		}

		e.mu.Lock()
		// A flight may have ended since the first check.
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
		// The colour was found during the wait, so no ttl has expired. It may
		// have been invalidated since.
		if s, ok := e.Current(0); ok {
			return s, nil
		}
	}
}

// lead runs the flight f, which began when the entry's record was start.
func (e *Entry) lead(ctx context.Context, f *flight, start *record, probe func(context.Context, Color) error) (s State, err error) {
	f.handover = true // remains true if probe panics
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

// found makes color the live colour and returns the live state. If an
// announcement has begun another generation since gen, the entry keeps that
// one.
func (e *Entry) found(color Color, gen uint64) State {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.movedOn(gen); ok {
		return s
	}
	e.refusedAt[color] = time.Time{}
	return e.begin(color)
}

// refused returns the live state if an announcement has begun another generation
// since gen. Otherwise it drops color if the entry still has it: a probe's 456
// counts like any other, also when the other colour's probe fails.
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
