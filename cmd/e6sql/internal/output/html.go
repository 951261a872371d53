package output

// htmlFormat writes a table element. Cells of numbers have the class number, and cells of
// NULL the class null.
type htmlFormat struct {
	null     string
	noHeader bool
	numbers  []bool
	scratch  []byte // the text of a value
	visible  []byte // without control characters
}

func newHTML(s *sink, o *Options) (Writer, error) {
	return &stream{sink: s, options: o, format: &htmlFormat{null: o.null(nullWord), noHeader: o.NoHeader}}, nil
}

func (f *htmlFormat) begin(dst []byte, g *grid) []byte {
	f.numbers = make([]bool, len(g.columns))
	for i := range g.columns {
		f.numbers[i] = isNumeric(g.columns[i].Type)
	}
	dst = append(dst, "<table>\n"...)
	if !f.noHeader {
		dst = append(dst, "<thead>\n<tr>"...)
		for i := range g.columns {
			dst = append(dst, "<th>"...)
			dst = f.text(dst, []byte(g.columns[i].Name))
			dst = append(dst, "</th>"...)
		}
		dst = append(dst, "</tr>\n</thead>\n"...)
	}
	return append(dst, "<tbody>\n"...)
}

func (f *htmlFormat) row(dst []byte, g *grid, row int) []byte {
	dst = append(dst, "<tr>"...)
	for i := range g.vectors {
		dst = f.cell(dst, &g.vectors[i], row, f.numbers[i])
	}
	return append(dst, "</tr>\n"...)
}

func (f *htmlFormat) cell(dst []byte, v *vector, row int, number bool) []byte {
	if v.isNull(row) {
		dst = f.text(append(dst, `<td class="null">`...), []byte(f.null))
		return append(dst, "</td>"...)
	}
	if number {
		dst = append(dst, `<td class="number">`...)
	} else {
		dst = append(dst, "<td>"...)
	}
	text := v.textOf(&f.scratch, row)
	quotes := looksNull(text, f.null)
	if quotes {
		dst = append(dst, "&#39;"...)
	}
	dst = f.text(dst, text)
	if quotes {
		dst = append(dst, "&#39;"...)
	}
	return append(dst, "</td>"...)
}

// end closes the table. After an error a paragraph says that rows are missing.
func (f *htmlFormat) end(dst []byte, s Summary) []byte {
	dst = append(dst, "</tbody>\n</table>\n"...)
	if s.Err != nil {
		dst = append(dst, "<p class=\"incomplete\">The result is incomplete.</p>\n"...)
	}
	return dst
}

// text appends a text with the characters escaped that have a meaning in HTML.
func (f *htmlFormat) text(dst, text []byte) []byte {
	f.visible = appendVisible(f.visible[:0], text)
	for _, c := range f.visible {
		switch c {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"':
			dst = append(dst, "&#34;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
