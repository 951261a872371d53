package e6data

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// stmt is a parsed statement. The engine runs a prepared query only once. Therefore
// the driver prepares the query when the statement is executed, and an unused stmt
// leaves nothing on the engine.
type stmt struct {
	cn    *conn
	query string
	text  *sqltext.Statement
}

var (
	_ driver.Stmt              = (*stmt)(nil)
	_ driver.StmtQueryContext  = (*stmt)(nil)
	_ driver.StmtExecContext   = (*stmt)(nil)
	_ driver.NamedValueChecker = (*stmt)(nil)
)

func newStmt(cn *conn, query string) (*stmt, error) {
	text, err := parse(query)
	if err != nil {
		return nil, err
	}
	if text.NumInput() < 0 && !text.Bare() {
		// The statement has two styles of placeholder, so no arguments can be right.
		_, _, err := text.Positional(nil)
		return nil, statementError(err)
	}
	return &stmt{cn: cn, query: query, text: text}, nil
}

// NumInput returns the number of ?, or the highest number of ?1. database/sql then
// checks the number of arguments. For other placeholders it returns -1: the driver's
// own error names the missing name or number, and a statement without arguments may
// have text that looks like a placeholder.
func (s *stmt) NumInput() int {
	n := s.text.NumInput()
	if n > 0 && s.text.Bare() {
		return -1
	}
	return n
}

// CheckNamedValue is that of the connection. It also refuses a surplus argument,
// because database/sql's error would not name the argument.
func (s *stmt) CheckNamedValue(nv *driver.NamedValue) error {
	if err := s.cn.CheckNamedValue(nv); err != nil {
		return err
	}
	if n := s.NumInput(); n >= 0 && nv.Ordinal > n {
		s.cn.pending = pendingOptions{} // there will be no call
		return statementError(s.text.Unused(nv, nv.Ordinal-1))
	}
	return nil
}

func (s *stmt) Close() error { return nil }

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	req, err := s.cn.bindTo(ctx, s.query, s.text, args, s.cn.pending.take(args))
	if err != nil {
		return nil, err
	}
	return s.cn.driverRows(ctx, req)
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	req, err := s.cn.bindTo(ctx, s.query, s.text, args, s.cn.pending.take(args))
	if err != nil {
		return nil, err
	}
	return s.cn.exec(ctx, req)
}

// Query is QueryContext without a context.
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// Exec is ExecContext without a context.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

func named(args []driver.Value) []driver.NamedValue {
	values := make([]driver.NamedValue, len(args))
	for i, v := range args {
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return values
}

func (s *stmt) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "statement by %v", s.cn) }
