package shell

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// command is a command of the shell.
type command struct {
	name, args, summary string
	// least and most bound the number of arguments. raw reports that the command reads
	// the text after its name itself, and then there are no bounds.
	least, most int
	raw         bool
	// takes is the kind of the arguments, for completion. words lists the values of
	// takesWords.
	takes takes
	words func() []string
	// statement reports that the command uses the statement before it.
	statement bool
	run       func(s *Shell, ctx context.Context, in invocation) error
}

// takes is the kind of a command's arguments.
type takes uint8

const (
	takesNothing takes = iota
	takesStatement
	takesTable
	takesSchema
	takesFile
	takesWords
)

// invocation is a command that is run.
type invocation struct {
	Command
	self *command
	// buffer is the statement that was written before the command, or "".
	buffer string
}

// arg returns the text of an argument, or "".
func (in *invocation) arg(i int) string {
	if i < len(in.Args) {
		return in.Args[i].Text
	}
	return ""
}

// usage returns the error for arguments that the command does not take.
func (c *command) usage() error {
	return &CommandError{strings.TrimSpace(`write \`+c.name+" "+c.args) + ": " + c.summary}
}

func onOff() []string { return []string{"on", "off"} }

// commandTable returns the commands in the order in which \help lists them.
func commandTable() []*command {
	return []*command{
		{name: "l", summary: "list the catalogs", run: (*Shell).listCatalogs},
		{name: "dn", args: "[catalog]", summary: "list the schemas of a catalog", most: 1, takes: takesSchema, run: (*Shell).listSchemas},
		{name: "dt", args: "[schema]", summary: "list the tables of a schema", most: 1, takes: takesSchema, run: (*Shell).listTables},
		{name: "d", args: "[table]", summary: "list the columns of a table, or the tables", most: 1, takes: takesTable, run: (*Shell).describe},
		{name: "df", args: "[part of a name]", summary: "list functions", most: 1, run: (*Shell).listFunctions},
		{name: "use", args: "[catalog.]schema", summary: "change the current catalog and schema", least: 1, most: 2, takes: takesSchema, run: (*Shell).use},
		{name: "refresh", summary: "forget the names that completion and lists know", run: (*Shell).refresh},

		{name: "g", args: "[statement]", summary: "run a statement, or the latest query again", raw: true, takes: takesStatement, statement: true, run: (*Shell).again},
		{name: "watch", args: "[seconds [times]]", summary: "run the latest query every 2 s, until Ctrl-C", most: 2, statement: true, run: (*Shell).watch},
		{name: "explain", args: "[statement]", summary: "show the plan of a statement, without running it", raw: true, takes: takesStatement, statement: true, run: (*Shell).explain},
		{name: "analyze", args: "[statement]", summary: "run a statement, and show the engine's facts about it", raw: true, takes: takesStatement, statement: true, run: (*Shell).analyze},
		{name: "chart", args: "x y [line|bar]", summary: "draw two columns of the latest query, which runs again", least: 2, most: 3, statement: true, run: (*Shell).chart},
		{name: "copy", args: "(query) to file [format]", summary: "write the result of a query or a table to a file", raw: true, takes: takesStatement, statement: true, run: (*Shell).copy},
		{name: "e", args: "[file]", summary: "edit a file, or the latest statement, and run it", most: 1, takes: takesFile, statement: true, run: (*Shell).edit},
		{name: "i", args: "file", summary: "run the statements and commands of a file", least: 1, most: 1, takes: takesFile, run: (*Shell).include},
		{name: "o", args: "[file]", summary: "write results to a file, or to the terminal again", most: 1, takes: takesFile, run: (*Shell).redirect},

		{name: "submit", args: "[statement]", summary: "start a statement as a job, which runs while you go on", raw: true, takes: takesStatement, statement: true, run: (*Shell).submit},
		{name: "jobs", summary: "list the jobs", run: (*Shell).listJobs},
		{name: "fetch", args: "job", summary: "wait for a job and show its result, once", least: 1, most: 1, run: (*Shell).fetch},
		{name: "cancel", args: "job|query", summary: "end a job, or a query by its id", least: 1, most: 1, run: (*Shell).cancel},

		{name: "x", args: "[on|off|auto]", summary: "show a line for each value", most: 1, takes: takesWords, words: func() []string { return []string{"on", "off", "auto"} }, run: (*Shell).expand},
		{name: "format", args: "[format]", summary: "change the format of results", most: 1, takes: takesWords, words: textFormats, run: (*Shell).format},
		{name: "timing", args: "[on|off]", summary: "show rows, bytes and times after each statement", most: 1, takes: takesWords, words: onOff, run: (*Shell).timing},
		{name: "progress", args: "[on|off]", summary: "show the progress of statements", most: 1, takes: takesWords, words: onOff, run: (*Shell).progress},
		{name: "set", args: "[name [value]]", summary: "set the value of :name in statements, or query_timeout or cache", raw: true, run: (*Shell).set},
		{name: "unset", args: "name", summary: "remove a variable", least: 1, most: 1, run: (*Shell).unset},
		{name: "strategy", summary: "show the colour that answers: blue or green", run: (*Shell).strategy},
		{name: "conninfo", summary: "show the connection", run: (*Shell).connection},
		{name: "help", args: "[command]", summary: "describe the commands", most: 1, run: (*Shell).help},
		{name: "q", summary: "leave", run: (*Shell).leave},
	}
}

// aliases maps other names of commands to theirs.
var aliases = map[string]string{"?": "help", "h": "help", "quit": "q", "exit": "q", "c": "use", "edit": "e", "include": "i", "describe": "d"}

// findCommand returns the command with a name.
func findCommand(name string) (*command, bool) {
	if full, ok := aliases[name]; ok {
		name = full
	}
	for _, c := range commandTable() {
		if c.name == name {
			return c, true
		}
	}
	return nil, false
}

const keys = `Statements end with a semicolon. Keys:
  Tab            complete a name
  Ctrl-R         search the history for the text of the line
  Up, Down       the input before, the next one
  Ctrl-X Ctrl-E  edit the input in an editor
  Ctrl-C         drop the input, or cancel the statement that runs
  Ctrl-D         leave
`

// help describes the commands.
func (s *Shell) help(_ context.Context, in invocation) error {
	if name := strings.TrimPrefix(in.arg(0), `\`); name != "" {
		c, ok := findCommand(name)
		if !ok {
			return &CommandError{fmt.Sprintf(`there is no command \%s: \help lists the commands`, name)}
		}
		_, err := fmt.Fprintf(s.Out, "%s: %s\n", strings.TrimSpace(`\`+c.name+" "+c.args), c.summary)
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for _, c := range commandTable() {
		_, _ = fmt.Fprintf(w, "  \\%s %s\t%s\n", c.name, c.args, c.summary)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(s.Out, keys)
	return err
}

// leave ends the shell.
func (s *Shell) leave(context.Context, invocation) error {
	s.quit = true
	return nil
}
