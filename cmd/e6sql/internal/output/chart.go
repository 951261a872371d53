package output

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/e6data/e6data-go/thriftrows"
)

// ChartKind selects a chart.
type ChartKind int

const (
	// ChartAuto draws a line if x is a column of numbers or of times, and bars if it is
	// another column.
	ChartAuto ChartKind = iota
	// ChartLine draws y as a line over x. The points are sorted by x. If x is neither a
	// number nor a time, its place is the number of the row.
	ChartLine
	// ChartBar draws a bar for each row, in the order of the rows.
	ChartBar
)

// ChartOptions describe a chart.
type ChartOptions struct {
	// X and Y are the names of columns, or their numbers from 1. Y must be a column of
	// numbers.
	X, Y string
	// Kind is the kind of the chart. Default: ChartAuto.
	Kind ChartKind
	// Width is the width in columns. Default: 80.
	Width int
	// Height is the number of lines of a line chart without its axis. Default: 15.
	Height int
	// MaxBars is the number of bars that are drawn. Default: 50.
	MaxBars int
	// ASCII draws with ASCII characters.
	ASCII bool
}

// maxPoints is the number of points of a line that a chart keeps.
const maxPoints = 1 << 20

// point is a row of a chart.
type point struct {
	x, y float64
	// label and value are the texts of x and y. A line has none.
	label, value string
}

// chart draws two columns of a result. It keeps their values.
type chart struct {
	*sink
	options ChartOptions
	grid    grid
	x, y    int
	kind    ChartKind
	numeric bool // whether x is a number or a time
	clock   bool // whether x is a time
	day     bool // whether x is a date
	points  []point
	rows    int64
	// without is the number of rows without a finite number in y, or without a place on
	// the axis of x.
	without int64
	scratch []byte
}

// NewChart returns a writer that draws a chart at the end of the result. Begin returns an
// error if the result has no such columns. A chart of bars shows the first MaxBars rows,
// and a line the first 1,048,576. A last line says what is not shown.
func NewChart(w io.Writer, o ChartOptions) Writer {
	if o.Width <= 0 {
		o.Width = 80
	}
	if o.Height <= 0 {
		o.Height = 15
	}
	if o.MaxBars <= 0 {
		o.MaxBars = 50
	}
	return &chart{sink: &sink{w: w}, options: o}
}

func (c *chart) Begin(columns []thriftrows.Column) (err error) {
	c.grid = newGrid(columns, &Options{})
	if c.x, err = findColumn(columns, c.options.X); err != nil {
		return c.fail(err)
	}
	if c.y, err = findColumn(columns, c.options.Y); err != nil {
		return c.fail(err)
	}
	typ, known := thriftrows.ParseType(columns[c.x].Type)
	if c.clock = known && isClock(typ); c.clock {
		c.day = typ == thriftrows.Date
	}
	c.numeric = c.clock || isNumeric(columns[c.x].Type)
	switch c.kind = c.options.Kind; {
	case c.kind == ChartAuto && c.numeric:
		c.kind = ChartLine
	case c.kind == ChartAuto:
		c.kind = ChartBar
	}
	if !isNumeric(columns[c.y].Type) {
		return c.fail(fmt.Errorf("column %q cannot be drawn: it is %s, and not a number", columns[c.y].Name, columns[c.y].Type))
	}
	return c.err
}

func isClock(t thriftrows.VectorType) bool {
	switch t {
	case thriftrows.Date, thriftrows.Datetime, thriftrows.Timestamp, thriftrows.TimestampTZ, thriftrows.Int96:
		return true
	}
	return false
}

// findColumn returns the column with a name, or with a number from 1 if no column has the
// name.
func findColumn(columns []thriftrows.Column, name string) (int, error) {
	for i := range columns {
		if columns[i].Name == name {
			return i, nil
		}
	}
	names := make([]string, len(columns))
	for i := range columns {
		if strings.EqualFold(columns[i].Name, name) {
			return i, nil
		}
		names[i] = columns[i].Name
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(columns) {
		return n - 1, nil
	}
	return 0, fmt.Errorf("the result has no column %q: it has %s", name, strings.Join(names, ", "))
}

// limit returns the number of points that the chart keeps.
func (c *chart) limit() int {
	if c.kind == ChartBar {
		return c.options.MaxBars
	}
	return maxPoints
}

// Full reports whether the chart has all points that it draws.
func (c *chart) Full() bool { return len(c.points) >= c.limit() }

func (c *chart) Write(b *thriftrows.Batch) error {
	if c.err != nil {
		return c.err
	}
	c.rows += int64(b.NumRows())
	if c.Full() {
		return nil
	}
	if err := c.grid.load(b); err != nil {
		return c.fail(err)
	}
	x, y := &c.grid.vectors[c.x], &c.grid.vectors[c.y]
	for row := 0; row < c.grid.rows && !c.Full(); row++ {
		c.add(x, y, row)
	}
	return nil
}

// add keeps the point of a row.
func (c *chart) add(x, y *vector, row int) {
	p := point{x: float64(len(c.points) + 1)}
	ok := false
	if !y.isNull(row) {
		p.y, ok = c.number(y, row)
	}
	if ok && c.kind == ChartLine && c.numeric {
		if ok = !x.isNull(row); ok {
			p.x, ok = c.number(x, row)
		}
	}
	if !ok {
		c.without++
		return
	}
	if c.kind == ChartBar {
		p.label = nullWord
		if !x.isNull(row) {
			p.label = fence(string(appendCut(nil, x.textOf(&c.scratch, row), nullWord, "...")))
		}
		p.value = string(y.append(nil, row))
	}
	c.points = append(c.points, p)
}

// largest bounds the numbers of a chart, so that differences are finite.
const largest = 1e300

// number returns the value of a row as a number, and reports whether a chart can show it.
func (c *chart) number(v *vector, row int) (float64, bool) {
	var f float64
	switch v.form {
	case intForm, dateForm, timeForm, nanoForm, zonedForm:
		f = float64(v.ints[row])
	case floatForm, singleForm:
		f = v.floats[row]
	case decimalForm:
		c.scratch = v.append(c.scratch[:0], row)
		f, _ = strconv.ParseFloat(string(c.scratch), 64)
	default:
		return 0, false
	}
	return f, isFinite(f) && f < largest && f > -largest
}

func (c *chart) End(s Summary) error {
	if c.err != nil || c.grid.columns == nil {
		return c.err
	}
	switch {
	case len(c.points) == 0:
		c.buf = append(c.buf, "(no rows with a number)\n"...)
	case c.kind == ChartBar:
		c.bars()
	default:
		c.line()
	}
	c.footer(s)
	return c.flush()
}

// footer says what the chart does not show.
func (c *chart) footer(s Summary) {
	rows := max(c.rows, s.Rows)
	if left := rows - int64(len(c.points)) - c.without; left > 0 {
		c.buf = appendRows(append(c.buf, "("...), int64(len(c.points))+c.without)
		c.buf = append(appendInt(append(c.buf, " shown, "...), left), " more)\n"...)
	} else if s.Rows < 0 {
		c.buf = append(appendRows(append(c.buf, '('), int64(len(c.points))+c.without), " shown, and there are more)\n"...)
	}
	if c.without > 0 && len(c.points) > 0 {
		c.buf = append(appendRows(append(c.buf, '('), c.without), " left out: NULL or not a finite number)\n"...)
	}
	if s.Err != nil {
		c.buf = appendIncomplete(c.buf, rows)
	}
}
