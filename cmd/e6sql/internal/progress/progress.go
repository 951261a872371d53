// Package progress shows on a terminal how a query gets on.
package progress

import (
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/e6data/e6data-go"
)

// Delay is the age from which on a query has a line. Faster queries have none, so that
// the terminal does not flicker.
const Delay = 300 * time.Millisecond

// Line is the line of one query: a spinner, or a bar if the number of rows is known.
// It shows the phase, the elapsed time, rows, rows in a second and bytes. It is safe for
// concurrent use. A nil Line shows nothing.
type Line struct {
	w     io.Writer
	width int

	mu     sync.Mutex
	bar    *progressbar.ProgressBar
	total  int64 // of bar; 0 is a spinner
	hidden bool
	first  time.Duration // the elapsed time when the first row was seen
}

// New returns a line on a terminal that is width columns wide.
func New(w io.Writer, width int) *Line { return &Line{w: w, width: width} }

// Update shows a query's progress. It is the callback for [e6data.OnProgress].
func (l *Line) Update(p e6data.Progress) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hidden || p.Elapsed < Delay && l.bar == nil {
		return
	}
	if p.Done {
		l.clear()
		return
	}
	if p.Rows > 0 && l.first == 0 {
		l.first = p.Elapsed
	}
	total := int64(0)
	if p.Phase == e6data.PhaseFetch && p.RowsKnown >= p.Rows {
		total = p.RowsKnown
	}
	if l.bar == nil || l.total != total {
		l.clear()
		l.bar, l.total = l.newBar(total), total
	}
	l.bar.Describe(l.text(p))
	if total > 0 {
		_ = l.bar.Set64(min(p.Rows, total-1)) // a full bar would end itself
	} else {
		_ = l.bar.Add64(1) // turns the spinner
	}
}

// Hide removes the line from the terminal, and shows nothing from then on. Call it
// before other output goes to the terminal.
func (l *Line) Hide() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hidden = true
	l.clear()
}

// clear removes the bar.
func (l *Line) clear() {
	if l.bar == nil {
		return
	}
	_ = l.bar.Clear()
	_ = l.bar.Exit()
	l.bar = nil
}

// barWidth is the width of a bar in columns.
const barWidth = 20

func (l *Line) newBar(total int64) *progressbar.ProgressBar {
	limit := total
	if total == 0 {
		limit = -1
	}
	return progressbar.NewOptions64(limit,
		progressbar.OptionSetWriter(l.w),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionSetWidth(barWidth),
		progressbar.OptionSpinnerType(spinner),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine: the driver reports ten times a second
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetRenderBlankState(false),
	)
}

// spinner is the number of the library's spinner with dots.
const spinner = 14

// text describes the progress in one line.
func (l *Line) text(p e6data.Progress) string {
	parts := []string{phase(p), Duration(p.Elapsed)}
	rows := max(p.Rows, 0)
	if rows == 0 && p.RowsKnown > 0 {
		parts = append(parts, Count(p.RowsKnown)+" rows computed")
	}
	if rows > 0 {
		parts = append(parts, Count(rows)+" rows")
		if d := p.Elapsed - l.first; d >= Delay {
			parts = append(parts, Count(int64(float64(rows)/d.Seconds()))+"/s")
		}
	}
	if p.Bytes > 0 {
		parts = append(parts, Bytes(p.Bytes))
	}
	text := parts[0]
	room := l.width - 4
	if l.total > 0 {
		room -= barWidth + 10
	}
	for _, part := range parts[1:] {
		if l.width > 0 && len(text)+2+len(part) > room {
			break
		}
		text += "  " + part
	}
	return text
}

// phase describes a query's phase.
func phase(p e6data.Progress) string {
	switch p.Phase {
	case "", e6data.PhaseConnect:
		return "connecting"
	case e6data.PhasePrepare:
		return "preparing"
	case e6data.PhaseExecute, e6data.PhaseMetadata:
		return "executing"
	case e6data.PhaseFetch:
		return "fetching"
	case e6data.PhaseResume:
		return "resuming the cluster"
	}
	return string(p.Phase)
}

// Duration returns d for people: 5 ms, 1.25 s, 2 m 5 s, 1 h 2 m.
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0 ms"
	case d < time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 2, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d m %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d m", int(d.Hours()), int(d.Minutes())%60)
}

// Count returns n for people: 999, 12.3 k, 4.56 M.
func Count(n int64) string { return scaled(float64(n), 1000, [...]string{"", " k", " M", " G", " T"}) }

// Bytes returns n for people: 512 B, 1.5 MiB.
func Bytes(n int64) string {
	return scaled(float64(n), 1024, [...]string{" B", " KiB", " MiB", " GiB", " TiB"})
}

// scaled returns n with three digits and a unit.
func scaled(n, step float64, units [5]string) string {
	unit := 0
	for n >= step && unit < len(units)-1 {
		n /= step
		unit++
	}
	switch {
	case unit == 0 || n >= 100:
		return strconv.FormatFloat(n, 'f', 0, 64) + units[unit]
	case n >= 10:
		return strconv.FormatFloat(n, 'f', 1, 64) + units[unit]
	}
	return strconv.FormatFloat(n, 'f', 2, 64) + units[unit]
}
