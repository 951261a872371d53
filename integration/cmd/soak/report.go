package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"image/color"
	"io"
	"os"
	"runtime"
	"text/tabwriter"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// row is a line of the final table.
type row struct {
	Kind          string
	Queries, Rows int64
	P50, P99      time.Duration
	P999, Max     time.Duration
}

// table returns the final table: a line for each kind of query, and their sum.
func (r *run) table() (rows []row) {
	all := tally{latency: newHistogram()}
	line := func(kind string, t tally) row {
		return row{
			Kind: kind, Queries: t.queries, Rows: t.rows, P50: quantile(t.latency, 50), P99: quantile(t.latency, 99),
			P999: quantile(t.latency, 99.9), Max: time.Duration(t.latency.Max()) * time.Microsecond,
		}
	}
	for i, t := range r.byKind {
		rows = append(rows, line(kinds[i].name, t))
		all.queries += t.queries
		all.rows += t.rows
		all.latency.Merge(t.latency)
	}
	return append(rows, line("all", all))
}

// fact is a line of the summary.
type fact struct{ Name, Value string }

func (r *run) facts() []fact {
	stats := r.m.connector.Stats()
	failed := 0
	for _, n := range r.errors {
		failed += n
	}
	facts := []fact{
		{"time", time.Since(r.began).Round(time.Second).String()},
		{"proxy", r.o.proxy},
		{"connections", fmt.Sprint(r.o.connections)},
		{"switches of the deployment", fmt.Sprint(len(r.switches))},
		{"moves of the driver", fmt.Sprint(stats.Switches)},
		{"wrong results", fmt.Sprint(len(r.wrong))},
		{"failed queries", fmt.Sprint(failed)},
		{"retries", fmt.Sprint(stats.Retries)},
		{"queries executed, cleared and left on the engine", fmt.Sprintf("%d, %d, %d", r.books.Executed, r.books.Cleared, r.books.Open)},
		{"goroutines at the end", fmt.Sprint(runtime.NumGoroutine())},
	}
	if n := len(r.samples); n > 0 {
		first, last := r.samples[n/4], r.samples[n-1]
		facts = append(facts,
			fact{"resident MiB after a quarter of the time, at the end", fmt.Sprintf("%d, %d", first.resident>>20, last.resident>>20)},
			fact{"goroutines after a quarter of the time, with the last sample", fmt.Sprintf("%d, %d", first.goroutines, last.goroutines)})
	}
	return facts
}

// printTable prints the final table and the summary.
func (r *run) printTable(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(w, "kind\tqueries\trows\tp50\tp99\tp999\tmax\t")
	for _, t := range r.table() {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%v\t%v\t%v\t%v\t\n", t.Kind, t.Queries, t.Rows, t.P50, t.P99, t.P999, t.Max)
	}
	_ = w.Flush()
	_, _ = fmt.Fprintln(out)
	for _, f := range r.facts() {
		_, _ = fmt.Fprintf(out, "%s: %s\n", f.Name, f.Value)
	}
}

// The report's plots, from top to bottom.
var plots = []struct {
	title string
	lines []line
}{
	{"queries a second", []line{{"", func(s sample) float64 { return float64(s.queries) }}}},
	{"latency, ms", []line{
		{"p50", func(s sample) float64 { return float64(s.p50.Microseconds()) / 1000 }},
		{"p99", func(s sample) float64 { return float64(s.p99.Microseconds()) / 1000 }},
	}},
	{"resident memory, MiB", []line{{"", func(s sample) float64 { return float64(s.resident) / (1 << 20) }}}},
	{"goroutines, and open queries on the engine", []line{
		{"goroutines", func(s sample) float64 { return float64(s.goroutines) }},
		{"open queries", func(s sample) float64 { return float64(s.open) }},
	}},
}

type line struct {
	name string
	of   func(sample) float64
}

var colours = []color.Color{color.RGBA{B: 0xb0, G: 0x50, A: 0xff}, color.RGBA{R: 0xc0, G: 0x40, A: 0xff}}

// draw draws the plots below each other. Each vertical line is a switch.
func (r *run) draw(canvas vg.CanvasSizer) error {
	all := draw.New(canvas)
	const pad = 4 * vg.Millimeter
	tiles := draw.Tiles{Rows: len(plots), Cols: 1, PadX: pad, PadY: pad, PadTop: pad, PadBottom: pad, PadLeft: pad, PadRight: 2 * pad}
	for i, def := range plots {
		p := plot.New()
		p.Title.Text = def.title
		p.Title.TextStyle.Font.Size = font.Length(11)
		p.X.Label.Text = "seconds"
		p.Y.Min = 0
		highest := 0.0
		for k, l := range def.lines {
			points := make(plotter.XYs, len(r.samples))
			for j, s := range r.samples {
				points[j] = plotter.XY{X: s.at.Seconds(), Y: l.of(s)}
				highest = max(highest, points[j].Y)
			}
			drawn, err := plotter.NewLine(points)
			if err != nil {
				return err
			}
			drawn.Color = colours[k]
			p.Add(drawn)
			if l.name != "" {
				p.Legend.Add(l.name, drawn)
			}
		}
		p.Legend.Top = true
		p.Y.Max = highest * 1.2 // room for the legend
		for _, at := range r.switches {
			mark, err := plotter.NewLine(plotter.XYs{{X: at.Seconds()}, {X: at.Seconds(), Y: highest}})
			if err != nil {
				return err
			}
			mark.Color = color.Gray{Y: 0xc8}
			p.Add(mark)
		}
		p.Draw(tiles.At(all, 0, i))
	}
	return nil
}

const (
	width  = 24 * vg.Centimeter
	height = 28 * vg.Centimeter
)

// writeReport writes the page and the picture.
func (r *run) writeReport(faults []error) error {
	if len(r.samples) == 0 {
		return errors.New("no report: no sample was taken")
	}
	if r.o.picture != "" {
		img := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(72))
		if err := r.draw(img); err != nil {
			return err
		}
		if err := writeTo(r.o.picture, vgimg.PngCanvas{Canvas: img}); err != nil {
			return err
		}
	}
	if r.o.report == "" {
		return nil
	}
	svg := vgsvg.New(width, height)
	if err := r.draw(svg); err != nil {
		return err
	}
	var text bytes.Buffer
	if _, err := svg.WriteTo(&text); err != nil {
		return err
	}
	_, markup, _ := bytes.Cut(text.Bytes(), []byte("<svg")) // without the XML declaration
	f, err := os.Create(r.o.report)
	if err != nil {
		return err
	}
	err = page.Execute(f, map[string]any{
		"Facts": r.facts(), "Table": r.table(), "Faults": faults,
		"Plots": template.HTML("<svg" + string(markup)), //nolint:gosec // drawn above
	})
	return cmp.Or(err, f.Close())
}

func writeTo(path string, from io.WriterTo) error {
	f, err := os.Create(path) //nolint:gosec // the user's choice
	if err != nil {
		return err
	}
	_, err = from.WriteTo(f)
	return cmp.Or(err, f.Close())
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Soak of e6data-go</title>
<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:right}.fault{color:#b00}svg{max-width:100%}</style>
</head><body><h1>Soak of e6data-go</h1>
{{range .Faults}}<p class="fault">{{.}}</p>
{{else}}<p>No row was wrong, no query failed unexpectedly, and nothing was left.</p>
{{end}}<table>{{range .Facts}}<tr><th>{{.Name}}</th><td>{{.Value}}</td></tr>
{{end}}</table>
<h2>Latency</h2><table><tr><th>kind</th><th>queries</th><th>rows</th><th>p50</th><th>p99</th><th>p999</th><th>max</th></tr>
{{range .Table}}<tr><td>{{.Kind}}</td><td>{{.Queries}}</td><td>{{.Rows}}</td><td>{{.P50}}</td><td>{{.P99}}</td><td>{{.P999}}</td><td>{{.Max}}</td></tr>
{{end}}</table>
<h2>Over time</h2><p>A grey line is a switch of the deployment.</p>
{{.Plots}}
</body></html>
`))
