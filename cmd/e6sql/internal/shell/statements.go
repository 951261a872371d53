package shell

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/output"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/progress"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/report"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// again runs a statement that has no semicolon, or the latest query.
func (s *Shell) again(ctx context.Context, in invocation) error {
	statement, err := s.chosen(in)
	if err != nil {
		return err
	}
	return s.runStatement(ctx, statement)
}

const (
	watchEvery = 2 * time.Second
	// watchLeast bounds the load that \watch puts on the engine.
	watchLeast = 100 * time.Millisecond
)

// watch runs a query again and again, until Ctrl-C or an error.
func (s *Shell) watch(ctx context.Context, in invocation) error {
	statement := in.buffer
	if statement == "" {
		statement = s.last
	}
	switch {
	case statement == "":
		return &CommandError{`there is no statement to watch: run one first`}
	case !isQuery(statement):
		return &CommandError{`\watch runs queries only: the latest statement may change something, so it is not run again`}
	}
	every, times := watchEvery, 0
	if text := in.arg(0); text != "" {
		var err error
		if every, err = seconds(text); err != nil || every < watchLeast {
			return &CommandError{fmt.Sprintf("the interval %s is not understood: write seconds, such as 5 or 0.5, of at least 0.1", text)}
		}
	}
	if text := in.arg(1); text != "" {
		var err error
		if times, err = strconv.Atoi(text); err != nil || times < 1 {
			return in.self.usage()
		}
	}
	timer := time.NewTimer(every)
	defer timer.Stop()
	for n := 1; ; n++ {
		s.say("run %d, every %s", n, progress.Duration(every))
		if err := s.runStatement(ctx, statement); err != nil || n == times {
			return err
		}
		timer.Reset(every)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// seconds parses a duration, which may be a number of seconds.
func seconds(text string) (time.Duration, error) {
	if f, err := strconv.ParseFloat(text, 64); err == nil && f >= 0 && f < 1e9 {
		return time.Duration(f * float64(time.Second)), nil
	}
	return time.ParseDuration(text)
}

// explain shows the plan of a statement.
func (s *Shell) explain(ctx context.Context, in invocation) error {
	statement := strings.TrimRight(in.Rest, "; \t\r\n")
	if statement == "" {
		statement = in.buffer
	}
	if statement == "" {
		statement = s.last // it is not run
	}
	if statement == "" {
		return &CommandError{`there is no statement yet: write one after \explain`}
	}
	plan, err := s.Session.Explain(ctx, statement)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.screen().to, strings.TrimRight(report.Printable(plan), "\n"))
	return err
}

// analyze runs a statement, discards its result, and shows the engine's facts about it.
func (s *Shell) analyze(ctx context.Context, in invocation) error {
	statement, err := s.chosen(in)
	if err != nil {
		return err
	}
	s.last = statement
	var line *progress.Line
	if s.Progress {
		line = progress.New(s.Err, s.Width())
	}
	sum, err := s.Session.Analyze(ctx, statement, session.RunOptions{Progress: line.Update})
	line.Hide()
	if err != nil {
		return err
	}
	s.say("%s", report.Summary(sum))
	a := sum.Analysis
	if a == nil {
		return &CommandError{"the engine reported no facts about the query"}
	}
	return s.list([]string{"fact", "value"}, [][]string{
		{"from the cache", strconv.FormatBool(a.Cached)},
		{"parsing", progress.Duration(a.Parsing)},
		{"queueing", progress.Duration(a.Queueing)},
		{"total", progress.Duration(a.Total)},
		{"document", string(a.Raw)},
	})
}

// chart draws two columns of a query.
func (s *Shell) chart(ctx context.Context, in invocation) error {
	kinds := map[string]output.ChartKind{"": output.ChartAuto, "line": output.ChartLine, "bar": output.ChartBar}
	kind, ok := kinds[in.arg(2)]
	if !ok {
		return in.self.usage()
	}
	in.Rest = "" // the arguments are no statement
	statement, err := s.chosen(in)
	if err != nil {
		return err
	}
	s.last = statement
	o := output.ChartOptions{X: in.arg(0), Y: in.arg(1), Kind: kind, Width: s.Width(), ASCII: s.Output.ASCII}
	to := s.screen()
	to.writer = func(w io.Writer) (output.Writer, error) { return output.NewChart(w, o), nil }
	return s.runTo(ctx, statement, to)
}

// formatsByExtension maps the endings of files to formats.
var formatsByExtension = map[string]string{
	".csv": "csv", ".tsv": "tsv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".md": "markdown", ".html": "html", ".txt": "table",
	".parquet": "parquet", ".arrow": "arrow",
}

// copy writes the result of a query to a file. The file is replaced when the whole result
// was written.
func (s *Shell) copy(ctx context.Context, in invocation) error {
	statement, args, err := s.copySource(in)
	if err != nil {
		return err
	}
	if len(args) < 2 || len(args) > 3 || !strings.EqualFold(args[0].Text, "to") {
		return in.self.usage()
	}
	path, format := expandHome(args[1].Text), "csv"
	if known, ok := formatsByExtension[strings.ToLower(filepath.Ext(path))]; ok {
		format = known
	}
	if len(args) == 3 {
		format = args[2].Text
	}
	if !slices.Contains(output.Formats(), format) {
		return &CommandError{output.UnknownFormat(format).Error()}
	}
	f, err := output.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	full := *s // a file has all rows, also as a table
	full.Output.MaxRows = -1
	sum, err := s.stream(target{writer: full.newWriter(format, false), to: f, quiet: true}, func(sink session.Sink, o session.RunOptions) (*session.Summary, error) {
		return s.Session.Run(ctx, statement, sink, o)
	})
	if err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return err
	}
	s.say("%d rows written to %s as %s", sum.Written, path, format)
	return nil
}

// copySource returns the statement of \copy, and the arguments behind it.
func (s *Shell) copySource(in invocation) (statement string, args []Arg, err error) {
	rest := in.Rest
	if strings.HasPrefix(rest, "(") {
		end := closing(rest)
		if end < 0 {
			return "", nil, &CommandError{"the bracket before the query is not closed"}
		}
		statement, rest = strings.TrimRight(rest[1:end], "; \t\r\n"), rest[end+1:]
	}
	c, err := ParseCommand(`\copy ` + rest)
	if err != nil {
		return "", nil, err
	}
	args = c.Args
	switch {
	case statement != "":
	case len(args) > 0 && !strings.EqualFold(args[0].Text, "to"):
		statement, args = "SELECT * FROM "+quotedPath(args[0].Path), args[1:]
	default:
		in.Rest = ""
		statement, err = s.chosen(in)
	}
	return statement, args, err
}

// closing returns the offset of the bracket that closes the one at the start of text, or -1.
func closing(text string) int {
	depth := 0
	scanner := sqltext.NewScanner(text)
	for {
		t, ok := scanner.Next()
		if !ok {
			return -1
		}
		if t.Kind != sqltext.KindOperator {
			continue
		}
		switch text[t.Start] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return t.Start
			}
		}
	}
}

// quotedPath returns the path of a table with each part in quotes.
func quotedPath(path []string) string {
	quoted := make([]string, len(path))
	for i, part := range path {
		quoted[i] = sqltext.Identifier(part)
	}
	return strings.Join(quoted, ".")
}

// redirect sends results to a file, or to the terminal again.
func (s *Shell) redirect(_ context.Context, in invocation) error {
	closed := s.closeFile()
	if len(in.Args) == 0 {
		return closed
	}
	if closed != nil {
		s.say("%v", closed)
	}
	f, err := output.Create(expandHome(in.arg(0)))
	if err != nil {
		return err
	}
	s.file = f
	s.say("results go to %s, which is written by \\o or at the end", f.Name())
	return nil
}
