package highlight_test

import (
	"regexp"
	"testing"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/highlight"
)

func TestSQL(t *testing.T) {
	t.Parallel()
	const (
		r = "\x1b[0m"
		k = "\x1b[1;34m"
	)
	for name, c := range map[string]struct{ src, want string }{
		"a name has no color":               {"orders", "orders"},
		"a keyword in lower case":           {"select x", k + "select" + r + " x"},
		"a function with its bracket":       {"SUM(x)", "\x1b[35mSUM" + r + "(x)"},
		"a function's name without bracket": {"sum", "sum"},
		"a type":                            {"x::int", "x::\x1b[36mint" + r},
		"DATE is a function or a type":      {"DATE(x) DATE '1'", "\x1b[35mDATE" + r + "(x) \x1b[36mDATE" + r + " \x1b[32m'1'" + r},
		"a text":                            {"'it''s'", "\x1b[32m'it''s'" + r},
		"a text that does not end":          {"'SELECT", "\x1b[31m'SELECT" + r},
		"a quoted name":                     {`"select"`, `"select"`},
		"a quoted name that does not end":   {`"select`, "\x1b[31m\"select" + r},
		"a number":                          {"1.5E3", "\x1b[33m1.5E3" + r},
		"a comment":                         {"-- SELECT", "\x1b[90m-- SELECT" + r},
		"a comment over two lines":          {"/* a\nb */", "\x1b[90m/* a" + r + "\n\x1b[90mb */" + r},
		"an argument":                       {":day ?", "\x1b[1;33m:day" + r + " \x1b[1;33m?" + r},
		"a command":                         {`\d orders`, "\x1b[1;36m\\d" + r + " orders"},
		"a command alone":                   {` \q`, "\x1b[1;36m \\q" + r},
		"no text":                           {"", ""},
	} {
		if got := highlight.SQL(c.src); got != c.want {
			t.Errorf("%s: %q instead of %q", name, got, c.want)
		}
	}
}

// FuzzSQL checks that the colours change no text.
func FuzzSQL(f *testing.F) {
	f.Add("SELECT 'a\nb', x::int -- c\nFROM t WHERE y = :n")
	f.Add("\\d  x")
	f.Add("/* \n\n")
	escape := regexp.MustCompile("\x1b\\[[0-9;]+m")
	f.Fuzz(func(t *testing.T, src string) {
		if escape.MatchString(src) {
			t.Skip("the text has colors itself")
		}
		if got := escape.ReplaceAllString(highlight.SQL(src), ""); got != src {
			t.Errorf("the text %q became %q", src, got)
		}
	})
}
