package e6data

import (
	"context"
	"errors"
	"io"
)

// life is the state of a query whose reader is in this process. The query ends in
// one of two ways: close clears it, or another connection cancels it.
type life uint8

const (
	lifeRunning   life = iota
	lifeEnding         // a Cancel is under way
	lifeCancelled      // a Cancel succeeded
	lifeClosed
)

// enter moves a running query to lifeEnding or lifeClosed, and returns the state
// before. A query in any other state keeps it. enter waits for a Cancel that is
// under way, until ctx ends.
func (q *query) enter(ctx context.Context, to life) (life, error) {
	for {
		q.mu.Lock()
		was, settled := q.life, q.settled
		if was == lifeRunning {
			q.life = to
			if to == lifeEnding {
				q.settled = make(chan struct{})
			}
		}
		q.mu.Unlock()
		if was != lifeEnding {
			return was, nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return was, contextError(ctx)
		}
	}
}

// leave moves a running query to lifeClosed, and reports whether it was running. It
// does not wait for a Cancel that is under way.
func (q *query) leave() bool {
	q.lk.c.running.CompareAndDelete(q.queryID, q)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.life != lifeRunning {
		return false
	}
	q.life = lifeClosed
	return true
}

// settle moves a query from lifeEnding to another state.
func (q *query) settle(to life) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.life = to
	close(q.settled)
}

// cancelled returns an *Error with ErrQueryCancelled if a Cancel has ended the
// query.
func (q *query) cancelled(phase Phase) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.life != lifeCancelled {
		return nil
	}
	return q.failed(phase, ErrQueryCancelled, nil)
}

// failed returns an *Error that no answer caused.
func (q *query) failed(phase Phase, kind, cause error) *Error {
	return &Error{Phase: phase, QueryID: q.queryID, Strategy: q.state.Color.String(), Kind: kind, Err: cause, condition: gaveUp}
}

// orCancelled returns err, the error of a call of the query's reader. If a Cancel is
// its cause, orCancelled returns ErrQueryCancelled instead. It waits for a Cancel
// that is under way.
func (q *query) orCancelled(ctx context.Context, phase Phase, err error) error {
	if errors.Is(err, io.EOF) {
		return err
	}
	q.mu.Lock()
	ending, settled := q.life == lifeEnding, q.settled
	q.mu.Unlock()
	if ending {
		select {
		case <-settled:
		case <-ctx.Done():
		}
	}
	if q.cancelled(phase) == nil {
		return err
	}
	e := q.failed(phase, ErrQueryCancelled, nil)
	var cause *Error
	if errors.As(err, &cause) {
		e.Code = cause.Code
		if cause.condition != gaveUp {
			e.Message = cause.Message
		}
		if errors.Is(cause.Kind, ErrAmbiguousExecution) {
			e.Kind, e.Err = cause.Kind, ErrQueryCancelled
		}
	}
	return e
}

// closed reports whether the query's rows are closed.
func (q *query) closed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.life == lifeClosed
}
