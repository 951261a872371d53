package e6data

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/e6data/e6data-go/internal/jitter"
)

// withTimeout is context.WithTimeout if d is more than 0, else context.WithCancel.
// The error of the deadline names the setting; see deadlineError.
func withTimeout(ctx context.Context, setting string, d time.Duration) (context.Context, context.CancelFunc) {
	return (&limited{Context: ctx}).withTimeout(setting, d)
}

// detachedTimeout is withTimeout for work that goes on after ctx has ended.
func detachedTimeout(ctx context.Context, setting string, d time.Duration) (context.Context, context.CancelFunc) {
	return (&limited{Context: ctx, detached: true}).withTimeout(setting, d)
}

// limited is a context that holds the setting of its own deadline.
type limited struct {
	context.Context
	detached bool // the context does not end when Context does
	timeout
}

type timeout struct {
	at      time.Time
	setting string
	d       time.Duration
}

// timeoutKey is the context key of the *timeout of the nearest limited context.
type timeoutKey struct{}

func (l *limited) withTimeout(setting string, d time.Duration) (context.Context, context.CancelFunc) {
	at := time.Now().Add(d)
	if deadline, ok := l.Deadline(); d <= 0 || ok && deadline.Before(at) {
		return context.WithCancel(l)
	}
	l.timeout = timeout{at, setting, d}
	return context.WithDeadline(l, at)
}

func (l *limited) Deadline() (deadline time.Time, ok bool) {
	if l.detached {
		return time.Time{}, false
	}
	return l.Context.Deadline()
}

func (l *limited) Done() <-chan struct{} {
	if l.detached {
		return nil
	}
	return l.Context.Done()
}

func (l *limited) Err() error {
	if l.detached {
		return nil
	}
	return l.Context.Err()
}

func (l *limited) Value(key any) any {
	if key == (timeoutKey{}) && l.setting != "" {
		return &l.timeout
	}
	return l.Context.Value(key)
}

// timeoutError is the context.DeadlineExceeded of a deadline that a setting made.
type timeoutError struct {
	setting string
	d       time.Duration
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("%s of %s elapsed", e.setting, formatDuration(e.d))
}

func (e *timeoutError) Unwrap() error { return context.DeadlineExceeded }

// deadlineError returns context.DeadlineExceeded. If a setting made the deadline of
// ctx, the error names the setting.
func deadlineError(ctx context.Context) error {
	t, limited := ctx.Value(timeoutKey{}).(*timeout)
	if at, ok := ctx.Deadline(); !ok || !limited || !at.Equal(t.at) {
		return context.DeadlineExceeded
	}
	return &timeoutError{t.setting, t.d}
}

// ended returns the error with which ctx has ended, or nil if it has not ended. A
// deadline that has passed counts, even if the timer of ctx has not fired. The
// engine and proxies have the same deadline, and their answers may arrive before the
// timer fires.
func ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return deadlineError(ctx)
	}
	return nil
}

// clockSkew is how much earlier than the timer of ctx the engine may end a call, by
// the timeout that gRPC sent to it.
const clockSkew = 50 * time.Millisecond

// almostEnded is ended with clockSkew. It is used if an answer is DEADLINE_EXCEEDED.
func almostEnded(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < clockSkew {
		return deadlineError(ctx)
	}
	return nil
}

// contextError returns the error of ctx, with its cause if that is another error.
func contextError(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		err = deadlineError(ctx)
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// elapsed returns how long the query of ctx has run. If there is no query, it
// returns the time since began, the start of the call.
func elapsed(ctx context.Context, began time.Time) time.Duration {
	if r := recordOf(ctx); r != nil {
		began = r.get().Start
	}
	if began.IsZero() {
		return 0
	}
	return time.Since(began)
}

// pause waits for about d. The time is random, so that many waiters do not continue
// at the same moment.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	return wait(ctx, d/2+jitter.N(ctx, d))
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
