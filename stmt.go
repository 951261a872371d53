package e6data

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// stmt is a statement's text. The engine runs a prepared query once only, so
// nothing is prepared there before the statement is executed, and nothing is
// left when it is not.
type stmt struct {
	cn   *conn
	text string
}

var (
	_ driver.Stmt             = (*stmt)(nil)
	_ driver.StmtQueryContext = (*stmt)(nil)
	_ driver.StmtExecContext  = (*stmt)(nil)
)

// NumInput is 0: statements take no arguments.
func (s *stmt) NumInput() int { return 0 }

func (s *stmt) Close() error { return nil }

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.cn.QueryContext(ctx, s.text, args)
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.cn.ExecContext(ctx, s.text, args)
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

// statement is the text to send: the engine refuses a trailing semicolon
// (WIRE.md section 3).
func statement(query string) (string, error) {
	text := strings.TrimRight(query, "; \t\r\n\f\v")
	if strings.TrimSpace(text) == "" {
		return "", errors.New("e6data: the statement is empty")
	}
	return text, nil
}
