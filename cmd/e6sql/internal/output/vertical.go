package output

import (
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/e6data/e6data-go/thriftrows"
)

// verticalFormat writes one line for each value, and a line before each row.
type verticalFormat struct {
	null    string
	color   bool
	records records
	rows    int64
	scratch []byte // the text of a value
}

func newVertical(s *sink, o *Options) (Writer, error) {
	return &stream{sink: s, options: o, format: &verticalFormat{null: visibleCell([]byte(o.null(nullWord))), color: o.Color}}, nil
}

func (f *verticalFormat) begin(dst []byte, g *grid) []byte {
	f.records = newRecords(g.columns, f.color)
	return dst
}

func (f *verticalFormat) row(dst []byte, g *grid, row int) []byte {
	f.rows++
	dst = f.records.head(dst, f.rows)
	for i := range g.vectors {
		dst = f.records.name(dst, i)
		dst = f.value(dst, &g.vectors[i], row)
		dst = append(dst, '\n')
	}
	return dst
}

func (f *verticalFormat) value(dst []byte, v *vector, row int) []byte {
	if v.isNull(row) {
		return append(dst, style(f.null, dim, f.color)...)
	}
	return appendDistinct(dst, v.textOf(&f.scratch, row), f.null)
}

// end says that rows are missing if the result ended with an error.
func (f *verticalFormat) end(dst []byte, s Summary) []byte {
	if s.Err == nil {
		return dst
	}
	return appendIncomplete(dst, f.rows)
}

// records formats all but the values of rows that have one line for each value.
type records struct {
	names []string // padded to the same width
	width int
}

func newRecords(columns []thriftrows.Column, color bool) records {
	r := records{names: make([]string, len(columns))}
	for i := range columns {
		r.names[i] = visibleCell([]byte(columns[i].Name))
		r.width = max(r.width, displaywidth.String(r.names[i]))
	}
	for i, name := range r.names {
		r.names[i] = style(name, bold, color) + strings.Repeat(" ", r.width-displaywidth.String(name))
	}
	return r
}

// recordWidth is the smallest width of the line before a row.
const recordWidth = 32

// head appends the line before a row.
func (r *records) head(dst []byte, row int64) []byte {
	from := len(dst)
	dst = append(appendInt(append(dst, "-[ RECORD "...), row), " ]"...)
	for len(dst)-from < max(recordWidth, r.width+3) {
		dst = append(dst, '-')
	}
	return append(dst, '\n')
}

// name appends the beginning of a value's line.
func (r *records) name(dst []byte, column int) []byte {
	return append(append(dst, r.names[column]...), " | "...)
}

// Sequences that select a style in a terminal.
const (
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	normal = "\x1b[0m"
)

// style returns text in a style if color is set.
func style(text, sequence string, color bool) string {
	if !color || text == "" {
		return text
	}
	return sequence + text + normal
}

// appendRows appends a number of rows, such as 1 row.
func appendRows(dst []byte, rows int64) []byte {
	dst = appendInt(dst, rows)
	if rows == 1 {
		return append(dst, " row"...)
	}
	return append(dst, " rows"...)
}

// appendIncomplete appends the last line of a result that ended with an error.
func appendIncomplete(dst []byte, rows int64) []byte {
	dst = append(dst, "(incomplete: the result ended with an error after "...)
	return append(appendRows(dst, rows), ")\n"...)
}
