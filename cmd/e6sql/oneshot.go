package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/progress"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/report"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// oneShot runs the statements of -c, -f or standard input. It returns the exit code of
// the first statement that failed.
func (a *app) oneShot(ctx context.Context, g *cli) int {
	statements, err := a.statements(ctx, &g.Statements)
	if err != nil {
		a.say("e6sql: %s", report.Printable(err.Error()))
		return codeOfInput(err)
	}
	target, s, code := a.open(ctx, g)
	if s == nil {
		return code
	}
	defer target.Close()
	out := newPatientWriter(ctx, a.stdout)
	defer out.close()
	r := &runner{app: a, grammar: g, flags: &g.Output, session: s, out: out}
	if code = r.runAll(ctx, statements); code == exitSuccess && ctx.Err() != nil {
		code = exitCancelled
	}
	a.close(ctx, s)
	return code
}

// codeOfInput returns the exit code for scripts that cannot be read.
func codeOfInput(err error) int {
	if errors.Is(err, context.Canceled) {
		return exitCancelled
	}
	return exitUsage
}

// statements reads all scripts before any statement runs, so that a wrong script changes
// nothing.
func (a *app) statements(ctx context.Context, f *statementFlags) ([]statement, error) {
	scripts := f.sources()
	if len(scripts) == 0 {
		scripts = []script{{file: "-"}}
	}
	var all []statement
	for i := range scripts {
		if err := scripts[i].load(ctx, a.stdin); err != nil {
			return nil, err
		}
		list, err := scripts[i].split()
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	if len(all) == 0 && len(f.Command) > 0 {
		return nil, errNothing
	}
	return all, nil
}

// open returns the engine and a session on it. Without a session the code is the exit
// code, and the error was shown.
func (a *app) open(ctx context.Context, g *cli) (*connect.Target, *session.Session, int) {
	target, err := connect.Resolve(ctx, g.dsn(), &g.Connection, a.ask)
	if err == nil {
		var s *session.Session
		if s, err = a.session(target.Config, &g.Statements); err == nil {
			return target, s, exitSuccess
		}
		target.Close()
		err = &connect.UsageError{Err: err}
	}
	if errors.Is(err, context.Canceled) {
		return nil, nil, exitCancelled
	}
	_, _ = io.WriteString(a.stderr, report.Error(err))
	return nil, nil, exitCode(err, false)
}

// prefetchBytes bounds what is fetched ahead where the user has set nothing. It is less
// than the driver's default: output is written batch by batch, and more would only be held
// in memory.
const prefetchBytes = 4 << 20

// session opens a session with the settings of the command line.
func (a *app) session(cfg *e6data.Config, f *statementFlags) (*session.Session, error) {
	if cfg.UserAgent == "" {
		cfg.UserAgent = "e6sql"
	}
	if cfg.PrefetchBytes == e6data.NewConfig().PrefetchBytes {
		cfg.PrefetchBytes = prefetchBytes
	}
	s, err := session.Open(cfg)
	if err != nil {
		return nil, err
	}
	if f.QueryTimeout > 0 {
		s.SetTimeout(f.QueryTimeout)
	}
	s.SetCache(!f.NoCache)
	for name, value := range f.Var {
		if err := s.SetVar(name, value); err != nil {
			return nil, errors.Join(err, s.Close(context.Background()))
		}
	}
	return s, nil
}

// patience is the time after which the user is told that the program waits for the
// engine to end queries.
const patience = time.Second

// close closes the session, also after ctx has ended.
func (a *app) close(ctx context.Context, s *session.Session) {
	if a.stderrTTY {
		told := time.AfterFunc(patience, func() {
			a.say("waiting until the engine has ended the query; press Ctrl-C to leave it there")
		})
		defer told.Stop()
	}
	if err := s.Close(context.WithoutCancel(ctx)); err != nil {
		a.say("warning: %s", report.Printable(err.Error()))
	}
}

// runner runs statements and writes their results.
type runner struct {
	*app
	grammar *cli
	flags   *outputFlags
	session *session.Session
	out     io.Writer
	line    *progress.Line // of the statement that runs; nil without a terminal
}

// runAll runs the statements, and returns the exit code of the first one that failed.
func (r *runner) runAll(ctx context.Context, statements []statement) int {
	if err := errors.Join(r.checkFormat(), r.checkFile(statements)); err != nil {
		r.say("e6sql: %v", err)
		return exitUsage
	}
	var file *output.File
	if r.flags.Output != "" {
		var err error
		if file, err = output.Create(r.flags.Output); err != nil {
			r.say("e6sql: %v", err)
			return exitUsage
		}
		defer file.Abort()
		r.out = file
	}
	code := exitSuccess
	for i, st := range statements {
		got := r.run(ctx, st)
		if code == exitSuccess {
			code = got
		}
		if got != exitSuccess && r.stops(got) {
			if left := len(statements) - 1 - i; left > 0 && got != exitPipe {
				r.say("e6sql: %d of %d statements were not run", left, len(statements))
			}
			break
		}
	}
	if file == nil {
		return code
	}
	if code != exitSuccess {
		r.say("e6sql: %s was not written, because a statement failed", r.flags.Output)
		return code
	}
	if err := file.Commit(); err != nil {
		r.say("e6sql: %s was not written: %v", r.flags.Output, err)
		return exitIncomplete
	}
	return code
}

// stops reports whether no further statement runs after one with this exit code.
func (r *runner) stops(code int) bool { return r.grammar.Statements.StopOnError || code != exitSQL }

// checkFormat returns an error for options that do not fit the format.
func (r *runner) checkFormat() error {
	_, err := output.New(r.format(), io.Discard, r.options())
	return err
}

// checkFile returns an error if the format makes a file for programs, and the file would
// go to the terminal or hold more than one result.
func (r *runner) checkFile(statements []statement) error {
	format := r.format()
	if format != "parquet" && format != "arrow" {
		return nil
	}
	if r.stdoutTTY && r.flags.Output == "" {
		return fmt.Errorf("a file of the format %s is not for the terminal: write it with --output FILE", format)
	}
	results := 0
	for _, st := range statements {
		if parsed, err := sqltext.Parse(st.text); err == nil && parsed.ReturnsRows() {
			results++
		}
	}
	if results > 1 {
		return fmt.Errorf("a file of the format %s holds one result, and there are %d", format, results)
	}
	return nil
}

// format returns the format of results.
func (r *runner) format() string {
	switch {
	case r.flags.Format != "":
		return r.flags.Format
	case r.flags.Output == "" && r.stdoutTTY, r.flags.Expanded:
		return "table"
	}
	return "csv"
}

// options returns the options of the format.
func (r *runner) options() output.Options {
	f := r.flags
	terminal := r.stdoutTTY && f.Output == ""
	o := output.Options{
		Null: f.Null, NoHeader: f.NoHeader, NoFooter: f.Quiet, MaxRows: f.MaxRows, ASCII: f.ASCII,
		Terminal: terminal,
		Color:    f.Color == "always" || f.Color == "auto" && terminal && os.Getenv("NO_COLOR") == "",
	}
	if f.Delimiter != "" {
		o.Comma = f.Delimiter[0]
	}
	if terminal {
		o.Width = width(r.stdout)
	}
	if f.Expanded {
		o.Expand = output.ExpandAlways
	}
	return o
}

// run runs one statement and returns its exit code.
func (r *runner) run(ctx context.Context, st statement) int {
	w, err := output.New(r.format(), quietly{r}, r.options())
	if err != nil {
		r.say("e6sql: %v", err)
		return exitUsage
	}
	var o session.RunOptions
	r.line = nil
	if r.stderrTTY && !r.flags.Quiet {
		r.line = progress.New(r.stderr, width(r.stderr))
		o.Progress = r.line.Update
	}
	sum, err := r.session.Run(ctx, st.text, w, o)
	r.line.Hide()
	if sum.HasResult && !abandoned(err) {
		if ended := w.End(output.Summary{Rows: sum.Total, Err: err}); err == nil && ended != nil {
			err = &session.SinkError{Err: ended}
		}
	}
	code := exitCode(err, sum.Written > 0)
	switch {
	case code == exitPipe: // the reader has what it wanted
	case err != nil && ctx.Err() != nil && !(errors.Is(err, e6data.ErrAmbiguousExecution) && changes(sum.Keyword)):
		r.say("cancelled")
	case err != nil:
		_, _ = io.WriteString(r.stderr, r.place(st)+report.Error(err))
	case r.flags.Stats || r.stderrTTY && !r.flags.Quiet:
		r.say("%s", report.Summary(sum))
	}
	return code
}

// abandoned reports whether a write is still under way: see patientWriter.
func abandoned(err error) bool {
	_, ok := errors.AsType[*session.SinkError](err)
	return ok && errors.Is(err, context.Canceled)
}

// changes reports whether a statement may change data, so that the user must know whether
// it ran.
func changes(keyword string) bool {
	switch keyword {
	case "SELECT", "WITH", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN":
		return false
	}
	return true
}

// place names the place of a statement in its file.
func (r *runner) place(st statement) string {
	if st.script == "-c" {
		return ""
	}
	return report.Printable(fmt.Sprintf("%s, line %d: ", st.script, st.line))
}

// quietly writes results, after it has removed the progress from the terminal.
type quietly struct{ r *runner }

func (q quietly) Write(b []byte) (int, error) {
	if q.r.stdoutTTY {
		q.r.line.Hide()
	}
	return q.r.out.Write(b)
}
