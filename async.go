package e6data

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// Submit starts a query and returns without reading its result. From then on the
// query belongs to no connection and no process: it goes on when ctx, the connection
// or the process ends. The engine keeps the result until one of these happens: the
// rows that Fetch or [FetchRows] returned are closed, or Clear or Cancel is called.
// The application must do exactly one of these, in any process that has the handle.
//
// Submit returns when the engine answers execute. Some engines answer when they
// accept the query, others when the query has run. Until then ctx and
// Config.QueryTimeout bound the query, and end it. Submit returns the errors of
// [Conn.Query]. After [ErrAmbiguousExecution] no query is left on the engine.
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
		_ = nc.cn.c.leave(q.channel) // the connection also uses the channel
		err = q.cancelled(PhaseExecute)
	}
	rec.finished(err)
	if err != nil {
		return QueryHandle{}, err
	}
	h := q.handle()
	h.h.local = nil // the query has no reader in this process
	return h, nil
}

// Wait pauses between two polls. The first pause is about waitDelay. Each pause is
// twice as long as the one before, up to maxWaitDelay.
const (
	waitDelay    = 50 * time.Millisecond
	maxWaitDelay = time.Second
)

// Wait polls the query's state until the query is done or ctx ends. If progress is
// not nil, the goroutine that called Wait calls it with each answer, including the
// last one. Wait repeats a poll whose answer was lost. An error of Wait ends nothing
// on the engine.
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

// Fetch reads the result of a submitted query column by column, as [Conn.Query]
// does. [FetchRows] reads rows instead. The caller must close the result before f of
// [UseConn] returns. Closing the result clears the query on the engine, even if the
// result was not read to its end. Config.QueryTimeout starts with Fetch.
//
// A query has one reader. A second Fetch in the same process is an error while the
// first result is open. Two processes must not fetch the same query at the same
// time. If Fetch itself fails, the query stays on the engine for another Fetch,
// Clear or Cancel. Of the options, [CaptureQuery], [OnProgress] and, for a [Hook],
// [QueryTag] have an effect. All other options took effect when the query was
// submitted.
func (nc *Conn) Fetch(ctx context.Context, h QueryHandle, opts ...QueryOption) (*Batches, error) {
	r, err := nc.cn.fetch(ctx, h, opts)
	if err != nil {
		return nil, err
	}
	return nc.batches(r), nil
}

// FetchRows is [Conn.Fetch] for rows. db is an *[sql.DB] or an *[sql.Conn] of this
// driver. Another driver or library may be wrapped around it: FetchRows passes the
// handle in the context of an empty statement. Closing the rows, or reading them to
// their end, clears the query on the engine.
func FetchRows(ctx context.Context, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, h QueryHandle, opts ...QueryOption) (*sql.Rows, error) {
	// No wrapped driver can lose the handle in a context.
	return db.QueryContext(context.WithValue(ContextWithOptions(ctx, opts...), fetchKey{}, h), "")
}

// fetchKey is the context key of a QueryHandle. An empty statement with that context
// returns the rows of the handle's query.
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

// Clear ends a submitted query without reading its result, and frees the query's
// resources on the engine. If this process is fetching the result, Clear does what
// [Conn.Cancel] does.
func (nc *Conn) Clear(ctx context.Context, h QueryHandle) error {
	return nc.cn.endOther(ctx, PhaseClear, h)
}

// batches returns the columnar reader of a result.
func (nc *Conn) batches(r *rows) *Batches {
	b := thriftrows.NewBatch(&nc.cn.c.zones, nc.cn.c.cfg.Loc)
	b.SetColumns(r.meta.Columns)
	return &Batches{rows: r, batch: b}
}
