package strategy

import "context"

// work is something that one goroutine does for all who wait for it.
type work struct {
	done    chan struct{}
	err     error // written before done is closed
	waiters int
	cancel  context.CancelFunc
}

// Share runs f for the entry's endpoint and cluster, unless it is running
// already, and returns its error to all who called meanwhile: waking a
// suspended cluster, for one, is done once for the whole process.
//
// Each caller waits no longer than its ctx lasts, and then gets ctx.Err(). f
// runs on a goroutine of its own with the first caller's values; its context
// ends when nobody waits any more, and the last to leave waits for f to return.
func (e *Entry) Share(ctx context.Context, f func(context.Context) error) error {
	e.mu.Lock()
	w := e.work
	if w == nil {
		w = &work{done: make(chan struct{})}
		e.work = w
		var run context.Context
		run, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
		go func() {
			defer w.cancel()
			err := f(run)
			e.mu.Lock()
			if e.work == w {
				e.work = nil
			}
			e.mu.Unlock()
			w.err = err
			close(w.done)
		}()
	}
	w.waiters++
	e.mu.Unlock()

	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
	}
	e.mu.Lock()
	w.waiters--
	last := w.waiters == 0
	if last && e.work == w {
		e.work = nil // who comes now begins anew
	}
	e.mu.Unlock()
	if last {
		w.cancel()
		<-w.done
	}
	return ctx.Err()
}
