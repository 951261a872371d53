package sqltext

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// lookalike is a text that is a placeholder for other drivers and not for this one.
type lookalike struct {
	offset int
	advice string // what to write instead
}

// maxLookalike bounds the text of a statement in an error, in bytes.
const maxLookalike = 64

// lookalike finds the first lookalike in the statement for an argument. The
// argument's name may be empty.
func (s *Statement) lookalike(name string) (lookalike, bool) {
	l := lexer{src: s.text}
	prev := token{kind: tokBlank}
	for {
		tight := l.tight
		t, ok := l.next()
		if !ok {
			return lookalike{}, false
		}
		var advice string
		var end int
		switch rest := s.text[t.start:]; {
		case t.kind == tokText || t.kind == tokIdentifier:
			end, advice = t.end, quotedLike(s.text[t.start:t.end], name)
		case t.kind != tokOperator || t.end-t.start != 1:
		case tight:
			var n int
			n, advice = tightLike(s.text[prev.start:prev.end], rest, name)
			end = t.start + n
		default:
			if n, write := formLike(rest); n > 0 {
				end = t.start + n
				advice = fmt.Sprintf("%s is not a placeholder here: write %s", rest[:n], named(write, name))
			}
		}
		if advice != "" && end-t.start <= maxLookalike {
			return lookalike{t.start, advice}, true
		}
		prev = t
	}
}

// named returns the text of a named placeholder for an argument that may have no
// name.
func named(write, name string) string {
	if name != "" || write == "?" {
		return write
	}
	return fmt.Sprintf("?, or %s with sql.Named(%q, ...)", write, write[1:])
}

// quotedLike returns advice about a string or a quoted name whose text is a
// placeholder, or a placeholder between percent signs.
func quotedLike(quoted, name string) string {
	content := quoted[1 : len(quoted)-1]
	for _, in := range []string{content, strings.Trim(content, "%")} {
		write := in
		l := lexer{src: in}
		if t, ok := l.next(); !ok || t.end != len(in) || t.kind != tokPositional && t.kind != tokNumbered && t.kind != tokNamed {
			n, w := formLike(in)
			if n == 0 || n != len(in) {
				continue
			}
			write = named(w, name)
		}
		if in != content {
			return fmt.Sprintf("%s is a text: write %s without quotes, and the percent signs in the argument", quoted, write)
		}
		return fmt.Sprintf("%s is a text: write %s without quotes", quoted, write)
	}
	return ""
}

// beforeValues holds the words that no operator follows.
var beforeValues = []string{
	"ALL", "AND", "BETWEEN", "BY", "CASE", "DISTINCT", "ELSE", "ESCAPE", "FETCH", "FIRST", "FROM", "HAVING", "ILIKE", "IN", "INTERVAL", "LIKE", "LIMIT",
	"NEXT", "NOT", "OFFSET", "ON", "OR", "SELECT", "SET", "THEN", "TOP", "VALUES", "WHEN", "WHERE",
}

// tightLike returns advice about a :name or the like directly after a token, and its
// length. It does so if that token is a keyword, or if the name is the argument's.
func tightLike(prev, s, name string) (n int, advice string) {
	switch s[0] {
	case ':', '@':
		n = nameLen(s[1:])
		if n == 0 && s[0] == ':' {
			n = ordinalLen(s[1:])
		}
	case '$':
		n = ordinalLen(s[1:])
	}
	if n == 0 {
		return 0, ""
	}
	n++
	if slices.Contains(beforeValues, strings.ToUpper(prev)) || name != "" && strings.EqualFold(s[1:n], name) {
		advice = fmt.Sprintf("%s is not a placeholder directly after another word or value: put a blank before it", s[:n])
	}
	return n, advice
}

// formLike returns the length of another language's placeholder at the start of s,
// or 0, and the text to write instead.
func formLike(s string) (n int, write string) {
	if len(s) < 2 {
		return 0, ""
	}
	rest := s[1:]
	switch s[0] {
	case '%':
		return percentLike(rest)
	case '{':
		return braceLike(rest)
	case '$', '#':
		if rest[0] == '{' {
			n, write = braceLike(rest[1:])
			return moreThan(n), write
		}
		if k := nameLen(rest); k > 0 && s[0] == '$' {
			return 1 + k, ":" + rest[:k]
		}
	case ':':
		if rest[0] == '\'' || rest[0] == '"' { // psql's variables
			if k := nameLen(rest[1:]); k > 0 && strings.HasPrefix(rest[1+k:], rest[:1]) {
				return 3 + k, ":" + rest[1:1+k]
			}
		}
	case '@':
	default:
		return 0, ""
	}
	if k := digits(rest, 0); k > 0 {
		return 1 + k, "?"
	}
	return 0, ""
}

// moreThan returns n + 1 if n is a length, else 0.
func moreThan(n int) int {
	if n == 0 {
		return 0
	}
	return n + 1
}

// percentLike is formLike for the text after a percent sign: %s, %(name)s.
func percentLike(s string) (n int, write string) {
	const verbs = "sdvfqrix"
	if s[0] == '(' {
		k := nameLen(s[1:])
		if k > 0 && len(s) > k+2 && s[k+1] == ')' && strings.IndexByte(verbs, s[k+2]) >= 0 {
			return k + 4, ":" + s[1:1+k]
		}
		return 0, ""
	}
	if nameLen(s) == 1 && strings.IndexByte(verbs, s[0]) >= 0 {
		return 2, "?"
	}
	return 0, ""
}

// braceLike is formLike for the text after a brace: {name}, {name:String}, {0}, {},
// {{ name }}.
func braceLike(s string) (n int, write string) {
	if strings.HasPrefix(s, "{") {
		n, write = braceLike(s[1:])
		if n == 0 || !strings.HasPrefix(s[n:], "}") {
			return 0, ""
		}
		return n + 2, write
	}
	body, _, ok := strings.Cut(s, "}")
	if !ok {
		return 0, ""
	}
	n = 1 + len(body) + 1
	word, typ, typed := strings.Cut(strings.TrimFunc(body, unicode.IsSpace), ":")
	switch {
	case typed && nameLen(strings.TrimLeft(typ, " ")) == 0:
		return 0, ""
	case digits(word, 0) == len(word):
		return n, "?"
	case nameLen(word) == len(word):
		return n, ":" + word
	default:
		return 0, ""
	}
}
