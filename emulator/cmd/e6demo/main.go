// Command e6demo shows the driver at work against an emulated engine that it starts itself. It needs
// no account and no cluster, but a C compiler, such as gcc or clang: the database is DuckDB.
//
//	go -C emulator run ./cmd/e6demo
//
// The first build takes a minute or so, in which nothing is printed.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"time"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "e6demo:", err)
		os.Exit(1)
	}
}

// demo is the demonstration while it runs.
type demo struct {
	out io.Writer
	srv *emulator.Server
	db  *sql.DB
}

func run(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("e6demo", flag.ContinueOnError)
	f.SetOutput(out)
	scale := f.Float64("scale", 0.01, "TPC-H's scale `factor`: 1 has six million line items")
	if err := f.Parse(args); err != nil {
		return err
	}
	d := &demo{out: out}
	d.say("Starting an emulated engine with TPC-H's tables at scale factor %v ...", *scale)
	began := time.Now()
	srv, err := emulator.New(emulator.Config{Scale: *scale})
	if err != nil {
		return err
	}
	defer srv.Close()
	d.srv = srv
	dsn := srv.DSN("catalog=tpch")
	d.say("Ready after %v:\n\n\tdb, err := sql.Open(\"e6data\", %q)\n", since(began), dsn)
	if d.db, err = sql.Open("e6data", dsn); err != nil {
		return err
	}
	defer func() { _ = d.db.Close() }()
	for _, step := range []func(context.Context) error{d.queries, d.analyze, d.mistake, d.cancellation, d.change} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := srv.WaitBalanced(ctx); err != nil {
		return err
	}
	s := srv.Stats()
	d.say("The engine's books: %d queries prepared, %d executed, %d open, %d calls.", s.Prepared, s.Executed, s.Open, s.Calls)
	return nil
}

func (d *demo) say(format string, args ...any) { _, _ = fmt.Fprintf(d.out, format+"\n", args...) }

func since(t time.Time) time.Duration { return time.Since(t).Round(time.Millisecond) }

// queries runs three of TPC-H's questions.
func (d *demo) queries(ctx context.Context) error {
	for _, q := range questions {
		d.say("== %s", q.title)
		began := time.Now()
		var progress e6data.Progress
		rows, err := d.db.QueryContext(ctx, q.sql, append(q.args, e6data.OnProgress(func(p e6data.Progress) { progress = p }))...)
		if err != nil {
			return err
		}
		n, err := printRows(d.out, rows)
		if err != nil {
			return err
		}
		d.say("%d rows in %v; the last progress: %d rows, done %v\n", n, since(began), progress.Rows, progress.Done)
	}
	return nil
}

// analyze shows the engine's analysis of a query.
func (d *demo) analyze(ctx context.Context) error {
	d.say("== The engine's analysis of the last query")
	q := questions[len(questions)-1]
	info := e6data.QueryInfo{Analyze: true}
	rows, err := d.db.QueryContext(ctx, q.sql, append(q.args, e6data.CaptureQuery(&info))...)
	if err != nil {
		return err
	}
	if _, err := printRows(io.Discard, rows); err != nil {
		return err
	}
	a := info.State().Analysis
	if a == nil {
		return errors.New("the engine has no analysis")
	}
	d.say("total %v, of which parsing %v and queueing %v\n", a.Total, a.Parsing, a.Queueing)
	return nil
}

// mistake shows where an error in SQL is.
func (d *demo) mistake(ctx context.Context) error {
	const wrong = "SELECT n_name,\n       n_population\nFROM nation"
	d.say("== A mistake\n%s", wrong)
	_, err := d.db.ExecContext(ctx, wrong)
	e, ok := errors.AsType[*e6data.Error](err)
	if !ok {
		return fmt.Errorf("the mistake was not found: %w", err)
	}
	d.say("%sline %d, column %d: %v\n", strings.Repeat(" ", 7), e.Line, e.Column, e.Message)
	return nil
}

// cancellation ends a query that would run for hours.
func (d *demo) cancellation(ctx context.Context) error {
	d.say("== A query that would take hours, with a deadline of 300ms")
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := d.db.ExecContext(short, "SELECT SUM(a.l_quantity * b.l_quantity * c.l_quantity) FROM lineitem a, lineitem b, lineitem c")
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the query was not cancelled: %w", err)
	}
	d.say("after %v: %v\n", since(began), err)
	return nil
}

// change switches the deployment from blue to green while queries run.
func (d *demo) change(ctx context.Context) error {
	d.say("== A switch from blue to green under load")
	var before, after atomic.Int64
	switched := make(chan struct{})
	failed := make(chan error, workers)
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for range workers {
		go func() {
			err := d.load(work, switched, &before, &after)
			if err != nil {
				stop(err)
			}
			failed <- err
		}()
	}
	if err := d.srv.Wait(work, func(enginetest.Stats) bool { return before.Load() >= 20 }); err != nil {
		return err
	}
	if err := d.srv.Switch(ctx, enginetest.Blue, enginetest.Green); err != nil {
		return err
	}
	close(switched)
	for range workers {
		if err := <-failed; err != nil {
			return fmt.Errorf("a query failed: %w", err)
		}
	}
	if err := d.db.PingContext(ctx); err != nil {
		return err
	}
	d.say("%d queries before and %d after it, none failed\n", before.Load(), after.Load())
	return nil
}

const workers = 4

// load runs queries until some more were run after the switch.
func (d *demo) load(ctx context.Context, switched <-chan struct{}, before, after *atomic.Int64) error {
	for n := 0; n < 20; {
		var nations int
		if err := d.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM nation").Scan(&nations); err != nil {
			return err
		}
		select {
		case <-switched:
			after.Add(1)
			n++
		default:
			before.Add(1)
		}
	}
	return nil
}
