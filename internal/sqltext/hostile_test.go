package sqltext

import (
	"database/sql"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/e6data/e6data-go/internal/hostile"
)

// positions holds statements with a placeholder in each possible place.
var positions = []string{
	"select ?", "?", "select ?;", "select ? -- ?", "select ?-- x", "select ?/* x */", "select /* ' */?", "-- '\nselect ?", "// ''\nselect ?// '",
	"select * from t where a = ? and b = 'x'", "select * from t where a=?and b=\"c'\"", "select * from t where a in (?)", "where a in ('b', ?, 'c')",
	"where a like ? escape '!'", "select x?", "select ?y", "select 1? 2", "select 'a'?", "select ?'a'", "select 'a'?'b'", "select \"a\"?\"b\"", "select X?",
	"select date ?", "select a - ?", "select a -?", "select a -- ?\n-?", "select a/?/b", "select f(?)", "select a[?]", "select {'k': ?}", "select v:k?", "select a::?",
	"select 'it''s', '\\'', '\\\\', ?, '\\\\''', ''", "insert into t values (1, ?, 'z')", "select ? limit 1", "with a as (select ?) select ':x' from a", "select (?)::varchar", "select @@a, ?",
	"select case when ? then '?' end", "select ?||'%'", "select f(x => ?)", "select g(x -> ?)", "select 1 -- it's\n, ?", "select /* ? */ ? /* '*/",
}

// fill puts v in the place of every placeholder of src, by number or by name.
func fill(t testing.TB, src string, v any) string {
	t.Helper()
	out, err := fillIn(parse(t, src), v)
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return out
}

func fillIn(s *Statement, v any) (string, error) {
	var values []any
	for range s.positional + s.numbered {
		values = append(values, v)
	}
	for _, name := range s.names {
		values = append(values, sql.Named(name, v))
	}
	return s.Render(args(values...), nil)
}

// pieces returns the tokens of a text, without blanks.
func pieces(text string) (kinds []kind, out []string) {
	for _, tok := range lex(text) {
		if tok.kind != tokBlank {
			kinds = append(kinds, tok.kind)
			out = append(out, text[tok.start:tok.end])
		}
	}
	return kinds, out
}

func TestHostile(t *testing.T) {
	t.Parallel()
	corpus := hostile.Texts()
	for _, src := range positions {
		testHostile(t, src, corpus)
		// The other kinds of placeholder are tried with a part of the strings
		// each, in the places where they are possible.
		for i, mark := range []string{":v", "@v", "$1", ":1", "?1"} {
			src := strings.ReplaceAll(src, "?", mark)
			if s := parse(t, src); len(s.marks) == 0 {
				continue // after a value it is not a placeholder
			}
			var part []string
			for j := i; j < len(corpus); j += 8 {
				part = append(part, corpus[j])
			}
			testHostile(t, src, part)
		}
	}
}

// testHostile puts each string into src. The tokens must be the same as with a
// harmless string, and another parser must find the string among the literals.
func testHostile(t *testing.T, src string, corpus []string) {
	t.Helper()
	const harmless = "harmless"
	calm := fill(t, src, harmless)
	calmKinds, calmPieces := pieces(calm)
	calmValues, err := oracle(calm)
	if err != nil || !slices.Contains(calmValues, harmless) {
		t.Fatalf("%q: %q, %v", calm, calmValues, err)
	}
	for _, v := range corpus {
		text := fill(t, src, v)
		kinds, got := pieces(text)
		if !slices.Equal(kinds, calmKinds) {
			t.Fatalf("%q with %q: tokens %q, want %q", src, v, got, calmPieces)
		}
		for i, piece := range got {
			if calm := calmPieces[i]; calm == "'harmless'" && unquote(piece) != v || calm != "'harmless'" && piece != calm {
				t.Fatalf("%q with %q: tokens %q, want %q", src, v, got, calmPieces)
			}
		}
		values, err := oracle(text)
		want := slices.Clone(calmValues)
		for i := range want {
			if want[i] == harmless {
				want[i] = v
			}
		}
		if err != nil || !slices.Equal(values, want) {
			t.Fatalf("%q with %q: %q: read as %q, %v", src, v, text, values, err)
		}
	}
}

// enclosed reports whether a parser with only some of the dialect's escapes finds the
// whole literal in quotes, as one string or as several side by side.
func enclosed(literal string, backslash, doubled bool) bool {
	inside := false
	for i := 0; i < len(literal); i++ {
		switch c := literal[i]; {
		case c == '\\' && inside && backslash:
			i++
		case c == '\'' && inside && doubled && i+1 < len(literal) && literal[i+1] == '\'':
			i++
		case c == '\'':
			inside = !inside
		case !inside:
			return false
		}
	}
	return !inside
}

// TestHostileReaders checks that a string does not leave its quotes, whichever
// escapes a parser has.
func TestHostileReaders(t *testing.T) {
	t.Parallel()
	for _, v := range hostile.Texts() {
		b, err := appendString(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		for _, backslash := range []bool{true, false} {
			for _, doubled := range []bool{true, false} {
				if !enclosed(string(b), backslash, doubled) {
					t.Errorf("%s: leaves its quotes, backslash escapes %v, doubled quotes %v", b, backslash, doubled)
				}
			}
		}
		if strings.ContainsAny(string(b), "\n\r") {
			t.Errorf("%q has more than one line", b)
		}
	}
	if enclosed(`'a\' or 1=1'`, false, true) || enclosed(`'a' or '`, true, true) || !enclosed(`'a\' or 1=1'`, true, true) {
		t.Error("enclosed returned a wrong result")
	}
}

// roundTrip checks that the literal of v is one token with the value v.
func roundTrip(t *testing.T, v string) {
	t.Helper()
	b, err := appendString(nil, v)
	if !utf8.ValidString(v) || strings.Contains(v, "\x00") {
		if err == nil {
			t.Fatalf("%q was taken", v)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: %v", v, err)
	}
	literal := string(b)
	if toks := lex(literal); len(toks) != 1 || toks[0].kind != tokText || toks[0].open || unquote(literal) != v {
		t.Fatalf("%q: the literal %q is read as %+v", v, literal, toks)
	}
	if values, err := oracle(literal); err != nil || len(values) != 1 || values[0] != v {
		t.Fatalf("%q: the literal %q is read by the other reader as %q, %v", v, literal, values, err)
	}
	if !enclosed(literal, false, true) || !enclosed(literal, true, false) {
		t.Fatalf("%q leaves its quotes", literal)
	}
}

func TestRandomStrings(t *testing.T) {
	t.Parallel()
	parts := []string{"'", "''", `\`, `\'`, "--", "//", "/*", "*/", "\n", "\r", "?", ":x", ";", " ", "a", "é", "日", "😀", "\u2019", "\uff07", "\u0301", "n", "\t", `"`, "`", "\ufeff"}
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 5000 {
		var b strings.Builder
		for range rnd.IntN(12) {
			b.WriteString(parts[rnd.IntN(len(parts))])
		}
		roundTrip(t, b.String())
	}
}

func FuzzRenderString(f *testing.F) {
	for _, v := range hostile.Texts() {
		f.Add(v)
	}
	f.Add("\xff")
	f.Add("\x00")
	f.Fuzz(func(t *testing.T, v string) {
		roundTrip(t, v)
	})
}

// FuzzRender puts a string into any statement, in the place of each placeholder. A
// parser of another design must find the same literals as with a harmless string, and
// the string itself.
func FuzzRender(f *testing.F) {
	for i, v := range hostile.Texts() {
		f.Add(positions[i%len(positions)], v)
	}
	f.Add("select /* /* */ ?", "x")
	f.Add("select ?; /* /* */", "x")
	f.Add("select -- '\r ?", "x")
	f.Add("select 1 -- \u2028 ' ?\n, ?", "x")
	f.Fuzz(func(t *testing.T, src, v string) {
		s, err := Parse(src)
		if err != nil || s.mixed > 0 || s.gap > 0 || !utf8.ValidString(v) || strings.Contains(v, "\x00") {
			return
		}
		if n := len(s.marks); n > 0 && (s.nested >= 0 || s.unsure >= 0 && s.unsure < s.marks[n-1].start) {
			_, err := fillIn(s, v)
			if syntax, ok := errors.AsType[*SyntaxError](err); !ok || lex(src[syntax.Offset:])[0].kind != tokComment {
				t.Fatalf("%q: not refused for its comment", src)
			}
			return
		}
		const harmless = "harmless"
		calm, err := oracle(fill(t, src, harmless))
		if err != nil {
			return // a malformed literal in src
		}
		marks := 0
		for i, value := range calm {
			if value == harmless {
				calm[i] = v
				marks++
			}
		}
		text := fill(t, src, v)
		values, err := oracle(text)
		if err != nil || !slices.Equal(values, calm) || marks < len(s.marks) {
			t.Fatalf("%q with %q: %q: read as %q, %v; want %q", src, v, text, values, err, calm)
		}
	})
}
