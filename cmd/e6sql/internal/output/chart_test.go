package output

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/e6data/e6data-go/thriftrows"
)

// series returns a result of two columns.
func series(t testing.TB, xType, yType string, points ...[2]any) result {
	t.Helper()
	r := result{columns: []thriftrows.Column{{Name: "x", Type: xType}, {Name: "y", Type: yType}}}
	vectors := make([]thriftrows.Vector, 2)
	for i := range vectors {
		values := make([]any, len(points))
		for k, p := range points {
			values[k] = p[i]
		}
		typ, _ := thriftrows.ParseType(r.columns[i].Type)
		var err error
		if vectors[i], err = thriftrows.NewVector(typ, 2, values); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if r.chunk, err = thriftrows.AppendChunk(nil, len(points), vectors); err != nil {
		t.Fatal(err)
	}
	return r
}

func draw(t testing.TB, o ChartOptions, r result, s Summary) string {
	t.Helper()
	var out bytes.Buffer
	if o.X == "" {
		o.X, o.Y = "x", "y"
	}
	if err := feed(NewChart(&out, o), r, s); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	checkVisible(t, "chart", text)
	for line := range strings.Lines(text) {
		if n := displaywidth.String(strings.TrimSuffix(line, "\n")); o.Width > 0 && n > o.Width && !strings.HasPrefix(line, "(") {
			t.Fatalf("%d columns in a terminal of %d:\n%s", n, o.Width, text)
		}
	}
	return text
}

func TestChartScreens(t *testing.T) {
	t.Parallel()
	day := func(n int) any { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }
	var sine [][2]any
	for i := range 200 {
		sine = append(sine, [2]any{int64(i), math.Sin(float64(i) / 200 * 2 * math.Pi)})
	}
	for _, c := range []struct {
		name string
		o    ChartOptions
		r    result
		s    Summary
	}{
		{"bars", ChartOptions{Width: 50}, series(t, "STRING", "DECIMAL(10,2)",
			[2]any{"FRANCE", "12.50"}, [2]any{"GERMANY", "100.00"}, [2]any{"日本", "50.00"}, [2]any{nil, "0.00"}, [2]any{"none", nil}), Summary{}},
		{"bars with negative values", ChartOptions{Width: 50, Kind: ChartBar}, series(t, "LONG", "LONG",
			[2]any{int64(1), int64(-20)}, [2]any{int64(2), int64(40)}, [2]any{int64(3), int64(0)}), Summary{}},
		{"first bars", ChartOptions{Width: 40, ASCII: true, MaxBars: 2}, series(t, "STRING", "DOUBLE",
			[2]any{"a", 1.5}, [2]any{strings.Repeat("long ", 10), 3.25}, [2]any{"c", 2.0}), Summary{}},
		{"line", ChartOptions{Width: 60, Height: 8}, series(t, "LONG", "DOUBLE", sine...), Summary{}},
		{"line in ASCII", ChartOptions{Width: 60, Height: 8, ASCII: true}, series(t, "LONG", "DOUBLE", sine...), Summary{}},
		{"line over unsorted days", ChartOptions{Width: 60, Height: 6}, series(t, "DATE", "LONG",
			[2]any{day(31), int64(30)}, [2]any{day(1), int64(10)}, [2]any{day(11), int64(20)}, [2]any{day(12), nil}), Summary{}},
		{"one point", ChartOptions{Width: 40, Height: 4}, series(t, "LONG", "LONG", [2]any{int64(5), int64(7)}), Summary{}},
		{"incomplete", ChartOptions{Width: 40}, series(t, "STRING", "LONG", [2]any{"a", int64(7)}), Summary{Err: io.ErrUnexpectedEOF}},
		{"nothing", ChartOptions{}, series(t, "STRING", "LONG", [2]any{"a", nil}), Summary{}},
		{"more", ChartOptions{Width: 40}, series(t, "STRING", "LONG", [2]any{"a", int64(1)}), Summary{Rows: -1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			compare(t, "chart_"+strings.ReplaceAll(c.name, " ", "_"), []byte(draw(t, c.o, c.r, c.s)))
		})
	}
}

// Charts of hostile texts and of extreme numbers fit the terminal and do not panic.
func TestHostileCharts(t *testing.T) {
	t.Parallel()
	var points [][2]any
	for i, text := range hostile {
		points = append(points, [2]any{text, float64(i)})
	}
	draw(t, ChartOptions{Width: 60}, series(t, "STRING", "DOUBLE", points...), Summary{})
	extremes := []float64{0, -1, 1e-320, math.MaxFloat64, -math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1), 1e299, -1e299, 1e15, 1e15 + 0.125}
	for i, a := range extremes {
		for _, b := range extremes[i:] {
			for _, kind := range []ChartKind{ChartLine, ChartBar} {
				for _, width := range []int{40, 100} {
					r := series(t, "DOUBLE", "DOUBLE", [2]any{a, a}, [2]any{b, b}, [2]any{0.0, b})
					draw(t, ChartOptions{Width: width, Height: 5, Kind: kind}, r, Summary{})
				}
			}
		}
	}
	far := []any{time.Date(-290000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(290000, 1, 1, 0, 0, 0, 0, time.UTC)}
	text := draw(t, ChartOptions{Width: 100}, series(t, "TIMESTAMP", "LONG", [2]any{far[0], int64(1)}, [2]any{far[1], int64(2)}), Summary{})
	if !strings.Contains(text, "290000") {
		t.Error(text)
	}
}

func TestChartColumns(t *testing.T) {
	t.Parallel()
	r := series(t, "STRING", "LONG", [2]any{"a", int64(1)})
	for _, names := range [][2]string{{"x", "y"}, {"X", "Y"}, {"1", "2"}} {
		if text := draw(t, ChartOptions{X: names[0], Y: names[1], Width: 40}, r, Summary{}); !strings.HasPrefix(text, "a │") {
			t.Errorf("%v: %s", names, text)
		}
	}
	for _, c := range []struct{ x, y, want string }{
		{"z", "y", `no column "z": it has x, y`}, {"x", "3", `no column "3"`}, {"x", "0", `no column "0"`}, {"y", "x", `"x" cannot be drawn: it is STRING`},
	} {
		err := feed(NewChart(io.Discard, ChartOptions{X: c.x, Y: c.y}), r, Summary{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s over %s: %v, want %s", c.y, c.x, err, c.want)
		}
	}
}

// A bar has the length of its value, and a line passes through its points.
func TestChartLengths(t *testing.T) {
	t.Parallel()
	text := draw(t, ChartOptions{Width: 45, ASCII: true}, series(t, "STRING", "LONG", [2]any{"a", int64(10)}, [2]any{"b", int64(40)}, [2]any{"c", int64(20)}), Summary{})
	lengths := []int{}
	for line := range strings.Lines(text) {
		lengths = append(lengths, strings.Count(line, "#"))
	}
	if fmt.Sprint(lengths) != "[10 39 20]" && fmt.Sprint(lengths) != "[10 38 19]" {
		t.Errorf("%v in\n%s", lengths, text)
	}
	got := resample([]point{{x: 0, y: 10}, {x: 4, y: 50}, {x: 4, y: 70}, {x: 8, y: 20}}, 9)
	if want := "[10 22.5 35 47.5 60 50 40 30 20]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// A line keeps a bounded number of points of a long result.
func TestChartLimit(t *testing.T) {
	t.Parallel()
	w := NewChart(io.Discard, ChartOptions{X: "x", Y: "y", MaxBars: 3})
	r := series(t, "STRING", "LONG", [2]any{"a", int64(1)}, [2]any{"b", int64(2)})
	if err := w.Begin(r.columns); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := w.Write(firstBatch(t, r)); err != nil {
			t.Fatal(err)
		}
	}
	c := w.(*chart)
	if len(c.points) != 3 || !c.Full() || c.rows != 6 {
		t.Errorf("%d points of %d rows, full is %v", len(c.points), c.rows, c.Full())
	}
}
