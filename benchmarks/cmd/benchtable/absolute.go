package main

import (
	"fmt"
	"strings"
)

// absoluteBench are the benchmarks that -absolute runs: of the driver, and of a naive
// driver beside it.
const absoluteBench = "^Benchmark(EndToEnd|Latency5ms|Scan|Columnar|PointQuery)$/.*/^(e6data|naive)$"

// figure is a row of the table of absolute figures.
type figure struct {
	name  string
	bench string // with * for the data set
	of    func(nsRow, mbs, allocs float64) float64
}

// atLeast is the order of figures of which more is better; of the others less is.
func (f figure) atLeast() bool { return !strings.Contains(f.name, "allocations") }

func millionRows(nsRow, _, _ float64) float64 { return 1e3 / nsRow }
func megabytes(_, mbs, _ float64) float64     { return mbs }
func rowBytes(nsRow, mbs, _ float64) float64  { return mbs * nsRow / 1e3 }
func allocations(_, _, allocs float64) float64 {
	return allocs
}

var figures = []figure{
	{"bytes a row, as sent", "EndToEnd/*/e6data", rowBytes},
	{"**`sql.DB` and typed `Scan`, loopback: million rows/s**", "EndToEnd/*/e6data", millionRows},
	{"the same: MB/s", "EndToEnd/*/e6data", megabytes},
	{"the same: allocations a row, with the engine's", "EndToEnd/*/e6data", allocations},
	{"the same, round trips of 5 ms: million rows/s", "Latency5ms/*/e6data", millionRows},
	{"the same, round trips of 5 ms: MB/s", "Latency5ms/*/e6data", megabytes},
	{"a naive driver, loopback: million rows/s", "EndToEnd/*/naive", millionRows},
	{"decode and typed `Scan`, no network: million rows/s", "Scan/*/e6data", millionRows},
	{"the same: MB/s", "Scan/*/e6data", megabytes},
	{"decode by column, strings as bytes, no network: million rows/s", "Columnar/*/e6data", millionRows},
	{"the same: MB/s", "Columnar/*/e6data", megabytes},
}

// others are the figures that belong to one data set alone; unit is what one of theirs
// is in that of the benchmark.
var others = []struct {
	name string
	of   key
	unit float64
}{
	{"a query of one row, round trips of 5 ms: ms", key{"PointQuery/ints/e6data", "ns/query"}, 1e6},
	{"the same: round trips", key{"PointQuery/ints/e6data", "rtt/query"}, 1},
	{"the same: allocations", key{"PointQuery/ints/e6data", "allocs/op"}, 1},
	{"a result of many mixed rows: million rows", key{peakMemory, "rows"}, 1e6},
	{"the same: MiB by which the heap grows at most, with the engine's sending", key{peakMemory, "MiB"}, 1},
}

// absolute returns the tables of docs/performance.md: the medians of all runs, or, for a
// machine that has other work, what the least disturbed run shows of each.
func (r *results) absolute(fastest bool) string {
	var b strings.Builder
	times, of := "medians of %d runs, of memory the most", r.median
	if fastest {
		times = "the best of %d runs, of memory the most"
	}
	if r.runs() == 1 {
		times = "%d run"
	}
	fmt.Fprintf(&b, "%s, %s, %s processors of type %s; "+times+".\n\n", r.goVersion, r.platform, r.procs, r.cpu, r.runs())
	fmt.Fprintf(&b, "| | %s |\n|---|%s\n", strings.Join(sets[:], " | "), strings.Repeat("---:|", len(sets)))
	for _, f := range figures {
		fmt.Fprintf(&b, "| %s |", f.name)
		for _, set := range sets {
			bench := strings.Replace(f.bench, "*", set, 1)
			made := func(v []float64) float64 { return f.of(v[0], v[1], v[2]) }
			if fastest {
				of = r.least
				if f.atLeast() {
					of = r.most
				}
			}
			if v, ok := of(made, key{bench, "ns/row"}, key{bench, "MB/s"}, key{bench, "allocs/row"}); ok {
				fmt.Fprintf(&b, " %s |", format(v))
			} else {
				b.WriteString(" – |")
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\n| | |\n|---|---:|\n")
	for _, f := range others {
		switch {
		case f.of.bench == peakMemory:
			of = r.most // memory is a bound, whatever else runs
		case fastest:
			of = r.least
		default:
			of = r.median
		}
		if v, ok := of(itself, f.of); ok {
			fmt.Fprintf(&b, "| %s | %s |\n", f.name, format(v/f.unit))
		}
	}
	return b.String()
}
