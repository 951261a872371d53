package output

import (
	"bytes"
	"fmt"
	"strings"
)

// csvFormat is the format of RFC 4180.
type csvFormat struct {
	comma    byte
	newline  string
	null     string
	noHeader bool
}

func newCSV(s *sink, o *Options) (Writer, error) {
	f := &csvFormat{comma: o.Comma, newline: o.newline(), null: o.null(""), noHeader: o.NoHeader}
	if c := o.Comma; c < '!' && c != '\t' || c > '~' || strings.IndexByte(`"+-.:[]_/\`, c) >= 0 || isAlphanumeric(c) {
		return nil, fmt.Errorf("%q cannot separate the fields of csv: use a character such as ',', ';', '|' or a tab", c)
	}
	if !plainCSV([]byte(f.null), f.comma) {
		return nil, fmt.Errorf("%q cannot be the text of NULL in csv: it has a quote, a delimiter or a line break", f.null)
	}
	return &stream{sink: s, options: o, format: f, ahead: new(piece)}, nil
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func (f *csvFormat) begin(dst []byte, g *grid) []byte {
	if f.noHeader || len(g.columns) == 0 {
		return dst
	}
	for i := range g.columns {
		if i > 0 {
			dst = append(dst, f.comma)
		}
		dst = f.text(dst, []byte(g.columns[i].Name))
	}
	return append(dst, f.newline...)
}

func (f *csvFormat) row(dst []byte, g *grid, row int) []byte {
	if len(g.vectors) == 0 {
		return dst
	}
	for i := range g.vectors {
		if i > 0 {
			dst = append(dst, f.comma)
		}
		dst = f.field(dst, g, &g.vectors[i], row)
	}
	return append(dst, f.newline...)
}

func (f *csvFormat) end(dst []byte, _ Summary) []byte { return dst }

func (f *csvFormat) field(dst []byte, g *grid, v *vector, row int) []byte {
	switch {
	case v.isNull(row):
		if f.null == "" && len(g.vectors) == 1 {
			return append(dst, `""`...) // most readers drop empty lines
		}
		return append(dst, f.null...)
	case v.form.isText():
		return f.text(dst, v.raw[row])
	}
	from := len(dst)
	dst = v.append(dst, row)
	switch {
	case len(dst) == from:
		return append(dst, `""`...)
	case string(dst[from:]) == f.null:
		return f.quote(dst[:from], []byte(f.null))
	}
	return dst
}

// text appends a text. It uses quotes if the text needs them, is empty or looks like NULL.
func (f *csvFormat) text(dst, text []byte) []byte {
	if len(text) == 0 {
		return append(dst, `""`...)
	}
	// Some readers drop blanks at the beginning, and PostgreSQL ends the data at \. .
	if text[0] == ' ' || text[0] == '\t' || !plainCSV(text, f.comma) || string(text) == f.null || string(text) == `\.` {
		return f.quote(dst, text)
	}
	return append(dst, text...)
}

func (f *csvFormat) quote(dst, text []byte) []byte {
	dst = append(dst, '"')
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, text[:i+1]...), '"')
		text = text[i+1:]
	}
	return append(append(dst, text...), '"')
}
