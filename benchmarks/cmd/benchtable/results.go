package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// key names one number of a benchmark: key{"Walk/mixed/e6data", "ns/row"}.
type key struct{ bench, unit string }

// results holds the numbers of all runs.
type results struct {
	goVersion, platform, cpu string
	procs                    string   // how many processors Go used
	names                    []string // names of the benchmarks, in the order of their first occurrence
	values                   map[key][]float64
}

// procs matches the suffix that package testing appends to a benchmark's name.
var procs = regexp.MustCompile(`-(\d+)$`)

// peakMemory is the name of what TestPeakMemory measures, and logs as in peak.
const peakMemory = "PeakMemory"

var peak = regexp.MustCompile(`(\d+) rows in \S+; the heap grew by ([\d.]+) MiB`)

// parse parses the output of go test -bench, of one run or several.
func parse(r io.Reader) (*results, error) {
	out := &results{values: map[key][]float64{}}
	var goos, goarch string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		for _, header := range []struct {
			prefix string
			value  *string
		}{
			{"go: ", &out.goVersion}, {"goos: ", &goos}, {"goarch: ", &goarch}, {"cpu: ", &out.cpu},
		} {
			if v, ok := strings.CutPrefix(line, header.prefix); ok {
				*header.value = strings.TrimSpace(v)
			}
		}
		if strings.HasPrefix(line, "--- FAIL") || strings.HasPrefix(line, "panic:") {
			return nil, fmt.Errorf("a benchmark failed: %s", line)
		}
		if err := out.line(line); err != nil {
			return nil, err
		}
	}
	out.platform = goos + "/" + goarch
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(out.names) == 0 {
		return nil, fmt.Errorf("no benchmark in the output")
	}
	return out, nil
}

// line parses a benchmark's line, with name, iterations, and pairs of value and
// unit, or the line that TestPeakMemory logs.
func (r *results) line(line string) error {
	if m := peak.FindStringSubmatch(line); m != nil {
		for unit, text := range map[string]string{"rows": m[1], "MiB": m[2]} {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return fmt.Errorf("%s: %w", line, err)
			}
			r.values[key{peakMemory, unit}] = append(r.values[key{peakMemory, unit}], v)
		}
		return nil
	}
	fields := strings.Fields(line)
	if len(fields) < 4 || len(fields)%2 != 0 || !strings.HasPrefix(fields[0], "Benchmark") {
		return nil
	}
	if m := procs.FindStringSubmatch(fields[0]); m != nil {
		r.procs = m[1]
	}
	name := procs.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
	if !slices.Contains(r.names, name) {
		r.names = append(r.names, name)
	}
	for i := 2; i < len(fields); i += 2 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
		k := key{name, fields[i+1]}
		r.values[k] = append(r.values[k], v)
	}
	return nil
}

// runs returns the number of runs: the smallest number of any benchmark.
func (r *results) runs() int {
	least := math.MaxInt
	for _, name := range r.names {
		least = min(least, len(r.values[key{name, "ns/op"}]))
	}
	return least
}

// median calls f with the numbers of each run and returns the median of the
// results. It reports whether all numbers were measured.
func (r *results) median(f func(v []float64) float64, keys ...key) (float64, bool) {
	made := r.ordered(f, keys)
	if len(made) == 0 {
		return 0, false
	}
	return (made[(len(made)-1)/2] + made[len(made)/2]) / 2, true
}

// least is median for the least of the runs.
func (r *results) least(f func(v []float64) float64, keys ...key) (float64, bool) {
	made := r.ordered(f, keys)
	if len(made) == 0 {
		return 0, false
	}
	return made[0], true
}

// most is median for the most of the runs.
func (r *results) most(f func(v []float64) float64, keys ...key) (float64, bool) {
	made := r.ordered(f, keys)
	if len(made) == 0 {
		return 0, false
	}
	return made[len(made)-1], true
}

// ordered returns what f makes of these numbers of each run, the least first.
func (r *results) ordered(f func(v []float64) float64, keys []key) []float64 {
	runs := math.MaxInt
	for _, k := range keys {
		runs = min(runs, len(r.values[k]))
	}
	made := make([]float64, runs)
	v := make([]float64, len(keys))
	for i := range made {
		for j, k := range keys {
			v[j] = r.values[k][i]
		}
		made[i] = f(v)
	}
	slices.Sort(made)
	return made
}
