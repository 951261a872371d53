package e6data

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
)

// conn is one connection of the pool: database/sql's face of a link. database/sql
// calls its methods one at a time.
type conn struct {
	*link
	// pending are the options of the call that database/sql is about to make, on
	// the connection or a statement.
	pending pendingOptions
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

// Ping asks the engine's health check. An engine that has none but answers is
// alive, too. No query is run, and a suspended cluster is not woken, whether the
// connection is new or not.
func (cn *conn) Ping(ctx context.Context) error {
	if cn.answer(ctx) {
		return nil
	}
	return cn.startOver(ctx, start{}, func(s session) error {
		err := cn.c.repeat(ctx, cn.healthCheck(PhasePing, s.state), nil)
		if conditionOf(err) == unimplemented {
			return nil
		}
		return err
	})
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
	return cn.driverRows(ctx, req)
}

// driverRows is query for database/sql.
func (cn *conn) driverRows(ctx context.Context, req *request) (driver.Rows, error) {
	r, err := cn.query(ctx, req)
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

// BeginTx does what Config.Transactions says.
func (cn *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return cn.beginTx(ctx, opts)
}

// Begin is BeginTx without a context.
func (cn *conn) Begin() (driver.Tx, error) {
	return cn.beginTx(context.Background(), driver.TxOptions{})
}

// ResetSession has nothing to undo: a session keeps no state between queries.
func (cn *conn) ResetSession(context.Context) error {
	if !cn.IsValid() {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid reports whether the pool is to keep the connection. An expired session or
// a switch is no reason to drop it, since sessions are renewed when next used.
func (cn *conn) IsValid() bool { return cn.usable() }

// Format hides the session from fmt, here and in what has a connection.
func (cn *conn) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "connection to e6data at "+cn.c.cfg.address())
}
