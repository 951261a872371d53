package main

import "strings"

var sets = [...]string{"mixed", "wide", "ints"}

// bySet has a number for each data set. 0 means that there is none.
type bySet [len(sets)]float64

func all(x float64) bySet { return bySet{x, x, x} }

// goal is a row of the table: a number computed from the measurements of one
// run.
type goal struct {
	name string
	of   []key // the measurements, with * for the data set
	make func(v []float64) float64
	// atLeast means that more is better.
	atLeast        bool
	must, moonshot bySet
}

func nsRow(benches ...string) []key {
	var keys []key
	for _, b := range benches {
		keys = append(keys, key{b, "ns/row"})
	}
	return keys
}

func (g goal) keys(set string) []key {
	var keys []key
	for _, k := range g.of {
		keys = append(keys, key{strings.Replace(k.bench, "*", set, 1), k.unit})
	}
	return keys
}

// met reports whether v meets a limit. It returns true if there is no limit.
func (g goal) met(v, limit float64) bool {
	switch {
	case limit == 0:
		return true
	case g.atLeast:
		return v >= limit
	default:
		return v <= limit
	}
}

func quotient(v []float64) float64 { return v[0] / v[1] }
func itself(v []float64) float64   { return v[0] }
func overSum(v []float64) float64  { return v[0] / (v[1] + v[2]) }

// goals returns the goals for Go 1.26, or those from Go 1.27 on, with which the
// driver itself scans columns.
func goals(go127 bool) []goal {
	scan := goal{
		name: "decode + typed Scan, over `database/sql`'s Scan of constants",
		of:   nsRow("Scan/*/e6data", "Scan/*/sqlfloor"), make: quotient,
		must: bySet{1.75, 3.0, 1.3}, moonshot: bySet{1.5, 2.0, 1.15},
	}
	endToEnd := goal{
		name: "end to end, over raw gRPC drain + Scan of constants",
		of:   nsRow("EndToEnd/*/e6data", "EndToEnd/*/drain", "EndToEnd/*/boxedfloor"), make: overSum,
		must: bySet{1.5, 1.15, 1.2}, moonshot: bySet{1.3, 1.0, 1.05},
	}
	overNaive := goal{
		name: "end to end, times faster than a naive driver",
		of:   nsRow("EndToEnd/*/naive", "EndToEnd/*/e6data"), make: quotient, atLeast: true,
	}
	if go127 {
		scan.must, scan.moonshot = bySet{1.05, 2.0, 0.65}, bySet{0.9, 1.45, 0.6}
		endToEnd.must, endToEnd.moonshot = bySet{0.8, 1.05, 0.7}, bySet{0.65, 0.85, 0.5}
		overNaive.must, overNaive.moonshot = bySet{4.0, 2.6, 2.8}, bySet{5, 3.3, 3.6}
	}
	rows := []goal{
		{
			name: "walk, times faster than Apache Thrift's generated decode",
			of:   nsRow("Walk/*/thrift", "Walk/*/e6data"), make: quotient, atLeast: true,
			must: bySet{30, 12, 500}, moonshot: bySet{35, 14, 600},
		},
		{
			name: "`Next`, times faster than generated decode + naive rows",
			of:   nsRow("Next/*/naive", "Next/*/e6data"), make: quotient, atLeast: true,
			must: bySet{4.5, 3.0, 2.8}, moonshot: bySet{6, 4.5, 5},
		},
		{
			name: "`Next`, allocations a row",
			of:   []key{{"Next/*/e6data", "allocs/row"}}, make: itself,
			must: all(0.1), moonshot: all(0.03),
		},
		{
			name: "columnar, times faster than generated decode",
			of:   nsRow("Columnar/*/thrift", "Columnar/*/e6data"), make: quotient, atLeast: true,
			must: bySet{12, 7, 20}, moonshot: bySet{14, 9, 30},
		},
		{
			name: "columnar, times faster than Arrow IPC decode",
			of:   nsRow("Columnar/*/arrow", "Columnar/*/e6data"), make: quotient, atLeast: true,
			must: all(1),
		},
		scan,
		{
			name: "the same, over constants that are boxed once for all rows",
			of:   nsRow("Scan/*/e6data", "Scan/*/boxedfloor"), make: quotient,
		},
	}
	if go127 {
		rows = append(rows, goal{
			name: "the same, over constants read with `ScanColumn`",
			of:   nsRow("Scan/*/e6data", "Scan/*/scanfloor"), make: quotient,
		})
	}
	structs := goal{
		name: "decode into structs, times faster than `Scan` into them",
		of:   nsRow("Structs/*/scan", "Structs/*/e6data"), make: quotient, atLeast: true,
	}
	if !go127 {
		structs.must = bySet{4, 1.5, 8}
	}
	return append(rows, structs,
		goal{
			name: "decode into structs, allocations a row",
			of:   []key{{"Structs/*/e6data", "allocs/row"}}, make: itself,
			must: all(0.02),
		},
		goal{
			name: "structs end to end, over columns that are made structs by hand",
			of:   nsRow("Select/*/e6data", "Select/*/columns"), make: quotient,
			must: all(1.25),
		},
		endToEnd, overNaive,
		goal{
			name: "whole result behind round trips of 5 ms, over the bare fetch",
			of:   nsRow("Latency5ms/*/e6data", "Latency5ms/*/drain"), make: quotient,
			must: all(1.10), moonshot: all(1.03),
		},
		goal{
			name: "first batch of 2 MB, round trips of 20 ms more than a tiny one",
			of:   []key{{"FirstBatch20ms/*/e6data", "rtt-more"}}, make: itself,
			must: bySet{0, 1.3, 0},
		},
		goal{
			name: "point query behind round trips of 5 ms, over the bare calls: time",
			of:   []key{{"PointQuery/*/e6data", "ns/query"}, {"PointQuery/*/bare", "ns/query"}}, make: quotient,
			must: bySet{0, 0, 1.10},
		},
		goal{
			name: "the same: allocations",
			of:   []key{{"PointQuery/*/e6data", "allocs/op"}, {"PointQuery/*/bare", "allocs/op"}}, make: quotient,
			must: bySet{0, 0, 1.15},
		},
		goal{
			name: "the same: bytes allocated",
			of:   []key{{"PointQuery/*/e6data", "B/op"}, {"PointQuery/*/bare", "B/op"}}, make: quotient,
		},
	)
}
