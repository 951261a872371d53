package e6data

import (
	"context"
	"database/sql/driver"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"

	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// conn is one connection of the pool: a session on the engine. database/sql
// calls its methods one at a time; what a query does in the background is why
// the session is locked.
type conn struct {
	c       *Connector
	shared  *channel // where the connection is counted; it stays there
	channel *grpc.ClientConn

	mu      sync.Mutex
	session session
	// refused is set when the engine refused the credentials: the pool drops
	// the connection.
	refused bool
	closed  bool

	// sessions is how many sessions it has had.
	sessions atomic.Int64
	// pending are the options of the call that database/sql is about to make, on
	// the connection or a statement.
	pending pendingOptions

	// background is the clearing of queries whose callers did not wait.
	background sync.WaitGroup
}

var (
	_ driver.Conn               = (*conn)(nil)
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.Pinger             = (*conn)(nil)
	_ driver.SessionResetter    = (*conn)(nil)
	_ driver.Validator          = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
)

// sessionOn returns the session if it belongs to color.
func (cn *conn) sessionOn(color strategy.Color) (session, bool) {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	return cn.session, color != strategy.Unknown && cn.session.state.Color == color
}

func (cn *conn) setSession(s session) {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	cn.session = s
}

// dropSession forgets the session with the given id: the engine does not know
// it any more. A newer one stays.
func (cn *conn) dropSession(id string) {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	if cn.session.id == id {
		cn.session = session{}
	}
}

// refuse marks the connection as one whose credentials were refused.
func (cn *conn) refuse() {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	cn.refused = true
}

// Ping asks the engine's health check. An engine that has none but answers is
// alive, too. No query is run, and a suspended cluster is not woken.
func (cn *conn) Ping(ctx context.Context) error {
	for try := 2; ; try++ {
		s, err := cn.currentSession(ctx)
		if err != nil {
			return err
		}
		err = cn.c.retry(ctx, PhasePing, nil, func() error {
			return cn.c.call(ctx, PhasePing, cn.c.route(cn.channel, s.state), wire.QueryEngineService_HealthCheck_FullMethodName,
				&wire.HealthCheckRequest{}, &wire.HealthCheckResponse{})
		})
		switch {
		case conditionOf(err) == unimplemented:
			return nil
		case actionAfter(PhasePing, err) == restart && try <= cn.c.cfg.MaxRetries:
			continue
		}
		return err
	}
}

func (cn *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	opts := cn.pending.take(args)
	if h, ok := ctx.Value(fetchKey{}).(QueryHandle); ok && query == "" {
		r, err := cn.fetch(ctx, h, opts)
		if err != nil {
			return nil, err
		}
		return r, nil
	}
	req, err := cn.bind(ctx, query, args, opts)
	if err != nil {
		return nil, err
	}
	return cn.query(ctx, req)
}

// query is open for database/sql.
func (cn *conn) query(ctx context.Context, req *request) (driver.Rows, error) {
	r, err := cn.open(ctx, req)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (cn *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	req, err := cn.bind(ctx, query, args, cn.pending.take(args))
	if err != nil {
		return nil, err
	}
	return cn.exec(ctx, req)
}

// PrepareContext reads the statement, and sends nothing.
func (cn *conn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return newStmt(cn, query)
}

func (cn *conn) Prepare(query string) (driver.Stmt, error) {
	return cn.PrepareContext(context.Background(), query)
}

// BeginTx fails with ErrTransactions.
func (cn *conn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return nil, ErrTransactions
}

// Begin fails with ErrTransactions.
func (cn *conn) Begin() (driver.Tx, error) { return nil, ErrTransactions }

// ResetSession has nothing to undo: a session keeps no state between queries.
func (cn *conn) ResetSession(context.Context) error {
	if !cn.IsValid() {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid tells the pool whether to keep the connection. An expired session or
// a switch is no reason to drop it, since sessions are renewed when next used.
func (cn *conn) IsValid() bool {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	return !cn.refused && !cn.closed
}

// Close waits until the queries that were given up are cleared, for
// Config.CleanupTimeout at most.
func (cn *conn) Close() error {
	cn.mu.Lock()
	closed := cn.closed
	cn.closed = true
	cn.mu.Unlock()
	if closed {
		return nil
	}
	cn.background.Wait()
	return cn.c.release(cn.shared)
}
