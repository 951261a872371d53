package enginetest

import (
	"fmt"
	"regexp"
	"strings"
)

// Literal is a literal of a statement.
type Literal struct {
	// Kind is STRING, BINARY, NUMBER, BOOLEAN, NULL, DATE, TIMESTAMP or TIMESTAMP_TZ.
	Kind string
	// Value is the content of a string, without quotes and escapes. For BINARY it is the
	// hexadecimal digits, for the other kinds the literal's text. A number has no sign.
	Value string
}

// The dialect's tokens (docs/protocol.md, section 10). This code and the driver's share
// nothing and read SQL in different ways, so that a test finds the mistakes of either.
var (
	sqlToken = regexp.MustCompile(`(?s)\A(?:` +
		`(--[^\n\r]*|//[^\n\r]*|/\*.*?\*/|"(?:[^"]|"")*"|` + "`(?:[^`]|``)*`" + `)` + // 1: comment or quoted name
		`|(?:((?i:DATE|TIMESTAMP_TZ|TIMESTAMP))\s*)?('(?:[^'\\]|\\.|'')*')` + // 2: type, 3: string
		`|[xX]('(?:[^'\\]|\\.|'')*')` + // 4: binary
		`|(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)` + // 5: number
		`|([\pL_][\pL\pM\p{Nd}_]*)` + // 6: word
		`|.)`)
	sqlEscape = regexp.MustCompile(`(?s)\\.|''`)
	hexPairs  = regexp.MustCompile(`\A(?:[0-9a-fA-F]{2})*\z`)
)

// Literals returns the literals of a statement in their order, as the engine would
// read them. It returns an error if a string, a quoted name or a comment has no end, or
// if a binary literal has other content than pairs of hexadecimal digits. An escape that
// docs/protocol.md does not list stands for the character after the backslash. Comments
// do not nest.
func Literals(sql string) ([]Literal, error) {
	var out []Literal
	for pos := 0; pos < len(sql); {
		m := sqlToken.FindStringSubmatch(sql[pos:])
		if unended(m, sql[pos:]) {
			return nil, fmt.Errorf("enginetest: the token at byte %d has no end", pos)
		}
		switch word := strings.ToUpper(m[6]); {
		case m[3] != "" && m[2] != "":
			out = append(out, Literal{strings.ToUpper(m[2]), unescape(m[3])})
		case m[3] != "":
			out = append(out, Literal{"STRING", unescape(m[3])})
		case m[4] != "":
			hex := m[4][1 : len(m[4])-1]
			if !hexPairs.MatchString(hex) {
				return nil, fmt.Errorf("enginetest: the binary literal at byte %d is malformed", pos)
			}
			out = append(out, Literal{"BINARY", hex})
		case m[5] != "":
			out = append(out, Literal{"NUMBER", m[5]})
		case word == "TRUE" || word == "FALSE":
			out = append(out, Literal{"BOOLEAN", word})
		case word == "NULL":
			out = append(out, Literal{"NULL", word})
		}
		pos += len(m[0])
	}
	return out, nil
}

// unended reports whether the token at the beginning of rest has no end. m is the match
// of sqlToken.
func unended(m []string, rest string) bool {
	return m == nil || m[0] == "'" || m[0] == `"` || m[0] == "`" || m[0] == "/" && strings.HasPrefix(rest, "/*")
}

// unescape returns the content of a string in quotes.
func unescape(quoted string) string {
	return sqlEscape.ReplaceAllStringFunc(quoted[1:len(quoted)-1], func(e string) string {
		switch e {
		case `\n`:
			return "\n"
		case `\r`:
			return "\r"
		case `\t`:
			return "\t"
		}
		return e[1:]
	})
}

// EchoLiterals answers a statement with a row for each literal in it, in their order. The
// rows have two STRING columns, kind and value, as in [Literal]. They show the literals
// that a client wrote for its arguments:
//
//	srv.HandleFunc(enginetest.EchoLiterals)
//
// A statement that [Literals] cannot read fails to prepare.
func EchoLiterals(q Query) (*Result, error) {
	literals, err := Literals(q.SQL)
	if err != nil {
		return nil, err
	}
	r := NewResult().Column("kind", "STRING").Column("value", "STRING")
	for _, l := range literals {
		r.Row(l.Kind, l.Value)
	}
	return r, nil
}
