package e6data

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

// query is one query on the engine, from prepare to clear. It stays on the colour of
// its session and on the planner that prepared it (docs/protocol.md, section 3). The
// calls of its reader are made one at a time. Other connections may watch and end it
// meanwhile; see handle.go.
type query struct {
	lk *link
	route
	engineIP string
	v2       bool
	noCache  bool
	// stop ends the context of the query's calls. It is set before other goroutines
	// can find the query.
	stop context.CancelCauseFunc
	// record is the state of the query for observers.
	record *record

	// current is the current call, or the latest one.
	current call

	mu sync.Mutex
	// sessionID is the session of the next call. An answer may replace it.
	sessionID string
	// replacement reports whether the session replaced a denied one.
	replacement bool
	life        life
	// settled is closed when the current Cancel is done.
	settled chan struct{}
}

// begin prepares and executes a request. It starts again if the engine's answer
// proves that the request was not executed; see policy. Nothing is ever executed
// twice. stop ends ctx.
func (lk *link) begin(ctx context.Context, stop context.CancelCauseFunc, req *request) (q *query, err error) {
	rec := recordOf(ctx)
	err = lk.startOver(ctx, start{wakes: true}, func(s session) error {
		rec.preparing()
		if q, err = lk.prepare(ctx, s, req); err != nil {
			return err
		}
		q.stop, q.record = stop, rec
		rec.prepared(q)
		lk.c.running.Store(q.queryID, q)
		phase := PhasePrepare
		var params []*wire.ParameterValue
		if len(req.params) > 0 {
			params, err = q.parameters(ctx, req.params)
		}
		if err == nil {
			phase = PhaseExecute
			rec.executes(q)
			lk.executes(q.queryID)
			if err = q.execute(ctx, params); err == nil {
				rec.executed()
				return nil
			}
		}
		err = q.orCancelled(ctx, phase, err)
		q.abandon(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return q, nil
}

// prepareGrace bounds the wait for the answer to prepare after the caller's context
// has ended. Only the answer contains the id of the query that must be cleared.
const prepareGrace = 500 * time.Millisecond

// prepare sends the statement. It returns as soon as ctx ends. If the engine's
// answer arrives within prepareGrace after that, the query is cleared. If ctx has
// already ended, nothing is sent.
func (lk *link) prepare(ctx context.Context, s session, req *request) (*query, error) {
	gaveUpNow := func() error {
		k := &call{phase: PhasePrepare, route: lk.c.route(lk.channel(), s.state)}
		return lk.c.fail(ctx, k, verdict{condition: gaveUp, cause: contextError(ctx)})
	}
	if ctx.Err() != nil {
		return nil, gaveUpNow()
	}
	type result struct {
		q   *query
		err error
	}
	prepared := make(chan result)
	rpc, cancel := detachedTimeout(ctx, "prepare_timeout", lk.c.cfg.PrepareTimeout)
	lk.inBackground(func() {
		defer cancel()
		q, err := lk.sendPrepare(rpc, s, req)
		select {
		case prepared <- result{q, err}:
		case <-ctx.Done():
			if err == nil {
				q.close(ctx, q.leave())
			}
		}
	})
	select {
	case r := <-prepared:
		return r.q, r.err
	case <-ctx.Done():
		time.AfterFunc(prepareGrace, cancel)
		return nil, gaveUpNow()
	}
}

func (lk *link) sendPrepare(ctx context.Context, s session, req *request) (*query, error) {
	opts := &req.opts
	resp := &wire.PrepareStatementResponse{}
	q := &query{lk: lk, sessionID: s.id, replacement: s.replacement, v2: opts.catalog != "", noCache: opts.noCache}
	k := &q.current
	*k = call{
		phase: PhasePrepare, route: lk.c.route(lk.channel(), s.state), resp: resp, replacement: s.replacement,
		method: wire.QueryEngineService_PrepareStatement_FullMethodName,
	}
	if q.v2 {
		k.method = wire.QueryEngineService_PrepareStatementV2_FullMethodName
		k.req = &wire.PrepareStatementV2Request{SessionId: s.id, Schema: opts.schema, Catalog: opts.catalog, QueryString: req.text}
	} else {
		k.req = &wire.PrepareStatementRequest{SessionId: s.id, Schema: opts.schema, QueryString: req.text}
	}
	if err := lk.c.repeat(ctx, k, nil); err != nil {
		return nil, err
	}
	if resp.GetQueryId() == "" {
		return nil, lk.c.fail(ctx, k, verdict{message: "the engine prepared the query but gave it no id"})
	}
	q.route, q.engineIP = k.route.planner(resp.GetQueryId(), resp.GetEngineIP()), resp.GetEngineIP()
	lk.c.use(q.channel)
	q.takeSession(k)
	return q, nil
}

// takeSession replaces the query's session by the one in a call's answer, if there
// is one (docs/protocol.md, section 3).
func (q *query) takeSession(k *call) {
	if id := k.read().session; id != "" {
		q.mu.Lock()
		q.sessionID = id
		q.mu.Unlock()
	}
}

// session returns the session of the query's next call.
func (q *query) session() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.sessionID
}

// execute runs the query. After it is sent, only an answer shows whether the engine
// received it. Without an answer the query may have run. Parameters require the
// second version of the call, even if the first version of prepare was used.
func (q *query) execute(ctx context.Context, params []*wire.ParameterValue) error {
	k := call{phase: PhaseExecute, method: wire.QueryEngineService_ExecuteStatement_FullMethodName, resp: &wire.ExecuteStatementResponse{}}
	if q.v2 || len(params) > 0 {
		k.method = wire.QueryEngineService_ExecuteStatementV2_FullMethodName
		return q.call(ctx, k, func(session string) proto.Message {
			return &wire.ExecuteStatementV2Request{
				EngineIP: q.engineIP, SessionId: session, QueryId: q.queryID, ShouldNotCache: q.noCache, Params: params,
			}
		})
	}
	return q.call(ctx, k, func(session string) proto.Message {
		return &wire.ExecuteStatementRequest{
			EngineIP: q.engineIP, SessionId: session, QueryId: q.queryID, ShouldNotCache: q.noCache,
		}
	})
}

// metadata returns the description of the result.
func (q *query) metadata(ctx context.Context) (*thriftrows.Metadata, error) {
	resp := &wire.GetResultMetadataResponse{}
	k := call{phase: PhaseMetadata, method: wire.QueryEngineService_GetResultMetadata_FullMethodName, resp: resp}
	err := q.call(ctx, k, func(session string) proto.Message {
		return &wire.GetResultMetadataRequest{EngineIP: q.engineIP, SessionId: session, QueryId: q.queryID}
	})
	if err != nil {
		return nil, err
	}
	meta, err := thriftrows.DecodeMetadata(resp.GetResultMetaData())
	if err != nil {
		return nil, wrap(PhaseMetadata, q.route, err)
	}
	return meta, nil
}

// call makes a call about the query, and takes the session of its answer. request
// returns the request for a session; it is called for each try. The calls of one
// *query are made one at a time.
func (q *query) call(ctx context.Context, what call, request func(session string) proto.Message) error {
	k := &q.current
	what.opts = k.opts // the option of the watch in k
	*k = what
	q.mu.Lock()
	// Until the query is executed, all calls belong to one attempt, which has one
	// session. After that each call is its own operation.
	k.replacement = q.replacement && (k.phase == PhasePrepare || k.phase == PhaseExecute)
	k.route, k.req = q.route, request(q.sessionID)
	q.mu.Unlock()
	err := q.lk.c.repeat(ctx, k, func(ctx context.Context, k *call) error {
		if err := q.replaceSession(ctx); err != nil {
			return err
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		k.replacement, k.req = q.replacement, request(q.sessionID)
		return nil
	})
	if err == nil {
		q.takeSession(k)
	} else if actionAfter(k.phase, err) == drop {
		q.lk.dropSession(q.session())
	}
	return err
}

// replaceSession gives the query another session on its own colour, in place of a
// denied one. It takes the link's session if that is another one, as it is for a
// query that another connection submitted. Otherwise it opens a new session.
func (q *query) replaceSession(ctx context.Context) error {
	denied := q.session()
	s, ok := q.lk.sessionOn(q.state.Color)
	if !ok || s.id == denied {
		q.lk.dropSession(denied)
		err := q.lk.startOver(ctx, start{pinned: &q.state}, func(opened session) error {
			s = opened
			return nil
		})
		if err != nil {
			return err
		}
		if live, known := q.lk.c.entry.Current(0); !known || live.Color == q.state.Color {
			q.lk.setSession(s)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sessionID, q.replacement = s.id, s.replacement
	return nil
}

// close clears the query on the engine, unless a Cancel has ended it. It does so
// even if the caller's context has ended, for at most Config.CleanupTimeout. It is
// called once. closed is the result of leave.
func (q *query) close(ctx context.Context, closed bool) {
	c := q.lk.c
	defer func() { _ = c.leave(q.channel) }()
	ctx, cancel := detachedTimeout(ctx, "cleanup_timeout", c.cfg.CleanupTimeout)
	defer cancel()
	var err error
	if !closed {
		var before life
		before, err = q.enter(ctx, lifeClosed)
		closed = before == lifeRunning && err == nil
	}
	if closed {
		err = q.endOnEngine(ctx, PhaseClear)
	}
	if err != nil {
		c.log.WarnContext(ctx, "e6data: the query could not be cleared", "query_id", q.queryID, "error", c.logged(err))
	}
}

// abandon closes the query in the background. From now on no connection finds the
// query.
func (q *query) abandon(ctx context.Context) {
	closed := q.leave()
	q.lk.c.inBackground(q.channel, func() { q.close(ctx, closed) })
}

// withQueryTimeout returns the context of a query. It ends with ctx, after
// Config.QueryTimeout, and when stop is called with the cause.
func (lk *link) withQueryTimeout(ctx context.Context) (_ context.Context, stop context.CancelCauseFunc) {
	ctx, end := context.WithCancelCause(ctx)
	if lk.c.cfg.QueryTimeout <= 0 {
		return ctx, end
	}
	ctx, release := withTimeout(ctx, "query_timeout", lk.c.cfg.QueryTimeout)
	return ctx, func(cause error) {
		end(cause)
		release()
	}
}

// query runs a statement and fetches the description of its result. The rows end
// with ctx, and after Config.QueryTimeout.
func (lk *link) query(caller context.Context, req *request) (*rows, error) {
	ctx, rec := lk.c.begin(caller, req)
	ctx, stop := lk.withQueryTimeout(ctx)
	q, err := lk.begin(ctx, stop, req)
	if err != nil {
		stop(nil)
		rec.finished(err)
		rec.reported()
		return nil, err
	}
	r, err := q.describe(caller, ctx)
	if err != nil {
		q.finish(caller, ctx, err)
		stop(nil)
	}
	return r, err
}

// describe returns the rows of an executed query.
func (q *query) describe(caller, ctx context.Context) (*rows, error) {
	meta, err := q.metadata(ctx)
	if err != nil {
		return nil, q.orCancelled(ctx, PhaseMetadata, err)
	}
	q.record.described(meta.RowCount)
	return newRows(caller, ctx, q, meta), nil
}

// finish ends the query with err, which is nil or io.EOF for success. The query is
// cleared in the background, and no caller waits for that. finish waits for the call
// of [QueryInfo.Analyze] until caller ends.
func (q *query) finish(caller, ctx context.Context, err error) {
	q.record.finished(err)
	// A failed query is not analyzed: it should be cleared without delay, and the
	// engine may have no facts about it yet.
	if q.record.analyze && (err == nil || errors.Is(err, io.EOF)) {
		q.analyze(caller, ctx)
	}
	q.record.reported()
	q.abandon(ctx)
}

// analyze makes the call of [QueryInfo.Analyze].
func (q *query) analyze(caller, ctx context.Context) {
	c := q.lk.c
	ctx, cancel := detachedTimeout(ctx, "cleanup_timeout", c.cfg.CleanupTimeout)
	defer cancel()
	defer context.AfterFunc(caller, cancel)()
	a, err := q.lk.explainAnalyze(ctx, q.handle())
	if err != nil {
		c.log.WarnContext(ctx, "e6data: the query could not be analyzed", "query_id", q.queryID, "error", c.logged(err))
		return
	}
	q.record.update(func(s *QueryState, _ time.Duration) { s.Analysis = a })
}

// exec runs a request, reads its result to the end and clears the query.
func (lk *link) exec(ctx context.Context, req *request) (driver.Result, error) {
	r, err := lk.query(ctx, req)
	if err != nil {
		return nil, err
	}
	// The statement was executed, even if the query cannot be cleared.
	defer func() { _ = r.Close() }()
	return r.drain(req.dml)
}
