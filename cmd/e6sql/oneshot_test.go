package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/enginetest"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	dsn := srv.DSN()
	file := filepath.Join(t.TempDir(), "two.sql")
	if err := os.WriteFile(file, []byte("\ufeffSELECT 2; -- the end\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	srv.Handle("--x\nSELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	srv.HandleFunc(enginetest.EchoLiterals)
	for _, c := range []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"command", "", []string{"-c", "SELECT items;"}, "id,name,price\n1,bolt,12.30\n2,,\n"},
		{"statements", "", []string{"-c", "SELECT 1; SELECT 2"}, "n\n1\nn\n2\n"},
		{"order", "", []string{"--no-header", "-c", "SELECT 1", "-f", file, "-c", "SELECT 1"}, "1\n2\n1\n"},
		{"input", "SELECT 1;\n-- the end\n", nil, "n\n1\n"},
		{"dash", "SELECT 2", []string{"--file=-", "--no-header"}, "2\n"},
		{"empty input", " -- nothing\n;", nil, ""},
		{"format", "", []string{"-F", "jsonl", "-c", "SELECT items"}, `{"id":1,"name":"bolt","price":"12.30"}` + "\n" + `{"id":2,"name":null,"price":null}` + "\n"},
		{"null", "", []string{"--null", "-", "--delimiter", ";", "-c", "SELECT items"}, "id;name;price\n1;bolt;12.30\n2;-;-\n"},
		{"variables", "", []string{"-v", "a=5", "--var", "b=x=y,z;'", "-c", "SELECT :a, @b"}, "kind,value\nNUMBER,5\nSTRING,\"x=y,z;'\"\n"},
		{"comment first", "", []string{"-c", "--x\nSELECT 1", "--no-header", "--no-cache"}, "1\n"},
		{"no result", "", []string{"-c", "INSERT INTO items VALUES (3)"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := run(t, c.stdin, append([]string{dsn}, c.args...)...)
			if got.code != 0 || strings.ReplaceAll(got.stdout, "\r", "") != c.want || got.stderr != "" {
				t.Errorf("%v, want:\n%s", got, c.want)
			}
		})
	}
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	got := run(t, "", srv.DSN(), "--stats", "-c", "SELECT items; INSERT INTO items VALUES (3)")
	lines := strings.Split(got.stderr, "\n")
	if got.code != 0 || len(lines) != 3 || !strings.HasPrefix(lines[0], "2 rows, ") || !strings.Contains(lines[0], "(prepare ") ||
		!strings.Contains(lines[0], ", fetch ") || !strings.HasSuffix(lines[0], "blue, query query-blue-000001") || !strings.HasPrefix(lines[1], "INSERT 1 row, ") {
		t.Errorf("%v", got)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	got := run(t, "", srv.DSN(), "-F", "table", "--ascii", "--max-rows", "2", "-c", "SELECT many")
	if got.code != 0 || !strings.Contains(got.stdout, "(2 rows shown, 99998 more)") {
		t.Errorf("%v", got)
	}
	if n := srv.Count("getNextResultBatch"); n > 900 {
		t.Errorf("%d batches of 1000 were requested for a table of 2 rows", n)
	}
}

// Each failure has its exit code and says what to do.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	lost := status.Error(codes.Unavailable, "the connection is lost")
	for _, c := range []struct {
		name  string
		fault enginetest.Fault
		sql   string
		dsn   func(*enginetest.Server) string
		code  int
		want  string // in standard error
	}{
		{name: "statement", sql: "SELECT nam\nFROM items", code: 1, want: "    1 | SELECT nam\n      |        ^\n"},
		{name: "text", sql: "SELECT\n :x, ?", code: 1, want: "error: "},
		{name: "denied", sql: "SELECT 1", dsn: func(s *enginetest.Server) string {
			return strings.Replace(s.DSN(), enginetest.DefaultToken, "wrong", 1)
		}, code: 3, want: "cure:  correct the user"},
		{name: "closed port", sql: "SELECT 1", dsn: func(*enginetest.Server) string { return "e6data://u:t@127.0.0.1:1/db?max_attempts=1" }, code: 3, want: "cure:  e6sql doctor"},
		{name: "lost batch", sql: "SELECT many", fault: enginetest.Fault{Method: "getNextResultBatch", Skip: 5, Times: 1, After: true, Drop: true}, code: 4, want: "others are missing"},
		{name: "lost execute", sql: "SELECT 1", fault: enginetest.Fault{Method: "executeStatement", After: true, Err: lost}, code: 4, want: "see by its effect"},
		{name: "timeout before it ran", sql: "SELECT 1", fault: enginetest.Fault{Method: "prepareStatement", Hang: true}, code: 1, want: "longer than query_timeout"},
		{name: "timeout while it ran", sql: "SELECT 1", fault: enginetest.Fault{Method: "executeStatement", Hang: true}, code: 4, want: "longer than query_timeout"},
		{name: "timeout while fetching", sql: "SELECT many", fault: enginetest.Fault{Method: "getNextResultBatch", Skip: 5, Hang: true}, code: 4, want: "longer than query_timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := engine(t, enginetest.Config{})
			if c.fault.Method != "" {
				srv.Inject(c.fault)
			}
			dsn := srv.DSN()
			if c.dsn != nil {
				dsn = c.dsn(srv)
			}
			args := []string{dsn, "-c", c.sql, "-F", "csv"}
			if c.fault.Hang {
				args = append(args, "--query-timeout", "300ms")
			}
			got := run(t, "", args...)
			if got.code != c.code || !strings.Contains(got.stderr, c.want) {
				t.Errorf("%v, want exit code %d and %q", got, c.code, c.want)
			}
			if strings.Contains(got.stderr, enginetest.DefaultToken) {
				t.Errorf("the token is shown: %s", got.stderr)
			}
			// A released call would still run: it must have ended before.
			if err := srv.Wait(cmdtest.Within(t, time.Minute), func(st enginetest.Stats) bool { return st.InFlight == 0 }); err != nil {
				t.Error(err)
			}
			srv.ClearFaults()
		})
	}
}

func TestErrorsAmongStatements(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	script := "SELECT 1; SELECT nam\nFROM items; SELECT 2"
	if got := run(t, script, srv.DSN(), "--no-header"); got.code != 1 || got.stdout != "1\n2\n" || !strings.HasPrefix(got.stderr, "standard input, line 1: error: ") {
		t.Errorf("%v", got)
	}
	got := run(t, script, srv.DSN(), "--no-header", "--stop-on-error")
	if got.code != 1 || got.stdout != "1\n" || !strings.Contains(got.stderr, "1 of 3 statements were not run") {
		t.Errorf("%v", got)
	}
	// Without a connection the other statements are not tried.
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Times: 1, After: true, Drop: true})
	got = run(t, "SELECT 1; SELECT 2", srv.DSN(), "--no-header")
	if got.code != 4 || got.stdout != "" || !strings.Contains(got.stderr, "1 of 2 statements were not run") {
		t.Errorf("%v", got)
	}
}

// A wrong command line or script runs nothing.
func TestUsage(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	dsn := srv.DSN()
	for _, args := range [][]string{
		{"--no-such-flag"},
		{dsn, "-c", ""},
		{dsn, "-F", "xml", "-c", "SELECT 1"},
		{dsn, "-f", filepath.Join(t.TempDir(), "none.sql")},
		{dsn, "-c", "SELECT 1; SELECT 'open"},
		{dsn, "-c", `\d items`},
		{dsn, "-c", "SELECT 1", "--delimiter", "ab"},
		{dsn, "-c", "SELECT 1", "--delimiter", "5"},
		{dsn, "-c", "SELECT 1", "-F", "json", "--delimiter", ";"},
		{dsn, "-c", "SELECT 1", "-x", "-F", "csv"},
		{dsn, "-c", "SELECT 1", "-v", "1x=2"},
		{dsn, "-c", "SELECT 1; SELECT 2", "-F", "parquet"},
		{dsn, "-c", "SELECT 1", "--query-timeout", "-1s"},
		{dsn, "-c", "SELECT 1", "-o", filepath.Join(t.TempDir(), "none", "out.csv")},
		{dsn, "-c", "SELECT 1", "--param", "no_such_parameter=1"},
		{dsn, "-c", "SELECT 1", "--param", "token=secret"},
		{dsn, "-c", "SELECT 1", "-p", "prod"},
		{"-c", "SELECT 1"},
		{"--host", "localhost", "-c", "SELECT 1"},
		{"--host", "localhost", "-u", "me", "-c", "SELECT 1"},
		{"ping", dsn, "-c", "SELECT 1"},
		{"mysql://host/", "-c", "SELECT 1"},
		{"completion", "tcsh"},
	} {
		if got := run(t, "", args...); got.code != 2 || got.stderr == "" || got.stdout != "" {
			t.Errorf("%q: %v", args, got)
		}
	}
	if n := srv.Stats().Prepared; n != 0 {
		t.Errorf("%d statements ran", n)
	}
}

func TestOutputFile(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	file := filepath.Join(t.TempDir(), "out.csv")
	if got := run(t, "", srv.DSN(), "-o", file, "-c", "SELECT 1; SELECT items"); got.code != 0 || got.stdout != "" {
		t.Errorf("%v", got)
	}
	want := "n\n1\nid,name,price\n1,bolt,12.30\n2,,\n"
	if text, err := os.ReadFile(file); err != nil || string(text) != want {
		t.Errorf("%q, %v", text, err)
	}
	// After a failure the file is as it was before, and nothing else is left.
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 5, Times: 1, After: true, Drop: true})
	if got := run(t, "", srv.DSN(), "-o", file, "-c", "SELECT many"); got.code != 4 || !strings.Contains(got.stderr, "was not written") {
		t.Errorf("%v", got)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != want {
		t.Errorf("%q, %v", text, err)
	}
	if list, err := os.ReadDir(filepath.Dir(file)); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

// A hanging engine does not hold up the end of the program, in any phase.
func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"authenticate", "prepareStatement", "executeStatement", "getResultMetadata", "getNextResultBatch"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			srv := engine(t, enginetest.Config{})
			fault := srv.Inject(enginetest.Fault{Method: method, Hang: true})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			go func() {
				<-fault.Struck()
				cancel()
			}()
			got := runIn(t, ctx, "", srv.DSN(), "-c", "SELECT many; SELECT 1")
			if got.code != 130 || !strings.Contains(got.stderr, "cancelled") {
				t.Errorf("%v", got)
			}
		})
	}
}

// failingWriter fails after some bytes.
type failingWriter struct {
	err  error
	left int
}

func (f *failingWriter) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, f.err
	}
	return len(b), nil
}

func TestFailingOutput(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	var stderr strings.Builder
	a := &app{stdin: strings.NewReader(""), stdout: &failingWriter{err: errors.New("disk full"), left: 1000}, stderr: &stderr}
	if code := a.run(t.Context(), []string{srv.DSN(), "-c", "SELECT many"}); code != 4 || !strings.Contains(stderr.String(), "disk full") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	if got := run(t, "", "ping", srv.DSN()); got.code != 0 || !strings.HasPrefix(got.stdout, srv.Addr()+" answers, after ") {
		t.Errorf("%v", got)
	}
	if got := run(t, "", "ping", strings.Replace(srv.DSN(), enginetest.DefaultToken, "wrong", 1)); got.code != 3 || !strings.Contains(got.stderr, "cure: ") {
		t.Errorf("%v", got)
	}
	fault := srv.Inject(enginetest.Fault{Method: "healthCheck", Hang: true})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-fault.Struck()
		cancel()
	}()
	if got := runIn(t, ctx, "", "ping", srv.DSN()); got.code != 130 {
		t.Errorf("%v", got)
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	if got := run(t, "", "doctor", srv.DSN()); got.code != 0 || strings.Count(got.stdout, "\nok ") != 9 || !strings.HasPrefix(got.stdout, srv.Addr()+", named by the DSN\n") {
		t.Errorf("%v", got)
	}
	got := run(t, "", "doctor", "--secure", srv.DSN())
	if got.code != 3 || !strings.Contains(got.stdout, "\nFAIL  TLS ") || !strings.Contains(got.stdout, " cure: ") || !strings.Contains(got.stdout, "\n-     SELECT 1\n") {
		t.Errorf("%v", got)
	}
	if got := run(t, "", "doctor", "--no-secure", strings.Replace(srv.DSN(), "?", "?secure=true&", 1)); got.code != 0 {
		t.Errorf("%v", got)
	}
	if got := run(t, "", "doctor"); got.code != 2 {
		t.Errorf("%v", got)
	}
}

// A script of many statements is split in a time that grows with its length only.
func TestLongScript(t *testing.T) {
	t.Parallel()
	s := script{name: "long", text: strings.Repeat("INSERT INTO t VALUES (1, 'a;b');\n", 200_000)}
	list, err := s.split()
	if err != nil || len(list) != 200_000 || list[199_999].line != 200_000 {
		t.Errorf("%d statements, %v", len(list), err)
	}
}
