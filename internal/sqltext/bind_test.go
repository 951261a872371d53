package sqltext

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// args returns arguments as database/sql passes them to a driver: an sql.Named
// has a name.
func args(values ...any) (out []driver.NamedValue) {
	for i, v := range values {
		nv := driver.NamedValue{Ordinal: i + 1, Value: v}
		if n, ok := v.(sql.NamedArg); ok {
			nv.Name, nv.Value = n.Name, n.Value
		}
		out = append(out, nv)
	}
	return out
}

func TestRender(t *testing.T) {
	t.Parallel()
	tests := []struct {
		src  string
		args []any
		want string
	}{
		{"select 1;", nil, "select 1"},
		{"select ?;", []any{1}, "select 1"},
		{"select ?, ?", []any{"a", nil}, "select 'a', NULL"},
		{"select $2,$1::int,$2;", []any{-1, "x"}, "select 'x',(-1) ::int,'x'"},
		{"select :1, a[:2]", []any{"x", 2}, "select 'x', a[2]"},
		{"select ?2, -?1", []any{-1, "x"}, "select 'x', - (-1)"},
		// Without arguments these are the engine's syntax.
		{"select v :a, a[:n], a[:1] from t @v1, $1", nil, "select v :a, a[:n], a[:1] from t @v1, $1"},
		{"select v :a, $1 ;", nil, "select v :a, $1"},
		{"select /* /* */ -- \r\n :a", nil, "select /* /* */ -- \r\n :a"},
		{"select :a, @b, @a", []any{sql.Named("b", 2), sql.Named("a", "x")}, "select 'x', 2, 'x'"},
		{"select '?', ? -- ?", []any{true}, "select '?', TRUE -- ?"},
		// A literal does not merge with its neighbours.
		{"a -?", []any{-5}, "a - (-5)"},
		{"a - ?", []any{-5}, "a - (-5)"},
		{"a-?", []any{5}, "a- 5"},
		{"x?", []any{"a"}, "x 'a'"},
		{"?y", []any{1}, "1 y"},
		{"1?", []any{2}, "1 2"},
		{"? 1", []any{2}, "2 1"},
		{"?1", []any{2}, "2"},
		{"'a'?", []any{"b"}, "'a' 'b'"},
		{"?'a'", []any{"b"}, "'b' 'a'"},
		{"??", []any{"a", "b"}, "'a'  'b'"},
		{":a@b", []any{sql.Named("a", 1)}, "1 @b"},
		{"X?", []any{"00"}, "X '00'"},
		{"/* a */?/* b */", []any{1}, "/* a */ 1 /* b */"},
		{"(?)[?,?]", []any{1, 2, 3}, "(1)[2,3]"},
		{"?::int", []any{-5}, "(-5) ::int"},
		{"é?é", []any{5}, "é 5 é"},
		// The statement ends in the middle of what could become a number.
		{"$1.", []any{5}, "5 ."},
		{"?, 1e", []any{5}, "5, 1e"},
		{"?, 1e+", []any{5}, "5, 1e+"},
		{"a=?and b", []any{5}, "a= 5 and b"},
		// Lists.
		{"x in (?)", []any{[]int{1, -2, 3}}, "x in (1, (-2), 3)"},
		{"x in (0, ?, :a)", nil, ""},
		{"x in ($1) or y in (0, $2, $1)", []any{[]int{1, 2}, "a"}, "x in (1, 2) or y in (0, 'a', 1, 2)"},
		{"x in (0, ?)", []any{[]any{"a", nil, []byte{1}, time.Unix(0, 0)}}, "x in (0, 'a', NULL, X'01', TIMESTAMP '1970-01-01 00:00:00.000000')"},
		{"x in (:l) or y in (@l)", []any{sql.Named("l", []string{"a", "b'"})}, "x in ('a', 'b''') or y in ('a', 'b''')"},
		{"x in (?)", []any{[2]int{1, 2}}, "x in (1, 2)"},
		{"x in (?)", []any{&[]int{1}}, "x in (1)"},
		{"x in (?, ?)", []any{[]level{1, 2}, []byte{1, 2}}, "x in (1, 2, X'0102')"},
		{"x in (?, ?, ?)", []any{[]bool{true}, []uint64{math.MaxUint64}, []float32{0.5, -1}}, "x in (TRUE, CAST('18446744073709551615' AS DECIMAL(20,0)), 5E-1, (-1E0))"},
		{"x in (?, ?, ?)", []any{[]byValue{{true}}, []status{"on"}, []*int{nil, ptr(1)}}, "x in (TRUE, 'on', NULL, 1)"},
		{"x in (?, ?)", []any{[]Date{Date(time.Unix(0, 0).UTC())}, [][]byte{{1}, nil}}, "x in (DATE '1970-01-01', X'01', NULL)"},
		// A nested comment is accepted when there are no arguments.
		{"/* /* */ select 1", nil, "/* /* */ select 1"},
		// So is one after the semicolon.
		{"select ?; /* /* */", []any{1}, "select 1"},
		{"select ? ;\n-- a\n/* /* */ ;", []any{1}, "select 1"},
	}
	for _, tt := range tests {
		got, err := parse(t, tt.src).Render(args(tt.args...), nil)
		if tt.want == "" {
			if err == nil {
				t.Errorf("%q: no error, but %q", tt.src, got)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%q: got %q, %v, want %q", tt.src, got, err, tt.want)
		}
	}
}

func TestArgumentErrors(t *testing.T) {
	t.Parallel()
	named := sql.Named
	tests := []struct {
		src  string
		args []any
		want ArgumentError
		text string
	}{
		{"select ?", nil, ArgumentError{Ordinal: 1, Offset: 7}, "argument 1: it is missing: the statement has 1 placeholder"},
		{"select ?, ?", []any{1}, ArgumentError{Ordinal: 2, Offset: 10}, "argument 2: it is missing: the statement has 2 placeholders"},
		{"select ?2, ?1", nil, ArgumentError{Ordinal: 1, Offset: 11}, "argument 1: it is missing: the statement has placeholders up to ?2"},
		{"select $3, $2, $1", []any{1}, ArgumentError{Ordinal: 2, Offset: 11}, "argument 2: it is missing: the statement has placeholders up to $3"},
		{"select :99999", []any{1}, ArgumentError{Ordinal: 99999, Offset: 7}, "argument 99999: it is missing: the statement has placeholders up to :99999"},
		{"select ?", []any{1, 2}, ArgumentError{Ordinal: 2, Offset: -1}, "argument 2: it is not used: the statement has 1 placeholder"},
		{"select $1", []any{1, 2}, ArgumentError{Ordinal: 2, Offset: -1}, "argument 2: it is not used: the statement has placeholders up to $1"},
		{"select $1, $3", []any{1, 2, 3}, ArgumentError{Ordinal: 2, Offset: -1}, "argument 2: it is not used: the statement has placeholders up to $3, but not this number"},
		{"select 1", []any{1}, ArgumentError{Ordinal: 1, Offset: -1}, "argument 1: it is not used: the statement has no placeholders: write ? in the place of its value"},
		{"select 1", []any{named("a", 1)}, ArgumentError{Name: "a", Ordinal: 1, Offset: -1}, "argument :a: it is not used: the statement has no placeholders: write :a in the place of its value"},
		{"select ?", []any{named("a", 1)}, ArgumentError{Name: "a", Ordinal: 1, Offset: -1}, "argument :a: it is not used: the statement's placeholders are like ?, which take arguments without a name"},
		{"select $1", []any{named("a", 1)}, ArgumentError{Name: "a", Ordinal: 1, Offset: -1}, "argument :a: it is not used: the statement's placeholders are like $1, which take arguments without a name"},
		{"select :a, @b", []any{named("a", 1)}, ArgumentError{Name: "b", Offset: 11}, "argument :b: it is missing: give it by sql.Named"},
		{"select @p1, @p2", []any{1, 2}, ArgumentError{Ordinal: 1, Offset: -1}, `argument 1: it has no name, but the statement's placeholders do: give it by sql.Named("p1", ...), or write ? in the place of @p1`},
		{"select :a, :b", []any{named("a", 1), 2}, ArgumentError{Ordinal: 2, Offset: -1}, `argument 2: it has no name, but the statement's placeholders do: give it by sql.Named("b", ...), or write ? in the place of :b`},
		{"select :a", []any{named("a", 1), 2, 3}, ArgumentError{Ordinal: 2, Offset: -1}, `argument 2: it has no name, but the statement's placeholders do: give it by sql.Named("a", ...), or write ? in the place of :a`},
		{"select :a", []any{named("a", 1), named("b", 2)}, ArgumentError{Name: "b", Ordinal: 2, Offset: -1}, "argument :b: it is not used in the statement"},
		{"select :a", []any{named("A", 1)}, ArgumentError{Name: "A", Ordinal: 1, Offset: -1}, "argument :A: it is not used in the statement, where the name is :a"},
		{"select :a", []any{named("a", 1), named("a", 2)}, ArgumentError{Name: "a", Ordinal: 2, Offset: -1}, "argument :a: it is given twice"},
		{"select ?, :a", []any{1}, ArgumentError{Name: "a", Offset: 10}, "argument :a: the statement has both ? and :a as placeholders: use one kind"},
		{"select :a, :b, ?", nil, ArgumentError{Ordinal: 1, Offset: 15}, "argument 1: the statement has both :a and ? as placeholders: use one kind"},
		{"select ?, ?2", []any{1, 2}, ArgumentError{Ordinal: 2, Offset: 10}, "argument 2: the statement has both ? and ?2 as placeholders: use one kind"},
		{"select $1, :2", []any{1, 2}, ArgumentError{Ordinal: 2, Offset: 11}, "argument 2: the statement has both $1 and :2 as placeholders: use one kind"},
		{"select :a, :1", []any{named("a", 1)}, ArgumentError{Ordinal: 1, Offset: 11}, "argument 1: the statement has both :a and :1 as placeholders: use one kind"},
	}
	for _, tt := range tests {
		s := parse(t, tt.src)
		_, err := s.Render(args(tt.args...), nil)
		_, _, err2 := s.Positional(args(tt.args...))
		for _, err := range []error{err, err2} {
			var e *ArgumentError
			if !errors.As(err, &e) || err.Error() != tt.text {
				t.Errorf("%q: got %v, want %s", tt.src, err, tt.text)
				continue
			}
			got := *e
			got.Reason = ""
			if got != tt.want {
				t.Errorf("%q: got %+v, want %+v", tt.src, got, tt.want)
			}
		}
	}
}

// The error of a value without a literal has the argument's own ordinal, which need not
// be that of its placeholder.
func TestRefusedValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src  string
		args []any
		want ArgumentError
	}{
		{"select :b, :a", []any{sql.Named("a", 1), sql.Named("b", math.NaN())}, ArgumentError{Name: "b", Ordinal: 2, Offset: 7}},
		{"select $2, $1", []any{1, math.NaN()}, ArgumentError{Ordinal: 2, Offset: 7}},
		{"select ?, ?", []any{1, math.NaN()}, ArgumentError{Ordinal: 2, Offset: 10}},
	} {
		_, err := parse(t, tt.src).Render(args(tt.args...), nil)
		e, ok := errors.AsType[*ArgumentError](err)
		if !ok {
			t.Errorf("%q: %v", tt.src, err)
			continue
		}
		if got := *e; got.Name != tt.want.Name || got.Ordinal != tt.want.Ordinal || got.Offset != tt.want.Offset {
			t.Errorf("%q: %+v, want %+v", tt.src, got, tt.want)
		}
	}
}

func TestNestedCommentRefused(t *testing.T) {
	t.Parallel()
	s := parse(t, "select /* a /* b */ ?")
	_, err := s.Render(args("*/ evil"), nil)
	var e *SyntaxError
	if !errors.As(err, &e) || e.Offset != 7 {
		t.Errorf("got %v", err)
	}
	// The engine itself binds these arguments.
	if _, _, err := s.Positional(args(1)); err != nil {
		t.Error(err)
	}
}

// No argument is accepted after a comment whose end is unsure, and a second
// statement after such a comment is found.
func TestUnsureCommentRefused(t *testing.T) {
	t.Parallel()
	for src, at := range map[string]int{
		"select -- it's\r?": 7, "select 1 // '\r, ?": 9, "select -- \u2028 '\n ?": 7, "-- a\n-- b\f\nselect ?": 5, "select ?, -- \r ?": 10,
		"select ? -- a\r": -1, "select ? -- a\r\n": -1, "-- a\r\nselect ?": -1, "select '-- \r', ?": -1, "select /* \r */ ?": -1, "select ? ; -- \r": -1,
	} {
		s := parse(t, src)
		_, err := fillIn(s, "' OR 1=1 -- ")
		e, ok := errors.AsType[*SyntaxError](err)
		if refused := at >= 0; ok != refused || ok && e.Offset != at {
			t.Errorf("%q: %v", src, err)
		}
		// The engine itself binds these arguments.
		var values []any
		for range s.positional {
			values = append(values, 1)
		}
		if _, _, err := s.Positional(args(values...)); err != nil {
			t.Errorf("%q: %v", src, err)
		}
	}
	for _, src := range []string{"select 1; -- a\rdrop table t", "select 1 -- a\r; drop table t"} {
		if _, err := Parse(src); err == nil || !strings.Contains(err.Error(), "a second statement") {
			t.Errorf("%q: %v", src, err)
		}
	}
	const src = "select 1 -- a\r, 2"
	if got, err := parse(t, src).Render(nil, nil); err != nil || got != src {
		t.Errorf("%q, %v", got, err)
	}
}

func TestPositional(t *testing.T) {
	t.Parallel()
	tests := []struct {
		src     string
		args    []any
		want    string
		ordered []any
	}{
		{"select 1;", nil, "select 1", nil},
		{"select ?, ?;", []any{"a", nil}, "select ?, ?", []any{"a", nil}},
		{"select $2, $1,$2", []any{"a", 2}, "select ?, ?,?", []any{2, "a", 2}},
		{"select ?1", []any{"a"}, "select ?", []any{"a"}},
		{"select a[:n], $1 ;", nil, "select a[:n], $1", nil},
		{"select :a,@b,:a -- :c;", []any{sql.Named("b", 2), sql.Named("a", "x")}, "select ?,?,? -- :c", []any{"x", 2, "x"}},
	}
	for _, tt := range tests {
		got, ordered, err := parse(t, tt.src).Positional(args(tt.args...))
		var values []any
		for _, arg := range ordered {
			values = append(values, arg.Value)
		}
		if err != nil || got != tt.want || !reflect.DeepEqual(values, tt.ordered) {
			t.Errorf("%q: got %q, %v, %v", tt.src, got, ordered, err)
		}
		for _, arg := range ordered {
			if tt.args[arg.Ordinal-1] != any(arg.Value) && arg.Name == "" {
				t.Errorf("%q: argument %d is %v", tt.src, arg.Ordinal, arg.Value)
			}
		}
	}
}

// TestConcurrent is for the race detector: a Statement is shared.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	s := parse(t, "select :a, :b where x in (:c)")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				got, err := s.Render(args(sql.Named("c", []int{i}), sql.Named("a", i), sql.Named("b", "x")), nil)
				n := string(rune('0' + i))
				if want := "select " + n + ", 'x' where x in (" + n + ")"; err != nil || got != want {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestManyNames(t *testing.T) {
	t.Parallel()
	var src, want strings.Builder
	var values []any
	src.WriteString("select 0")
	want.WriteString("select 0")
	for i := range 40 {
		name := strings.Repeat("n", i+1)
		src.WriteString(", :" + name)
		want.WriteString(", '" + name + "'")
		values = append(values, sql.Named(name, name))
	}
	got, err := parse(t, src.String()).Render(args(values...), nil)
	if err != nil || got != want.String() {
		t.Errorf("%q, %v", got, err)
	}
}

const tenMarks = "select * from t where a = ? and b = ? and c > ? and d < ? and e = ? and f in (?, ?) and g like ? and h = ? and i = ?"

func tenArgs() []driver.NamedValue {
	return args(int64(7), "it's", 1.5, time.Unix(1700000000, 0), true, int64(-1), int64(2), `50\%`, []byte("abc"), nil)
}

func TestRenderAllocates(t *testing.T) {
	var named, decimals []any
	for i, arg := range tenArgs() {
		named = append(named, sql.Named(string(rune('a'+i)), arg.Value))
		decimals = append(decimals, thriftrows.NewDecimal(int64(-12345*i), 2))
	}
	const names = "select :a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :a"
	for name, test := range map[string]struct {
		src    string
		values []driver.NamedValue
	}{
		"positional": {tenMarks, tenArgs()}, "named": {names, args(named...)}, "decimals": {tenMarks, args(decimals...)},
		"lists": {"x in (?) or y in (?)", args([]int64{1 << 40, -1 << 40, 7}, []string{"a", "it's"})},
	} {
		s := parse(t, test.src)
		// The text and the buffer in which it grows.
		if n := testing.AllocsPerRun(100, func() {
			if _, err := s.Render(test.values, nil); err != nil {
				t.Fatal(err)
			}
		}); n > 2 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkRender10(b *testing.B) {
	s, values := parse(b, tenMarks), tenArgs()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Render(values, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(tenMarks)))
	for b.Loop() {
		if _, err := Parse(tenMarks); err != nil {
			b.Fatal(err)
		}
	}
}
