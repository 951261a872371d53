package shell_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/shell"
	"github.com/e6data/e6data-go/enginetest"
)

// newEngine starts an engine with a catalog and some statements. The test fails if it
// leaves a query on it.
func newEngine(t testing.TB) *enginetest.Server {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{Database: "sales"})
	srv.SetCatalogs(enginetest.Catalog{Name: "lake", Schemas: []enginetest.Schema{
		{Name: "sales", Tables: []enginetest.Table{
			{Name: "orders", Columns: []enginetest.Column{{Name: "id", Type: "long"}, {Name: "customer", Type: "varchar"}, {Name: "amount", Type: "decimal(10,2)"}}},
			{Name: "order_items", Columns: []enginetest.Column{{Name: "order_id", Type: "long"}}},
		}},
		{Name: "hr", Tables: []enginetest.Table{{Name: "staff"}}},
	}})
	orders := func() *enginetest.Result {
		return enginetest.NewResult().Column("id", "LONG").Column("customer", "STRING").Column("amount", "DECIMAL(10,2)").
			Row(1, "Zoë", "12.30").Row(2, "東京", "1200.00").Row(3, nil, nil).
			Explain("the plan").DryRun("LogicalTableScan(orders)").ExplainAnalyze(`{"stages":2}`)
	}
	for _, sql := range []string{"SELECT id, customer, amount FROM orders", "SELECT * FROM orders", `SELECT * FROM "sales"."orders"`} {
		srv.Handle(sql, orders())
	}
	srv.Handle("SELECT amount\nFROM orders", enginetest.NewResult().Column("amount", "DECIMAL(10,2)").Row("12.30"))
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	srv.Handle("SELECT 2", enginetest.NewResult().Column("n", "LONG").Row(2))
	srv.Handle("SELECT 'cut'", enginetest.NewResult().Column("n", "LONG").BatchRows(10).
		Generate(100, func(i int) []any { return []any{i} }).FailAt(3, status.Error(codes.Internal, "a disk is full")))
	srv.Handle("SELECT 'long'", enginetest.NewResult().Column("n", "LONG").BatchRows(10).Generate(100, func(i int) []any { return []any{i} }))
	srv.Handle("INSERT INTO orders VALUES (4)", enginetest.NewResult().Column("rows", "LONG").Row(1))
	srv.Handle("SELECT id,\n  amuont\nFROM orders", enginetest.NewResult().
		Fail(enginetest.PhasePrepare, status.Error(codes.InvalidArgument, "From line 2, column 3 to line 2, column 8: Column 'amuont' not found in any table; did you mean 'amount'?")))
	return srv
}

func dsn(srv *enginetest.Server) string { return srv.DSN("catalog=lake") }

// reader is a Reader of given inputs.
type reader struct {
	inputs  []string
	prompts []string
}

func (r *reader) Read(prompt string) (string, error) {
	r.prompts = append(r.prompts, prompt)
	if len(r.inputs) == 0 {
		return "", io.EOF
	}
	input := r.inputs[0]
	r.inputs = r.inputs[1:]
	if input == ctrlCInput {
		return "", shell.ErrInterrupted
	}
	return input, nil
}

// ctrlCInput stands for Ctrl-C at the prompt.
const ctrlCInput = "\x03"

// openSession opens a session, which is closed at the end of the test.
func openSession(t testing.TB, srv *enginetest.Server) *session.Session {
	t.Helper()
	cfg, err := e6data.ParseDSN(dsn(srv))
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// run gives inputs to a shell, and returns what it showed and its prompts.
func run(t testing.TB, srv *enginetest.Server, inputs ...string) (text string, prompts []string) {
	t.Helper()
	var out bytes.Buffer
	r := &reader{inputs: inputs}
	err := shell.New(shell.Config{Session: openSession(t, srv), Reader: r, Out: &out, Err: &out}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), r.prompts
}

// TestCommands runs each command against the engine, and expects texts.
func TestCommands(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		inputs []string
		want   []string
	}{
		{"catalogs", []string{`\l`}, []string{"│ lake (current) │", "(1 row)"}},
		{"schemas", []string{`\dn`}, []string{"│ sales  │", "│ hr     │"}},
		{"schemas of a catalog", []string{`\dn lake`}, []string{"│ sales  │"}},
		{"tables", []string{`\dt`}, []string{"orders", "order_items"}},
		{"tables of a schema", []string{`\dt hr`}, []string{"staff"}},
		{"tables of a path", []string{`\dt lake.hr;`}, []string{"staff"}},
		{"columns", []string{`\d orders`}, []string{"│ amount   │ decimal(10,2) │", "(3 rows)"}},
		{"columns of a path", []string{`\d lake."sales".orders`}, []string{"customer"}},
		{"columns of nothing", []string{`\d nothing`}, []string{"sales.nothing"}},
		{"no table", []string{`\d`}, []string{"order_items"}},
		{"too long a path", []string{`\d a.b.c.d`}, []string{`write \d [table]`}},
		{"functions", []string{`\df trunc`}, []string{"│ DATE_TRUNC │ (unit, date) │", "(1 row)"}},
		{"other formats", []string{`\format csv`, `\dn`}, []string{"the format is csv", "schema\nsales\nhr\n"}},
		{"format", []string{`\format`, `\format xls`, `\format parquet`}, []string{"the format is table", "there is no format xls", "parquet"}},
		{"toggles", []string{`\timing`, `\timing off`, `\progress on`, `\timing x`}, []string{"timing is on", "timing is off", "progress is on", `write \timing [on|off]`}},
		{"expand", []string{`\x`, "SELECT 1;", `\x`, `\x off`, `\x maybe`}, []string{"x is on", "RECORD 1", "x is auto", "x is off", `write \x`}},
		{"variables", []string{`\set n 2`, `\set day DATE '2024-01-31'`, `\set`, `\set n`, "SELECT :n;", `\unset n`, `\unset n`, `\set n`},
			[]string{"DATE '2024-01-31'", "│ n             │ 2", "│ 2 │", "there is no variable n"}},
		{"settings", []string{`\set query_timeout 90`, `\set cache off`, `\set`, `\set cache maybe`, `\set query_timeout x`},
			[]string{"1 m 30 s", "│ cache         │ off", `write \set cache on`, "query_timeout x is not understood"}},
		{"a malformed variable", []string{`\set 1x 2`}, []string{"variable 1x"}},
		{"plan", []string{`\explain SELECT * FROM orders`, "SELECT * FROM orders\n\\explain"}, []string{"LogicalTableScan(orders)\nLogicalTableScan(orders)\n"}},
		{"plan of the latest statement", []string{"SELECT * FROM orders;", `\explain`}, []string{"LogicalTableScan"}},
		{"analysis", []string{`\analyze SELECT * FROM orders;`}, []string{"queueing", `{"stages":2}`}},
		{"again", []string{"SELECT 1;", `\g`}, []string{"│ 1 │"}},
		{"a statement before a command", []string{"SELECT 1\n\\g"}, []string{"│ 1 │"}},
		{"a statement before a command that takes none", []string{"SELECT 1\n\\timing"}, []string{"the statement before \\timing was not run", "timing is on"}},
		{"statements and a command", []string{"SELECT 1; SELECT 2;\n\\timing"}, []string{"│ 1 │", "│ 2 │", "timing is on"}},
		{"no latest statement", []string{`\g`, `\watch`, `\explain`, `\analyze`}, []string{"there is no statement yet", "no statement to watch"}},
		{"strategy", []string{`\strategy`, "SELECT 1;", `\strategy`}, []string{"no query has run", "ran on blue"}},
		{"connection", []string{`\conninfo`}, []string{"127.0.0.1", "user@example.com", "sales"}},
		{"help", []string{`\help`, `\? d`, `\help nothing`}, []string{`\copy (query) to file [format]`, "Ctrl-R", `\d [table]: list the columns`, `there is no command \nothing`}},
		{"an unknown command", []string{`\nothing`, `\`}, []string{`there is no command \nothing`, "no command after it"}},
		{"too many arguments", []string{`\l x`}, []string{`write \l: list the catalogs`}},
		{"an open literal", []string{"SELECT 'x\n;"}, []string{"it was not run"}},
		{"a mistake", []string{"SELECT id,\n  amuont\nFROM orders;"}, []string{"error: From line 2", "    2 |   amuont\n      |   ^\n"}},
		{"the rest after a mistake", []string{"SELECT 9; SELECT 1;", "SELECT 2;"}, []string{"error: ", "│ 2 │"}},
		{"chart", []string{"SELECT id, customer, amount FROM orders;", `\chart customer amount bar`}, []string{"Zoë", "1200.00"}},
		{"a chart of nothing", []string{"SELECT 1;", `\chart a b`, `\chart a b pie`}, []string{`no column "a"`, `write \chart`}},
		{"watch", []string{"SELECT 1;", `\watch 0.1 2`, `\watch x`, `\watch 0.01`, `\watch 1 0`}, []string{"run 2, every 100 ms", "the interval x is not understood", "the interval 0.01", `write \watch`}},
		{"Ctrl-C at the prompt", []string{ctrlCInput, "SELECT 1;"}, []string{"│ 1 │"}},
		{"leave", []string{`\q`, "SELECT 1;"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := run(t, newEngine(t), c.inputs...)
			for rest := got; len(c.want) > 0; c.want = c.want[1:] {
				at := strings.Index(rest, c.want[0])
				if at < 0 {
					t.Fatalf("%q is missing, or not at its place:\n%s", c.want[0], got)
				}
				rest = rest[at+len(c.want[0]):]
			}
			if c.name == "leave" && got != "" {
				t.Errorf("after \\q: %s", got)
			}
			if c.name == "the rest after a mistake" && strings.Contains(got, "│ 1 │") {
				t.Errorf("a statement ran after a mistake:\n%s", got)
			}
		})
	}
}

func TestUseChangesThePrompt(t *testing.T) {
	t.Parallel()
	got, prompts := run(t, newEngine(t), `\use hr`, `\dt`, `\use lake.sales`, `\use nowhere`, `\use lake hr`)
	if want := "lake.sales> |lake.hr> |lake.hr> |lake.sales> |lake.sales> |lake.hr> "; strings.Join(prompts, "|") != want {
		t.Errorf("the prompts are %q", prompts)
	}
	if !strings.Contains(got, "staff") || !strings.Contains(got, "there is no schema nowhere") {
		t.Errorf("the output is\n%s", got)
	}
}

// TestNoEffectTwice checks that no command runs a statement with an effect again by itself.
func TestNoEffectTwice(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	dir := t.TempDir()
	got, _ := run(t, srv, "INSERT INTO orders VALUES (4);", `\watch`, `\g`, `\submit`, `\analyze`, `\chart a b`, `\copy to `+filepath.Join(dir, "x.csv"))
	if n := srv.Count("executeStatement"); n != 1 {
		t.Errorf("the statement was executed %d times:\n%s", n, got)
	}
	if n := strings.Count(got, "may change something"); n != 6 {
		t.Errorf("%d refusals instead of 6:\n%s", n, got)
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	got, _ := run(t, srv, `\jobs`, `\submit SELECT 1`, `\submit SELECT * FROM orders;`, `\jobs`, `\fetch 1`, `\fetch 1`, `\cancel 2`, `\jobs`, `\fetch 9`, `\cancel 9`, `\submit SELECT 2`)
	for _, want := range []string{
		"there are no jobs", "job 1 runs, query query-blue-", "job 2 runs", "│ done", "│ SELECT * FROM orders │", "│ 1 │", "its result can be read once",
		"2 is ended", "fetched", "cancelled", "there is no such job", "jobs that were not fetched are ended: 1",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
}

// TestInterruptOfEveryKind cancels what an input started through the channel of signals. The
// rest of the input is not run, and the next input is.
func TestInterruptOfEveryKind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ input, method string }{
		"statement":            {"SELECT 1; SELECT 2;", "executeStatement"},
		"submit":               {`\submit SELECT 1`, "executeStatement"},
		"fetch of a job":       {"\\submit SELECT 'long'\n\\fetch 1", "getNextResultBatch"},
		"waiting for a job":    {"\\submit SELECT 'long'\n\\fetch 1", "status"},
		"analyze":              {`\analyze SELECT 1`, "getNextResultBatch"},
		"explain":              {`\explain SELECT 1`, "dryRun"},
		"copy":                 {`\copy (SELECT 1) to ` + filepath.Join(t.TempDir(), "x.csv"), "getNextResultBatch"},
		"columns":              {`\d orders`, "getColumnsV2"},
		"states of jobs":       {"\\submit SELECT 'long'\n\\jobs", "status"},
		"a statement in front": {"SELECT 1\n\\g", "prepareStatement"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newEngine(t)
			hang := srv.Inject(enginetest.Fault{Method: c.method, Hang: true, Times: 1, After: true})
			defer hang.Release()
			interrupts := make(chan os.Signal, 1)
			var out bytes.Buffer
			s := shell.New(shell.Config{
				Session: openSession(t, srv), Reader: &reader{inputs: []string{c.input, "SELECT 2;"}}, Out: &out, Err: &out, Interrupts: interrupts,
			})
			go func() {
				select {
				case <-hang.Struck():
					interrupts <- os.Interrupt
				case <-t.Context().Done():
				}
			}()
			if err := s.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); strings.Count(got, "│ 2 │") != 1 || !strings.Contains(got, "cancelled") {
				t.Errorf("the output is\n%s", got)
			}
		})
	}
}

// TestEffectOfACancelledStatement checks that the shell says so when a statement that it
// cancelled may have had an effect.
func TestEffectOfACancelledStatement(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true, After: true})
	defer hang.Release()
	interrupts := make(chan os.Signal, 1)
	var out bytes.Buffer
	s := shell.New(shell.Config{
		Session: openSession(t, srv), Reader: &reader{inputs: []string{"INSERT INTO orders VALUES (4);"}}, Out: &out, Err: &out, Interrupts: interrupts,
	})
	go func() {
		<-hang.Struck()
		interrupts <- os.Interrupt
	}()
	if err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "may or may not have been executed") {
		t.Errorf("the output is\n%s", got)
	}
}

func TestContinuations(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script.sql"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openSession(t, newEngine(t))
	ctx := t.Context()
	if _, err := s.Metadata().Catalogs(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Metadata().Schemas(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Metadata().Tables(ctx, "", ""); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`\wa`:                       `\watch`,
		`\d ord`:                    "orders order_items",
		`\use s`:                    "sales",
		`\format js`:                "json jsonl",
		`\timing `:                  "on off",
		`\explain SELECT * FROM or`: "orders order_items",
		`\i ` + dir + `/scr`:        dir + "/script.sql",
		`\nothing x`:                "",
		`\q x`:                      "",
		"SELECT * FROM or":          "orders order_items",
	} {
		r := shell.Continuations(text, text, s.Metadata())
		var got []string
		for _, c := range r.Candidates {
			got = append(got, c.Text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q", text, got)
		}
		if word := text[r.Start:]; want != "" && !strings.HasPrefix(want, word) {
			t.Errorf("%s: the word is %q", text, word)
		}
	}
}
