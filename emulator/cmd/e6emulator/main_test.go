//go:build cgo

package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logged is a log that several goroutines write.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// running is the program while a test runs.
type running struct {
	t     *testing.T
	dsn   string
	log   *logged
	admin string
	stop  func() error // ends the program
}

var adminField = regexp.MustCompile(`admin=(\S+)`)

// runProgram starts the program, and returns when it is ready.
func runProgram(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context())) // it ends after the pool
	r, w := io.Pipe()
	log, done := &logged{}, make(chan error, 1)
	go func() {
		err := run(ctx, args, w, log)
		_ = w.CloseWithError(io.EOF)
		done <- err
	}()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %v\n%s", err, stop(), log)
	}
	p := &running{t: t, dsn: strings.TrimSpace(line), log: log, stop: stop}
	if m := adminField.FindStringSubmatch(log.String()); m != nil {
		p.admin = "http://" + m[1]
	}
	return p
}

func (p *running) open() *sql.DB {
	p.t.Helper()
	db, err := sql.Open("e6data", p.dsn)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = db.Close() })
	return db
}

// call makes an admin call, and returns the answer.
func (p *running) call(method, path, body string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.admin+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFilesAndScripts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert := filepath.Join(dir, "cert.pem")
	p := runProgram(t, "--tls", cert, "--file", filepath.Join(dir, "shop.duckdb"),
		"--user", "me@example.com", "--token", "a:b/c&d", "--table", "items="+write(t, "items.csv", "id,name\n1,tea\n2,pot\n"),
		"--init", write(t, "init.sql", "CREATE TABLE more AS SELECT id + 10 AS id FROM items; INSERT INTO more VALUES (99);"))
	db := p.open()
	var n, sum int
	if err := db.QueryRow("SELECT COUNT(*), SUM(id) FROM (SELECT id FROM items UNION ALL SELECT id FROM more)").Scan(&n, &sum); err != nil || n != 5 || sum != 125 {
		t.Errorf("%d, %d, %v", n, sum, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	again := runProgram(t, "--file", filepath.Join(dir, "shop.duckdb"))
	if err := again.open().QueryRow("SELECT COUNT(*) FROM more").Scan(&n); err != nil || n != 3 {
		t.Errorf("the file has %d rows, %v", n, err)
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	p := runProgram(t, "--admin", "127.0.0.1:0", "--pair", "--cache", "--demo", "--catalog", "demo")
	db := p.open()
	count := func() (n int, err error) {
		return n, db.QueryRow("SELECT COUNT(*) FROM events").Scan(&n)
	}
	good := func(when string) {
		t.Helper()
		if n, err := count(); err != nil || n != 52632 {
			t.Errorf("%s: %d, %v", when, n, err)
		}
	}
	good("at first")
	if code, text := p.call("GET", "/healthz", ""); code != 200 || text != "ok\n" {
		t.Errorf("%d %q", code, text)
	}
	for _, want := range []string{"green", "blue"} {
		if _, text := p.call("POST", "/switch", ""); !strings.Contains(text, want) {
			t.Errorf("%s, want %s", text, want)
		}
		good("on " + want)
	}
	p.call("POST", "/expire", "")
	good("with a new session")
	p.call("POST", "/suspend", "")
	good("after it was resumed")

	if code, text := p.call("POST", "/fault", `{"method": "prepareStatement", "message": "out of order"}`); code != 200 {
		t.Errorf("%d %s", code, text)
	}
	if _, err := count(); err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("%v", err)
	}
	p.call("DELETE", "/fault", "")
	good("without a fault")
	for _, wrong := range []string{"", "{}", `{"methd": "x"}`} {
		if code, text := p.call("POST", "/fault", wrong); code != 400 {
			t.Errorf("%q: %d %s", wrong, code, text)
		}
	}
	var books enginetest.Stats
	_, text := p.call("GET", "/books", "")
	if err := json.Unmarshal([]byte(text), &books); err != nil || books.Executed != 6 || len(books.Violations) > 0 {
		t.Errorf("%s, %v", text, err)
	}
	var calls []string
	_, text = p.call("GET", "/calls", "")
	if err := json.Unmarshal([]byte(text), &calls); err != nil || len(calls) < 20 {
		t.Errorf("%s, %v", text, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if err := p.stop(); err != nil || strings.Contains(p.log.String(), "level=WARN") {
		t.Errorf("%v\n%s", err, p.log)
	}
}

// The engine of one colour refuses the calls of the other.
func TestLive(t *testing.T) {
	t.Parallel()
	p := runProgram(t, "--live", "green")
	db := p.open()
	var info e6data.QueryInfo
	if _, err := db.ExecContext(e6data.ContextWithOptions(t.Context(), e6data.CaptureQuery(&info)), "SELECT 1"); err != nil || info.State().Strategy != "green" {
		t.Errorf("%q, %v", info.State().Strategy, err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	for args, text := range map[string]string{
		"--admin 0.0.0.0:0":      "no loopback address",
		"--admin nowhere":        "missing port",
		"--nonsense":             "not defined",
		"something":              "unexpected argument",
		"--zone Nowhere/Land":    "unknown time zone",
		"--table items":          "want NAME=FILE",
		"--table items=a.docx":   "neither CSV nor Parquet",
		"--table items=none.csv": "no such file",
		"--init none.sql":        "no such file",
		"--scale -1":             "scale factor",
		"--oauth me":             "want ID:SECRET",
		"--oauth me:":            "needs a ClientID and a ClientSecret",
		"--queue -1":             "must not be negative",
		"--listen nowhere":       "missing port",
		"--live red":             "want blue or green",
		"--live blue --pair":     "one of them",
	} {
		err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
