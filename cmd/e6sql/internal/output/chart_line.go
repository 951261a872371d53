package output

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/guptarohit/asciigraph"
)

// asciiChars draw a line in ASCII. The library always draws its axes with box characters,
// which line replaces.
var asciiChars = asciigraph.CharSet{
	Horizontal: "-", VerticalLine: "|", ArcDownRight: ".", ArcDownLeft: ".", ArcUpRight: "'", ArcUpLeft: "'",
	EndCap: "-", StartCap: "-", UpRight: "+", DownHorizontal: "+",
}

// yLabel formats a label of the axis of y.
func yLabel(y float64) string { return strconv.FormatFloat(y, 'g', 6, 64) }

// xLabel formats a label of the axis of x.
func (c *chart) xLabel(x float64) string {
	switch {
	case c.day:
		return string(appendDate(nil, floorDiv(int64(x), microsPerDay)))
	case c.clock:
		micros := int64(x)
		return string(appendTime(nil, micros-micros%microsPerSecond, 0, 0))
	}
	return yLabel(x)
}

// line appends a chart of a line.
func (c *chart) line() {
	slices.SortStableFunc(c.points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	first, last := c.points[0].x, c.points[len(c.points)-1].x
	low, high := c.points[0].y, c.points[0].y
	for _, p := range c.points {
		low, high = min(low, p.y), max(high, p.y)
	}
	// The library gets numbers from 0 to the height, because it panics for some extreme
	// numbers. The labels show the true numbers.
	height := float64(c.options.Height)
	label := func(y float64) string { return yLabel(low + (high-low)*(y/height)) }
	labels := 0
	for i := range c.options.Height + 1 {
		labels = max(labels, len(label(float64(i))))
	}
	ends := len(c.xLabel(last))
	const offset = 3 // of the axis, in the library
	width := max(c.options.Width-labels-offset-ends/2-1, minPlot)
	series := resample(c.points, width)
	for i, y := range series {
		if series[i] = 0; high > low {
			series[i] = (y - low) / (high - low) * height
		}
	}
	upper := 0.0
	if high > low {
		upper = height
	}
	ticks := 2
	if last > first {
		ticks = max(2, min(5, width/(ends+3)))
	}
	options := []asciigraph.Option{
		asciigraph.Height(c.options.Height),
		asciigraph.LowerBound(0),
		asciigraph.UpperBound(upper),
		asciigraph.YAxisValueFormatter(label),
		asciigraph.XAxisRange(first, last),
		asciigraph.XAxisTickCount(ticks),
		asciigraph.XAxisValueFormatter(c.xLabel),
	}
	if c.options.ASCII {
		options = append(options, asciigraph.SeriesChars(asciiChars))
	}
	c.buf = append(c.buf, c.ascii(asciigraph.Plot(series, options...))...)
	c.buf = append(c.buf, '\n')
}

// ascii replaces the box characters of the axes if the chart is in ASCII.
func (c *chart) ascii(text string) string {
	if !c.options.ASCII {
		return text
	}
	b := make([]byte, 0, len(text))
	for _, r := range text {
		switch r {
		case '┤', '│':
			r = '|'
		case '┼', '└', '┬':
			r = '+'
		case '─':
			r = '-'
		}
		b = append(b, byte(r))
	}
	return string(b)
}

// resample returns y at width places from the first x to the last. It is the mean of the
// points close to a place, or lies on the line between the points next to it. The points
// are sorted by x.
func resample(points []point, width int) []float64 {
	first, last := points[0].x, points[len(points)-1].x
	series, counts := make([]float64, width), make([]float64, width)
	for _, p := range points {
		at := 0
		if last > first {
			at = int(math.Round((p.x - first) / (last - first) * float64(width-1)))
		}
		counts[at]++
		series[at] += (p.y - series[at]) / counts[at]
	}
	known := 0
	for at := range series {
		if counts[at] == 0 {
			continue
		}
		for gap := known + 1; gap < at; gap++ {
			series[gap] = series[known] + (series[at]-series[known])*float64(gap-known)/float64(at-known)
		}
		known = at
	}
	for at := known + 1; at < width; at++ { // if all points have the same x
		series[at] = series[known]
	}
	return series
}
