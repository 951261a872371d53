package main

import (
	"context"
	"fmt"
	"os"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/report"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/shell"
)

// shell runs the interactive shell.
func (a *app) shell(ctx context.Context, g *cli) int {
	if g.Output.Output != "" {
		a.say("e6sql: --output needs -c, -f or standard input: in the shell, \\o FILE does the same")
		return exitUsage
	}
	r := &runner{app: a, grammar: g, flags: &g.Output, out: a.stdout}
	if err := r.checkFormat(); err != nil {
		a.say("e6sql: %v", err)
		return exitUsage
	}
	// Until the shell runs, Ctrl-C ends the program: it may be asking for the token.
	opening, stop := a.notify(ctx, false)
	target, s, code := a.open(opening, g)
	stop()
	if s == nil {
		return code
	}
	defer target.Close()
	history, err := shell.HistoryPath()
	if err != nil {
		a.say("the history is not kept: %v", err)
	}
	options := r.options()
	err = shell.Start(ctx, shell.Options{
		Session: s, Format: r.format(), Output: options, Quiet: g.Output.Quiet, HistoryFile: history,
		Color:    g.Output.Color == "always" || g.Output.Color == "auto" && os.Getenv("NO_COLOR") == "",
		Greeting: fmt.Sprintf("e6sql at %s (%s). \\help lists the commands, Ctrl-D leaves.", connect.Address(target.Config), target.Source),
	})
	a.close(ctx, s)
	switch {
	case ctx.Err() != nil:
		return exitCancelled
	case err != nil:
		a.say("e6sql: %s", report.Printable(err.Error()))
		return exitIncomplete
	}
	return exitSuccess
}
