package strategy

import (
	"context"
	"errors"
)

// work is a run of a function for all callers that wait for it.
type work struct {
	done chan struct{}
	err  error // written before done is closed
	// The following are guarded by Entry.mu.
	told    string
	waiters int
	left    bool // the caller whose f it is has left
	cancel  context.CancelFunc
}

// Share runs f once for the entry's endpoint and cluster, and returns f's
// error. Callers that arrive while f runs wait for it and return the same
// error. For example, the process resumes a suspended cluster once. The
// returned string is the last one that f passed to tell, also for a caller
// whose ctx ends before f returns.
//
// When a caller's ctx ends, Share returns ctx.Err() to it. f runs on its own
// goroutine, with the values of the first caller's ctx. f's context ends when no
// caller waits any more; the last caller to leave waits until f returns. The
// other callers do not return an error that wraps [ErrNotShared], or that f
// returned after its caller had left: one of them runs its own f instead.
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

// join returns the current work, or begins it, and counts the caller as a
// waiter.
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

// leave ends the work if no other caller waits for it, and returns the last
// string passed to tell.
func (e *Entry) leave(w *work, own bool) string {
	e.mu.Lock()
	told := w.told
	w.waiters--
	w.left = w.left || own
	last := w.waiters == 0
	if last && e.work == w {
		e.work = nil // a later caller begins new work
	}
	e.mu.Unlock()
	if last {
		w.cancel()
		<-w.done
	}
	return told
}
