package enginetest

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/wire"
)

// Query is what a script function is asked for.
type Query struct {
	// SQL is the statement, blanks around it trimmed. A QueryTag is a comment before it.
	SQL string
	// Catalog is empty for the V1 methods.
	Catalog, Schema string
	// Params are the values of executeStatementV2. Nil at prepare.
	Params []*wire.ParameterValue
	// Strategy is the colour that the query runs on.
	Strategy string
	// SessionID and User are the session's. Empty in an OAuth deployment.
	SessionID, User string
}

// script says what is played for which statement.
type script struct {
	results  map[string]*program // by normal SQL
	patterns []pattern           // of HandleArgs, the latest last; never changed in place
	fn       func(Query) (*Result, error)
}

// Handle plays r for the statement sql, compared after blanks around it, and the
// comment before it that a QueryTag is, are removed; a later Handle for the same text
// replaces an earlier one. See [Server.HandleArgs] for statements with arguments. It takes a
// copy of r as it is now and encodes its rows. Should that fail (see
// [Result.Err]), preparing the statement answers INTERNAL with the reason. A nil
// r forgets the statement.
func (s *Server) Handle(sql string, r *Result) {
	var p *program
	if r != nil {
		p = r.compile()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p == nil {
		delete(s.script.results, normal(sql))
		return
	}
	s.script.results[normal(sql)] = p
}

// HandleFunc has fn answer for the statements that Handle and HandleArgs do not know; nil
// ends that. It is called at prepare, and once more at execute when that brings
// parameters; what it returned last is played. An error is the call's answer,
// INTERNAL when it is no gRPC status; neither result nor error means that the
// statement is unknown. fn may be called concurrently. Its result is encoded
// anew each time.
func (s *Server) HandleFunc(fn func(q Query) (*Result, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script.fn = fn
}

// prepareStatement has the script prepare a statement, or the backend where there is one and
// the script lacks the statement.
func (s *Server) prepareStatement(ctx context.Context, q Query) (Statement, error) {
	if s.cfg.Backend == nil {
		return scripted{s}.Prepare(ctx, q)
	}
	p, err := s.lookUp(q)
	if err != nil {
		return nil, err
	}
	if p != nil {
		return prepareProgram(ctx, s, q, p)
	}
	return s.cfg.Backend.Prepare(ctx, q)
}

// dryRunStatement is prepareStatement for a dry run.
func (s *Server) dryRunStatement(ctx context.Context, q Query) (string, error) {
	if s.cfg.Backend == nil {
		return scripted{s}.DryRun(ctx, q)
	}
	p, err := s.lookUp(q)
	if err != nil {
		return "", err
	}
	if p != nil {
		return p.dryRun, nil
	}
	return s.cfg.Backend.DryRun(ctx, q)
}

// resolve finds what to play. A statement that the script lacks is an error.
func (s *Server) resolve(q Query) (*program, error) {
	p, err := s.lookUp(q)
	if err == nil && p == nil {
		err = status.Errorf(codes.Internal, "Query validation failed: no result is scripted for: %s", q.SQL)
	}
	return p, err
}

// lookUp finds what to play, nil for a statement that the script lacks.
func (s *Server) lookUp(q Query) (*program, error) {
	s.mu.Lock()
	p, patterns, fn := s.script.results[q.SQL], s.script.patterns, s.script.fn
	if p == nil {
		p = s.script.results[untagged(q.SQL)]
	}
	s.mu.Unlock()
	if p == nil && len(patterns) > 0 {
		p = matching(patterns, q.SQL)
	}
	if p == nil && fn != nil {
		r, err := fn(q)
		if err != nil {
			return nil, asStatus(err)
		}
		if r != nil {
			p = r.compile()
		}
	}
	if p != nil && p.err != nil {
		return nil, status.Error(codes.Internal, p.err.Error())
	}
	return p, nil
}

// matching returns what is played by the latest pattern that matches, nil without one.
func matching(patterns []pattern, sql string) *program {
	tokens, ok := tokenize(sql)
	if !ok {
		return nil
	}
	for _, p := range slices.Backward(patterns) {
		if p.match(tokens) {
			return p.program
		}
	}
	return nil
}

// normal is a statement as scripts, faults and books know it.
func normal(sql string) string { return strings.TrimSpace(sql) }
