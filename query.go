package e6data

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
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
// it did not run: a wrong strategy and an expired session are noticed before
// anything else (WIRE.md section 6). Nothing is ever executed twice.
func (cn *conn) start(ctx context.Context, text string) (*query, error) {
	for try := 1; ; try++ {
		s, err := cn.currentSession(ctx)
		if err != nil {
			return nil, err
		}
		q, err := cn.prepare(ctx, s, text)
		if err == nil {
			if err = q.execute(ctx); err == nil {
				return q, nil
			}
			q.abandon(ctx)
		}
		switch conditionOf(err) {
		case wrongStrategy:
		case sessionExpired:
			cn.dropSession(s.id)
			if try < maxTries {
				if err := pause(ctx, retryDelay); err != nil {
					return nil, wrap(PhasePrepare, cn.c.route(cn.channel, s.state), err)
				}
			}
		default:
			return nil, err
		}
		if try >= maxTries {
			return nil, err
		}
	}
}

// pause waits for about d, so that many who wait do not return at once.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d/2 + rand.N(d))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
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
	rpc, cancel := context.WithTimeout(context.WithoutCancel(ctx), prepareTimeout)
	cn.background.Go(func() {
		defer cancel()
		q, err := cn.sendPrepare(rpc, s, text)
		select {
		case prepared <- result{q, err}:
		case <-ctx.Done():
			if err == nil {
				_ = q.close(ctx)
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
	var err error
	v2 := cfg.Catalog != ""
	if v2 {
		err = cn.c.call(ctx, PhasePrepare, r, wire.QueryEngineService_PrepareStatementV2_FullMethodName, &wire.PrepareStatementV2Request{
			SessionId: s.id, Schema: cfg.Database, Catalog: cfg.Catalog, QueryString: text,
		}, resp)
	} else {
		err = cn.c.call(ctx, PhasePrepare, r, wire.QueryEngineService_PrepareStatement_FullMethodName, &wire.PrepareStatementRequest{
			SessionId: s.id, Schema: cfg.Database, QueryString: text,
		}, resp)
	}
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
	var err error
	if q.v2 {
		err = q.cn.c.call(ctx, PhaseExecute, q.route, wire.QueryEngineService_ExecuteStatementV2_FullMethodName, &wire.ExecuteStatementV2Request{
			EngineIP: q.engineIP, SessionId: q.sessionID, QueryId: q.queryID,
		}, resp)
	} else {
		err = q.cn.c.call(ctx, PhaseExecute, q.route, wire.QueryEngineService_ExecuteStatement_FullMethodName, &wire.ExecuteStatementRequest{
			EngineIP: q.engineIP, SessionId: q.sessionID, QueryId: q.queryID,
		}, resp)
	}
	if err != nil {
		var e *Error
		if errors.As(err, &e) && e.lost() {
			e.Kind = ErrAmbiguousExecution
		}
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

// about makes a call about the query. Where the engine denies the session, it
// has not done what was asked: the call is made once more with a new one.
func (q *query) about(ctx context.Context, phase Phase, method string, request func() proto.Message, resp any, opts ...grpc.CallOption) error {
	err := q.cn.c.call(ctx, phase, q.route, method, request(), resp, opts...)
	if conditionOf(err) == sessionExpired && q.newSession(ctx) == nil {
		err = q.cn.c.call(ctx, phase, q.route, method, request(), resp, opts...)
	}
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
	s, err := q.cn.authenticate(ctx, q.state)
	if err != nil {
		return err
	}
	q.sessionID = s.id
	if _, ok := q.cn.sessionOn(q.state.Color); ok {
		q.cn.setSession(s)
	}
	return nil
}

// close clears the query on the engine, whatever has become of the caller's
// context; it takes at most cleanupTimeout. It is called once.
func (q *query) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	return q.about(ctx, PhaseClear, wire.QueryEngineService_ClearOrCancelQuery_FullMethodName, func() proto.Message {
		return &wire.ClearOrCancelQueryRequest{EngineIP: q.engineIP, SessionId: q.sessionID, QueryId: q.queryID}
	}, &wire.ClearOrCancelQueryResponse{})
}

// abandon closes the query in the background: its caller is told at once what
// went wrong. The connection's Close waits for it.
func (q *query) abandon(ctx context.Context) {
	q.cn.background.Go(func() { _ = q.close(ctx) })
}

// open starts text and describes its result.
func (cn *conn) open(ctx context.Context, query string) (*rows, error) {
	text, err := statement(query)
	if err != nil {
		return nil, err
	}
	q, err := cn.start(ctx, text)
	if err != nil {
		return nil, err
	}
	meta, err := q.metadata(ctx)
	if err != nil {
		q.abandon(ctx)
		return nil, err
	}
	return newRows(ctx, q, meta), nil
}

// exec runs text, reads its result to the end and clears it.
func (cn *conn) exec(ctx context.Context, text string) (*result, error) {
	r, err := cn.open(ctx, text)
	if err != nil {
		return nil, err
	}
	for err == nil {
		err = r.advance()
	}
	if !errors.Is(err, io.EOF) {
		r.fetcher.stop()
		r.q.abandon(ctx)
		return nil, err
	}
	// The statement has run; that it could not be cleared does not change that.
	_ = r.Close()
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
