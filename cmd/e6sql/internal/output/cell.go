package output

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"github.com/e6data/e6data-go/thriftrows"
)

// isNumeric reports whether a column of this type is aligned to the right.
func isNumeric(word string) bool {
	switch t, ok := thriftrows.ParseType(word); t {
	case thriftrows.Integer, thriftrows.Long, thriftrows.Float, thriftrows.Double, thriftrows.Decimal128:
		return ok
	}
	return false
}

// visibleCell returns the visible form of a text for a cell. In front of and after a
// cell there are blanks, and the text must not combine with them: a combining mark at the
// beginning becomes an escape.
func visibleCell(text []byte) string { return fence(string(appendVisible(nil, text))) }

// fence escapes characters at the beginning and at the end of a visible text that combine
// with a blank next to them.
func fence(s string) string {
	width := displaywidth.String(s)
	if s == "" || displaywidth.String(" "+s+" ") == width+2 && displaywidth.String(" "+s) == width+1 {
		return s
	}
	for s != "" && displaywidth.String(" "+s) != displaywidth.String(s)+1 {
		r, size := utf8.DecodeRuneInString(s)
		s = string(appendEscape(nil, r)) + s[size:]
	}
	for s != "" && displaywidth.String(s+" ") != displaywidth.String(s)+1 {
		r, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size] + string(appendEscape(nil, r))
	}
	return s
}

// cut returns s, or the beginning of s and an ellipsis, so that it is at most width
// columns wide.
func cut(s string, width int, ellipsis string) string {
	if displaywidth.String(s) <= width {
		return s
	}
	room := width - displaywidth.String(ellipsis)
	end, used := 0, 0
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		if used += g.Width(); used > room {
			break
		}
		end += len(g.Value())
	}
	for end > 0 && displaywidth.String(s[:end]+ellipsis) > width {
		_, size := utf8.DecodeLastRuneInString(s[:end])
		end -= size
	}
	if room < 0 {
		return strings.Repeat(".", width)
	}
	return s[:end] + ellipsis
}

// maxCell is the number of bytes of a value that a table keeps.
const maxCell = 8 << 10

// cell is a value in a table.
type cell struct {
	text string
	null bool
}

// appendCut appends the beginning of a value in visible form, and an ellipsis if the value
// is longer than maxCell.
func appendCut(dst, text []byte, null, ellipsis string) []byte {
	if len(text) <= maxCell {
		return appendDistinct(dst, text, null)
	}
	end := maxCell
	for end > maxCell-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return append(appendVisible(dst, text[:end]), ellipsis...)
}
