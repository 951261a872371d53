package sqltext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is the kind of a token.
type kind uint8

const (
	tokBlank      kind = iota
	tokComment         // --, // or /* */
	tokText            // 'text'
	tokBinary          // X'CAFE'
	tokIdentifier      // "name" or `name`
	tokWord            // a name or keyword
	tokNumber          // 1, .5, 1.5E-7
	tokOperator        // all other characters, including ( ; and ,
	tokPositional      // ?
	tokNamed           // :name or @name
	tokNumbered        // $1, :1 or ?1
)

// token is a piece of a statement. The tokens of a text cover it without gaps.
type token struct {
	kind       kind
	start, end int
	// open reports that the text ends within this literal, quoted name or
	// comment.
	open bool
	// nested reports a comment with a /* in it.
	nested bool
	// unsure reports a line comment whose end another parser may see elsewhere.
	unsure bool
}

// trivia reports whether t is white space or a comment.
func (t *token) trivia() bool { return t.kind == tokBlank || t.kind == tokComment }

// lexer splits a text into tokens, in one pass and without allocating. It
// accepts any bytes.
type lexer struct {
	src string
	pos int
	// tight means that :name, @name, :1 and $1 are not placeholders at pos, because
	// a value ends there.
	tight bool
}

// operators holds the operators of more than one character. It does not have
// --, // and /*.
var operators = [...]string{"::", ":=", "->>", "->", "=>", "||", "<=>", "<=", ">=", "<>", "!=", "==", "@@", "@>", "<<", ">>", "&&"}

// next returns the next token, and whether there is one.
func (l *lexer) next() (token, bool) {
	if l.pos >= len(l.src) {
		return token{}, false
	}
	t := token{start: l.pos}
	n := l.scan(&t, l.src[l.pos:])
	l.pos += n
	t.end = l.pos
	switch t.kind {
	case tokBlank, tokComment:
		l.tight = false
	case tokOperator:
		c := l.src[t.end-1]
		l.tight = c == ')' || c == ']' || c == '.'
	default:
		l.tight = true
	}
	return t, true
}

// scan sets t's kind to that of the token at the start of s, and returns the
// token's length.
func (l *lexer) scan(t *token, s string) (n int) {
	c, closed := s[0], true
	switch {
	case c == '\'':
		t.kind = tokText
		n, closed = textLen(s)
	case (c == 'x' || c == 'X') && len(s) > 1 && s[1] == '\'':
		t.kind = tokBinary
		n, closed = textLen(s[1:])
		n++
	case c == '"' || c == '`':
		t.kind = tokIdentifier
		n, closed = identifierLen(s)
	case strings.HasPrefix(s, "--"), strings.HasPrefix(s, "//"):
		t.kind = tokComment
		n, t.unsure = lineLen(s)
	case strings.HasPrefix(s, "/*"):
		t.kind = tokComment
		n = len(s)
		i := strings.Index(s[2:], "*/")
		if closed = i >= 0; closed {
			n = 2 + i + 2
			t.nested = strings.Contains(s[2:n-1], "/*")
		}
	case (c == '?' || (c == ':' || c == '$') && !l.tight) && ordinalLen(s[1:]) > 0:
		t.kind, n = tokNumbered, 1+ordinalLen(s[1:])
	case c == '?':
		t.kind, n = tokPositional, 1
	case (c == ':' || c == '@') && !l.tight && nameLen(s[1:]) > 0:
		t.kind, n = tokNamed, 1+nameLen(s[1:])
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		t.kind, n = tokNumber, numberLen(s)
	default:
		if n = nameLen(s); n > 0 {
			t.kind = tokWord
		} else if n = blankLen(s); n > 0 {
			t.kind = tokBlank
		} else {
			t.kind, n = tokOperator, operatorLen(s)
		}
	}
	t.open = !closed
	return n
}

// lineLen returns the length of the line comment at the start of s. unsure reports
// that another parser may see another end: the comment ends with a carriage return
// alone, or contains a character that ends a line in other languages.
func lineLen(s string) (n int, unsure bool) {
	n = strings.IndexAny(s, "\n\r")
	if n < 0 {
		n = len(s)
	}
	unsure = strings.HasPrefix(s[n:], "\r") && !strings.HasPrefix(s[n:], "\r\n")
	return n, unsure || strings.ContainsAny(s[:n], "\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
}

// textLen returns the length of the string at the start of s, and whether it
// ends.
func textLen(s string) (n int, closed bool) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			if i+1 == len(s) || s[i+1] != '\'' {
				return i + 1, true
			}
			i++
		}
	}
	return len(s), false
}

// identifierLen returns the length of the quoted name at the start of s, and
// whether it ends.
func identifierLen(s string) (n int, closed bool) {
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			continue
		}
		if i+1 == len(s) || s[i+1] != s[0] {
			return i + 1, true
		}
		i++
	}
	return len(s), false
}

// nameLen returns the length of the name at the start of s, or 0.
func nameLen(s string) int {
	for i, r := range s {
		switch {
		case r == '_', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		case r == utf8.RuneError:
			return i
		case r >= utf8.RuneSelf && unicode.IsLetter(r):
		case i > 0 && (unicode.IsDigit(r) || unicode.IsMark(r)):
		default:
			return i
		}
	}
	return len(s)
}

// maxOrdinal bounds the digits in the number of a placeholder.
const maxOrdinal = 5

// ordinalLen returns the length of the placeholder's number at the start of s, or 0.
// The number is 1 or more, and must not be the beginning of another number or of a
// name.
func ordinalLen(s string) int {
	n := digits(s, 0)
	if n == 0 || n > maxOrdinal || s[0] == '0' {
		return 0
	}
	rest := s[n:]
	r, _ := utf8.DecodeRuneInString(rest)
	if r == '_' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || len(rest) > 1 && r == '.' && isDigit(rest[1]) {
		return 0
	}
	return n
}

// numberLen returns the length of the number at the start of s. The number has
// no sign.
func numberLen(s string) int {
	i := digits(s, 0)
	if i < len(s) && s[i] == '.' {
		i = digits(s, i+1)
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if k := digits(s, j); k > j {
			return k
		}
	}
	return i
}

// digits returns the end of the digits at i.
func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// blankLen returns the length of the white space at the start of s.
func blankLen(s string) int {
	for i, r := range s {
		if !unicode.IsSpace(r) {
			return i
		}
	}
	return len(s)
}

// operatorLen returns the length of the operator at the start of s. It is at
// least one character, or one byte that is not UTF-8.
func operatorLen(s string) int {
	for _, op := range operators {
		if strings.HasPrefix(s, op) {
			return len(op)
		}
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}
