//go:build cgo

package emulator

import (
	"context"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/enginetest"
)

// interrupt is DuckDB's error of a thread that another one interrupted.
const interrupt = `INTERRUPT Error: {"exception_type":"INTERRUPT","exception_message":"Interrupted!"}`

func TestCauseOfAnInterrupt(t *testing.T) {
	t.Parallel()
	cfg, err := Config{Raw: true}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	e, err := openEngine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d := e.(*database)
	for _, test := range []struct{ name, sql, text, want string }{
		{"the error of a SELECT", "SELECT 'x'::INT", interrupt, "Could not convert string 'x' to INT32"},
		{"an error after some rows", "SELECT CASE WHEN i < 90000 THEN '1' ELSE 'x' END::INT FROM range(99999) t(i)", interrupt, "string 'x'"},
		{"no error", "SELECT 1", interrupt, "one of DuckDB's threads"},
		{"a statement that is not run again", "CREATE TABLE t (n INT)", interrupt, "one of DuckDB's threads"},
		{"a SELECT that changes something", "SELECT nextval('s')", interrupt, "one of DuckDB's threads"},
		{"another error", "SELECT 1", `{"exception_type":"Binder","exception_message":"no"}`, "Binder Error: no"},
		{"a text", "SELECT 1", "INTERRUPT", "INTERRUPT"},
	} {
		if test.name == "a SELECT that changes something" {
			mustRun(t, d, "CREATE SEQUENCE s")
		}
		st, err := d.prepare(t.Context(), enginetest.Query{SQL: test.sql})
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		err = st.call(t.Context(), func() error { return st.cause(t.Context(), test.text) })
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
		st.Close()
	}
	mustRun(t, d, "CREATE TABLE t (n INT)") // the statement above was not run
	rows, err := d.texts(d.place("", ""), "SELECT nextval('s')::VARCHAR", nil)
	if err != nil || len(rows) != 1 || rows[0] != "1" {
		t.Errorf("the sequence has %v, %v", rows, err)
	}
}

// mustRun runs a statement as the emulator's own in the default catalog.
func mustRun(t *testing.T, d *database, sql string) {
	t.Helper()
	if err := d.in.run(sql); err != nil {
		t.Fatal(err)
	}
}

// An interrupt that the client caused is not looked into, and a failed result stays failed.
func TestFailedResultsStayFailed(t *testing.T) {
	t.Parallel()
	cfg, err := Config{Raw: true}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	e, err := openEngine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	st, err := e.Prepare(t.Context(), enginetest.Query{SQL: "SELECT CASE WHEN i < 1000000 THEN '1' ELSE 'x' END::INT FROM range(1100000) t(i)"})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.Execute(t.Context(), enginetest.Execution{}); err != nil {
		t.Fatal(err)
	}
	failures := 0
	for failures < 3 {
		out, err := st.Batches(t.Context(), enginetest.BatchRequest{Max: 1, V2: true})
		if err != nil {
			failures++
		}
		if out.End || failures > 0 && err == nil {
			t.Fatalf("%d failures, then %v, %v", failures, out.End, err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if failures == 0 {
		t.Error("no failure")
	}
	if err := st.(*statement).cause(gone, interrupt); err == nil || !strings.Contains(err.Error(), "Interrupted!") {
		t.Errorf("%v", err)
	}
}
