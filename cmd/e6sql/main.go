// Command e6sql is a shell for e6data: it runs statements from its command line, from
// files and from a terminal.
//
//	e6sql e6data://me%40example.com@e6.example.com:443/sales?secure=true
//	e6sql -p prod -c "SELECT COUNT(*) FROM items"
//	e6sql --embedded
//
// docs/e6sql.md describes it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/term"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
)

func main() {
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, ask: connect.Ask, notify: notify}
	a.stdinTTY, a.stdoutTTY, a.stderrTTY = isTerminal(os.Stdin), isTerminal(os.Stdout), isTerminal(os.Stderr)
	// A write to a pipe without a reader is an error then, and does not end the program
	// before the query is ended on the engine.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(a.run(context.Background(), os.Args[1:]))
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// app is the program's environment, which tests replace.
type app struct {
	stdin                          io.Reader
	stdout, stderr                 io.Writer
	stdinTTY, stdoutTTY, stderrTTY bool
	ask                            connect.Prompter
	// notify returns a context that ends with a signal to the process. interactive is
	// set for the shell, which handles Ctrl-C itself.
	notify func(ctx context.Context, interactive bool) (context.Context, context.CancelFunc)
}

// notify ends the context at the first signal, and the process at the second one.
func notify(ctx context.Context, interactive bool) (context.Context, context.CancelFunc) {
	list := []os.Signal{syscall.SIGTERM, syscall.SIGHUP}
	if !interactive {
		list = append(list, os.Interrupt)
	}
	signals := make(chan os.Signal, 2) // none of two signals is lost
	signal.Notify(signals, list...)
	ctx, cancel := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		for first := true; ; first = false {
			select {
			case <-signals:
				if !first {
					os.Exit(exitCancelled)
				}
				cancel()
			case <-stopped:
				return
			}
		}
	}()
	return ctx, sync.OnceFunc(func() {
		signal.Stop(signals)
		close(stopped)
		cancel()
	})
}

// run is the program. It returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	grammar := &cli{}
	command, ended, code := parse(grammar, args, a.stdout, a.stderr)
	if ended {
		return code
	}
	switch command {
	case "man":
		return a.man(grammar)
	case "completion":
		return a.completion(grammar.Completion.Shell)
	}
	interactive := command == "run" && a.interactive(&grammar.Statements)
	stop := func() {}
	if a.notify != nil {
		ctx, stop = a.notify(ctx, interactive)
	}
	defer stop()
	switch command {
	case "ping":
		return a.ping(ctx, grammar)
	case "doctor":
		return a.doctor(ctx, grammar)
	}
	if interactive {
		return a.shell(ctx, grammar)
	}
	return a.oneShot(ctx, grammar)
}

// interactive reports whether statements come from a person at a terminal.
func (a *app) interactive(f *statementFlags) bool {
	return len(f.Command)+len(f.File) == 0 && a.stdinTTY && a.stdoutTTY
}

// say writes a line to standard error.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stderr, format+"\n", args...)
}

// width returns the width of the terminal, or 0 if there is none.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
