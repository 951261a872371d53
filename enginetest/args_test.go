package enginetest_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
)

func TestHandleArgs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern string
		match   []string
		differ  []string
	}{
		{
			"SELECT a FROM t WHERE x = ? AND y > ?",
			[]string{
				"SELECT a FROM t WHERE x = 1 AND y > 'it''s'",
				"SELECT a FROM t WHERE x = (-1) AND y > (-2.5E-1)",
				"SELECT a FROM t WHERE x = -1 AND y > +.5",
				"SELECT a FROM t WHERE x = (-9223372036854775807 - 1) AND y > NULL",
				"SELECT a FROM t WHERE x = TRUE AND y > DATE '2024-01-31'",
				"SELECT a FROM t WHERE x = X'CAFE' AND y > TIMESTAMP_TZ '2024-01-31 23:59:58+05:30'",
				"SELECT a FROM t WHERE x = CAST('12.30' AS DECIMAL(4,2)) AND y > false",
				"SELECT a FROM t WHERE x = ? AND y > ?",
				" /* tag ' */ SELECT a\n\tFROM t -- y > 3\nWHERE x=1 AND y>2 ",
			},
			[]string{
				"SELECT a FROM t WHERE x = 1 AND y > 2 LIMIT 1",
				"SELECT a FROM t WHERE x = 1 AND y >",
				"SELECT a FROM t WHERE x = 1, 2 AND y > 3",
				"SELECT a FROM t WHERE x = z AND y > 3",
				"SELECT a FROM t WHERE x = (1 + 2) AND y > 3",
				"SELECT a FROM t WHERE x = CAST(z AS INT) AND y > 3",
				"SELECT a FROM t WHERE x = CAST(1 AS INT AND y > 3",
				"SELECT b FROM t WHERE x = 1 AND y > 3",
				"select a FROM t WHERE x = 1 AND y > 3",
				"SELECT a FROM t WHERE x = 1 AND y > 'open",
				"",
			},
		},
		{
			"SELECT :a, @b, $1, ?2, :3, c::INT, '?' FROM t WHERE d IN (0, ?) AND f(?, 1)",
			[]string{
				"SELECT 1, 2, 3, 4, 5, c::INT, '?' FROM t WHERE d IN (0, 'a', 'b', 'c') AND f(1, 1)",
				"SELECT ?, ?, ?, ?, ?, c::INT, '?' FROM t WHERE d IN (0, ?) AND f(?, 1)",
				"SELECT :a, @b, $1, ?2, :3, c::INT, '?' FROM t WHERE d IN (0, ?) AND f(?, 1)",
			},
			[]string{
				"SELECT 1, 2, 3, 4, 5, c::INT, '?' FROM t WHERE d IN (0, 'a', 'b', 'c') AND f(1, 1, 1)",
				"SELECT 1, 2, 3, 4, 5, c::INT, '!' FROM t WHERE d IN (0, 'a') AND f(1, 1)",
				"SELECT @a, @b, $1, ?2, :3, c::INT, '?' FROM t WHERE d IN (0, ?) AND f(?, 1)",
			},
		},
		{"IN (?, ?, 9)", []string{"IN (1, 2, 9)", "IN (1, 2, 3, 4, 9)", "IN (1, 9, 9, 9)"}, []string{"IN (1, 9)", "IN (1, 2, 3)"}},
		{`SELECT "a?", v:b FROM t`, []string{`SELECT "a?", v:b FROM t`, `SELECT "a?", v 1 FROM t`}, []string{`SELECT "a1", v:b FROM t`, `SELECT "a?", v:c FROM t`}},
		{"SELECT 'open", []string{"SELECT 'open"}, []string{"SELECT 'open'"}},
	} {
		srv := newServer(t, enginetest.Config{})
		srv.HandleArgs(test.pattern, itemsResult())
		c := connect(t, srv)
		for _, sql := range test.match {
			if p, err := c.Prepare(sql); err != nil {
				t.Errorf("%s does not match\n%s", test.pattern, sql)
			} else {
				p.MustClear()
			}
		}
		for _, sql := range test.differ {
			if p, err := c.Prepare(sql); err == nil {
				t.Errorf("%s matches\n%s", test.pattern, sql)
				p.MustClear()
			}
		}
		srv.HandleArgs(test.pattern, nil)
		_, err := c.Prepare(test.match[0])
		wantErr(t, err, codes.Internal, "no result is scripted")
	}
}

// A long list is matched in linear time, even if the pattern has many placeholders.
func TestHandleArgsOfALongList(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.HandleArgs("SELECT a FROM t WHERE b IN (?"+strings.Repeat(", ?", 20)+")", itemsResult())
	c := connect(t, srv)
	c.MustPrepare("SELECT a FROM t WHERE b IN (1" + strings.Repeat(", (-2)", 3_000) + ")").MustClear()
	_, err := c.Prepare("SELECT a FROM t WHERE b IN (1" + strings.Repeat(", (-2)", 3_000) + ", c)")
	wantErr(t, err, codes.Internal, "no result is scripted")
}

// The exact text of a statement takes precedence over a pattern, a later pattern over an
// earlier one, and a pattern over the function.
func TestPrecedenceOfScripts(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	named := func(name string) *enginetest.Result { return enginetest.NewResult().Explain(name) }
	srv.Handle("SELECT 1", named("exact"))
	srv.HandleArgs("SELECT ?", named("first"))
	srv.HandleArgs("SELECT :x", named("second"))
	srv.HandleFunc(func(enginetest.Query) (*enginetest.Result, error) { return named("function"), nil })
	c := connect(t, srv)
	want := func(sql, name string) {
		t.Helper()
		p := c.MustPrepare(sql)
		if got := p.Plan(); got != name {
			t.Errorf("%s: %s, want %s", sql, got, name)
		}
		p.MustClear()
	}
	want("SELECT 1", "exact")
	want("/* tag */ SELECT 1", "exact")
	want("SELECT 2", "second")
	want("SELECT a", "function")
	srv.HandleArgs("SELECT ?", named("first again"))
	want("SELECT 2", "first again")
	srv.HandleArgs(" SELECT  ? -- the same", nil)
	want("SELECT 2", "second")
}

// A QueryTag is not a part of the statement, for scripts and for faults.
func TestQueryTag(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	srv.Handle("/* mine */ SELECT 1", itemsResult())
	fault := srv.Inject(enginetest.Fault{Method: "executeStatement", SQL: items, Times: 1})
	c := connect(t, srv)
	c.MustExecute("/* nightly */ " + items).MustClear()
	if fault.Hits() != 1 {
		t.Error("the fault did not strike")
	}
	if got := srv.CallsTo("executeStatement")[0].SQL; got != "/* nightly */ "+items {
		t.Errorf("recorded %q", got)
	}
	c.MustPrepare("/* mine */ SELECT 1").MustClear()
	for _, sql := range []string{"SELECT 1", "/* not mine */ SELECT 1", "/* open " + items, "/* a */ /* b */ " + items} {
		_, err := c.Prepare(sql)
		wantErr(t, err, codes.Internal, "no result is scripted")
	}
}

// Every pattern matches itself.
func FuzzHandleArgs(f *testing.F) {
	for _, sql := range []string{"SELECT ? FROM t", "IN (?, :a, @b, $1)", "a::b @@c 'd", "CAST(1 AS", "(-1 - 1)", "/* x */ -- y", "DATE '1' X'00' .5e1", "(((", ")))", "`a`\"b\"", "\x00\xff"} {
		f.Add(sql, sql)
	}
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(srv.Close)
	f.Fuzz(func(t *testing.T, pattern, sql string) {
		if len(pattern) > 1000 || len(sql) > 1000 {
			return
		}
		srv.HandleArgs(pattern, itemsResult())
		if !srv.Handles(pattern) {
			t.Errorf("%q does not match itself", pattern)
		}
		srv.Handles(sql)
		srv.HandleArgs(pattern, nil)
	})
}
