package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
	"github.com/e6data/e6data-go/enginetest"
)

func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "E6DATA_") {
			_ = os.Unsetenv(name)
		}
	}
	_ = os.Setenv("E6DATA_CONFIG", "/nonexistent/e6data.toml")
	flag.Parse()
	goleak.VerifyTestMain(cleaned{m})
}

// cleaned removes the built program after the tests.
type cleaned struct{ *testing.M }

func (c cleaned) Run() int {
	defer cmdtest.Clean()
	return c.M.Run()
}

// outcome is what a run of the program left.
type outcome struct {
	code           int
	stdout, stderr string
}

func (o outcome) String() string {
	return fmt.Sprintf("exit code %d, standard output:\n%s\nstandard error:\n%s", o.code, o.stdout, o.stderr)
}

// run runs the program in this process, without terminals.
func run(t testing.TB, stdin string, args ...string) outcome {
	t.Helper()
	return runIn(t, context.Background(), stdin, args...)
}

func runIn(t testing.TB, ctx context.Context, stdin string, args ...string) outcome { //nolint:revive // t comes first, as in all helpers
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := &app{stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr, ask: func(context.Context, string) (string, error) {
		return "", connect.ErrNoTerminal
	}}
	code := a.run(ctx, args)
	return outcome{code, stdout.String(), stderr.String()}
}

// engine starts an engine with some statements.
func engine(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	srv := cmdtest.Engine(t, cfg)
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	srv.Handle("SELECT 2", enginetest.NewResult().Column("n", "LONG").Row(2))
	srv.Handle("SELECT items", enginetest.NewResult().Column("id", "LONG").Column("name", "STRING").Column("price", "DECIMAL(10,2)").
		Row(1, "bolt", "12.30").Row(2, nil, nil))
	srv.Handle("SELECT many", enginetest.NewResult().Column("n", "LONG").BatchRows(100).RowCount(100000).
		Generate(100000, func(i int) []any { return []any{i} }))
	srv.Handle("INSERT INTO items VALUES (3)", enginetest.NewResult().Column("count", "LONG").Row(1))
	srv.Handle("SELECT nam\nFROM items", enginetest.NewResult().
		Fail(enginetest.PhasePrepare, fmt.Errorf("At line 1, column 8: Column 'nam' not found in any table")))
	return srv
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func sorted(words []string) []string {
	slices.Sort(words)
	return words
}
