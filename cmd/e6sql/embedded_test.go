//go:build cgo

package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/emulator"
)

// The embedded engine has the demo and TPC-H's tables, and takes real SQL.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	got := run(t, "", "--embedded", "--no-header", "-v", "kind=order",
		"-c", "SELECT COUNT(*) FROM types; SELECT COUNT(*) > 0 FROM events WHERE kind = :kind; SELECT COUNT(*) FROM tpch.db.region")
	if got.code != 0 || got.stdout != "4\ntrue\n5\n" || got.stderr != "" {
		t.Errorf("%v", got)
	}
	got = run(t, "", "--embedded", "--scale", "0", "-c", "SELECT nam FROM types")
	if got.code != 1 || !strings.Contains(got.stderr, "    1 | SELECT nam FROM types\n      |        ^\n") {
		t.Errorf("%v", got)
	}
	if got := run(t, "", "ping", "--embedded", "--scale=0"); got.code != 0 || !strings.Contains(got.stdout, "127.0.0.1:") {
		t.Errorf("%v", got)
	}
	if got := run(t, "", "doctor", "--embedded", "--scale=0"); got.code != 0 || strings.Count(got.stdout, "\nok ") != 9 {
		t.Errorf("%v", got)
	}
	if got := run(t, "", "--embedded", "--host", "localhost", "-c", "SELECT 1"); got.code != 2 {
		t.Errorf("%v", got)
	}
}

// Real SQL over the emulator, whose books must balance at the end.
func TestRealSQL(t *testing.T) {
	t.Parallel()
	srv := emulator.Start(t, emulator.Config{Demo: true})
	t.Cleanup(func() { cmdtest.Forget(t, srv.Addr()) })
	cmdtest.Forget(t, srv.Addr())
	got := run(t, `
		CREATE TABLE items (id INTEGER, name VARCHAR, price DECIMAL(10,2)); -- a comment; with a semicolon
		INSERT INTO items VALUES (1, 'a;b', 12.30), (2, NULL, 0.10);
		SELECT * FROM items WHERE price > :least ORDER BY id;
		SELECT 1/0 FROM no_such_table;
		SELECT COUNT(*) AS n FROM items`, srv.DSN(), "-v", "least=0.05", "--stats")
	if got.code != 1 || got.stdout != "id,name,price\n1,a;b,12.30\n2,,0.10\nn\n2\n" {
		t.Errorf("%v", got)
	}
	for _, want := range []string{"INSERT 2 rows, ", "standard input, line 5: error: ", "no_such_table", "\n2 rows, "} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("standard error lacks %q: %v", want, got)
		}
	}
	got = run(t, "", srv.DSN("catalog=demo"), "-F", "jsonl", "--no-cache", "-c", "SELECT id, money, list, struct, raw FROM types WHERE id IN (1, 4) ORDER BY id")
	if want := `{"id":1,"money":"12.30","list":`; got.code != 0 || !strings.HasPrefix(got.stdout, want) || strings.Count(got.stdout, "\n") != 2 {
		t.Errorf("%v", got)
	}
	// The reader of a large result goes away.
	var stderr strings.Builder
	a := &app{stdin: strings.NewReader(""), stdout: &failingWriter{err: syscall.EPIPE, left: 10000}, stderr: &stderr}
	if code := a.run(t.Context(), []string{srv.DSN("catalog=demo"), "-c", "SELECT * FROM events"}); code != exitPipe || stderr.Len() > 0 {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}
