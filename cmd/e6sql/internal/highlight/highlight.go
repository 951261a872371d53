// Package highlight colours SQL for a terminal.
package highlight

import (
	"strings"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/words"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// The escape sequences of the colours. They use the terminal's own palette, so that they
// fit dark and light themes.
const (
	reset    = "\x1b[0m"
	keyword  = "\x1b[1;34m"
	typeName = "\x1b[36m"
	function = "\x1b[35m"
	text     = "\x1b[32m"
	number   = "\x1b[33m"
	comment  = "\x1b[90m"
	argument = "\x1b[1;33m"
	open     = "\x1b[31m"
	command  = "\x1b[1;36m"
)

// SQL returns src with escape sequences that colour it. Without the escape sequences the
// text is src, byte for byte. src may be a part of a statement, as it is while somebody
// types. A line that begins with a backslash is a command of the shell.
func SQL(src string) string {
	if name := commandName(src); name != "" {
		return command + name + reset + src[len(name):]
	}
	var b strings.Builder
	b.Grow(2 * len(src))
	scanner := sqltext.NewScanner(src)
	for {
		t, ok := scanner.Next()
		if !ok {
			return b.String()
		}
		piece := src[t.Start:t.End]
		color := colorOf(t, piece, src[t.End:])
		if color == "" {
			b.WriteString(piece)
			continue
		}
		// The line editor draws each line by itself, so that a colour must not reach
		// over a line end.
		for line := range strings.Lines(piece) {
			body := strings.TrimRight(line, "\n")
			b.WriteString(color + body + reset + line[len(body):])
		}
	}
}

// commandName returns the name of the shell's command with which src begins, including
// the backslash and blanks before it, or "".
func commandName(src string) string {
	rest := strings.TrimLeft(src, " \t")
	if !strings.HasPrefix(rest, `\`) {
		return ""
	}
	if n := strings.IndexAny(rest, " \t\n"); n >= 0 {
		rest = rest[n:]
	} else {
		rest = ""
	}
	return src[:len(src)-len(rest)]
}

// colorOf returns the escape sequence for a token, or "". after is the text after it.
func colorOf(t sqltext.Token, piece, after string) string {
	switch t.Kind {
	case sqltext.KindComment:
		return comment
	case sqltext.KindText, sqltext.KindBinary:
		if t.Open {
			return open
		}
		return text
	case sqltext.KindIdentifier:
		if t.Open {
			return open
		}
	case sqltext.KindNumber:
		return number
	case sqltext.KindPositional, sqltext.KindNamed, sqltext.KindNumbered:
		return argument
	case sqltext.KindWord:
		switch {
		case strings.HasPrefix(strings.TrimLeft(after, " "), "(") && words.IsFunction(piece):
			return function
		case words.IsKeyword(piece):
			return keyword
		case words.IsType(piece):
			return typeName
		}
	}
	return ""
}
