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
	at := time.Now().Add(d)
	if deadline, ok := ctx.Deadline(); d <= 0 || ok && deadline.Before(at) {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(context.WithValue(ctx, timeoutKey{}, timeout{at, setting, d}), at)
}

// timeoutKey is the context key of the timeout of the configuration that is
// nearest.
type timeoutKey struct{}

type timeout struct {
	at      time.Time
	setting string
	d       time.Duration
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
	t, _ := ctx.Value(timeoutKey{}).(timeout)
	if at, ok := ctx.Deadline(); !ok || t.setting == "" || !at.Equal(t.at) {
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
