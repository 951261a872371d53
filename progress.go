package e6data

import (
	"context"
	"time"
)

const (
	// progressEvery is how long after a call of OnProgress the next one comes.
	progressEvery = 100 * time.Millisecond
	// statusEvery is how often the engine is asked for the state of a query that
	// executes, for OnProgress.
	statusEvery = 500 * time.Millisecond
)

// reporter calls a query's OnProgress from a goroutine of its own, so that the
// function holds nobody up and is called while the query waits for the engine.
type reporter struct {
	stop context.CancelFunc
	done chan struct{}
}

// report starts a reporter.
func report(ctx context.Context, r *record, f func(Progress)) *reporter {
	ctx, stop := context.WithCancel(ctx)
	p := &reporter{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		next := time.NewTimer(progressEvery)
		defer next.Stop()
		asked, computed := time.Now(), int64(0)
		for {
			select {
			case <-ctx.Done():
			case <-next.C:
				if time.Since(asked) >= statusEvery {
					computed = max(computed, r.computed(ctx))
					asked = time.Now()
				}
			}
			// The query may have ended just now, whatever woke this up.
			s := r.get()
			f(s.progress(computed))
			if s.Done {
				return
			}
			next.Reset(progressEvery)
		}
	}()
	return p
}

// computed asks the engine how many rows the query has, while it executes. An
// engine that does not say is no reason to complain.
func (r *record) computed(ctx context.Context) int64 {
	r.mu.Lock()
	q := r.executing
	r.mu.Unlock()
	if q == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, statusEvery)
	defer cancel()
	// As somebody else would ask: the query's own calls go on with their session.
	s, err := q.lk.queryFor(q.handle().h, q.session()).status(ctx)
	if err != nil {
		return 0
	}
	return s.Rows
}

// end has the function called for the last time, and waits for that. A question
// to the engine that is under way is given up.
func (p *reporter) end() {
	if p == nil {
		return
	}
	p.stop()
	<-p.done
}
