package e6data

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync/atomic"
)

// RollbackError is the error of [database/sql.Tx.Rollback] with [TransactionsNoop],
// if a statement was, or may have been, executed in the transaction. The effect of
// the statement stays. errors.Is finds [ErrTransactions] in it. If the transaction's
// context ends, database/sql itself calls Rollback and discards the error.
type RollbackError struct {
	// QueryID is the engine's id of the query that was executed last.
	QueryID string
}

// Error returns a text with the QueryID.
func (e *RollbackError) Error() string {
	return "e6data: nothing was rolled back: there are no transactions (transactions=noop), and the effects of the statements stay, query " +
		e.QueryID + " the latest of them"
}

// Unwrap returns ErrTransactions.
func (e *RollbackError) Unwrap() error { return ErrTransactions }

// unsupported is an error for which errors.Is finds [errors.ErrUnsupported].
type unsupported string

func (e unsupported) Error() string { return string(e) }

func (e unsupported) Is(target error) bool { return target == errors.ErrUnsupported }

// noopTx is a transaction of TransactionsNoop.
type noopTx struct {
	cn *conn
	// latest is the id of the query that was executed last, or nil.
	latest atomic.Pointer[string]
}

var _ driver.Tx = (*noopTx)(nil)

var (
	errIsolation = unsupported("e6data: transactions=noop has no isolation levels and no read-only transactions")
	errInTx      = errors.New("e6data: a transaction has begun on this connection, and is not over yet")
)

// beginTx begins a transaction, if the mode allows it.
func (cn *conn) beginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	switch {
	case cn.c.cfg.Transactions != TransactionsNoop:
		return nil, ErrTransactions
	case opts != driver.TxOptions{}:
		return nil, errIsolation
	case ctx.Err() != nil:
		return nil, contextError(ctx)
	}
	tx := &noopTx{cn: cn}
	if !cn.tx.CompareAndSwap(nil, tx) {
		return nil, errInTx
	}
	return tx, nil
}

// executes records that a query of this connection is about to be executed.
func (lk *link) executes(queryID string) {
	if tx := lk.tx.Load(); tx != nil {
		tx.latest.Store(&queryID)
	}
}

// Commit ends the transaction.
func (tx *noopTx) Commit() error {
	tx.cn.tx.CompareAndSwap(tx, nil)
	return nil
}

// Rollback ends the transaction. It fails if a statement was executed.
func (tx *noopTx) Rollback() error {
	tx.cn.tx.CompareAndSwap(tx, nil)
	if id := tx.latest.Load(); id != nil {
		return &RollbackError{QueryID: *id}
	}
	return nil
}
