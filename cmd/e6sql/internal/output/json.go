package output

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// jsonFormat writes each row as an object, in lines or as an array.
type jsonFormat struct {
	lines bool
	// keys holds what comes before each value, such as ,"name": .
	keys []string
	rows int64 // that the array has
}

func newJSON(s *sink, o *Options) (Writer, error) {
	return &stream{sink: s, options: o, format: new(jsonFormat)}, nil
}

func newJSONLines(s *sink, o *Options) (Writer, error) {
	return &stream{sink: s, options: o, format: &jsonFormat{lines: true}, ahead: new(piece)}, nil
}

func (f *jsonFormat) begin(dst []byte, g *grid) []byte {
	names := make([]string, len(g.columns))
	for i := range g.columns {
		names[i] = string(appendValidUTF8(nil, g.columns[i].Name))
	}
	f.keys = make([]string, len(names))
	for i, name := range uniqueNames(names) {
		key := []byte{','}
		if i == 0 {
			key[0] = '{'
		}
		f.keys[i] = string(append(appendJSONText(key, []byte(name)), ':'))
	}
	if f.lines {
		return dst
	}
	return append(dst, '[')
}

func (f *jsonFormat) row(dst []byte, g *grid, row int) []byte {
	if !f.lines {
		if f.rows > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '\n')
		f.rows++
	}
	if len(g.vectors) == 0 {
		dst = append(dst, '{')
	}
	for i := range g.vectors {
		dst = append(dst, f.keys[i]...)
		dst = appendJSON(dst, &g.vectors[i], row)
	}
	dst = append(dst, '}')
	if f.lines {
		dst = append(dst, '\n')
	}
	return dst
}

// end closes the array, except after an error. A reader then does not take a part of the
// result for the whole.
func (f *jsonFormat) end(dst []byte, s Summary) []byte {
	switch {
	case f.lines:
		return dst
	case s.Err != nil:
		return append(dst, '\n')
	case f.rows > 0:
		dst = append(dst, '\n')
	}
	return append(dst, "]\n"...)
}

// uniqueNames returns the names, with a suffix such as _2 for a name that occurred before.
func uniqueNames(names []string) []string {
	taken := make(map[string]bool, len(names))
	for _, name := range names {
		taken[name] = true
	}
	used := make(map[string]bool, len(names))
	next := make(map[string]int)
	unique := make([]string, len(names))
	for i, name := range names {
		unique[i] = name
		if used[name] {
			n := max(next[name], 2)
			for taken[name+"_"+strconv.Itoa(n)] {
				n++
			}
			next[name] = n + 1
			unique[i] = name + "_" + strconv.Itoa(n)
			taken[unique[i]] = true
		}
		used[unique[i]] = true
	}
	return unique
}

// appendJSON appends a value of a row.
func appendJSON(dst []byte, v *vector, row int) []byte {
	if v.isNull(row) {
		return append(dst, "null"...)
	}
	switch v.form {
	case boolForm, intForm:
		return v.append(dst, row)
	case floatForm, singleForm:
		if isFinite(v.floats[row]) {
			return v.append(dst, row)
		}
	case nestedForm:
		if text := v.raw[row]; isContainer(text) {
			return appendContainer(dst, text)
		}
		return appendJSONText(dst, v.raw[row])
	case textForm:
		return appendJSONText(dst, v.raw[row])
	}
	return append(v.append(append(dst, '"'), row), '"')
}

// isContainer reports whether a text is a JSON array or object.
func isContainer(text []byte) bool {
	return len(text) >= 2 && (text[0] == '[' || text[0] == '{') && utf8.Valid(text) && json.Valid(text)
}

// appendContainer appends JSON text without its line breaks, which would split a line of
// jsonl. In JSON a line break is never inside of a string.
func appendContainer(dst, text []byte) []byte {
	for _, c := range text {
		if c != '\n' && c != '\r' {
			dst = append(dst, c)
		}
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// appendJSONText appends a JSON string. A byte that is not UTF-8 becomes U+FFFD.
func appendJSONText(dst, text []byte) []byte {
	dst = append(dst, '"')
	for {
		n := plainJSON(text)
		dst = append(dst, text[:n]...)
		text = text[n:]
		if len(text) == 0 {
			return append(dst, '"')
		}
		if c := text[0]; c < utf8.RuneSelf {
			dst = appendJSONEscape(dst, c)
			text = text[1:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, "\ufffd"...)
		case r == '\u2028' || r == '\u2029': // JavaScript reads them as line breaks
			dst = append(dst, `\u202`...)
			dst = append(dst, hexDigits[r&15])
		default:
			dst = append(dst, text[:size]...)
		}
		text = text[size:]
	}
}

func appendJSONEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// appendValidUTF8 appends s. A byte that is not UTF-8 becomes U+FFFD.
func appendValidUTF8(dst []byte, s string) []byte {
	for _, r := range s {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
