package shell

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/progress"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/report"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// errCtrlC is the cause of a context that Ctrl-C has ended.
var errCtrlC = errors.New("cancelled by Ctrl-C")

// interruptible calls f with a context that Ctrl-C ends, and shows the error of f.
func (s *Shell) interruptible(ctx context.Context, f func(context.Context) error) {
	for drained := false; !drained; { // a signal that came too late for the input before
		select {
		case <-s.Interrupts:
		default:
			drained = true
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-s.Interrupts:
			cancel(errCtrlC)
		case <-ended:
		}
	}()
	err := f(ctx)
	close(ended)
	<-watched
	s.showError(ctx, err)
	cancel(nil)
}

// showError shows the error of an input. After Ctrl-C it shows one line, unless a
// statement may have had an effect.
func (s *Shell) showError(ctx context.Context, err error) {
	failed, ok := errors.AsType[*session.Error](err)
	switch {
	case errors.Is(context.Cause(ctx), errCtrlC) && !(ok && errors.Is(err, e6data.ErrAmbiguousExecution) && !isQuery(failed.Statement)):
		// The terminal shows ^C in the line.
		if ok && failed.QueryID != "" {
			s.say("\ncancelled, query %s", failed.QueryID)
		} else {
			s.say("\ncancelled")
		}
	case err == nil:
	default:
		if usage, ok := errors.AsType[*CommandError](err); ok {
			s.say("%s", usage.Reason)
			return
		}
		_, _ = io.WriteString(s.Err, report.Error(err))
	}
}

// target is a result's destination.
type target struct {
	// writer returns the writer of the result on w.
	writer func(w io.Writer) (output.Writer, error)
	// to is the destination.
	to io.Writer
	// quiet leaves out the statistics.
	quiet bool
}

// screen returns the destination of ordinary results: the terminal, or the file of \o.
func (s *Shell) screen() target {
	if s.file != nil {
		return target{to: s.file, writer: s.newWriter(s.Format, false)}
	}
	return target{to: s.Out, writer: s.newWriter(s.Format, true)}
}

// newWriter returns a constructor for a format's writer. terminal is set if the result
// goes to the terminal.
func (s *Shell) newWriter(format string, terminal bool) func(io.Writer) (output.Writer, error) {
	return func(w io.Writer) (output.Writer, error) {
		o := s.Output
		o.Width, o.Terminal = 0, terminal
		if terminal {
			o.Width = s.Width()
		} else {
			o.Color = false
		}
		return output.New(format, w, o)
	}
}

// runStatement runs a statement and shows its result.
func (s *Shell) runStatement(ctx context.Context, statement string) error {
	s.last = statement
	return s.runTo(ctx, statement, s.screen())
}

// runTo runs a statement and writes its result to a target.
func (s *Shell) runTo(ctx context.Context, statement string, to target) error {
	_, err := s.stream(to, func(sink session.Sink, o session.RunOptions) (*session.Summary, error) {
		return s.Session.Run(ctx, statement, sink, o)
	})
	return err
}

// call is a call of the session that reads a result.
type call func(session.Sink, session.RunOptions) (*session.Summary, error)

// stream makes a call, and shows the result, progress and statistics.
func (s *Shell) stream(to target, call call) (*session.Summary, error) {
	var line *progress.Line
	if s.Progress {
		line = progress.New(s.Err, s.Width())
	}
	writer, err := to.writer(&hiding{line: line, w: to.to})
	if err != nil {
		return nil, err
	}
	sum, err := call(writer, session.RunOptions{Progress: line.Update})
	line.Hide()
	if sum.HasResult {
		ended := writer.End(output.Summary{Rows: sum.Written, Err: err})
		if err == nil && ended != nil {
			err = &session.SinkError{Err: ended}
		}
		if err != nil && s.file != nil && to.to == io.Writer(s.file) {
			s.fileErr = err
		}
	}
	if err == nil && s.Timing && !to.quiet {
		_, _ = io.WriteString(s.Err, report.Summary(sum)+"\n")
	}
	return sum, err
}

// hiding hides the line of progress before the first output.
type hiding struct {
	line *progress.Line
	w    io.Writer
}

func (h *hiding) Write(b []byte) (int, error) {
	h.line.Hide()
	return h.w.Write(b)
}

// isQuery reports whether a statement certainly only reads: it is a SELECT, VALUES, TABLE,
// SHOW or DESCRIBE, and has no word of a statement that changes something. The shell runs
// a statement by itself, as \watch does, only if isQuery is true. Names that are such
// words must be in quotes.
func isQuery(statement string) bool {
	st, err := sqltext.Parse(statement)
	if err != nil {
		return false
	}
	switch st.Keyword() {
	case "SELECT", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC":
	default:
		return false
	}
	scanner := sqltext.NewScanner(statement)
	for {
		t, ok := scanner.Next()
		if !ok {
			return true
		}
		if t.Kind != sqltext.KindWord {
			continue
		}
		switch strings.ToUpper(statement[t.Start:t.End]) {
		case "INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT", "INTO", "CREATE", "DROP", "ALTER", "TRUNCATE", "CALL", "EXECUTE", "COPY",
			"GRANT", "REVOKE", "REFRESH", "ANALYZE", "LOAD", "EXPORT", "UNLOAD", "OPTIMIZE", "VACUUM", "KILL", "CANCEL":
			return false
		}
	}
}

// chosen returns the statement for a command that takes one: that of its arguments, or the
// one before the command, or else the latest one if that only reads.
func (s *Shell) chosen(in invocation) (string, error) {
	for _, text := range []string{in.Rest, in.buffer} {
		if text = strings.TrimRight(text, "; \t\r\n"); text != "" {
			return text, nil
		}
	}
	switch {
	case s.last == "":
		return "", &CommandError{`there is no statement yet: write one after \` + in.Name}
	case !isQuery(s.last):
		return "", &CommandError{`\` + in.Name + ` would run the latest statement again, and that may change something: write the statement after \` + in.Name}
	}
	return s.last, nil
}
