package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/e6data/e6data-go/benchmarks/data"
)

// table collects the measurements and prints them.
type table struct {
	sets            []*data.Set
	python          map[string]string // versions
	repeat, queries int
	bytes           func(*data.Set) int64 // of a result
	turns           map[cell][]*measurement
}

type cell struct {
	set    *data.Set
	reader reader
}

func newTable(sets []*data.Set, python map[string]string, repeat, queries int) *table {
	return &table{
		sets: sets, python: python, repeat: repeat, queries: queries,
		bytes: (*data.Set).Bytes, turns: map[cell][]*measurement{},
	}
}

// add keeps the measurement of a turn.
func (t *table) add(s *data.Set, r reader, m *measurement) {
	c := cell{s, r}
	t.turns[c] = append(t.turns[c], m)
}

// seconds returns the best query of each turn: a process is slower in its first.
func (t *table) seconds(s *data.Set, r reader) []float64 {
	return t.best(s, r, func(m *measurement) []float64 { return m.Seconds })
}

// cpuSeconds is the same for the time of processors.
func (t *table) cpuSeconds(s *data.Set, r reader) []float64 {
	return t.best(s, r, func(m *measurement) []float64 { return m.CPUSeconds })
}

func (t *table) best(s *data.Set, r reader, of func(*measurement) []float64) []float64 {
	var best []float64
	for _, m := range t.turns[cell{s, r}] {
		best = append(best, slices.Min(of(m)))
	}
	return best
}

// String returns the tables in Markdown.
func (t *table) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s and %s on %s/%s, %d processors of type %s; connector %s, grpcio %s, thrift %s, protobuf %s.\n",
		runtime.Version(), t.python["python"], runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(),
		t.python["connector"], t.python["grpcio"], t.python["thrift"], t.python["protobuf"])
	fmt.Fprintf(&b, "Turns: %d, of which the medians count; queries a turn: %d, of which the best counts. Of memory the most counts.\n\n", t.repeat, t.queries)
	t.part(&b, "million rows/s", func(s *data.Set, r reader) string {
		return format(float64(s.Rows) / 1e6 / median(t.seconds(s, r)))
	})
	t.part(&b, "MB/s", func(s *data.Set, r reader) string {
		return format(float64(t.bytes(s)) / 1e6 / median(t.seconds(s, r)))
	})
	t.part(&b, "times as fast as `fetchall`", func(s *data.Set, r reader) string {
		base, own := t.seconds(s, readers[0]), t.seconds(s, r)
		ratios := make([]float64, len(own))
		for i := range own {
			ratios[i] = base[i] / own[i] // of the same turn, so that other work counts for both
		}
		return format(median(ratios))
	})
	t.part(&b, "processor time, seconds for a million rows", func(s *data.Set, r reader) string {
		return format(median(t.cpuSeconds(s, r)) * 1e6 / float64(s.Rows))
	})
	t.part(&b, "memory of the process at most, MiB", func(s *data.Set, r reader) string {
		var most int64
		for _, m := range t.turns[cell{s, r}] {
			most = max(most, m.PeakRSS)
		}
		if most == 0 {
			return "–"
		}
		return format(float64(most) / (1 << 20))
	})
	return strings.TrimSuffix(b.String(), "\n")
}

// part writes one of the tables: a row for each reader, a column for each data set.
func (t *table) part(b *strings.Builder, title string, value func(*data.Set, reader) string) {
	fmt.Fprintf(b, "| %s |", title)
	for _, s := range t.sets {
		fmt.Fprintf(b, " %s |", s.Name)
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("---:|", len(t.sets)))
	for _, r := range readers {
		fmt.Fprintf(b, "| %s |", r.name)
		for _, s := range t.sets {
			fmt.Fprintf(b, " %s |", value(s, r))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// format returns a figure with three digits, or more where they stand before the point.
func format(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// processor returns the type of the machine's processors, where the system tells.
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(info)) {
			if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(model)
			}
		}
	}
	return "unknown"
}
