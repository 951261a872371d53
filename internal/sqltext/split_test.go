package sqltext_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// pieces returns the statements of a script, each with ";" if it is terminated and "…"
// if it is open.
func pieces(script string) []string {
	var out []string
	for p := range sqltext.Split(script) {
		text := script[p.Start:p.End]
		if p.Terminated {
			text += ";"
		}
		if p.Open {
			text += "…"
		}
		out = append(out, text)
	}
	return out
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		script string
		want   []string
	}{
		{"", nil},
		{" \n;; ;", nil},
		{"SELECT 1", []string{"SELECT 1"}},
		{" SELECT 1 ;\n SELECT 2;\n", []string{"SELECT 1;", "SELECT 2;"}},
		{"SELECT 'a;b', 'it''s;', 'x\\';';SELECT 2", []string{"SELECT 'a;b', 'it''s;', 'x\\';';", "SELECT 2"}},
		{"SELECT X'3B', \"a;b\", `c;``d`;", []string{"SELECT X'3B', \"a;b\", `c;``d`;"}},
		{"SELECT 1 -- one; two\n+ 2; // three; four\nSELECT /* ; */ 3", []string{"SELECT 1 -- one; two\n+ 2;", "// three; four\nSELECT /* ; */ 3"}},
		{"SELECT 1; -- the end", []string{"SELECT 1;"}},
		{"-- only\n/* comments */;", nil},
		{"/*+ hint */ SELECT 1", []string{"/*+ hint */ SELECT 1"}},
		{"SELECT 'open; SELECT 2", []string{"SELECT 'open; SELECT 2…"}},
		{"SELECT 1; /* open ;", []string{"SELECT 1;", "/* open ;…"}},
		{"SELECT \"open;", []string{"SELECT \"open;…"}},
		{"\xff;\xfe", []string{"\xff;", "\xfe"}},
	} {
		if got := pieces(c.script); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.script, got, c.want)
		}
	}
}

func TestSplitStops(t *testing.T) {
	t.Parallel()
	n := 0
	for range sqltext.Split("a;b;c") {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d pieces", n)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"SELECT :b, @a, :b":     {"b", "a"},
		"SELECT ?, ':x', a::b":  nil,
		"SELECT v[:n] -- :none": {"n"},
	} {
		st, err := sqltext.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := st.Names(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// FuzzSplit checks that pieces are in order, lose nothing except white space,
// semicolons and comments, and stay whole when they are split again.
func FuzzSplit(f *testing.F) {
	for _, script := range []string{
		"SELECT 1; SELECT 'a;''b\\';' ;-- x;\n;\"y;\" /* ; */ X'3B'", "a;b", ";;", "'", "/*", "`;`;", "// ;\r;\n;", "\xff;\x00",
	} {
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script string) {
		pos, last := 0, sqltext.Piece{Terminated: true}
		for p := range sqltext.Split(script) {
			if !last.Terminated || last.Open {
				t.Fatalf("%q: a piece follows one that does not end", script)
			}
			if p.Start < pos || p.End <= p.Start || p.End > len(script) {
				t.Fatalf("%q: the piece %+v begins before %d or is empty", script, p, pos)
			}
			between(t, script[pos:p.Start])
			text := script[p.Start:p.End]
			again := slices.Collect(sqltext.Split(text))
			if len(again) != 1 || again[0].Start != 0 || again[0].End != len(text) || again[0].Terminated || again[0].Open != p.Open {
				t.Fatalf("%q splits again, into %+v", text, again)
			}
			if st, err := sqltext.Parse(text); err == nil && !strings.HasPrefix(text, st.Text()) {
				t.Fatalf("%q is read as %q", text, st.Text())
			}
			pos, last = p.End, p
		}
		between(t, script[pos:])
	})
}

// between checks that a text between statements has only white space, semicolons and
// comments.
func between(t *testing.T, text string) {
	t.Helper()
	sc := sqltext.NewScanner(text)
	for {
		tok, ok := sc.Next()
		if !ok {
			return
		}
		switch {
		case tok.Kind == sqltext.KindBlank, tok.Kind == sqltext.KindComment:
		case tok.Kind == sqltext.KindOperator && text[tok.Start] == ';':
		default:
			t.Fatalf("%q was left out", text)
		}
	}
}
