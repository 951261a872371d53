package enginetest

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/wire"
)

func (e *engine) Explain(ctx context.Context, r *wire.ExplainRequest) (*wire.ExplainResponse, error) {
	s := e.s
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.lookup(ctx, callOf(ctx), r)
	if err != nil {
		return nil, err
	}
	return &wire.ExplainResponse{Explain: q.program.explain, SessionId: r.GetSessionId()}, nil
}

func (e *engine) ExplainAnalyze(ctx context.Context, r *wire.ExplainAnalyzeRequest) (*wire.ExplainAnalyzeResponse, error) {
	s := e.s
	s.mu.Lock()
	defer s.mu.Unlock()
	c := callOf(ctx)
	q, err := s.lookup(ctx, c, r)
	if err != nil {
		return nil, err
	}
	switch q.state {
	case executed:
	case prepared:
		return nil, s.violation(ctx, c, codes.Internal, "query %s is %s, not executed", q.id, q.state)
	default: // who watches a query cannot know that
		return nil, status.Errorf(codes.Internal, "query %s is %s, not executed", q.id, q.state)
	}
	p := q.program
	return &wire.ExplainAnalyzeResponse{
		ExplainAnalyze: p.analyze,
		IsCached:       p.cached,
		ParsingTime:    p.parsing.Milliseconds(),
		QueueingTime:   p.queueing.Milliseconds(),
		SessionId:      r.GetSessionId(),
	}, nil
}

func (e *engine) DryRun(ctx context.Context, r *wire.DryRunRequest) (*wire.DryRunResponse, error) {
	return e.s.dryRun(ctx, r.GetSessionId(), Query{SQL: r.GetQueryString(), Schema: r.GetSchema()})
}

func (e *engine) DryRunV2(ctx context.Context, r *wire.DryRunRequestV2) (*wire.DryRunResponse, error) {
	return e.s.dryRun(ctx, r.GetSessionId(), Query{SQL: r.GetQueryString(), Catalog: r.GetCatalog(), Schema: r.GetSchema()})
}

// dryRun answers what the script of the statement says, or its error.
func (s *Server) dryRun(ctx context.Context, sessionID string, ask Query) (*wire.DryRunResponse, error) {
	ask, err := s.ask(ctx, callOf(ctx), sessionID, ask)
	if err != nil {
		return nil, err
	}
	p, err := s.resolve(ask)
	if err != nil {
		return nil, err
	}
	return &wire.DryRunResponse{DryrunValue: p.dryRun}, nil
}
