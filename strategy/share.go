package strategy

import (
	"context"
	"errors"
)

// work is something that one goroutine does for all who wait for it.
type work struct {
	done chan struct{}
	err  error // written before done is closed
	// The following are guarded by Entry.mu.
	told    string
	waiters int
	left    bool // by the caller whose f it is
	cancel  context.CancelFunc
}

// Share runs f for the entry's endpoint and cluster, unless it is running
// already, and returns its error to all who called meanwhile: waking a
// suspended cluster, for one, is done once for the whole process. The string is
// what f last passed to tell, also for who leaves before f returns.
//
// Each caller waits no longer than its ctx lasts, and then gets ctx.Err(). f
// runs on a goroutine of its own with the first caller's values; its context
// ends when nobody waits any more, and the last to leave waits for f to return.
// An error that wraps [ErrNotShared], or that f met after its caller had left, is
// not for the others: one of them runs its own f then.
func (e *Entry) Share(ctx context.Context, f func(ctx context.Context, tell func(string)) error) (told string, err error) {
	for {
		w, own := e.join(ctx, f)
		select {
		case <-w.done:
			e.mu.Lock()
			told, left := w.told, w.left
			e.mu.Unlock()
			if w.err != nil && !own && (left || errors.Is(w.err, ErrNotShared)) {
				continue
			}
			return told, w.err
		case <-ctx.Done():
			return e.leave(w, own), ctx.Err()
		}
	}
}

// join returns the work that is going on, or begins it, and counts a waiter.
func (e *Entry) join(ctx context.Context, f func(context.Context, func(string)) error) (w *work, own bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w = e.work; w != nil {
		w.waiters++
		return w, false
	}
	w = &work{done: make(chan struct{}), waiters: 1}
	e.work = w
	var run context.Context
	run, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer w.cancel()
		err := f(run, func(s string) {
			e.mu.Lock()
			defer e.mu.Unlock()
			w.told = s
		})
		e.mu.Lock()
		if e.work == w {
			e.work = nil
		}
		e.mu.Unlock()
		w.err = err
		close(w.done)
	}()
	return w, true
}

// leave ends the work if nobody else waits for it, and returns what it told.
func (e *Entry) leave(w *work, own bool) string {
	e.mu.Lock()
	told := w.told
	w.waiters--
	w.left = w.left || own
	last := w.waiters == 0
	if last && e.work == w {
		e.work = nil // who comes now begins anew
	}
	e.mu.Unlock()
	if last {
		w.cancel()
		<-w.done
	}
	return told
}
