package dialect

import (
	"strings"
	"testing"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// FuzzRewrite checks that no text makes Rewrite panic, that what it returns is one
// statement whose strings and names end and that has no comments, as DuckDB reads it, and
// that each byte of it has a place in the text.
func FuzzRewrite(f *testing.F) {
	for _, fact := range facts(f) {
		for _, sql := range fact.statements {
			f.Add(sql)
		}
	}
	for _, sql := range []string{"", "SELECT E'\\\\' -- '", "SELECT a + INTERVAL", "SELECT CASE", "SELECT \"a\"\"b\"(", "SELECT a COLLATE", "SELECT x'", "WITH a(", "SELECT 'a\\", "SELECT v:[0]."} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, executor := range []Executor{Java, Native} {
			s, err := Rewrite(sql, Options{Executor: executor, Now: now})
			if err != nil {
				continue
			}
			if reason := misread(s.Text); reason != "" {
				t.Fatalf("%q became %q: %s", sql, s.Text, reason)
			}
			for at := 0; at <= len(s.Text); at++ {
				offset := s.Offset(at)
				if offset < 0 || offset > len(sql) {
					t.Fatalf("%q: byte %d of %q is at %d", sql, at, s.Text, offset)
				}
			}
			again, err := Rewrite(sql, Options{Executor: executor, Now: now})
			if err != nil || again.Text != s.Text {
				t.Fatalf("%q became %q, then %q, %v", sql, s.Text, again.Text, err)
			}
		}
	})
}

// misread returns why DuckDB would read a text in another way than it is meant, or
// nothing.
func misread(sql string) string {
	for i := 0; i < len(sql); i++ {
		switch c := sql[i]; {
		case c == 0:
			return "a NUL"
		case c == '\'' || c == '"':
			if i > 0 && c == '\'' && strings.IndexByte("eEbBxXuUnN&", sql[i-1]) >= 0 && (i < 2 || !wordByte(sql[i-2])) {
				return "a string with a prefix"
			}
			end := strings.IndexByte(sql[i+1:], c)
			if end < 0 {
				return "a string or a name that does not end"
			}
			i += 1 + end
		case strings.HasPrefix(sql[i:], "--"), strings.HasPrefix(sql[i:], "/*"):
			return "a comment"
		case c == ';':
			return "a semicolon"
		case c == '$' && (i+1 == len(sql) || sql[i+1] < '1' || sql[i+1] > '9'):
			return "a dollar"
		}
	}
	return ""
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// FuzzUnknown checks that unknown tokens stay unchanged.
func FuzzUnknown(f *testing.F) {
	for _, fact := range facts(f) {
		f.Add(fact.statements[0])
	}
	f.Fuzz(func(t *testing.T, text string) {
		var parts []string
		s := sqltext.NewScanner(text)
		for {
			token, ok := s.Next()
			if !ok {
				break
			}
			part := text[token.Start:token.End]
			switch token.Kind {
			case sqltext.KindWord:
				if wordOf(part) != 0 || quoted[strings.ToLower(part)] || strings.ToLower(part) != part {
					continue
				}
			case sqltext.KindNumber:
			case sqltext.KindOperator:
				if strings.IndexByte("+=<>%/", part[0]) < 0 || len(part) > 1 {
					continue
				}
			default:
				continue
			}
			parts = append(parts, part)
		}
		sql := "SELECT x FROM t WHERE a " + strings.Join(parts, " ")
		sql = strings.TrimSpace(sql)
		got, err := Rewrite(sql, Options{})
		if err != nil || got.Text != sql {
			t.Fatalf("%q became %q, %v", sql, got.Text, err)
		}
	})
}
