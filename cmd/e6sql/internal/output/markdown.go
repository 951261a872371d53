package output

// markdownFormat writes a table of GitHub Flavored Markdown.
type markdownFormat struct {
	null    string
	scratch []byte // the text of a value
	visible []byte // without control characters
}

func newMarkdown(s *sink, o *Options) (Writer, error) {
	return &stream{sink: s, options: o, format: &markdownFormat{null: o.null(nullWord)}}, nil
}

// begin writes the header, because a table of Markdown always has one.
func (f *markdownFormat) begin(dst []byte, g *grid) []byte {
	if len(g.columns) == 0 {
		return dst
	}
	for i := range g.columns {
		dst = append(dst, "| "...)
		dst = f.text(dst, []byte(g.columns[i].Name))
		dst = append(dst, ' ')
	}
	dst = append(dst, "|\n"...)
	for i := range g.columns {
		if isNumeric(g.columns[i].Type) {
			dst = append(dst, "| ---: "...)
		} else {
			dst = append(dst, "| --- "...)
		}
	}
	return append(dst, "|\n"...)
}

func (f *markdownFormat) row(dst []byte, g *grid, row int) []byte {
	if len(g.vectors) == 0 {
		return dst
	}
	for i := range g.vectors {
		dst = append(dst, "| "...)
		dst = f.cell(dst, &g.vectors[i], row)
		dst = append(dst, ' ')
	}
	return append(dst, "|\n"...)
}

func (f *markdownFormat) end(dst []byte, _ Summary) []byte { return dst }

func (f *markdownFormat) cell(dst []byte, v *vector, row int) []byte {
	if v.isNull(row) {
		return f.text(dst, []byte(f.null))
	}
	text := v.textOf(&f.scratch, row)
	if looksNull(text, f.null) {
		return append(f.text(append(dst, '\''), text), '\'')
	}
	return f.text(dst, text)
}

// text appends a text so that a renderer shows it as it is.
func (f *markdownFormat) text(dst, text []byte) []byte {
	f.visible = appendVisible(f.visible[:0], text)
	text = f.visible
	for i, c := range text {
		switch c {
		case '\\', '`', '*', '[', ']', '<', '>', '|', '~', '&', '$', '#':
			dst = append(dst, '\\')
		case '_':
			// An underscore inside of a word has no meaning.
			if i == 0 || i+1 == len(text) || !isAlphanumeric(text[i-1]) || !isAlphanumeric(text[i+1]) {
				dst = append(dst, '\\')
			}
		}
		dst = append(dst, c)
	}
	return dst
}
