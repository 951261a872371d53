package main

import (
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
	mangokong "github.com/alecthomas/mango-kong"
	"github.com/muesli/roff"
	"github.com/posener/complete"
	"github.com/willabides/kongplete"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
)

// man prints the manual page.
func (a *app) man(grammar *cli) int {
	parser, err := newParser(grammar, a.stdout, a.stderr)
	if err != nil {
		a.say("e6sql: %v", err)
		return exitUsage
	}
	page := mangokong.NewManPage(1, parser.Model)
	if _, err := io.WriteString(a.stdout, page.Build(roff.NewDocument())); err != nil {
		return exitIncomplete
	}
	return exitSuccess
}

// completions are the scripts that make a shell ask e6sql itself for completions, with
// the command line in COMP_LINE and the place of the cursor in COMP_POINT.
var completions = map[string]string{
	"bash": "complete -o default -o bashdefault -C e6sql e6sql\n",
	"zsh":  "autoload -U +X bashcompinit && bashcompinit\ncomplete -o default -o bashdefault -C e6sql e6sql\n",
	"fish": `function __complete_e6sql
    set -lx COMP_LINE (commandline -cp)
    test -z (commandline -ct)
    and set COMP_LINE "$COMP_LINE "
    e6sql
end
complete -f -c e6sql -a "(__complete_e6sql)"
`,
}

// completion prints the script for a shell.
func (a *app) completion(shell string) int {
	usage := map[string]string{
		"bash": "add to ~/.bashrc:  source <(e6sql completion bash)",
		"zsh":  "add to ~/.zshrc:  source <(e6sql completion zsh)",
		"fish": "add to ~/.config/fish/config.fish:  e6sql completion fish | source",
	}
	if _, err := fmt.Fprintf(a.stdout, "# %s\n%s", usage[shell], completions[shell]); err != nil {
		return exitIncomplete
	}
	return exitSuccess
}

// answerCompletion answers a shell that asks for completions, and ends the program then.
func answerCompletion(parser *kong.Kong) {
	if os.Getenv("COMP_LINE") == "" {
		return
	}
	command, err := kongplete.Command(parser, kongplete.WithPredictors(map[string]complete.Predictor{
		"file":    complete.PredictFiles("*"),
		"format":  complete.PredictSet(output.Formats()...),
		"profile": complete.PredictFunc(func(complete.Args) []string { return connect.ProfileNames() }),
	}))
	if err != nil {
		parser.Exit(exitUsage)
		return
	}
	c := complete.New(parser.Model.Name, command)
	c.Out = parser.Stdout
	if c.Complete() {
		parser.Exit(exitSuccess)
	}
}
