package e6data

import (
	"context"
	"errors"
	"time"

	"github.com/e6data/e6data-go/strategy"
)

// start holds the rules by which startOver gets its sessions.
type start struct {
	// wakes makes startOver resume a suspended cluster and wait for it. Otherwise
	// startOver asks the suspended cluster again.
	wakes bool
	// once makes startOver return the error of a suspended cluster at once.
	once bool
	// pinned is the colour of a query that cannot move, or nil for the live colour.
	pinned *strategy.State
}

// startOver gets a session and makes an attempt with it. It starts again if the
// error of either proves that nothing was executed; see policy. Queries, calls that
// belong to no query, pings and new connections all use this loop. It makes at most
// Config.MaxAttempts attempts, counted from 1.
func (lk *link) startOver(ctx context.Context, how start, attempt func(session) error) error {
	var replaces, muted bool
	for n := 1; ; n++ {
		s, err := lk.sessionFor(ctx, how, replaces)
		if err == nil {
			err = attempt(s)
		}
		if err == nil {
			return nil
		}
		switch cond := conditionOf(err); cond {
		case sessionExpired, denialMentioned:
			lk.dropSession(s.id)
			replaces = true
		case mute:
			if muted {
				return err
			}
			muted = phaseOf(err) != PhaseConnect
		}
		if err := lk.prepareRestart(ctx, how, n, err); err != nil {
			return err
		}
	}
}

// phaseOf returns the phase of an error of the driver.
func phaseOf(err error) Phase {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Phase
	}
	return ""
}

// prepareRestart prepares for another attempt after attempt number n failed with
// err, and returns nil. If there is to be no other attempt, it returns the error to
// report.
func (lk *link) prepareRestart(ctx context.Context, how start, n int, err error) error {
	c := lk.c
	limit := c.cfg.MaxAttempts
	act := actionAfter(phaseOf(err), err)
	if how.pinned != nil && !restartsPinned(err) {
		return err
	}
	if act == resume && (!how.wakes || !c.cfg.AutoResume) {
		if how.once {
			return err
		}
		act = restart // and ask the cluster again
	}
	switch act {
	case restart:
		if n >= limit {
			return err
		}
	case resume:
		limit = max(limit, 2) // a call that resumed a cluster gets at least one more try
		if n >= limit {
			return err
		}
		if wakeErr := lk.wake(ctx); wakeErr != nil {
			return wakeErr
		}
	default:
		return err
	}
	c.noteRetry(ctx, phaseOf(err), n+1, err)
	delay := delayAfter(n, err)
	if act == resume && n == 1 {
		delay = 0 // an active cluster is asked at once (docs/protocol.md, section 7)
	}
	if pause(ctx, delay) != nil {
		return interrupted(ctx, err)
	}
	return nil
}

// restartsPinned reports whether another attempt may help a query that cannot move.
// Another colour or a cluster that was resumed does not help such a query.
func restartsPinned(err error) bool {
	switch conditionOf(err) {
	case unsent, noAnswer, authUnavailable, stuck:
		return true
	}
	return false
}

// repeat makes a call until it succeeds, its error must be reported, or the
// configuration's bound is reached; see also persists. It handles the actions again
// and renew, and leaves all others to its caller. replace gives k another session,
// for renew. It is nil if renew cannot occur.
func (c *caller) repeat(ctx context.Context, k *call, replace func(context.Context, *call) error) error {
	began := time.Now()
	for n := 1; ; n++ {
		err := c.call(ctx, k)
		switch actionAfter(k.phase, err) {
		case again:
			if n >= c.cfg.MaxAttempts && !c.persists(k.phase, err, began) {
				return err
			}
			c.noteRetry(ctx, k.phase, n+1, err)
			if pause(ctx, max(delayAfter(n, err), retryDelay/2)) != nil {
				return interrupted(ctx, err)
			}
		case renew:
			if n >= c.cfg.MaxAttempts && !c.persists(k.phase, err, began) {
				return err
			}
			if failed := replace(ctx, k); failed != nil && !c.outlasts(ctx, k.phase, n, failed, began) {
				return interrupted(ctx, err)
			}
			if conditionOf(err) == denialMentioned {
				k.replacement = true // there is one repetition, with any session
			}
			c.noteRetry(ctx, k.phase, n+1, err)
		default:
			return err
		}
	}
}

// outlasts reports whether a call that ends a query is repeated after try n failed
// because no session was available. It waits before it returns true.
func (c *caller) outlasts(ctx context.Context, phase Phase, n int, failed error, began time.Time) bool {
	if phase != PhaseClear && phase != PhaseCancel || policy[phase][conditionOf(failed)] != again {
		return false
	}
	if n >= c.cfg.MaxAttempts && !c.persists(phase, failed, began) {
		return false
	}
	return pause(ctx, max(delayAfter(n, failed), retryDelay/2)) == nil
}

// persists reports whether to go on beyond Config.MaxAttempts. The engine keeps the
// result of a query until the query is ended. Therefore the driver tries to end it
// until Config.CleanupTimeout has passed, while the engine is unreachable or the
// cluster suspended, and then with another session.
func (c *caller) persists(phase Phase, err error, began time.Time) bool {
	if phase != PhaseClear && phase != PhaseCancel {
		return false
	}
	switch conditionOf(err) {
	case unsent, noAnswer, suspended, mute, authUnavailable, sessionExpired:
		return time.Since(began) < c.cfg.CleanupTimeout
	}
	return false
}
