package session

import (
	"context"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// Explain returns the engine's plan of a statement, which is not run. Errors are those
// of Run.
func (s *Session) Explain(ctx context.Context, statement string) (plan string, err error) {
	st, err := sqltext.Parse(statement)
	if err != nil {
		return "", textError(statement, err)
	}
	sent := s.rendered(st, s.arguments(st))
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	connector, done, err := s.planner()
	if err != nil {
		return "", err
	}
	defer done()
	err = connector.UseConn(ctx, func(c *e6data.Conn) (err error) {
		plan, err = c.DryRun(ctx, sent)
		return err
	})
	return plan, failure(sent, "", causeOf(ctx, err), err)
}

// planner returns a connector whose configuration has the current catalog and schema,
// because a dry run takes them from there. done closes the connector if it is not the
// session's own.
func (s *Session) planner() (_ *e6data.Connector, done func(), err error) {
	catalog, schema := s.settings()
	if catalog == s.cfg.Catalog && schema == s.cfg.Database {
		return s.connector, func() {}, nil
	}
	cfg := s.cfg.Clone()
	cfg.Catalog, cfg.Database = catalog, schema
	c, err := e6data.NewConnector(cfg, s.opts...)
	if err != nil {
		return nil, nil, err
	}
	return c, func() { _ = c.Close() }, nil
}

// Analyze runs a statement, discards its result, and returns the engine's facts about
// it in Summary.Analysis.
func (s *Session) Analyze(ctx context.Context, statement string, o RunOptions) (*Summary, error) {
	o.Analyze = true
	return s.Run(ctx, statement, nil, o)
}
