package otele6data

import "testing"

func TestOperation(t *testing.T) {
	t.Parallel()
	tests := []struct{ sql, want string }{
		{"SELECT 1", "SELECT"},
		{"select 1", "SELECT"},
		{"\n\t Select*from t", "SELECT"},
		{"(SELECT 1) UNION (SELECT 2)", "SELECT"},
		{"INSERT INTO t SELECT 1", "INSERT"},
		{"EXPLAIN SELECT 1", "EXPLAIN"},
		{"/* delete */ -- insert\n// update\nselect 1", "SELECT"},
		{"-- nothing", ""},
		{"/* nothing", ""},
		{"", ""},
		{";", ""},
		{"frobnicate the table", ""},
		{"selects", ""},
		{"éselect 1", ""},
		{"averyveryverylongwordthatisnokeyword", ""},
		{"with a as (select 1) insert into b select * from a", "INSERT"},
		{"WITH RECURSIVE a (x, y) AS (SELECT ')' , (1)), \"select\" AS (DELETE /* ) */ -- )\n) SELECT 1", "SELECT"},
		{`with a as (values 'it\'s ) select') delete from t`, "DELETE"},
		{"with `update` as (select 1) select 1", "SELECT"},
		{"with a2 as (select 1.5e3 x) merge into t", "MERGE"},
		{"with a as (select 'unterminated", ""},
		{"with", ""},
		{`with "unterminated`, ""},
	}
	for _, test := range tests {
		if got := operation(test.sql); got != test.want {
			t.Errorf("operation(%q) = %q, want %q", test.sql, got, test.want)
		}
	}
}

// The operation of any statement is in the list or empty.
func FuzzOperation(f *testing.F) {
	f.Add("with a as (select ')' \"x\" `y` /* */ -- \n // \n) select 1")
	f.Fuzz(func(t *testing.T, sql string) {
		if got := operation(sql); got != "" && !operations[got] {
			t.Errorf("operation(%q) = %q", sql, got)
		}
	})
}
