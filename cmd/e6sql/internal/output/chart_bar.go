package output

import (
	"math"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

const (
	// maxLabel is the largest width of the label of a bar. A label and a value also have at
	// most a third of the width each.
	maxLabel = 24
	// minPlot is the smallest width of the bars, and of a line.
	minPlot = 4
)

// eighths are the parts of a character that end a bar.
var eighths = [8]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// bars appends a chart with a line for each point: the label, the bar and the value. If
// there are negative values, their bars go from the axis to the left.
func (c *chart) bars() {
	ellipsis, wall := "…", "│"
	if c.options.ASCII {
		ellipsis, wall = "...", "|"
	}
	low, high := 0.0, 0.0
	labels, values, third := 0, 0, c.options.Width/3
	for i := range c.points {
		p := &c.points[i]
		low, high = min(low, p.y), max(high, p.y)
		p.label = cut(p.label, min(maxLabel, third), ellipsis)
		if len(p.value) > third {
			p.value = yLabel(p.y)
		}
		labels, values = max(labels, displaywidth.String(p.label)), max(values, len(p.value))
	}
	room := float64(max(c.options.Width-labels-values-3, minPlot))
	left := 0
	if high > low {
		left = int(math.Round(-low / (high - low) * room))
	}
	for _, p := range c.points {
		c.buf = append(append(c.buf, p.label...), strings.Repeat(" ", labels-displaywidth.String(p.label)+1)...)
		length := 0.0
		if high > low {
			length = p.y / (high - low) * room
		}
		if length < 0 {
			n := min(int(math.Round(-length)), left)
			c.buf = append(c.buf, strings.Repeat(" ", left-n)...)
			c.buf = append(append(c.buf, c.bar(float64(n))...), wall...)
		} else {
			c.buf = append(append(c.buf, strings.Repeat(" ", left)...), wall...)
			c.buf = append(c.buf, c.bar(min(length, room-float64(left)))...)
		}
		c.buf = append(append(append(c.buf, ' '), p.value...), '\n')
	}
}

// bar returns a bar of a length in columns.
func (c *chart) bar(length float64) string {
	if c.options.ASCII {
		return strings.Repeat("#", int(math.Round(length)))
	}
	n := int(math.Round(length * 8))
	return strings.Repeat("█", n/8) + eighths[n%8]
}
