// Package jitter returns the random part of the driver's pauses.
package jitter

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

var replacement atomic.Pointer[func(context.Context, time.Duration) time.Duration]

// N returns a random duration from 0 up to d, without d, for a pause of ctx. It
// panics if d is 0 or less. It is safe for concurrent use.
func N(ctx context.Context, d time.Duration) time.Duration {
	if f := replacement.Load(); f != nil {
		return (*f)(ctx, d)
	}
	return rand.N(d)
}

// Replace makes N call f, for tests whose pauses must be the same in each run. The
// function f must be safe for concurrent use.
func Replace(f func(ctx context.Context, d time.Duration) time.Duration) { replacement.Store(&f) }
