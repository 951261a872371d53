package e6data

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// action is what follows a call that failed; the zero action reports the error.
type action uint8

const (
	// again makes the same call once more, after a pause.
	again action = iota + 1
	// renew makes the same call once more, once, with a new session.
	renew
	// restart begins anew on what is live now: it finds the colour, gets a session
	// there, and prepares.
	restart
	// resume waits until the cluster runs, and then begins anew.
	resume
	// newToken makes the same call once more with a renewed access token; bear
	// does so, and who sees it afterwards reports the error.
	newToken
)

// policy says what follows a failed call, by the phase it was made in and the
// condition that its answer shows (WIRE.md section 6); where it is silent, the
// error is reported. A 456 and a denied session are answered before anything
// else is done, and a call that was not sent has reached nobody. Where the
// answer was lost, only calls that execute nothing are made again: at worst the
// engine is left with a prepared query that nobody runs, whose id is lost
// either way, and clearing a query that is cleared already is an error that
// harms nobody; the same goes for watching and cancelling it. Once a query may
// have been executed nothing executes it again, and a result call is not
// repeated, because it may have consumed rows. A call that was not sent because
// the two sides of a TLS handshake do not accept each other is not made again
// either: that will not change by itself.
//
//	            456      session   suspended  not sent  no answer
//	connect     restart  fail      resume     restart   restart
//	ping        restart  fail      fail       again     again
//	prepare     restart  restart   resume     again     again
//	execute     restart  restart   fail       again     fail (ambiguous)
//	metadata    fail     renew     fail       again     fail (incomplete)
//	fetch       fail     renew     fail       again     fail (incomplete)
//	clear       again    renew     again      again     again
//	resume      (*)      fail      fail       again     fail
//	catalog     restart  restart   resume     again     again
//	status      fail     renew     fail       again     again
//	explain     fail     renew     fail       again     again
//	cancel      again    renew     again      again     again
//
// (*) A resume asks the other colour. For lost answers see resumeCluster.
//
// With OAuth there is one condition more, a refused token: UNAUTHENTICATED, or
// "Access denied" to a call that brought no session. A refusal comes before
// anything else is done, so the call is made once more with a renewed token, also
// for a batch: should the engine have consumed that nevertheless, the row count
// tells. Only execute is not repeated, where nothing would tell: WIRE.md section
// 6 does not count UNAUTHENTICATED as proof that the engine did not see it. A
// query that brings a session which an answer gave it goes on without when that
// is denied.
var policy = map[Phase]map[condition]action{
	PhaseConnect:  {wrongStrategy: restart, suspended: resume, unsent: restart, noAnswer: restart, tokenRefused: newToken},
	PhasePing:     {wrongStrategy: restart, unsent: again, noAnswer: again, tokenRefused: newToken},
	PhasePrepare:  {wrongStrategy: restart, sessionExpired: restart, suspended: resume, unsent: again, noAnswer: again, tokenRefused: newToken},
	PhaseExecute:  {wrongStrategy: restart, sessionExpired: restart, unsent: again},
	PhaseMetadata: {sessionExpired: renew, unsent: again, tokenRefused: newToken},
	PhaseFetch:    {sessionExpired: renew, unsent: again, tokenRefused: newToken},
	PhaseResume:   {unsent: again, tokenRefused: newToken},
	PhaseClear:    {wrongStrategy: again, sessionExpired: renew, suspended: again, unsent: again, noAnswer: again, tokenRefused: newToken},
	PhaseCatalog:  {wrongStrategy: restart, sessionExpired: restart, suspended: resume, unsent: again, noAnswer: again, tokenRefused: newToken},
	PhaseStatus:   {sessionExpired: renew, unsent: again, noAnswer: again, tokenRefused: newToken},
	PhaseExplain:  {sessionExpired: renew, unsent: again, noAnswer: again, tokenRefused: newToken},
	PhaseCancel:   {wrongStrategy: again, sessionExpired: renew, suspended: again, unsent: again, noAnswer: again, tokenRefused: newToken},
}

// actionAfter looks up what follows an error.
func actionAfter(phase Phase, err error) action { return policy[phase][conditionOf(err)] }

const retryDelay = 200 * time.Millisecond

// delayBefore is how long to wait, about, before try number try, the second of
// which is the first repetition. What a proxy or an engine refused outright may
// be asked elsewhere at once; a session is tried again after 200 ms (WIRE.md
// section 6); a connection or a cluster that is down gets twice as long each time.
func delayBefore(try int, err error) time.Duration {
	switch conditionOf(err) {
	case sessionExpired:
		return retryDelay
	case unsent, noAnswer, suspended:
		return retryDelay << min(try-2, 5) / 2
	}
	return 0
}

// another gets ready for another try from the beginning, and returns nil; or
// it returns what is to be reported of err, with which try number try-1 failed.
// s is the session that was used.
func (cn *conn) another(ctx context.Context, phase Phase, try int, s session, err error) error {
	switch actionAfter(phase, err) {
	case restart:
		if conditionOf(err) == sessionExpired {
			cn.dropSession(s.id)
		}
		if try > cn.c.cfg.MaxRetries {
			return err
		}
		cn.c.retrying(ctx, phase, try, err)
		if pause(ctx, delayBefore(try, err)) != nil {
			return interrupted(ctx, err)
		}
	case resume:
		if try > max(cn.c.cfg.MaxRetries, 2) { // who has a cluster woken means to use it
			return err
		}
		if wakeErr := cn.wake(ctx, err); wakeErr != nil {
			return wakeErr
		}
		cn.c.retrying(ctx, phase, try, err)
	default:
		return err
	}
	return nil
}

// interrupted is err when the caller's context, if it has ended, ended before the
// call could be made again: both can be found in it.
func interrupted(ctx context.Context, err error) error {
	e, ok := errors.AsType[*Error](err)
	gone := ended(ctx)
	if !ok || gone == nil {
		return err
	}
	given := *e
	given.condition, given.Err = gaveUp, gone
	if e.Err != nil {
		given.Err = fmt.Errorf("%w: %w", gone, e.Err)
	}
	return &given
}

// pause waits for about d, so that many who wait do not return at once.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	return wait(ctx, d/2+rand.N(d))
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	}
}

// retry makes a call until it succeeds, its error says that it must not be made
// again, or it was made as often as the configuration allows; see also persists.
// Actions other than again and renew are left to the caller. newSession gets the
// session for renew, nil where that cannot happen.
func (c *Connector) retry(ctx context.Context, phase Phase, newSession func(context.Context) error, call func() error) error {
	began := time.Now()
	renewed := false
	for try := 2; ; try++ {
		err := call()
		switch actionAfter(phase, err) {
		case again:
			if try > c.cfg.MaxRetries && !c.persists(phase, err, began) {
				return err
			}
			c.retrying(ctx, phase, try, err)
			if pause(ctx, max(delayBefore(try, err), retryDelay/4)) != nil {
				return interrupted(ctx, err)
			}
		case renew:
			if renewed && phase != PhaseClear && phase != PhaseCancel || try > c.cfg.MaxRetries {
				return err
			}
			if newSession(ctx) != nil {
				return interrupted(ctx, err)
			}
			c.retrying(ctx, phase, try, err)
			renewed = true
		default:
			var e *Error
			if renewed && (phase == PhaseMetadata || phase == PhaseFetch) && errors.As(err, &e) && e.Kind == nil {
				// An engine that lost the session, by a restart, has lost the query.
				e.Kind = ErrIncompleteResult
			}
			return err
		}
	}
}

// persists tells to go on beyond Config.MaxRetries: an engine holds the result of
// a query that is not ended, so that ending one is tried for Config.CleanupTimeout
// while the way to the engine, or the cluster, is down.
func (c *Connector) persists(phase Phase, err error, began time.Time) bool {
	if phase != PhaseClear && phase != PhaseCancel {
		return false
	}
	switch conditionOf(err) {
	case unsent, noAnswer, suspended:
		return time.Since(began) < c.cfg.CleanupTimeout
	}
	return false
}
