package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
)

// cli is the grammar of the command line.
type cli struct {
	Connection connect.Flags  `embed:"" group:"Connection"`
	Statements statementFlags `embed:"" group:"Statements"`
	Output     outputFlags    `embed:"" group:"Output"`

	Version versionFlag `short:"V" help:"Print the version and how e6sql was built."`

	Run        runCmd        `cmd:"" default:"withargs" help:"Run statements, or start the shell. This is what e6sql does without a command."`
	Ping       pingCmd       `cmd:"" help:"Connect, and report whether the engine answers."`
	Doctor     doctorCmd     `cmd:"" help:"Check each step of a connection, and name the cure for one that fails."`
	Man        manCmd        `cmd:"" help:"Print the manual page, for: e6sql man | man -l -"`
	Completion completionCmd `cmd:"" help:"Print the script that completes e6sql's command line in bash, zsh or fish."`
}

// statementFlags say which statements run, and how.
type statementFlags struct {
	Command      sources           `short:"c" placeholder:"SQL" help:"Run these statements. May be repeated."`
	File         sources           `short:"f" placeholder:"FILE" predictor:"file" help:"Run the statements of this file; - is standard input. May be repeated."`
	Var          map[string]string `short:"v" placeholder:"NAME=VALUE" mapsep:"none" help:"Set the value of :name and @name in statements: a number, true, false, null, DATE '2024-01-31', or a text. May be repeated."`
	StopOnError  bool              `help:"Run no more statements after one that failed."`
	QueryTimeout time.Duration     `placeholder:"DURATION" help:"End a statement that takes longer, such as 90s."`
	NoCache      bool              `help:"Do not let the engine answer from its result cache."`
}

// outputFlags say how results are shown.
type outputFlags struct {
	Format    string  `short:"F" placeholder:"NAME" predictor:"format" default:"" help:"Write results as one of ${formats}. Default: table on a terminal, else csv."`
	Output    string  `short:"o" placeholder:"FILE" predictor:"file" help:"Write results to this file. It is replaced at the end, and only if all statements succeeded."`
	Null      *string `placeholder:"TEXT" help:"Write this for NULL."`
	NoHeader  bool    `help:"Leave out the names of the columns."`
	Delimiter string  `placeholder:"CHAR" help:"Separate the fields of csv with this character."`
	MaxRows   int     `default:"1000" placeholder:"N" help:"Show this many rows of a table; -1 is all. Default: ${default}."`
	Expanded  bool    `short:"x" help:"Show one line for each value instead of a table."`
	ASCII     bool    `name:"ascii" help:"Draw with ASCII characters only."`
	Color     string  `default:"auto" enum:"auto,always,never" placeholder:"WHEN" help:"Use colours: ${enum}."`
	Quiet     bool    `short:"q" help:"Write no progress and no statistics."`
	Stats     bool    `help:"Write rows, bytes, times and the query's id to standard error after each statement, even if that is no terminal."`
}

type runCmd struct {
	DSN string `arg:"" optional:"" help:"The engine, such as e6data://me%40example.com@e6.example.com:443/sales?secure=true. Put no token into it: others can see command lines."`
}

type pingCmd struct {
	DSN string `arg:"" optional:"" help:"The engine."`
}

type doctorCmd struct {
	DSN     string        `arg:"" optional:"" help:"The engine."`
	Timeout time.Duration `default:"30s" help:"Bound each step. Default: ${default}."`
}

type manCmd struct{}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"One of ${enum}."`
}

// source is a script on the command line.
type source struct {
	// text is the flag's value. Where it stands on the command line is position.
	text     string
	position int
}

// sources are the values of -c or -f.
type sources []source

// Decode adds the flag's value. The number of words that are left tells the order of -c
// and -f.
func (s *sources) Decode(ctx *kong.DecodeContext) error {
	one := source{position: -ctx.Scan.Len()}
	if err := ctx.Scan.PopValueInto("text", &one.text); err != nil {
		return err
	}
	*s = append(*s, one)
	return nil
}

// versionFlag prints the version.
type versionFlag bool

func (versionFlag) BeforeReset(app *kong.Kong) error {
	_, err := io.WriteString(app.Stdout, version())
	app.Exit(0)
	return err
}

// exit is the panic with which kong ends the parsing for --help and --version.
type exit int

// newParser returns the parser of the command line.
func newParser(grammar *cli, stdout, stderr io.Writer) (*kong.Kong, error) {
	return kong.New(grammar,
		kong.Name("e6sql"),
		kong.Description("A shell for e6data, a distributed SQL engine.\n\n"+
			"With -c, -f or standard input that is no terminal e6sql runs statements and ends. Otherwise it reads statements from the terminal.\n\n"+
			"The exit code is 0 for success, 1 if a statement failed, 2 for a wrong command line, 3 if there was no connection, "+
			"4 if a result is incomplete or it is unknown whether a statement ran, 130 if you cancelled, and 141 if the reader of the output went away."),
		kong.Vars{"formats": strings.Join(output.Formats(), ",")},
		kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100, FlagsLast: true}),
		kong.WithHyphenPrefixedParameters(true), // a statement may begin with a comment
		kong.Exit(func(code int) { panic(exit(code)) }),
	)
}

// parse parses the command line. ended is set if all was done, as after --help, and code is the exit code
// then.
func parse(grammar *cli, args []string, stdout, stderr io.Writer) (command string, ended bool, code int) {
	parser, err := newParser(grammar, stdout, stderr)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "e6sql:", err)
		return "", true, exitUsage
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exit:
			command, ended, code = "", true, int(p)
		default:
			panic(p)
		}
	}()
	answerCompletion(parser)
	ctx, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "e6sql: %v\nTry: e6sql --help\n", err)
		return "", true, exitUsage
	}
	command, _, _ = strings.Cut(ctx.Command(), " ")
	if err := grammar.check(command); err != nil {
		_, _ = fmt.Fprintf(stderr, "e6sql: %v\n", err)
		return "", true, exitUsage
	}
	return command, false, 0
}

// sources returns -c and -f in the order in which they stand on the command line.
func (f *statementFlags) sources() []script {
	var scripts []script
	for _, s := range f.Command {
		scripts = append(scripts, script{name: "-c", text: s.text, position: s.position})
	}
	for _, s := range f.File {
		scripts = append(scripts, script{name: s.text, file: s.text, position: s.position})
	}
	slices.SortStableFunc(scripts, func(a, b script) int { return a.position - b.position })
	return scripts
}

// check returns an error for flags that contradict each other. command is the command's
// name.
func (g *cli) check(command string) error {
	o, st := &g.Output, &g.Statements
	switch {
	case command != "run" && len(st.Command)+len(st.File) > 0:
		return fmt.Errorf("%s runs no statements: -c and -f have no meaning", command)
	case o.Format != "" && !slices.Contains(output.Formats(), o.Format):
		return output.UnknownFormat(o.Format)
	case len(o.Delimiter) > 1:
		return errors.New("--delimiter is one ASCII character")
	case o.Delimiter != "" && o.Format != "csv" && o.Format != "":
		return errors.New("--delimiter is for csv")
	case st.QueryTimeout < 0:
		return errors.New("--query-timeout is not negative")
	case o.Expanded && o.Format != "" && o.Format != "table":
		return errors.New("--expanded is for tables")
	}
	return nil
}

// dsn returns the DSN on the command line.
func (g *cli) dsn() string { return cmp.Or(g.Run.DSN, g.Ping.DSN, g.Doctor.DSN) }
