package sqltext

import (
	"errors"
	"slices"
	"testing"
)

func parse(t testing.TB, src string) *Statement {
	t.Helper()
	s, err := Parse(src)
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return s
}

func TestText(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"select 1":                      "select 1",
		"  select 1 \n":                 "  select 1",
		"select 1;":                     "select 1",
		"select 1 ; ;\n;":               "select 1",
		"select 1; -- done":             "select 1",
		"select 1; /* ; */ // done;":    "select 1",
		"select 1 -- x":                 "select 1 -- x",
		"select 1 -- x;":                "select 1 -- x",
		"select 1 -- x\n;":              "select 1 -- x",
		"select 1 /* x; */":             "select 1 /* x; */",
		"select ';'":                    "select ';'",
		"select \";\" -- ;\n, 2;":       "select \";\" -- ;\n, 2",
		"/* a */ select 1;\u00a0\u3000": "/* a */ select 1",
		"select :a;":                    "select :a",
	} {
		if got := parse(t, src).Text(); got != want {
			t.Errorf("%q: got %q, want %q", src, got, want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		src, want string
	}{
		{"", "line 1:1 (byte 0): the statement is empty"},
		{" \n-- x\n/* y */", "line 1:1 (byte 0): the statement is empty"},
		{";", "line 1:1 (byte 0): a semicolon without a statement before it"},
		{"-- x\n; select 1", "line 2:1 (byte 5): a semicolon without a statement before it"},
		{"select 1; select 2", "line 1:11 (byte 10): a second statement begins here: a call takes one statement"},
		{"select 'é' ;\n-- x\n  ?", "line 3:3 (byte 21): a second statement begins here: a call takes one statement"},
		{"select 'a", "line 1:8 (byte 7): the string that begins here does not end"},
		{"select X'a", "line 1:8 (byte 7): the string that begins here does not end"},
		{"select é,\n \"a", "line 2:2 (byte 12): the quoted name that begins here does not end"},
		{"select `a", "line 1:8 (byte 7): the quoted name that begins here does not end"},
		{"select /* a", "line 1:8 (byte 7): the comment that begins here does not end"},
		{"select 1; /* a", "line 1:11 (byte 10): the comment that begins here does not end"},
		{"select '\ufffd\xff'", "line 1:10 (byte 11): the statement is not valid UTF-8"},
	}
	for _, tt := range tests {
		_, err := Parse(tt.src)
		var e *SyntaxError
		if !errors.As(err, &e) || err.Error() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.src, err, tt.want)
		}
	}
}

func TestReturnsRows(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"select 1": true, "SELECT 1": true, "/* a */ -- b\n ( ( Select 1) )": true, "values (1)": true, "show tables": true,
		"describe t": true, "desc t": true, "explain delete from t": true, "table t": true,
		"with a as (select 1) select * from a": true, "with a as (delete from t) select 1": true, "(with a as (select 1) (select 2))": true,
		"with recursive a(x) as (values (1)), b as (select 1) table a": true, "with a as (select 1)": true,
		"with a as (select 1) insert into t select * from a": false, "(with a as (values (1)) update t set x = 1)": false,
		"with a as (select 1) select b as update from a": true, "with a as (select 1) merge into t": false,
		"insert into t select 1": false, "update t set a = 1": false, "delete from t": false, "create table t as select 1": false,
		"selects": false, "\"select\" 1": false, "? select": false, "'select'": false, "1": false, "use s": false,
	} {
		if got := parse(t, src).ReturnsRows(); got != want {
			t.Errorf("%q: %v", src, got)
		}
	}
}

func TestKeyword(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"select 1": "SELECT", "/* delete */ -- x\n ( ( Update t) )": "UPDATE", "with a as (delete from t) insert into t select 1": "INSERT",
		"with a as (select 1) merge into t": "MERGE", "with a as (delete from t) (select 1)": "WITH", "with a": "WITH", "with a as (select 1) , b": "WITH",
		"create table t as select 1": "CREATE", "explain delete from t": "EXPLAIN", "-- x\rdelete from t": "DELETE", "truncate t": "TRUNCATE",
		"? delete": "", "'delete'": "", "\"delete\" x": "", "1": "", "; delete": "",
	} {
		s, err := Parse(src)
		if err != nil {
			if want != "" {
				t.Errorf("%q: %v", src, err)
			}
			continue
		}
		if s.Keyword() != want || s.DML() != slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "MERGE"}, want) {
			t.Errorf("%q: %q, DML %v", src, s.Keyword(), s.DML())
		}
	}
}

func TestInputs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		src   string
		n     int
		names []string
		bare  bool
	}{
		{"select 1", 0, nil, true},
		{"select '?', \":a\" -- @b", 0, nil, true},
		{"select ?, ?; -- ?", 2, nil, false},
		{"select ?3, ?1", 3, nil, false},
		{"select $3, $1, $3", 3, nil, true},
		{"select :2", 2, nil, true},
		{"select :a, @b, @a, :A", 3, []string{"a", "b", "A"}, true},
		{"select ?, :a", -1, []string{"a"}, false},
		{"select $1, :a", -1, []string{"a"}, true},
	}
	for _, tt := range tests {
		s := parse(t, tt.src)
		if s.NumInput() != tt.n || s.Bare() != tt.bare || !slices.Equal(s.names, tt.names) {
			t.Errorf("%q: %d %v %q", tt.src, s.NumInput(), s.Bare(), s.names)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"x in (?)": true, "x IN(?)": true, "x not in ( /* a */ ? -- b\n )": true, "x in (1, ?, 2)": true, "x in (f(1), ?)": true,
		"f(a in (1), ?)": false, "x in (f(?))": false, "x in (?::int)": false, "x in (- ?)": false, "x in (1 + ?, 2)": false,
		"x = ?": false, "f(?)": false, "(?)": false, "?": false, "x in ?": false, "x in [?]": false, "x in (a[?])": false,
		"\"in\" (?)": false, "within (?)": false, "x in (?": false, "x in ((?))": false, ")] x in (?)": true, "x in (1 ? )": false,
		"x in (:n)": true, "x in (select ?)": false, "x in (select a, ?, b from t)": false, "x in (with w as (select 1) select a, ?)": false, "x in (values 1, ?)": false, "x in ((select 1), ?)": true, "x in (selected, ?)": true, "x in (?]": false,
	} {
		if got := parse(t, src).marks[0].list; got != want {
			t.Errorf("%q: %v", src, got)
		}
	}
}
