package shell

import (
	"context"
	"os"
	"os/signal"

	"golang.org/x/term"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
)

// Options describe a shell on the process's terminal.
type Options struct {
	Session *session.Session
	// Format is the format of results. Default: table.
	Format string
	// Output are the settings of all formats. The width is the terminal's.
	Output output.Options
	// Color colours statements and the prompt.
	Color bool
	// Quiet shows no progress, no statistics and no greeting.
	Quiet bool
	// HistoryFile is the file of the history; see [HistoryPath]. If it is empty, the
	// history ends with the shell.
	HistoryFile string
	// Greeting is shown at the start.
	Greeting string
}

// Start runs a shell on the process's terminal until the user leaves or ctx ends. It does
// not close the session. Errors are those of [Shell.Run].
func Start(ctx context.Context, o Options) error {
	cfg := o.Session.Config()
	secrets := []string{cfg.Token.Reveal(), cfg.AccessToken.Reveal(), cfg.ClientSecret.Reveal()}
	history, historyErr := OpenHistory(o.HistoryFile, secrets...)
	terminal := NewTerminal(TerminalOptions{History: history, Lists: o.Session.Metadata(), Color: o.Color})
	defer context.AfterFunc(ctx, terminal.Interrupt)()

	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)

	s := New(Config{
		Session: o.Session, Reader: terminal, Out: os.Stdout, Err: os.Stderr, Width: width,
		Format: o.Format, Output: o.Output, Timing: !o.Quiet, Progress: !o.Quiet, Color: o.Color,
		Interrupts: interrupts, History: history,
	})
	if historyErr != nil {
		s.say("the history is not kept: %v", historyErr)
	}
	if o.Greeting != "" && !o.Quiet {
		s.say("%s", o.Greeting)
	}
	return s.Run(ctx)
}

// width returns the width of the terminal, or 0.
func width() int {
	columns, _ := size()
	return columns
}

// height returns the height of the terminal.
func height() int {
	_, rows := size()
	return rows
}

// size returns the size of the terminal, or zeros.
func size() (columns, rows int) {
	columns, rows, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, rows
}
