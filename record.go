package e6data

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// record holds the state of one query for observers. The code that works on the
// query keeps it up to date. A nil record records nothing.
type record struct {
	c        *Connector
	ctx      context.Context // of the query, as the hook returned it
	analyze  bool            // see QueryInfo.Analyze
	reporter *reporter       // or nil

	mu sync.Mutex
	s  QueryState
	// executing is the query while it executes, else nil.
	executing *query
}

func (r *record) get() QueryState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s
}

// update calls f to change the state, with the time since the query's start.
func (r *record) update(f func(s *QueryState, now time.Duration)) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.s, time.Since(r.s.Start))
}

// fetched counts fetched rows and bytes. It is called for every batch, and allocates
// nothing.
func (r *record) fetched(rows, bytes int64) {
	n := &r.c.stats
	n.rows.Add(uint64(rows))
	n.batches.Add(1)
	n.bytes.Add(uint64(bytes))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.s.Batches == 0 {
		r.s.FirstBatch = time.Since(r.s.Start)
	}
	r.s.Batches++
	r.s.Rows += rows
	r.s.Bytes += bytes
}

func (r *record) preparing() {
	r.update(func(s *QueryState, _ time.Duration) {
		s.Phase = PhasePrepare
		r.executing = nil
	})
}

func (r *record) prepared(q *query) {
	r.update(func(s *QueryState, now time.Duration) {
		s.ID, s.Planner, s.Strategy = q.queryID, q.engineIP, q.state.Color.String()
		s.Prepared = now
	})
}

func (r *record) executes(q *query) {
	r.update(func(s *QueryState, _ time.Duration) {
		s.Phase = PhaseExecute
		r.executing = q
	})
}

func (r *record) executed() {
	r.update(func(s *QueryState, now time.Duration) {
		s.Executed, s.Phase = now, PhaseMetadata
		r.executing = nil
	})
}

func (r *record) described(promised int64) {
	r.update(func(s *QueryState, now time.Duration) {
		s.Described, s.Phase, s.RowsPromised = now, PhaseFetch, promised
	})
}

// recordKey is the context key of the current query's *record.
type recordKey struct{}

func recordOf(ctx context.Context) *record {
	r, _ := ctx.Value(recordKey{}).(*record)
	return r
}

// begin starts the record of a query. It is called before any other work on the
// query, which uses the returned context.
func (c *Connector) begin(ctx context.Context, ask *request) (context.Context, *record) {
	r := &record{c: c, s: QueryState{Tag: ask.opts.tag, Phase: PhasePrepare, Start: time.Now()}}
	if info := ask.opts.info; info != nil {
		r.analyze = info.Analyze
		info.watch(r)
	}
	c.stats.running.Add(1)
	ctx = context.WithValue(ctx, recordKey{}, r)
	if c.hook != nil {
		ctx = c.hook.QueryStart(ctx, QueryStart{
			Statement: ask.written, Args: ask.args, Tag: ask.opts.tag,
			Host: c.cfg.Host, Port: c.cfg.port(), Catalog: ask.opts.catalog, Schema: ask.opts.schema,
		})
	}
	r.ctx = ctx
	if ask.opts.progress != nil {
		r.reporter = report(context.WithoutCancel(ctx), r, ask.opts.progress)
	}
	if c.cfg.Debug {
		attrs := []any{"catalog", ask.opts.catalog, "schema", ask.opts.schema, "tag", ask.opts.tag, "args", ask.args}
		if c.cfg.LogStatements {
			attrs = append(attrs, "statement", ask.text)
		}
		c.log.DebugContext(ctx, "e6data: query", attrs...)
	}
	return ctx, r
}

// finished records the end of the query. It succeeded if err is nil or io.EOF.
// OnProgress is called for the last time.
func (r *record) finished(err error) {
	if errors.Is(err, io.EOF) {
		err = nil
	}
	r.update(func(s *QueryState, now time.Duration) { s.Done, s.Err, s.Ended = true, err, now })
	r.c.stats.running.Add(-1)
	r.c.stats.outcome(err).Add(1)
	r.reporter.end()
}

// reported passes the finished query to the hook and the log.
func (r *record) reported() {
	c, s := r.c, r.get()
	if c.hook != nil {
		c.hook.QueryEnd(context.WithoutCancel(r.ctx), s)
	}
	if c.cfg.Debug {
		attrs := []any{"query_id", s.ID, "strategy", s.Strategy, "rows", s.Rows, "bytes", s.Bytes, "duration", s.Ended, "retries", s.Retries}
		if s.Err != nil {
			attrs = append(attrs, "error", c.logged(s.Err))
		}
		c.log.DebugContext(r.ctx, "e6data: query ended", attrs...)
	}
}
