package enginetest

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/wire"
)

// state is where a query is in its life.
type state int

const (
	prepared state = iota
	executing
	executed
	failed
	cancelled
	cleared
	orphaned
)

func (s state) String() string {
	return [...]string{"prepared", "executing", "executed", "failed", "cancelled", "cleared", "orphaned"}[s]
}

// query is a prepared query. Guarded by Server.mu, but for what never changes.
type query struct {
	id, sql, colour, planner, user string
	v2                             bool // prepared by prepareStatementV2

	state     state
	statement Statement // nil once it is released
	// session is the one that the next call must bring; "" accepts any of the
	// colour. previous is the rotated session before it.
	session, previous string

	reader  *call // the result call in flight
	ended   bool
	readers int // how often its metadata was answered
	// unheard says that the query was ended and the answer lost to a fault, or to
	// a client that had left: it may be ended again.
	unheard bool
}

// released tells whether the query is no longer open.
func (q *query) released() bool { return q.state >= cancelled }

// keepReleased is how many released queries are remembered, so that a late call
// about one is told what is wrong.
const keepReleased = 100_000

// release ends a query's life. s.mu is held.
func (s *Server) release(q *query, to state) {
	if !q.released() {
		q.statement.Close()
		s.books.open--
		s.books.count(q.colour, -1)
		s.released = append(s.released, q)
		for _, id := range [...]string{q.session, q.previous} {
			if ses := s.sessions[id]; ses != nil && ses.query == q {
				delete(s.sessions, id)
			}
		}
	}
	q.state, q.statement = to, nil
	for len(s.released) > keepReleased {
		delete(s.queries, s.released[0].id)
		s.released = s.released[1:]
	}
	s.notify()
}

// orphan marks a query whose id no client learned. s.mu is held.
func (s *Server) orphan(q *query) {
	if !q.released() {
		s.books.orphaned++
		s.release(q, orphaned)
	}
}

// about is a request about a query.
type about interface {
	GetEngineIP() string
	GetSessionId() string
	GetQueryId() string
}

// use is what a call does with its query. Who runs the query uses it in order
// and with the session that the last answer named; anybody may watch or end it,
// at any time, with any session of its colour.
type use int

const (
	runs    use = iota
	watches     // status, explain, explainAnalyze
	ends        // clear, cancelQuery, clearOrCancelQuery
)

func useOf(method string) use {
	switch method {
	case "status", "explain", "explainAnalyze":
		return watches
	case "clear", "clearOrCancelQuery", "cancelQuery":
		return ends
	}
	return runs
}

// lookup finds the query that a call is about, and checks what the call brings.
// s.mu is held.
func (s *Server) lookup(ctx context.Context, c *call, r about) (*query, error) {
	q, how := c.query, useOf(c.Method)
	if _, err := s.session(c, r.GetSessionId(), q, how); err != nil {
		return nil, err
	}
	if q == nil || q.colour != c.colour {
		return nil, s.violation(ctx, c, codes.Internal, "query %q is unknown", r.GetQueryId())
	}
	if got := header(c.Header, "plannerip"); got != q.planner {
		return nil, s.violation(ctx, c, codes.InvalidArgument, "query %s runs on planner %s, the plannerip header says %q", q.id, q.planner, got)
	}
	if got := r.GetEngineIP(); got != q.planner {
		return nil, s.violation(ctx, c, codes.InvalidArgument, "query %s runs on planner %s, engineIP says %q", q.id, q.planner, got)
	}
	switch {
	case !q.released() || how == ends:
		return q, nil
	case how == watches:
		return nil, status.Errorf(codes.Internal, "query %s is %s", q.id, q.state)
	case q.state == cancelled:
		// By another connection or process, for all that its reader knows.
		return nil, status.Errorf(codes.Internal, "query %s was cancelled", q.id)
	case q.othersRead(c):
		return nil, status.Errorf(codes.Internal, "query %s is %s", q.id, q.state)
	}
	return nil, s.violation(ctx, c, codes.Internal, "query %s is %s", q.id, q.state)
}

func (e *engine) PrepareStatement(ctx context.Context, r *wire.PrepareStatementRequest) (*wire.PrepareStatementResponse, error) {
	return e.s.prepare(ctx, r.GetSessionId(), Query{SQL: r.GetQueryString(), Schema: r.GetSchema()}, false)
}

func (e *engine) PrepareStatementV2(ctx context.Context, r *wire.PrepareStatementV2Request) (*wire.PrepareStatementResponse, error) {
	ask := Query{SQL: r.GetQueryString(), Catalog: r.GetCatalog(), Schema: r.GetSchema()}
	return e.s.prepare(ctx, r.GetSessionId(), ask, true)
}

func (s *Server) prepare(ctx context.Context, sessionID string, ask Query, v2 bool) (*wire.PrepareStatementResponse, error) {
	c := callOf(ctx)
	ask, err := s.ask(ctx, c, sessionID, ask)
	if err != nil {
		return nil, err
	}
	st, err := s.prepareStatement(ctx, ask)
	if err != nil {
		return nil, asStatus(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.books.prepared++
	s.books.open++
	s.books.count(ask.Strategy, 1)
	s.seq.query++
	q := &query{
		id:  fmt.Sprintf("query-%s%s-%06d", s.cfg.Mark, ask.Strategy, s.seq.query),
		sql: ask.SQL, colour: ask.Strategy, planner: s.newPlanner(ask.Strategy), user: ask.User,
		v2: v2, statement: st,
	}
	if p, ok := st.(*playing); ok {
		p.id = q.id
	}
	s.queries[q.id] = q
	c.query, c.QueryID = q, q.id
	s.notify()
	return &wire.PrepareStatementResponse{EngineIP: q.planner, QueryId: q.id, SessionId: sessionID}, nil
}

// ask checks a statement that is not a query yet, and completes it.
func (s *Server) ask(ctx context.Context, c *call, sessionID string, ask Query) (Query, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ses, err := s.session(c, sessionID, nil, runs)
	if err != nil {
		return ask, err
	}
	ask.SQL = normal(ask.SQL)
	ask.Strategy, ask.SessionID, ask.User = c.colour, sessionID, ses.user
	if strings.HasSuffix(ask.SQL, ";") {
		line := 1 + strings.Count(ask.SQL, "\n")
		at := len(ask.SQL) - 1 - (strings.LastIndexByte(ask.SQL, '\n') + 1)
		return ask, s.violation(ctx, c, codes.Internal, "line %d:%d: mismatched input ';'. Expecting: <EOF>", line, at+1)
	}
	return ask, nil
}

// newPlanner gives each query a planner of its own: 10.0.x.y is blue,
// 10.1.x.y any other colour. s.mu is held.
func (s *Server) newPlanner(colour string) string {
	s.seq.planner++
	n, stack := s.seq.planner, 0
	if colour != Blue {
		stack = 1
	}
	return fmt.Sprintf("10.%d.%d.%d", stack, n>>8&0xff, n&0xff)
}

func (e *engine) GetDynamicParams(ctx context.Context, r *wire.GetDynamicParamsRequest) (*wire.GetDynamicParamsResponse, error) {
	s := e.s
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.lookup(ctx, callOf(ctx), r)
	if err != nil {
		return nil, err
	}
	out := &wire.GetDynamicParamsResponse{SessionId: r.GetSessionId()}
	for i, typ := range q.statement.Params() {
		out.Params = append(out.Params, &wire.ParameterValue{Index: int32(i + 1), Type: typ})
	}
	return out, nil
}

func (e *engine) ExecuteStatement(ctx context.Context, r *wire.ExecuteStatementRequest) (*wire.ExecuteStatementResponse, error) {
	return e.s.execute(ctx, r, Execution{NoCache: r.GetShouldNotCache()}, false)
}

func (e *engine) ExecuteStatementV2(ctx context.Context, r *wire.ExecuteStatementV2Request) (*wire.ExecuteStatementResponse, error) {
	return e.s.execute(ctx, r, Execution{Params: r.GetParams(), NoCache: r.GetShouldNotCache()}, true)
}

func (s *Server) execute(ctx context.Context, r about, o Execution, v2 bool) (*wire.ExecuteStatementResponse, error) {
	q, st, err := s.startExecute(ctx, r, o.Params, v2)
	if err != nil {
		return nil, err
	}
	ok, err := st.Execute(ctx, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !q.released() {
		// A client that left may not stop the engine.
		q.state = failed
		if ok {
			q.state = executed
		}
	}
	s.notify()
	if err != nil {
		return nil, q.failure(err)
	}
	return &wire.ExecuteStatementResponse{SessionId: r.GetSessionId()}, nil
}

// startExecute checks whether a query may be executed, and marks it.
func (s *Server) startExecute(ctx context.Context, r about, params []*wire.ParameterValue, v2 bool) (*query, Statement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := callOf(ctx)
	q, err := s.lookup(ctx, c, r)
	switch {
	case err != nil:
	case q.state != prepared:
		err = s.violation(ctx, c, codes.Internal, "query %s was executed before", q.id)
	case q.v2 && !v2:
		err = s.violation(ctx, c, codes.Internal, "query %s was prepared by prepareStatementV2 and needs executeStatementV2", q.id)
	case !q.v2 && v2 && len(params) == 0:
		err = s.violation(ctx, c, codes.Internal, "query %s was prepared by prepareStatement and needs executeStatement", q.id)
	default:
		if n := len(q.statement.Params()); n > 0 && n != len(params) {
			err = status.Errorf(codes.Internal, "query %s has %d parameters, %d were given", q.id, n, len(params))
		}
	}
	if err != nil {
		return nil, nil, err
	}
	q.state = executing
	s.books.executed++
	s.notify()
	return q, q.statement, nil
}

func (e *engine) Status(ctx context.Context, r *wire.StatusRequest) (*wire.StatusResponse, error) {
	q, st, state, err := e.s.watched(ctx, r)
	if err != nil {
		return nil, err
	}
	out := &wire.StatusResponse{SessionId: r.GetSessionId()}
	switch state {
	case failed:
		return nil, status.Errorf(codes.Internal, "query %s is %s", q.id, state)
	case executing, executed:
		done, rows, err := st.Status(ctx)
		if err != nil {
			return nil, q.failure(err)
		}
		out.Status, out.RowCount = done && state == executed, rows
	}
	return out, nil
}

// watched finds the query that a call watches, and the state that it is in.
func (s *Server) watched(ctx context.Context, r about) (*query, Statement, state, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.lookup(ctx, callOf(ctx), r)
	if err != nil {
		return nil, nil, 0, err
	}
	return q, q.statement, q.state, nil
}

func (e *engine) Clear(ctx context.Context, r *wire.ClearRequest) (*wire.ClearResponse, error) {
	if err := e.s.end(ctx, r, cleared); err != nil {
		return nil, err
	}
	return &wire.ClearResponse{SessionId: r.GetSessionId()}, nil
}

func (e *engine) ClearOrCancelQuery(ctx context.Context, r *wire.ClearOrCancelQueryRequest) (*wire.ClearOrCancelQueryResponse, error) {
	if err := e.s.end(ctx, r, cleared); err != nil {
		return nil, err
	}
	return &wire.ClearOrCancelQueryResponse{SessionId: r.GetSessionId()}, nil
}

func (e *engine) CancelQuery(ctx context.Context, r *wire.CancelQueryRequest) (*wire.CancelQueryResponse, error) {
	if err := e.s.end(ctx, r, cancelled); err != nil {
		return nil, err
	}
	return &wire.CancelQueryResponse{SessionId: r.GetSessionId()}, nil
}

// end clears or cancels a query. Clearing one that was cancelled is legal, and
// clearing it again succeeds, as the vendor's clients expect (docs/protocol.md, section 12).
func (s *Server) end(ctx context.Context, r about, to state) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.lookup(ctx, callOf(ctx), r)
	if err != nil {
		return err
	}
	if q.unheard && q.released() {
		q.unheard = false
		return nil
	}
	if q.state == cleared || q.state == cancelled && to == cancelled {
		s.books.double++
		s.notify()
		if to == cleared {
			return nil
		}
		return status.Errorf(codes.Internal, "query %s is %s already", q.id, q.state)
	}
	if to == cancelled {
		s.books.cancelled++
	} else {
		s.books.cleared++
	}
	s.release(q, to)
	return nil
}
