package e6data

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

// query is one query on the engine, from prepare to clear. It is pinned to the
// session's colour and to the planner that prepared it (WIRE.md section 3).
// Its calls are made one at a time.
type query struct {
	cn *conn
	route
	engineIP string
	// sessionID is the session of the next call: an answer may replace it.
	sessionID string
	v2        bool
}

// start prepares and executes text, anew where the engine's answer proves that
// it did not run; see policy. Nothing is ever executed twice.
func (cn *conn) start(ctx context.Context, text string) (*query, error) {
	for try := 2; ; try++ {
		s, err := cn.currentSession(ctx)
		if err != nil {
			return nil, err
		}
		phase := PhasePrepare
		q, err := cn.prepare(ctx, s, text)
		if err == nil {
			phase = PhaseExecute
			if err = q.execute(ctx); err == nil {
				return q, nil
			}
			q.abandon(ctx)
		}
		switch actionAfter(phase, err) {
		case restart:
			if conditionOf(err) == sessionExpired {
				cn.dropSession(s.id)
			}
			if try > cn.c.cfg.MaxRetries {
				return nil, err
			}
			if pause(ctx, delayBefore(try, err)) != nil {
				return nil, interrupted(ctx, err)
			}
		case resume:
			if wakeErr := cn.wake(ctx, err); wakeErr != nil {
				return nil, wakeErr
			}
			if try > cn.c.cfg.MaxRetries {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// prepareGrace is how long an engine's answer to prepare is awaited after the
// caller has given up: the answer alone names the query that is to be cleared.
const prepareGrace = 500 * time.Millisecond

// prepare sends the statement. It returns as soon as ctx ends; should the
// engine's answer still come within prepareGrace, the query is cleared.
func (cn *conn) prepare(ctx context.Context, s session, text string) (*query, error) {
	type result struct {
		q   *query
		err error
	}
	prepared := make(chan result)
	rpc, cancel := withTimeout(context.WithoutCancel(ctx), cn.c.cfg.PrepareTimeout)
	cn.background.Go(func() {
		defer cancel()
		q, err := cn.sendPrepare(rpc, s, text)
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

func (cn *conn) sendPrepare(ctx context.Context, s session, text string) (*query, error) {
	cfg := cn.c.cfg
	r := cn.c.route(cn.channel, s.state)
	resp := &wire.PrepareStatementResponse{}
	v2 := cfg.Catalog != ""
	err := cn.c.retry(ctx, PhasePrepare, nil, func() error {
		if v2 {
			return cn.c.call(ctx, PhasePrepare, r, wire.QueryEngineService_PrepareStatementV2_FullMethodName, &wire.PrepareStatementV2Request{
				SessionId: s.id, Schema: cfg.Database, Catalog: cfg.Catalog, QueryString: text,
			}, resp)
		}
		return cn.c.call(ctx, PhasePrepare, r, wire.QueryEngineService_PrepareStatement_FullMethodName, &wire.PrepareStatementRequest{
			SessionId: s.id, Schema: cfg.Database, QueryString: text,
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
		q.sessionID = id
	}
}

// execute runs the query. Once it is sent, only an answer tells whether the
// engine saw it; without one the query may have run.
func (q *query) execute(ctx context.Context) error {
	if ctx.Err() != nil {
		return &Error{Phase: PhaseExecute, QueryID: q.queryID, Strategy: q.state.Color.String(), Err: contextError(ctx), condition: gaveUp}
	}
	resp := &wire.ExecuteStatementResponse{}
	err := q.cn.c.retry(ctx, PhaseExecute, nil, func() error {
		if q.v2 {
			return q.cn.c.call(ctx, PhaseExecute, q.route, wire.QueryEngineService_ExecuteStatementV2_FullMethodName, &wire.ExecuteStatementV2Request{
				EngineIP: q.engineIP, SessionId: q.sessionID, QueryId: q.queryID,
			}, resp)
		}
		return q.cn.c.call(ctx, PhaseExecute, q.route, wire.QueryEngineService_ExecuteStatement_FullMethodName, &wire.ExecuteStatementRequest{
			EngineIP: q.engineIP, SessionId: q.sessionID, QueryId: q.queryID,
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
		return &wire.GetResultMetadataRequest{EngineIP: q.engineIP, SessionId: q.sessionID, QueryId: q.queryID}
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
		if s, err = q.cn.authenticate(ctx, q.state); err == nil {
			break
		}
		// The query stays where it is, so another colour or a cluster that wakes
		// up is of no use to it.
		if c := conditionOf(err); c != unsent && c != noAnswer || try > q.cn.c.cfg.MaxRetries || pause(ctx, delayBefore(try, err)) != nil {
			return err
		}
	}
	q.sessionID = s.id
	if _, ok := q.cn.sessionOn(q.state.Color); ok {
		q.cn.setSession(s)
	}
	return nil
}

// close clears the query on the engine, whatever has become of the caller's
// context; it takes at most
// Config.CleanupTimeout. It is called once.
func (q *query) close(ctx context.Context) {
	ctx, cancel := withTimeout(context.WithoutCancel(ctx), q.cn.c.cfg.CleanupTimeout)
	defer cancel()
	err := q.about(ctx, PhaseClear, wire.QueryEngineService_ClearOrCancelQuery_FullMethodName, func() proto.Message {
		return &wire.ClearOrCancelQueryRequest{EngineIP: q.engineIP, SessionId: q.sessionID, QueryId: q.queryID}
	}, &wire.ClearOrCancelQueryResponse{})
	if err != nil {
		q.cn.c.log.WarnContext(ctx, "e6data: the query could not be cleared", "query_id", q.queryID, "error", err)
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
func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// open starts text and describes its result. The rows end with ctx, and after
// Config.QueryTimeout.
func (cn *conn) open(ctx context.Context, query string) (*rows, error) {
	text, err := statement(query)
	if err != nil {
		return nil, err
	}
	caller := ctx
	ctx, cancel := withTimeout(ctx, cn.c.cfg.QueryTimeout)
	q, err := cn.start(ctx, text)
	if err != nil {
		cancel()
		return nil, err
	}
	meta, err := q.metadata(ctx)
	if err != nil {
		q.abandon(ctx)
		cancel()
		return nil, err
	}
	return newRows(caller, ctx, cancel, q, meta), nil
}

// exec runs text, reads its result to the end and clears it.
func (cn *conn) exec(ctx context.Context, text string) (*result, error) {
	r, err := cn.open(ctx, text)
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
