// Package migrations is the common part of the modules for migration tools: the
// table of versions, and scripts of several statements.
//
// The engine has no transactions, keys and locks, and its DELETE is not documented.
// Therefore the table is a log: each change of a version is a further row, and no row
// is changed. Two programs must not migrate at the same time.
package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// Statement is a statement of a script.
type Statement struct {
	Text string
	Line int // of the script, from 1
}

// Statements returns the statements of a script in their order. It returns an error
// if the script ends within a literal, a quoted name or a comment.
func Statements(script string) (all []Statement, err error) {
	for p := range sqltext.Split(script) {
		line, _ := sqltext.Place(script, p.Start)
		if p.Open {
			return nil, fmt.Errorf("the statement in line %d has a literal, a quoted name or a comment without an end", line)
		}
		all = append(all, Statement{script[p.Start:p.End], line})
	}
	return all, nil
}

// DB is a *sql.DB, a *sql.Conn or a *sql.Tx.
type DB interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Log is a table of versions.
type Log struct{ Table string }

// Entry is a row of the log.
type Entry struct {
	Version int64
	// State is the tool's own: it says what happened to the version.
	State string
	At    time.Time
}

// name returns the quoted name of the table. A dot separates a schema from it.
func (l Log) name() string {
	parts := strings.Split(l.Table, ".")
	for i, part := range parts {
		parts[i] = e6data.Identifier(part)
	}
	return strings.Join(parts, ".")
}

// Exists reports whether the table exists. db is a *sql.DB or a *sql.Conn; for other
// types the error is errors.ErrUnsupported.
func (l Log) Exists(ctx context.Context, db DB) (exists bool, err error) {
	switch db.(type) {
	case *sql.DB, *sql.Conn:
	default:
		return false, errors.ErrUnsupported
	}
	schema, table, ok := strings.Cut(l.Table, ".")
	if !ok {
		schema, table = "", l.Table
	}
	err = e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		tables, err := c.Tables(ctx, "", schema)
		exists = slices.ContainsFunc(tables, func(t string) bool { return strings.EqualFold(t, table) })
		return err
	})
	return exists, err
}

// Create creates the table.
func (l Log) Create(ctx context.Context, db DB) error {
	_, err := db.ExecContext(ctx, "CREATE TABLE "+l.name()+" (entry BIGINT, version BIGINT, state VARCHAR, at TIMESTAMP)")
	return err
}

// Append adds a row.
func (l Log) Append(ctx context.Context, db DB, version int64, state string) error {
	entries, err := l.Entries(ctx, db)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "INSERT INTO "+l.name()+" VALUES (?, ?, ?, ?)", len(entries)+1, version, state, time.Now().UTC())
	return err
}

// Entries returns the rows in their order.
func (l Log) Entries(ctx context.Context, db DB) (entries []Entry, err error) {
	rows, err := db.QueryContext(ctx, "SELECT version, state, at FROM "+l.name()+" ORDER BY entry, at")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e Entry
		if err := rows.Scan(&e.Version, &e.State, &e.At); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}
