package output

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// mustEscape reports whether a character could send a command to a terminal, hide text or
// change the order of text: control characters, line and paragraph separators, and
// characters that only control the layout. The joiners are kept, because emoji and some
// scripts need them.
func mustEscape(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r < 0xad:
		return false
	case r == '\u200c', r == '\u200d':
		return false
	case r == '\u2028', r == '\u2029':
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// appendVisible appends a text for people to read. Control characters and bytes that are
// not UTF-8 become escapes. A backslash is not doubled, so the form cannot be read back.
func appendVisible(dst, text []byte) []byte {
	for len(text) > 0 {
		n := 0
		for n < len(text) && text[n] >= ' ' && text[n] < 0x7f {
			n++
		}
		dst = append(dst, text[:n]...)
		if text = text[n:]; len(text) == 0 {
			break
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, '\\', 'x', hexDigits[text[0]>>4], hexDigits[text[0]&15])
		case mustEscape(r):
			dst = appendEscape(dst, r)
		default:
			dst = append(dst, text[:size]...)
		}
		text = text[size:]
	}
	return dst
}

// appendEscape appends the escape of a character.
func appendEscape(dst []byte, r rune) []byte {
	switch {
	case r == '\n':
		return append(dst, '\\', 'n')
	case r == '\r':
		return append(dst, '\\', 'r')
	case r == '\t':
		return append(dst, '\\', 't')
	case r < 0x20:
		return append(dst, '\\', 'x', hexDigits[r>>4], hexDigits[r&15])
	case r > 0xffff:
		return fmt.Appendf(dst, `\U%08x`, r)
	}
	return fmt.Appendf(dst, `\u%04x`, r)
}

// nullWord is the word for NULL in formats for people.
const nullWord = "NULL"

// looksNull reports whether a text is the word for NULL, perhaps in single quotes. If the
// word is empty, no text looks like it.
func looksNull(text []byte, null string) bool {
	if null == "" {
		return false
	}
	for len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'' {
		text = text[1 : len(text)-1]
	}
	return string(text) == null
}

// appendDistinct appends the visible form of a text. A text that looks like NULL gets
// single quotes around it, so that no text looks like NULL or like another text.
func appendDistinct(dst, text []byte, null string) []byte {
	if !looksNull(text, null) {
		return appendVisible(dst, text)
	}
	dst = appendVisible(append(dst, '\''), text)
	return append(dst, '\'')
}

// guard is a writer that makes control characters visible, except for tabs and the ends
// of lines. Each call of Write must end between two characters.
type guard struct {
	w    io.Writer
	crlf bool // whether lines end with \r\n
	buf  []byte
}

func (g *guard) Write(b []byte) (int, error) {
	g.buf = g.buf[:0]
	for rest := b; len(rest) > 0; {
		n := bytes.IndexAny(rest, "\n\t")
		if n < 0 {
			n = len(rest)
		}
		line := rest[:n]
		crlf := g.crlf && n < len(rest) && rest[n] == '\n' && bytes.HasSuffix(line, []byte{'\r'})
		if crlf {
			line = line[:n-1]
		}
		g.buf = appendVisible(g.buf, line)
		if crlf {
			g.buf = append(g.buf, '\r')
		}
		if n < len(rest) {
			g.buf = append(g.buf, rest[n])
			n++
		}
		rest = rest[n:]
	}
	if _, err := g.w.Write(g.buf); err != nil {
		return 0, err
	}
	return len(b), nil
}
