// Command quickstart runs the driver against an engine in the same process. It
// shows a result with every type of the engine, a query that fails, and a query
// that is cancelled while it runs. It needs no network and no account.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run runs the whole example. It returns an error if a step has an unexpected
// result.
func run(ctx context.Context, w io.Writer) error {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		return err
	}
	defer srv.Close()
	srv.Handle(everyType, everyTypeResult())
	srv.Handle(divide, enginetest.NewResult().
		Fail(enginetest.PhaseExecute, errors.New("line 1:10: division by zero")))
	srv.Handle(endless, enginetest.NewResult().
		Column("n", "LONG").
		Delay(enginetest.PhaseExecute, time.Hour))

	db, err := sql.Open(e6data.DriverName, srv.DSN())
	if err != nil {
		return err
	}
	err = queries(ctx, w, srv, db)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}

	// After the pool is closed the engine has no query left.
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := srv.WaitBalanced(ctx); err != nil {
		return err
	}
	books := srv.Stats()
	_, err = fmt.Fprintf(w, "books balanced: %d queries prepared, %d cleared, %d open\n",
		books.Prepared, books.Cleared, books.Open)
	return err
}

func queries(ctx context.Context, w io.Writer, srv *enginetest.Server, db *sql.DB) error {
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	if err := show(ctx, w, db, everyType); err != nil {
		return err
	}
	if err := fails(ctx, w, db); err != nil {
		return err
	}
	return cancelled(ctx, w, srv, db)
}

// show runs a query and prints its result, a line for each column.
func show(ctx context.Context, w io.Writer, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	heading := "COLUMN\tTYPE"
	lines := make([]string, len(types))
	for i, t := range types {
		lines[i] = t.Name() + "\t" + typeWord(t)
	}
	values := make([]any, len(types))
	targets := make([]any, len(types))
	for i := range values {
		targets[i] = &values[i]
	}
	n := 0
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		n++
		heading += fmt.Sprintf("\tROW %d", n)
		for i, v := range values {
			lines[i] += "\t" + text(types[i], v)
		}
	}
	// Without this check a result that was cut short would look complete.
	if err := rows.Err(); err != nil {
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintf(tw, "%s\n\n%s\n%s\n\n", query, heading, strings.Join(lines, "\n")); err != nil {
		return err
	}
	return tw.Flush()
}

// typeWord returns the engine's type with its parameters.
func typeWord(t *sql.ColumnType) string {
	if precision, scale, ok := t.DecimalSize(); ok {
		return fmt.Sprintf("%s(%d,%d)", t.DatabaseTypeName(), precision, scale)
	}
	return t.DatabaseTypeName()
}

func text(t *sql.ColumnType, v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return fmt.Sprintf("0x%X", v)
	case time.Time:
		if t.DatabaseTypeName() == "DATE" {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}

// fails runs a query for which the engine returns an error.
func fails(ctx context.Context, w io.Writer, db *sql.DB) error {
	var n int64
	err := db.QueryRowContext(ctx, divide).Scan(&n)
	var e *e6data.Error
	if !errors.As(err, &e) {
		return errors.Join(fmt.Errorf("%s: want an *e6data.Error", divide), err)
	}
	if e.Phase != e6data.PhaseExecute || e.QueryID == "" {
		return fmt.Errorf("%s: phase %q, query id %q", divide, e.Phase, e.QueryID)
	}
	_, err = fmt.Fprintf(w, "%s\n  %v\n  phase %s, code %v, query id %s, colour %s\n\n",
		divide, e, e.Phase, e.Code, e.QueryID, e.Strategy)
	return err
}

// cancelled cancels a query after it has started on the engine.
func cancelled(ctx context.Context, w io.Writer, srv *enginetest.Server, db *sql.DB) error {
	limit, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	query, cancel := context.WithCancel(limit)
	defer cancel()
	before := srv.Stats().Executed
	running := make(chan error, 1)
	go func() {
		running <- srv.Wait(limit, func(s enginetest.Stats) bool { return s.Executed > before })
		cancel()
	}()
	var n int64
	err := db.QueryRowContext(query, endless).Scan(&n)
	if !errors.Is(err, context.Canceled) {
		return errors.Join(fmt.Errorf("%s: want context.Canceled", endless), err)
	}
	if err := <-running; err != nil {
		return fmt.Errorf("%s: it never ran: %w", endless, err)
	}
	_, err = fmt.Fprintf(w, "%s\n  %v\n\n", endless, err)
	return err
}
