package output

import (
	"fmt"
	"strings"
)

// tsvFormat writes fields between tabs. In a text, a tab is \t, a line feed \n, a carriage
// return \r and a backslash \\, as in PostgreSQL's COPY. If a value has the text of
// NULL, its first byte is written as \x and two digits.
type tsvFormat struct {
	newline  string
	null     string
	noHeader bool
}

func newTSV(s *sink, o *Options) (Writer, error) {
	f := &tsvFormat{newline: o.newline(), null: o.null(`\N`), noHeader: o.NoHeader}
	if strings.ContainsAny(f.null, "\t\r\n") {
		return nil, fmt.Errorf("%q cannot be the text of NULL in tsv: it has a tab or a line break", f.null)
	}
	return &stream{sink: s, options: o, format: f, ahead: new(piece)}, nil
}

func (f *tsvFormat) begin(dst []byte, g *grid) []byte {
	if f.noHeader || len(g.columns) == 0 {
		return dst
	}
	for i := range g.columns {
		if i > 0 {
			dst = append(dst, '\t')
		}
		dst = appendTSV(dst, []byte(g.columns[i].Name))
	}
	return append(dst, f.newline...)
}

func (f *tsvFormat) row(dst []byte, g *grid, row int) []byte {
	if len(g.vectors) == 0 {
		return dst
	}
	for i := range g.vectors {
		if i > 0 {
			dst = append(dst, '\t')
		}
		dst = f.field(dst, &g.vectors[i], row)
	}
	return append(dst, f.newline...)
}

func (f *tsvFormat) end(dst []byte, _ Summary) []byte { return dst }

func (f *tsvFormat) field(dst []byte, v *vector, row int) []byte {
	if v.isNull(row) {
		return append(dst, f.null...)
	}
	from := len(dst)
	if v.form.isText() {
		dst = appendTSV(dst, v.raw[row])
	} else {
		dst = v.append(dst, row)
	}
	if len(f.null) > 0 && string(dst[from:]) == f.null {
		dst = append(dst[:from], fmt.Sprintf(`\x%02x`, f.null[0])...)
		dst = append(dst, f.null[1:]...)
	}
	return dst
}

// tsvEscape returns the character after the backslash that stands for c, or 0 if c
// stands for itself.
func tsvEscape(c byte) byte {
	switch c {
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\\':
		return '\\'
	}
	return 0
}

func appendTSV(dst, text []byte) []byte {
	for {
		n := plainTSV(text)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return dst
		}
		dst = append(dst, '\\', tsvEscape(text[n]))
		text = text[n+1:]
	}
}
