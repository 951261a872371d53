package e6data

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

// query is one query on the engine, from prepare to clear. It is pinned to the
// session's colour and to the planner that prepared it (WIRE.md section 3).
// The calls of its reader are made one at a time; other connections may watch
// and end it meanwhile, see handle.go.
type query struct {
	cn *conn
	route
	engineIP string
	v2       bool
	noCache  bool
	// stop ends the context of the query's calls. It is set before others can
	// find the query.
	stop context.CancelCauseFunc
	// record is what others see of the query.
	record *record

	mu sync.Mutex
	// sessionID is the session of the next call: an answer may replace it.
	sessionID string
	life      life
	// settled is closed when the Cancel that is under way is done.
	settled chan struct{}
}

// start prepares and executes a request, anew where the engine's answer proves that
// it did not run; see policy. Nothing is ever executed twice. stop ends ctx.
func (cn *conn) start(ctx context.Context, stop context.CancelCauseFunc, req *request) (*query, error) {
	rec := recordOf(ctx)
	for try := 2; ; try++ {
		rec.preparing()
		s, err := cn.currentSession(ctx)
		if err != nil {
			return nil, err
		}
		phase := PhasePrepare
		q, err := cn.prepare(ctx, s, req)
		if err == nil {
			q.stop, q.record = stop, rec
			rec.prepared(q)
			cn.c.running.Store(q.queryID, q)
			var params []*wire.ParameterValue
			if len(req.params) > 0 {
				params, err = q.parameters(ctx, req.params)
			}
			if err == nil {
				phase = PhaseExecute
				rec.executes(q)
				if err = q.execute(ctx, params); err == nil {
					rec.executed()
					return q, nil
				}
			}
			err = q.because(ctx, phase, err)
			q.abandon(ctx)
		}
		if err := cn.another(ctx, phase, try, s, err); err != nil {
			return nil, err
		}
	}
}

// prepareGrace is how long an engine's answer to prepare is awaited after the
// caller has given up: the answer alone names the query that is to be cleared.
const prepareGrace = 500 * time.Millisecond

// prepare sends the statement. It returns as soon as ctx ends; should the
// engine's answer still come within prepareGrace, the query is cleared.
func (cn *conn) prepare(ctx context.Context, s session, req *request) (*query, error) {
	type result struct {
		q   *query
		err error
	}
	prepared := make(chan result)
	rpc, cancel := withTimeout(context.WithoutCancel(ctx), "prepare_timeout", cn.c.cfg.PrepareTimeout)
	cn.background.Go(func() {
		defer cancel()
		q, err := cn.sendPrepare(rpc, s, req)
		select {
		case prepared <- result{q, err}:
		case <-ctx.Done():
			if err == nil {
				q.close(ctx)
			}
		}
	})
	select {
	case r := <-prepared:
		return r.q, r.err
	case <-ctx.Done():
		time.AfterFunc(prepareGrace, cancel)
		r := cn.c.route(cn.channel, s.state)
		return nil, &Error{Phase: PhasePrepare, Strategy: r.state.Color.String(), Err: contextError(ctx), condition: gaveUp}
	}
}

func (cn *conn) sendPrepare(ctx context.Context, s session, req *request) (*query, error) {
	opts := &req.opts
	r := cn.c.route(cn.channel, s.state)
	resp := &wire.PrepareStatementResponse{}
	v2 := opts.catalog != ""
	err := cn.c.retry(ctx, PhasePrepare, nil, func() error {
		if v2 {
			return cn.c.call(ctx, PhasePrepare, r, wire.QueryEngineService_PrepareStatementV2_FullMethodName, &wire.PrepareStatementV2Request{
				SessionId: s.id, Schema: opts.schema, Catalog: opts.catalog, QueryString: req.text,
			}, resp)
		}
		return cn.c.call(ctx, PhasePrepare, r, wire.QueryEngineService_PrepareStatement_FullMethodName, &wire.PrepareStatementRequest{
			SessionId: s.id, Schema: opts.schema, QueryString: req.text,
		}, resp)
	})
	if err != nil {
		return nil, err
	}
	q := &query{
		cn:        cn,
		route:     r.planner(resp.GetQueryId(), resp.GetEngineIP()),
		engineIP:  resp.GetEngineIP(),
		sessionID: s.id,
		v2:        v2,
		noCache:   opts.noCache,
	}
	q.renew(resp)
	if q.queryID == "" {
		return nil, &Error{Phase: PhasePrepare, Strategy: s.state.Color.String(), Message: "the engine prepared the query but gave it no id"}
	}
	return q, nil
}

// renew takes over the session that an answer names; an empty one never
// replaces one (WIRE.md section 3).
func (q *query) renew(resp interface{ GetSessionId() string }) {
	if id := resp.GetSessionId(); id != "" {
		q.mu.Lock()
		q.sessionID = id
		q.mu.Unlock()
	}
}

// session is the session of the query's next call.
func (q *query) session() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.sessionID
}

// execute runs the query. Once it is sent, only an answer tells whether the
// engine saw it; without one the query may have run. Parameters need the second
// version of the call, also where the first one of prepare was used.
func (q *query) execute(ctx context.Context, params []*wire.ParameterValue) error {
	if ctx.Err() != nil {
		return q.failed(PhaseExecute, nil, contextError(ctx))
	}
	resp := &wire.ExecuteStatementResponse{}
	err := q.cn.c.retry(ctx, PhaseExecute, nil, func() error {
		if q.v2 || len(params) > 0 {
			return q.cn.c.call(ctx, PhaseExecute, q.route, wire.QueryEngineService_ExecuteStatementV2_FullMethodName, &wire.ExecuteStatementV2Request{
				EngineIP: q.engineIP, SessionId: q.session(), QueryId: q.queryID, ShouldNotCache: q.noCache, Params: params,
			}, resp)
		}
		return q.cn.c.call(ctx, PhaseExecute, q.route, wire.QueryEngineService_ExecuteStatement_FullMethodName, &wire.ExecuteStatementRequest{
			EngineIP: q.engineIP, SessionId: q.session(), QueryId: q.queryID, ShouldNotCache: q.noCache,
		}, resp)
	})
	if err != nil {
		return err
	}
	q.renew(resp)
	return nil
}

// metadata asks for the result's description.
func (q *query) metadata(ctx context.Context) (*thriftrows.Metadata, error) {
	resp := &wire.GetResultMetadataResponse{}
	err := q.about(ctx, PhaseMetadata, wire.QueryEngineService_GetResultMetadata_FullMethodName, func() proto.Message {
		return &wire.GetResultMetadataRequest{EngineIP: q.engineIP, SessionId: q.session(), QueryId: q.queryID}
	}, resp)
	if err != nil {
		return nil, err
	}
	meta, err := thriftrows.DecodeMetadata(resp.GetResultMetaData())
	if err != nil {
		return nil, wrap(PhaseMetadata, q.route, err)
	}
	return meta, nil
}

// about makes a call about the query and takes over the session of its answer.
func (q *query) about(ctx context.Context, phase Phase, method string, request func() proto.Message, resp any, opts ...grpc.CallOption) error {
	err := q.cn.c.retry(ctx, phase, q.newSession, func() error {
		return q.cn.c.call(ctx, phase, q.route, method, request(), resp, opts...)
	})
	if err != nil {
		return err
	}
	if s, ok := resp.(interface{ GetSessionId() string }); ok {
		q.renew(s)
	}
	return nil
}

// newSession gets the query another session on its own colour.
func (q *query) newSession(ctx context.Context) error {
	var s session
	for try := 2; ; try++ {
		var err error
		if s, err = q.cn.attempt(ctx, q.state, true); err == nil {
			break
		}
		// The query stays where it is, so another colour or a cluster that wakes
		// up is of no use to it.
		if c := conditionOf(err); c != unsent && c != noAnswer || try > q.cn.c.cfg.MaxRetries || pause(ctx, delayBefore(try, err)) != nil {
			return err
		}
	}
	q.mu.Lock()
	q.sessionID = s.id
	q.mu.Unlock()
	if _, ok := q.cn.sessionOn(q.state.Color); ok {
		q.cn.setSession(s)
	}
	return nil
}

// close clears the query on the engine, unless a Cancel has ended it, whatever
// has become of the caller's context; it takes at most Config.CleanupTimeout. It
// is called once.
func (q *query) close(ctx context.Context) {
	ctx, cancel := withTimeout(context.WithoutCancel(ctx), "cleanup_timeout", q.cn.c.cfg.CleanupTimeout)
	defer cancel()
	before, err := q.enter(ctx, lifeClosed)
	q.cn.c.running.CompareAndDelete(q.queryID, q)
	if before == lifeRunning && err == nil {
		err = q.end(ctx, PhaseClear)
	}
	if err != nil {
		q.cn.c.log.WarnContext(ctx, "e6data: the query could not be cleared", "query_id", q.queryID, "error", q.cn.c.logged(err))
	}
}

// abandon closes the query in the background and returns a channel that is
// closed when that is done. The connection's Close waits for it, too.
func (q *query) abandon(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	q.cn.background.Go(func() {
		defer close(done)
		q.close(ctx)
	})
	return done
}

// withTimeout is context.WithTimeout where d is more than 0, else without one.
// Errors of the context's end name the setting; see deadlineError.
func withTimeout(ctx context.Context, setting string, d time.Duration) (context.Context, context.CancelFunc) {
	at := time.Now().Add(d)
	if deadline, ok := ctx.Deadline(); d <= 0 || ok && deadline.Before(at) {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(context.WithValue(ctx, timeoutKey{}, timeout{at, setting, d}), at)
}

// timeoutKey is the context key of the timeout of the configuration that is
// nearest.
type timeoutKey struct{}

type timeout struct {
	at      time.Time
	setting string
	d       time.Duration
}

// deadlineError is context.DeadlineExceeded, with the setting if it was one that
// gave ctx its deadline.
func deadlineError(ctx context.Context) error {
	t, _ := ctx.Value(timeoutKey{}).(timeout)
	if at, ok := ctx.Deadline(); !ok || t.setting == "" || !at.Equal(t.at) {
		return context.DeadlineExceeded
	}
	return fmt.Errorf("%s of %s elapsed: %w", t.setting, formatDuration(t.d), context.DeadlineExceeded)
}

// limits returns the context of a query, which ends with ctx, after
// Config.QueryTimeout, and when stop is called with the reason.
func (cn *conn) limits(ctx context.Context) (_ context.Context, stop context.CancelCauseFunc) {
	ctx, end := context.WithCancelCause(ctx)
	ctx, release := withTimeout(ctx, "query_timeout", cn.c.cfg.QueryTimeout)
	return ctx, func(cause error) {
		end(cause)
		release()
	}
}

// open runs a statement and describes its result. The rows end with ctx, and
// after Config.QueryTimeout.
func (cn *conn) open(caller context.Context, req *request) (*rows, error) {
	ctx, rec := cn.begin(caller, req)
	ctx, stop := cn.limits(ctx)
	q, err := cn.start(ctx, stop, req)
	if err != nil {
		stop(nil)
		rec.over(err)
		rec.end()
		return nil, err
	}
	r, err := q.describe(caller, ctx)
	if err != nil {
		q.finish(ctx, err)
		stop(nil)
	}
	return r, err
}

// describe returns the rows of a query that was executed.
func (q *query) describe(caller, ctx context.Context) (*rows, error) {
	meta, err := q.metadata(ctx)
	if err != nil {
		return nil, q.because(ctx, PhaseMetadata, err)
	}
	q.record.described(meta.RowCount)
	return newRows(caller, ctx, q, meta), nil
}

// finish ends the query with err, nil or io.EOF when it succeeded. It is abandon
// for one that nobody will start again.
func (q *query) finish(ctx context.Context, err error) <-chan struct{} {
	q.record.over(err)
	done := make(chan struct{})
	q.cn.background.Go(func() {
		defer close(done)
		// One that has failed is to be cleared without delay, and may be one of which
		// the engine has nothing to tell yet.
		if q.record.analyze && (err == nil || errors.Is(err, io.EOF)) {
			q.analyze(ctx)
		}
		q.close(ctx)
		q.record.end()
	})
	return done
}

// analyze asks for what [QueryInfo.Analyze] wants to know.
func (q *query) analyze(ctx context.Context) {
	ctx, cancel := withTimeout(context.WithoutCancel(ctx), "cleanup_timeout", q.cn.c.cfg.CleanupTimeout)
	defer cancel()
	a, err := (&Conn{q.cn}).ExplainAnalyze(ctx, q.handle())
	if err != nil {
		q.cn.c.log.WarnContext(ctx, "e6data: the query could not be analyzed", "query_id", q.queryID, "error", q.cn.c.logged(err))
		return
	}
	q.record.update(func(s *QueryState, _ time.Duration) { s.Analysis = a })
}

// exec runs a request, reads its result to the end and clears it.
func (cn *conn) exec(ctx context.Context, req *request) (driver.Result, error) {
	r, err := cn.open(ctx, req)
	if err != nil {
		return nil, err
	}
	// The statement has run; that it could not be cleared does not change that.
	defer func() { _ = r.Close() }()
	for err == nil {
		err = r.advance()
	}
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return &result{rows: r.meta.RowCount}, nil
}

// result is what a statement without rows has to say.
type result struct{ rows int64 }

// LastInsertId fails: the engine has no such thing.
func (r *result) LastInsertId() (int64, error) {
	return 0, errors.New("e6data: the engine has no last insert id")
}

// RowsAffected returns the row count of the result's metadata. A count that the
// engine does not know is an error, not 0.
func (r *result) RowsAffected() (int64, error) {
	if r.rows <= 0 {
		return 0, errors.New("e6data: the engine did not say how many rows the statement affected")
	}
	return r.rows, nil
}
