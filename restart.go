package e6data

import (
	"context"
	"errors"
	"time"

	"github.com/e6data/e6data-go/strategy"
)

// start says how startOver gets its sessions.
type start struct {
	// wakes: a suspended cluster is resumed and waited for. Without it the cluster
	// is left as it is, and asked again.
	wakes bool
	// once: a suspended cluster is not even asked again.
	once bool
	// pinned is the colour of a query that cannot leave it; nil for the live one.
	pinned *strategy.State
}

// startOver gets a session and makes an attempt with it, anew where the error of
// either proves that nothing was executed: see policy. It is the one loop of
// queries, of calls that belong to no query, of pings and of new connections.
// Attempts count from 1, up to Config.MaxAttempts.
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

// phaseOf returns the phase in which an error of the driver's arose.
func phaseOf(err error) Phase {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Phase
	}
	return ""
}

// prepareRestart gets ready for another attempt after attempt number n has failed
// with err, and returns nil; or it returns the error that is to be reported.
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
		act = restart // and so asks again
	}
	switch act {
	case restart:
		if n >= limit {
			return err
		}
	case resume:
		limit = max(limit, 2) // a caller that has a cluster woken means to use it
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
		delay = 0 // what the cluster says to be active is asked at once (docs/protocol.md, section 7)
	}
	if pause(ctx, delay) != nil {
		return interrupted(ctx, err)
	}
	return nil
}

// restartsPinned reports whether another attempt may help a query that stays where
// it is: another colour, or a cluster that wakes up, is of no use to it.
func restartsPinned(err error) bool {
	switch conditionOf(err) {
	case unsent, noAnswer, authUnavailable, stuck:
		return true
	}
	return false
}

// repeat makes a call until it succeeds, its error says that it must not be made
// again, or it was made as often as the configuration allows; see also persists.
// Actions other than again and renew are left to the caller. replace gives k another
// session, for renew; it is nil where that cannot happen.
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
				k.replacement = true // one repetition, whichever session it has
			}
			c.noteRetry(ctx, k.phase, n+1, err)
		default:
			return err
		}
	}
}

// outlasts reports whether a call that ends a query is made again after try n although
// no session could be had for it, and waits before that.
func (c *caller) outlasts(ctx context.Context, phase Phase, n int, failed error, began time.Time) bool {
	if phase != PhaseClear && phase != PhaseCancel || policy[phase][conditionOf(failed)] != again {
		return false
	}
	if n >= c.cfg.MaxAttempts && !c.persists(phase, failed, began) {
		return false
	}
	return pause(ctx, max(delayAfter(n, failed), retryDelay/2)) == nil
}

// persists reports whether to go on beyond Config.MaxAttempts: an engine holds the
// result of a query that is not ended, so that ending one is tried for
// Config.CleanupTimeout while the way to the engine, or the cluster, is down, and
// then with another session.
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
