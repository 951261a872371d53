package sqltext

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// enclosedName reports whether a reader of quoted names finds the whole of one in its
// quotes; backslash says that it takes a backslash with the next character.
func enclosedName(quoted string, backslash bool) bool {
	if len(quoted) < 2 || quoted[0] != '"' {
		return false
	}
	for i := 1; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case c == '\\' && backslash:
			i++
		case c == '"' && i+1 < len(quoted) && quoted[i+1] == '"':
			i++
		case c == '"':
			return i == len(quoted)-1
		}
	}
	return false
}

func testIdentifier(t *testing.T, name string) {
	t.Helper()
	got := Identifier(name)
	if tokens := lex(got); len(tokens) != 1 || tokens[0].kind != tokIdentifier || tokens[0].open {
		t.Fatalf("%q: %q is read as %+v", name, got, tokens)
	}
	if !enclosedName(got, true) || !enclosedName(got, false) || !utf8.ValidString(got) || strings.Contains(got, "\x00") {
		t.Fatalf("%q: %q leaves its quotes", name, got)
	}
	if values, err := oracle("select " + got + ", 'x'"); err != nil || len(values) != 1 {
		t.Fatalf("%q: %q is read by the other reader as %q, %v", name, got, values, err)
	}
	if plain := strings.ReplaceAll(got[1:len(got)-1], `""`, `"`); !strings.ContainsAny(name, "\\\x00") && utf8.ValidString(name) && plain != name {
		t.Fatalf("%q: %q is another name", name, got)
	}
}

func TestIdentifier(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": `""`, "a": `"a"`, "Größe 7": `"Größe 7"`, `a"b`: `"a""b"`, `"`: `""""`, `a\`: `"a\\"`, `\" OR 1=1 -- `: `"\\"" OR 1=1 -- "`,
		"a.b": `"a.b"`, "a'b`c": "\"a'b`c\"", "a\x00b\xff": "\"a\ufffdb\ufffd\"", "a\nb": "\"a\nb\"",
	} {
		if got := Identifier(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	for _, name := range hostile(t) {
		testIdentifier(t, name)
		testIdentifier(t, strings.ReplaceAll(name, "'", `"`))
	}
	if enclosedName(`"a\"`, true) || enclosedName(`"a" or "`, false) || !enclosedName(`"a\"`, false) {
		t.Error("enclosedName says what is not so")
	}
}

func FuzzIdentifier(f *testing.F) {
	for _, name := range hostile(f) {
		f.Add(strings.ReplaceAll(name, "'", `"`))
	}
	f.Fuzz(testIdentifier)
}
