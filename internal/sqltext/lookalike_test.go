package sqltext

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
)

// The error of an unused argument names the text that looks like a placeholder.
func TestLookalikes(t *testing.T) {
	t.Parallel()
	n := sql.Named("n", 1)
	longest := strings.Repeat("n", maxLookalike-1)
	tests := []struct {
		src  string
		arg  any
		at   int
		want string
	}{
		{"select %s", 1, 7, "%s is not a placeholder here: write ?"},
		{"select a where b=%d", 1, 17, "%d is not a placeholder here: write ?"},
		{"select %(name)s", 1, 7, `%(name)s is not a placeholder here: write ?, or :name with sql.Named("name", ...)`},
		{"select %(n)s", n, 7, "%(n)s is not a placeholder here: write :n"},
		{"select {name:String}", 1, 7, `{name:String} is not a placeholder here: write ?, or :name with sql.Named("name", ...)`},
		{"select {n: Array(String)}", n, 7, "{n: Array(String)} is not a placeholder here: write :n"},
		{"select {n}", n, 7, "{n} is not a placeholder here: write :n"},
		{"select {0}, {1}", 1, 7, "{0} is not a placeholder here: write ?"},
		{"select {}", 1, 7, "{} is not a placeholder here: write ?"},
		{"select ${n}", n, 7, "${n} is not a placeholder here: write :n"},
		{"select #{n}", n, 7, "#{n} is not a placeholder here: write :n"},
		{"select {{ n }}", n, 7, "{{ n }} is not a placeholder here: write :n"},
		{"select $n", n, 7, "$n is not a placeholder here: write :n"},
		{"select $0", 1, 7, "$0 is not a placeholder here: write ?"},
		{"select :0", 1, 7, ":0 is not a placeholder here: write ?"},
		{"select @1", 1, 7, "@1 is not a placeholder here: write ?"},
		{"select :'n'", n, 7, ":'n' is not a placeholder here: write :n"},
		{"select a limit:n", n, 14, ":n is not a placeholder directly after another word or value: put a blank before it"},
		{"select a LIMIT:n", 1, 14, ":n is not a placeholder directly after another word or value: put a blank before it"},
		{"select a LIMIT$1", 1, 14, "$1 is not a placeholder directly after another word or value: put a blank before it"},
		{"select a LIMIT:1", 1, 14, ":1 is not a placeholder directly after another word or value: put a blank before it"},
		{"select 'a'||x where y=f(x):n", n, 26, ":n is not a placeholder directly after another word or value: put a blank before it"},
		{"select :a limit:n", n, 15, ":n is not a placeholder directly after another word or value: put a blank before it"},
		{"select '?'", 1, 7, "'?' is a text: write ? without quotes"},
		{`select "?"`, 1, 7, `"?" is a text: write ? without quotes`},
		{"select '$1'", 1, 7, "'$1' is a text: write $1 without quotes"},
		{"select ':n'", n, 7, "':n' is a text: write :n without quotes"},
		{"select '%s'", 1, 7, "'%s' is a text: write ? without quotes"},
		{"select a like '%?%'", 1, 14, "'%?%' is a text: write ? without quotes, and the percent signs in the argument"},
		{"select a like '%:n'", n, 14, "'%:n' is a text: write :n without quotes, and the percent signs in the argument"},
		// These are syntax of the dialect.
		{"select v:field, x::int, u@h, a[1:n] from t", 1, -1, ""},
		{"select a%s, a % s, a%2, 'a%', {'k': 1}, {k: 1}, '', '%', \"\", f(x)%d", 1, -1, ""},
		{"select a$b, a := b, '12:30', a@>b -- %s ? {}", 1, -1, ""},
		{"select $n" + strings.Repeat("x", 100), 1, -1, ""}, {"select a limit:n" + strings.Repeat("x", 100), 1, -1, ""},
		{"select $" + longest, 1, 7, "$" + longest + " is not a placeholder here: write ?, or :" + longest + ` with sql.Named("` + longest + `", ...)`},
		{"select $" + longest + "n", 1, -1, ""},
		{"select %(n)", n, -1, ""}, {"select %(n", n, -1, ""}, {"select ${n", n, -1, ""}, {"select :'", n, -1, ""},
		{"select {", 1, -1, ""}, {"select %(", 1, -1, ""}, {"select %", 1, -1, ""}, {"select $", 1, -1, ""}, {"select {{a", 1, -1, ""}, {"select :'n", 1, 0, ""},
	}
	for _, tt := range tests {
		st, err := Parse(tt.src)
		if err != nil {
			continue
		}
		_, err = st.Render(args(tt.arg), nil)
		e, ok := errors.AsType[*ArgumentError](err)
		if !ok || e.Offset != tt.at || !strings.HasSuffix(err.Error(), tt.want) || tt.want == "" && strings.Contains(err.Error(), "; ") {
			t.Errorf("%q: %v, at %+v", tt.src, err, e)
		}
	}
}

// FuzzLookalike checks that the advice for any statement is short and not
// empty.
func FuzzLookalike(f *testing.F) {
	for _, src := range []string{"select %(a)s", "{a:b}", "a limit:n", "'%?%'", "${{a}}", "%", "{", "@1", ":'a'"} {
		f.Add(src, "a")
	}
	f.Fuzz(func(t *testing.T, src, name string) {
		s, err := Parse(src)
		if err != nil {
			return
		}
		if l, ok := s.lookalike(name); ok && (l.offset < 0 || l.offset >= len(src) || len(l.advice) > 4*maxLookalike+200) {
			t.Fatalf("%+v", l)
		}
	})
}
