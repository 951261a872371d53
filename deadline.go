package e6data

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// withTimeout is context.WithTimeout where d is more than 0, else without one.
// Errors of the context's end name the setting; see deadlineError.
func withTimeout(ctx context.Context, setting string, d time.Duration) (context.Context, context.CancelFunc) {
	return (&limited{Context: ctx}).withTimeout(setting, d)
}

// detachedTimeout is withTimeout for what goes on when ctx ends.
func detachedTimeout(ctx context.Context, setting string, d time.Duration) (context.Context, context.CancelFunc) {
	return (&limited{Context: ctx, detached: true}).withTimeout(setting, d)
}

// limited is a context with the timeout of the configuration that is nearest.
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

// timeoutKey is the context key of a *timeout.
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

// timeoutError is context.DeadlineExceeded of a deadline that a setting gave.
type timeoutError struct {
	setting string
	d       time.Duration
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("%s of %s elapsed", e.setting, formatDuration(e.d))
}

func (e *timeoutError) Unwrap() error { return context.DeadlineExceeded }

// deadlineError is context.DeadlineExceeded, with the setting if it was one that
// gave ctx its deadline.
func deadlineError(ctx context.Context) error {
	t, limited := ctx.Value(timeoutKey{}).(*timeout)
	if at, ok := ctx.Deadline(); !ok || !limited || !at.Equal(t.at) {
		return context.DeadlineExceeded
	}
	return &timeoutError{t.setting, t.d}
}

// ended returns why ctx has ended, nil while it has not. A deadline that has
// passed counts: the engine and proxies know it, too, and what they make of it
// may be here before ctx's own timer has fired.
func ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return deadlineError(ctx)
	}
	return nil
}

// clockSkew is how much earlier than ctx's own timer an engine may notice the end
// of a time that gRPC told it.
const clockSkew = 50 * time.Millisecond

// almostEnded is ended for an answer that says that the deadline has passed.
func almostEnded(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < clockSkew {
		return deadlineError(ctx)
	}
	return nil
}

// contextError is the context's error, with its cause where it has another.
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

// elapsed is how long what ctx is for has gone on: the query, where there is one,
// else the call that began at the given time.
func elapsed(ctx context.Context, began time.Time) time.Duration {
	if r := recordOf(ctx); r != nil {
		began = r.get().Start
	}
	if began.IsZero() {
		return 0
	}
	return time.Since(began)
}

// pause waits for about d, so that many that wait do not return at once.
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
