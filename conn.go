package e6data

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
)

// conn is one connection of the pool: a link with the methods that database/sql
// calls, one at a time.
type conn struct {
	*link
	// pending holds the options of the call that database/sql is about to make, on
	// the connection or on one of its statements.
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

// Ping calls the engine's health check. If the engine answers that it has no health
// check, Ping succeeds. Ping runs no query, and does not resume a suspended cluster,
// even if the connection is new.
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

// driverRows runs a query and returns its rows as driver.Rows.
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

// PrepareContext reads the statement. It sends nothing.
func (cn *conn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return newStmt(cn, query)
}

func (cn *conn) Prepare(query string) (driver.Stmt, error) {
	return cn.PrepareContext(context.Background(), query)
}

// BeginTx begins a transaction as Config.Transactions specifies.
func (cn *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return cn.beginTx(ctx, opts)
}

// Begin is BeginTx without a context.
func (cn *conn) Begin() (driver.Tx, error) {
	return cn.beginTx(context.Background(), driver.TxOptions{})
}

// ResetSession does nothing: a session has no state that one query leaves to the
// next.
func (cn *conn) ResetSession(context.Context) error {
	if !cn.IsValid() {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid reports whether the pool should keep the connection. An expired session or
// a switch does not make the connection invalid, because the next call renews the
// session.
func (cn *conn) IsValid() bool { return cn.usable() }

// Format writes the engine's address. It keeps the session out of fmt's output, also
// where a conn is part of another value.
func (cn *conn) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "connection to e6data at "+cn.c.cfg.address())
}
