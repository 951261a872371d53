package e6data

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// Submit starts a query and returns without reading its result. The query is
// then the engine's alone: it goes on when ctx, the connection or the process
// ends, and keeps its result until rows that Fetch or [FetchRows] returned are
// closed, or until Clear or Cancel. Exactly one of these must be called, from
// whatever process has the handle.
//
// How long Submit takes is up to the engine: it returns when the engine answers
// execute, be that when the query is accepted or when it has run. Until then ctx
// and Config.QueryTimeout bound it, and end the query. Errors are those of
// running a query: [ErrAmbiguousExecution] above all, after which no query is
// left on the engine.
func (nc *Conn) Submit(ctx context.Context, query string, args ...any) (QueryHandle, error) {
	values, opts := arguments(args)
	req, err := nc.cn.bind(ctx, query, values, opts)
	if err != nil {
		return QueryHandle{}, err
	}
	ctx, rec := nc.cn.c.begin(ctx, req)
	defer rec.reported()
	ctx, stop := nc.cn.withQueryTimeout(ctx)
	defer stop(nil)
	q, err := nc.cn.begin(ctx, stop, req)
	if err == nil {
		nc.cn.c.running.CompareAndDelete(q.queryID, q)
		_ = nc.cn.c.leave(q.channel) // the connection uses it, too
		err = q.cancelled(PhaseExecute)
	}
	rec.finished(err)
	if err != nil {
		return QueryHandle{}, err
	}
	h := q.handle()
	h.h.local = nil // nobody reads it
	return h, nil
}

// Between two polls Wait pauses for about waitDelay at first, and twice as long
// each time up to maxWaitDelay.
const (
	waitDelay    = 50 * time.Millisecond
	maxWaitDelay = time.Second
)

// Wait asks for the query's state until it is done, or ctx ends. progress, if not
// nil, is called with each answer, the last one included, by the goroutine that
// called Wait. A poll whose answer was lost is repeated. An error of Wait ends
// nothing on the engine.
func (nc *Conn) Wait(ctx context.Context, h QueryHandle, progress func(QueryStatus)) (s QueryStatus, err error) {
	err = nc.cn.watch(ctx, PhaseStatus, h, func(q *query) error {
		for delay := waitDelay; ; delay = min(2*delay, maxWaitDelay) {
			if s, err = q.status(ctx); err != nil {
				return err
			}
			if progress != nil {
				progress(s)
			}
			if s.Done {
				return nil
			}
			if err := pause(ctx, delay); err != nil {
				return q.failed(PhaseStatus, nil, err)
			}
		}
	})
	return s, err
}

// Fetch reads the result of a submitted query column by column, as
// [Conn.Query] does; [FetchRows] reads rows. The caller closes the result, before
// it leaves f of [UseConn]; that clears the query on the engine, read to its end
// or not. Config.QueryTimeout counts from here.
//
// A query has one reader: fetching it twice at a time in a process is an error, and
// must not be done by two processes. When Fetch itself fails the query stays on
// the engine, for another Fetch, Clear or Cancel. Of the options [CaptureQuery]
// and [OnProgress] are of use, and a [QueryTag] for a [Hook]: the rest was settled
// when the query was submitted.
func (nc *Conn) Fetch(ctx context.Context, h QueryHandle, opts ...QueryOption) (*Batches, error) {
	r, err := nc.cn.fetch(ctx, h, opts)
	if err != nil {
		return nil, err
	}
	return nc.batches(r), nil
}

// FetchRows is [Conn.Fetch] for rows, by any connection of db, which is an
// *[sql.DB] or an *[sql.Conn] of this driver, wrapped or not: it passes the
// handle in the context of an empty statement. Closing the rows, or reading
// them to their end, clears the query on the engine.
func FetchRows(ctx context.Context, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, h QueryHandle, opts ...QueryOption) (*sql.Rows, error) {
	// In the context, where no driver in between can lose them.
	return db.QueryContext(context.WithValue(ContextWithOptions(ctx, opts...), fetchKey{}, h), "")
}

// fetchKey is the context key of the QueryHandle whose rows an empty statement
// returns.
type fetchKey struct{}

func (lk *link) fetch(caller context.Context, h QueryHandle, with []QueryOption) (*rows, error) {
	if err := lk.c.accepts(h); err != nil {
		return nil, err
	}
	if h.h.local != nil {
		return nil, fmt.Errorf("e6data: %v was not submitted: it has a reader of its own", h)
	}
	opts, err := lk.c.options(caller, with)
	if err != nil {
		return nil, err
	}
	ctx, stop := lk.withQueryTimeout(caller)
	q := lk.queryFor(h.h, h.h.session)
	q.stop = stop
	if _, taken := lk.c.running.LoadOrStore(q.queryID, q); taken {
		stop(nil)
		return nil, fmt.Errorf("e6data: %v is being read already", h)
	}
	lk.c.use(q.channel)
	ctx, rec := lk.c.begin(ctx, &request{opts: opts})
	q.record = rec
	rec.prepared(q)
	rec.executed()
	r, err := q.describe(caller, ctx)
	if err != nil {
		lk.c.running.CompareAndDelete(q.queryID, q)
		_ = lk.c.leave(q.channel)
		stop(nil)
		rec.finished(err)
		rec.reported()
	}
	return r, err
}

// Clear ends a submitted query that is not to be fetched, or not any more, and
// frees what it holds on the engine. Where it is being fetched in this process,
// Clear is [Conn.Cancel].
func (nc *Conn) Clear(ctx context.Context, h QueryHandle) error {
	return nc.cn.endOther(ctx, PhaseClear, h)
}

// batches makes the columnar reader of a result.
func (nc *Conn) batches(r *rows) *Batches {
	b := thriftrows.NewBatch(&nc.cn.c.zones, nc.cn.c.cfg.Loc)
	b.SetColumns(r.meta.Columns)
	return &Batches{rows: r, batch: b}
}
