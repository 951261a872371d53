package e6data

import (
	"context"
	"time"
)

const (
	// progressEvery is the time between two calls of OnProgress.
	progressEvery = 100 * time.Millisecond
	// statusEvery is the time between two requests for the state of a query that
	// executes, for OnProgress.
	statusEvery = 500 * time.Millisecond
)

// reporter calls a query's OnProgress on its own goroutine. So the function does not
// delay the query, and is called while the query waits for the engine.
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
			// The query may have ended just now, whichever case was chosen.
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

// computed returns the number of rows that the engine has computed while the query
// executes. It returns 0 without an error if the engine does not report the number.
func (r *record) computed(ctx context.Context) int64 {
	r.mu.Lock()
	q := r.executing
	r.mu.Unlock()
	if q == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, statusEvery)
	defer cancel()
	// The request has its own copy of the session, because the query's calls may
	// replace theirs.
	s, err := q.lk.queryFor(q.handle().h, q.session()).status(ctx)
	if err != nil {
		return 0
	}
	return s.Rows
}

// end makes the reporter call the function for the last time, and waits for that. It
// abandons a request to the engine that is under way.
func (p *reporter) end() {
	if p == nil {
		return
	}
	p.stop()
	<-p.done
}
