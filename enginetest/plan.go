package enginetest

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/wire"
)

func (e *engine) Explain(ctx context.Context, r *wire.ExplainRequest) (*wire.ExplainResponse, error) {
	q, st, _, err := e.s.watched(ctx, r)
	if err != nil {
		return nil, err
	}
	text, err := st.Explain(ctx)
	if err != nil {
		return nil, q.failure(err)
	}
	return &wire.ExplainResponse{Explain: text, SessionId: r.GetSessionId()}, nil
}

func (e *engine) ExplainAnalyze(ctx context.Context, r *wire.ExplainAnalyzeRequest) (*wire.ExplainAnalyzeResponse, error) {
	q, st, err := e.s.analyzed(ctx, r)
	if err != nil {
		return nil, err
	}
	a, err := st.ExplainAnalyze(ctx)
	if err != nil {
		return nil, q.failure(err)
	}
	return &wire.ExplainAnalyzeResponse{
		ExplainAnalyze: a.Document,
		IsCached:       a.Cached,
		ParsingTime:    a.Parsing.Milliseconds(),
		QueueingTime:   a.Queueing.Milliseconds(),
		SessionId:      r.GetSessionId(),
	}, nil
}

// analyzed finds the query that explainAnalyze is about, which must have been executed.
func (s *Server) analyzed(ctx context.Context, r about) (*query, Statement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := callOf(ctx)
	q, err := s.lookup(ctx, c, r)
	if err != nil {
		return nil, nil, err
	}
	switch q.state {
	case executed:
		return q, q.statement, nil
	case prepared:
		return nil, nil, s.violation(ctx, c, codes.Internal, "query %s is %s, not executed", q.id, q.state)
	}
	// Who watches a query cannot know that.
	return nil, nil, status.Errorf(codes.Internal, "query %s is %s, not executed", q.id, q.state)
}

func (e *engine) DryRun(ctx context.Context, r *wire.DryRunRequest) (*wire.DryRunResponse, error) {
	return e.s.dryRun(ctx, r.GetSessionId(), Query{SQL: r.GetQueryString(), Schema: r.GetSchema()})
}

func (e *engine) DryRunV2(ctx context.Context, r *wire.DryRunRequestV2) (*wire.DryRunResponse, error) {
	return e.s.dryRun(ctx, r.GetSessionId(), Query{SQL: r.GetQueryString(), Catalog: r.GetCatalog(), Schema: r.GetSchema()})
}

// dryRun checks a statement.
func (s *Server) dryRun(ctx context.Context, sessionID string, ask Query) (*wire.DryRunResponse, error) {
	ask, err := s.ask(ctx, callOf(ctx), sessionID, ask)
	if err != nil {
		return nil, err
	}
	value, err := s.dryRunStatement(ctx, ask)
	if err != nil {
		return nil, asStatus(err)
	}
	return &wire.DryRunResponse{DryrunValue: value}, nil
}
