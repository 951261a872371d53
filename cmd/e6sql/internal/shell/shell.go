package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/report"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
)

// Config describes a shell. Session, Reader, Out and Err are required.
type Config struct {
	Session *session.Session
	Reader  Reader
	// Out takes results and lists. Err takes messages, statistics and progress.
	Out, Err io.Writer
	// Width returns the width of the terminal. It is called for each result, because the
	// terminal may be resized. If it is nil, lines have any length.
	Width func() int
	// Format is the format of results. Default: table.
	Format string
	// Output are the settings of all formats. Its Width is not used.
	Output output.Options
	// Timing shows a line with rows, bytes, times and the query's id after each
	// statement. Progress shows a line while a statement runs.
	Timing, Progress bool
	// Color colours the prompt.
	Color bool
	// Interrupts receives a signal when the user presses Ctrl-C while a statement runs.
	// Its buffer must hold one signal. If it is nil, nothing interrupts a statement.
	Interrupts <-chan os.Signal
	// History keeps the statements of \\e. It may be nil.
	History *History
	// Edit lets the user edit a file, and returns when the user has finished. If it is
	// nil, the editor is the program that VISUAL or EDITOR names, or vi.
	Edit func(ctx context.Context, path string) error
}

// Shell is an interactive session. It is not safe for concurrent use.
type Shell struct {
	Config

	// last is the latest statement that was run.
	last string
	// file takes the results, if it is not nil, in place of Out.
	file *output.File
	// fileErr is the error that cut short a result in file.
	fileErr error
	// depth is the number of files that \i is in.
	depth int
	// quit is set by \q.
	quit bool
}

// New returns a shell.
func New(c Config) *Shell {
	c.Format = cmp.Or(c.Format, "table")
	if c.Width == nil {
		c.Width = func() int { return 0 }
	}
	return &Shell{Config: c}
}

// Run reads and runs inputs until the user leaves or ctx ends. Errors of statements are
// shown and do not end the shell. Run does not close the session. It returns an error if
// the file of \o could not be completed, or if ctx has ended.
func (s *Shell) Run(ctx context.Context) error {
	s.Session.Metadata().Prefetch()
	for !s.quit && ctx.Err() == nil {
		text, err := s.Reader.Read(s.prompt())
		switch {
		case errors.Is(err, ErrInterrupted):
			continue
		case err != nil: // Ctrl-D, or the terminal has gone away
			s.quit = true
		default:
			s.interruptible(ctx, func(ctx context.Context) error { return s.dispatch(ctx, text) })
		}
	}
	s.announceJobs()
	return errors.Join(context.Cause(ctx), s.closeFile())
}

// prompt returns the prompt, such as "lake.sales> ".
func (s *Shell) prompt() string {
	name := s.Session.Catalog()
	if schema := s.Session.Schema(); schema != "" {
		if name != "" {
			name += "."
		}
		name += schema
	}
	name = report.Printable(strings.ReplaceAll(cmp.Or(name, "e6sql"), "\n", " ")) + ">"
	if s.Color {
		name = "\x1b[1m" + name + "\x1b[0m"
	}
	return name + " "
}

// say writes a message, and a line end.
func (s *Shell) say(format string, args ...any) {
	_, _ = fmt.Fprintln(s.Err, report.Printable(fmt.Sprintf(format, args...)))
}

// dispatch runs the statements and commands of a text, until one fails or \q is read. A
// command on the last line takes the statement before it, if that has no semicolon.
func (s *Shell) dispatch(ctx context.Context, text string) error {
	text, command := cutCommand(text)
	for !s.quit && ctx.Err() == nil {
		in, rest, ok := nextInput(text)
		if !ok {
			break
		}
		text = rest
		var err error
		switch {
		case in.command:
			err = s.command(ctx, in.text, "")
		case !in.terminated && command != "":
			return s.command(ctx, command, in.text)
		case in.open:
			err = &CommandError{"the statement ends within a literal, a quoted name or a comment: it was not run"}
		default:
			err = s.runStatement(ctx, in.text)
		}
		if err != nil {
			return err
		}
	}
	if command != "" && !s.quit && ctx.Err() == nil {
		return s.command(ctx, command, "")
	}
	return nil
}

// command runs a command. buffer is the statement before it, or "".
func (s *Shell) command(ctx context.Context, line, buffer string) error {
	c, err := ParseCommand(line)
	if err != nil && c.Name == "" {
		return err
	}
	known, ok := findCommand(c.Name)
	switch {
	case ok && err != nil && !known.raw:
		return err
	case !ok:
		return &CommandError{fmt.Sprintf(`there is no command \%s: \help lists the commands`, c.Name)}
	}
	if buffer != "" && !known.statement {
		s.say("the statement before \\%s was not run: press Up to get it back", c.Name)
	}
	if n := len(c.Args); !known.raw && (n < known.least || n > known.most) {
		return known.usage()
	}
	return known.run(s, ctx, invocation{Command: c, self: known, buffer: buffer})
}

// announceJobs says that the jobs which were not fetched end with the session.
func (s *Shell) announceJobs() {
	left := 0
	for _, j := range s.Session.Jobs() {
		if j.State == session.JobRunning || j.State == session.JobDone {
			left++
		}
	}
	if left > 0 {
		s.say("jobs that were not fetched are ended: %d", left)
	}
}

// closeFile completes the file of \o. The file is not replaced if a result in it was cut
// short.
func (s *Shell) closeFile() error {
	if s.file == nil {
		return nil
	}
	f, cut := s.file, s.fileErr
	s.file, s.fileErr = nil, nil
	defer f.Abort()
	if cut != nil {
		return &CommandError{fmt.Sprintf("%s was not written, because a result in it is incomplete: %v", f.Name(), cut)}
	}
	if err := f.Commit(); err != nil {
		return fmt.Errorf("%s was not written: %w", f.Name(), err)
	}
	s.say("%s was written", f.Name())
	return nil
}
