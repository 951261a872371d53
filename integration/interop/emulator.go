package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// emulatorPrefix begins the names of the cases over the emulator.
const emulatorPrefix = "emulator/"

// overEmulator compares the answers of the emulator, which runs as a process of its own: it
// needs a C compiler, and this module does not.
func overEmulator(ctx context.Context, o options, r *report) (err error) {
	dsn, stop, err := startEmulator(ctx, o.emulator)
	if err != nil {
		return fmt.Errorf("the emulator: %w; -emulator= leaves it out", err)
	}
	defer func() { err = errors.Join(err, stop()) }()
	d, err := newDriver(dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	c, err := newConnector(o.python)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.connect(dsn); err != nil {
		return err
	}
	for _, ca := range emulatorCases() {
		driver, err := ca.run(ctx, d, nil)
		if err != nil {
			return err
		}
		connector, err := ca.run(ctx, c, nil)
		if err != nil {
			return err
		}
		r.add(ca, driver, connector)
	}
	return nil
}

// startEmulator builds the emulator of the module in dir and starts it with the catalog demo.
// It returns the data source name that the emulator prints.
func startEmulator(ctx context.Context, dir string) (dsn string, stop func() error, err error) {
	tmp, err := os.MkdirTemp("", "e6interop")
	if err != nil {
		return "", nil, err
	}
	program := filepath.Join(tmp, "e6emulator")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/e6emulator") //nolint:gosec // the directory is new
	build.Dir = dir
	if text, err := build.CombinedOutput(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("building it: %w: %s", err, text), os.RemoveAll(tmp))
	}
	var log strings.Builder
	cmd := exec.Command(program, "--demo", "--catalog", "demo") //nolint:gosec // it was just built
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(tmp))
	}
	stop = func() error {
		return errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait(), os.RemoveAll(tmp))
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(err, stop(), errors.New(log.String()))
	}
	return strings.TrimSpace(line), stop, nil
}

// emulatorCases are statements whose results have every type, and every kind of parameter
// that the connector takes.
func emulatorCases() []Case {
	var cases []Case
	for _, column := range []string{
		"flag", "tiny", "small", "medium", "large", "huge", "single", "precise", "money", "wide", "text", "raw",
		"day", "moment", "instant", "feeling", "uid", "list", "words", "map", "struct",
	} {
		cases = append(cases, statementCase("column "+column, "SELECT id, "+column+" FROM types ORDER BY id"))
	}
	for _, s := range [][2]string{
		{"every column, one usual row", "SELECT * FROM types WHERE id = 1"},
		{"every column, NULL", "SELECT * FROM types WHERE id = 4"},
		{"no rows", "SELECT * FROM types WHERE id > 100"},
		{"several batches", "SELECT id, kind, user_id, country, amount FROM events WHERE id <= 5000 ORDER BY id"},
		{"groups", "SELECT kind, COUNT(*) AS n, SUM(amount) AS total, AVG(user_id) AS mean FROM events GROUP BY kind ORDER BY kind"},
		{"literals", "SELECT 1 AS i, 1.50 AS d, 'it''s' AS s, TRUE AS b, NULL AS n, DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 23:59:58.123' AS t"},
		{"a name that is unknown", "SELECT nobody FROM types"},
		{"a syntax error", "SELECT FROM WHERE"},
		{"a semicolon at the end", "SELECT id FROM types WHERE id = 1;"},
	} {
		cases = append(cases, statementCase(s[0], s[1]))
	}
	for _, path := range [][]string{{"schemas", "demo"}, {"tables", "demo", "db"}, {"columns", "demo", "db", "types"}} {
		c := statementCase("browse "+path[0], path[0])
		c.Steps[0].Browse = path
		cases = append(cases, c)
	}
	for i, v := range []any{
		"plain", "it's", `back\slash`, `\'`, `'; DROP TABLE types; --`, "line\nbreak\ttab\rreturn", "100%", "what? :name %(x)s",
		"Grüße 🙂", "", nil, 42, -7, 1.5, -0.25, true,
	} {
		c := statementCase(fmt.Sprintf("parameter %02d, %q", i+1, fmt.Sprint(v)), "")
		c.Steps[0].Statement = Statement{Go: "SELECT ? AS v", Python: "SELECT %(value)s AS v", Value: v}
		cases = append(cases, c)
	}
	return cases
}

func statementCase(name, text string) Case {
	c := Case{Name: emulatorPrefix + name, Steps: []Step{{Statement: Statement{SQL: text}}}}
	c.Large = strings.HasSuffix(name, "batches")
	return c
}
