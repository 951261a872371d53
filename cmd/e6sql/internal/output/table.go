package output

import (
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/e6data/e6data-go/thriftrows"
)

// table shows the first rows of a result. It keeps them until it knows the widths of the
// columns.
type table struct {
	*sink
	grid    grid
	options *Options
	null    string
	glyphs  *glyphs
	header  []string
	extents []extent
	cells   []cell // row after row
	shown   int64
	rows    int64
	drawn   bool
	columns int    // that are shown
	scratch []byte // the text of a value
}

// glyphs are the characters that draw a table.
type glyphs struct {
	top, middle, bottom [4]string // left, line, crossing, right
	wall, ellipsis      string
}

var (
	boxGlyphs = &glyphs{
		top: [4]string{"┌", "─", "┬", "┐"}, middle: [4]string{"├", "─", "┼", "┤"}, bottom: [4]string{"└", "─", "┴", "┘"},
		wall: "│", ellipsis: "…",
	}
	asciiGlyphs = &glyphs{
		top: [4]string{"+", "-", "+", "+"}, middle: [4]string{"+", "-", "+", "+"}, bottom: [4]string{"+", "-", "+", "+"},
		wall: "|", ellipsis: "...",
	}
)

var _ Limited = (*table)(nil)

func newTable(s *sink, o *Options) (Writer, error) {
	t := &table{sink: s, options: o, null: visibleCell([]byte(o.null(nullWord))), glyphs: boxGlyphs}
	if o.ASCII {
		t.glyphs = asciiGlyphs
	}
	return t, nil
}

func (t *table) Begin(columns []thriftrows.Column) error {
	t.grid = newGrid(columns, t.options)
	t.header = make([]string, len(columns))
	t.extents = make([]extent, len(columns))
	for i := range columns {
		t.extents[i].number = isNumeric(columns[i].Type)
		if t.header[i] = visibleCell([]byte(columns[i].Name)); !t.options.NoHeader {
			t.extents[i].header = displaywidth.String(t.header[i])
		}
	}
	return t.err
}

// Full reports whether the table has all rows that it shows.
func (t *table) Full() bool { return t.options.MaxRows >= 0 && t.shown >= int64(t.options.MaxRows) }

func (t *table) Write(b *thriftrows.Batch) error {
	if t.err != nil {
		return t.err
	}
	if t.Full() {
		t.rows += int64(b.NumRows())
		return nil
	}
	if err := t.grid.load(b); err != nil {
		return t.fail(err)
	}
	t.rows += int64(t.grid.rows)
	for row := 0; row < t.grid.rows && !t.Full(); row++ {
		t.keep(row)
		t.shown++
	}
	if t.Full() {
		t.draw()
		return t.flush()
	}
	return nil
}

// keep copies a row of the grid.
func (t *table) keep(row int) {
	for i := range t.grid.vectors {
		v := &t.grid.vectors[i]
		c := cell{text: t.null, null: true}
		if !v.isNull(row) {
			if v.form.isNumber() || v.form == decimalForm {
				t.extents[i].number = true
			}
			c = cell{text: t.text(v, row)}
		}
		t.extents[i].cells = max(t.extents[i].cells, displaywidth.String(c.text))
		t.cells = append(t.cells, c)
	}
}

// text returns the visible form of a value.
func (t *table) text(v *vector, row int) string {
	text := v.textOf(&t.scratch, row)
	return fence(string(appendCut(nil, text, t.null, t.glyphs.ellipsis)))
}

func (t *table) End(s Summary) error {
	if t.err != nil || t.header == nil {
		return t.err
	}
	t.draw()
	switch {
	case s.Err != nil:
		t.buf = appendIncomplete(t.buf, t.rows)
	case !t.options.NoFooter:
		t.footer(s)
	}
	return t.flush()
}

// footer appends the number of rows, and says what is not shown.
func (t *table) footer(s Summary) {
	t.buf = append(t.buf, '(')
	rows := max(t.rows, s.Rows)
	switch {
	case s.Rows < 0:
		t.buf = append(appendRows(t.buf, t.shown), " shown, and there are more"...)
	case rows > t.shown:
		t.buf = append(appendRows(t.buf, t.shown), " shown, "...)
		t.buf = append(appendInt(t.buf, rows-t.shown), " more"...)
	default:
		t.buf = appendRows(t.buf, rows)
	}
	if hidden := len(t.header) - t.columns; hidden > 0 {
		t.buf = append(appendInt(append(t.buf, ", "...), int64(t.columns)), " of "...)
		t.buf = append(appendInt(t.buf, int64(len(t.header))), " columns"...)
	}
	t.buf = append(t.buf, ")\n"...)
}

// draw appends the rows, once.
func (t *table) draw() {
	if t.drawn {
		return
	}
	t.drawn = true
	t.columns = len(t.header)
	if t.columns == 0 {
		return
	}
	l := fit(t.extents, t.options.Width, t.options.Expand)
	if l.vertical {
		t.drawRecords()
	} else {
		t.columns = len(l.widths)
		t.drawTable(l.widths)
	}
	t.cells = nil
}

func (t *table) drawRecords() {
	r := newRecords(t.grid.columns, t.options.Color)
	for row := range t.shown {
		t.buf = r.head(t.buf, row+1)
		for i := range t.header {
			c := &t.cells[int(row)*len(t.header)+i]
			t.buf = append(r.name(t.buf, i), style(c.text, dim, t.options.Color && c.null)...)
			t.buf = append(t.buf, '\n')
		}
	}
}

func (t *table) drawTable(widths []int) {
	t.rule(t.glyphs.top, widths)
	if !t.options.NoHeader {
		t.buf = append(t.buf, t.glyphs.wall...)
		for i, width := range widths {
			t.draw1(t.header[i], width, t.extents[i].number, bold, t.options.Color)
		}
		t.lineEnd(len(widths))
		t.rule(t.glyphs.middle, widths)
	}
	for row := range t.shown {
		t.buf = append(t.buf, t.glyphs.wall...)
		for i, width := range widths {
			c := &t.cells[int(row)*len(t.header)+i]
			t.draw1(c.text, width, t.extents[i].number, dim, t.options.Color && c.null)
		}
		t.lineEnd(len(widths))
	}
	t.rule(t.glyphs.bottom, widths)
}

// draw1 appends a cell and the wall after it.
func (t *table) draw1(text string, width int, right bool, sequence string, color bool) {
	text = cut(text, width, t.glyphs.ellipsis)
	padding := strings.Repeat(" ", width-displaywidth.String(text))
	text = style(text, sequence, color)
	t.buf = append(t.buf, ' ')
	if right {
		t.buf = append(append(t.buf, padding...), text...)
	} else {
		t.buf = append(append(t.buf, text...), padding...)
	}
	t.buf = append(append(t.buf, ' '), t.glyphs.wall...)
}

// lineEnd ends a line, with an ellipsis for columns that are not shown.
func (t *table) lineEnd(columns int) {
	if columns < len(t.header) {
		t.buf = append(append(append(t.buf, ' '), t.sideEllipsis()...), " "...)
		t.buf = append(t.buf, t.glyphs.wall...)
	}
	t.buf = append(t.buf, '\n')
}

// sideEllipsis returns the ellipsis for columns, which is one column wide.
func (t *table) sideEllipsis() string {
	if t.options.ASCII {
		return "."
	}
	return t.glyphs.ellipsis
}

// rule appends a horizontal line.
func (t *table) rule(g [4]string, widths []int) {
	if len(widths) < len(t.header) {
		widths = append(widths[:len(widths):len(widths)], 1)
	}
	for i, width := range widths {
		if i == 0 {
			t.buf = append(t.buf, g[0]...)
		} else {
			t.buf = append(t.buf, g[2]...)
		}
		for range width + 2 {
			t.buf = append(t.buf, g[1]...)
		}
	}
	t.buf = append(append(t.buf, g[3]...), '\n')
}
