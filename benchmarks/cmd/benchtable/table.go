package main

import (
	"fmt"
	"go/version"
	"math"
	"slices"
	"strings"
)

// tables returns the tables, and an error for every required goal that is not
// met.
func (r *results) tables() (string, []error) {
	var b strings.Builder
	go127 := version.Compare(r.goVersion, "go1.27") >= 0
	times := "medians of %d runs"
	if r.runs() == 1 {
		times = "%d run"
	}
	name := r.goVersion
	if name == "" {
		name = "unknown Go, judged as 1.26"
	}
	fmt.Fprintf(&b, "%s, %s, %s; "+times+".\n\n", name, r.platform, r.cpu, r.runs())
	missed := r.writeGoals(&b, goals(go127))
	b.WriteString("\n✓ meets the goal that must be met, ★ the moonshot too, ✗ misses; goals are for mixed / wide / ints.\n\n")
	r.writeNumbers(&b)
	return b.String(), missed
}

func (r *results) writeGoals(b *strings.Builder, goals []goal) []error {
	var missed []error
	fmt.Fprintf(b, "| | %s | must | moonshot |\n|---|%s---|---|\n", strings.Join(sets[:], " | "), strings.Repeat("---:|", len(sets)))
	for _, g := range goals {
		var cells []string
		for i, set := range sets {
			v, ok := r.median(g.make, g.keys(set)...)
			if !ok {
				cells = append(cells, "–")
				if g.must[i] != 0 {
					missed = append(missed, fmt.Errorf("%s, %s: not measured", g.name, set))
				}
				continue
			}
			cells = append(cells, format(v)+g.mark(v, i))
			if !g.met(v, g.must[i]) {
				missed = append(missed, fmt.Errorf("%s, %s: %s, must be %s", g.name, set, format(v), g.limit(g.must[i])))
			}
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", g.name, strings.Join(cells, " | "), g.limits(g.must), g.limits(g.moonshot))
	}
	return missed
}

func (g goal) mark(v float64, set int) string {
	switch {
	case g.must[set] == 0:
		return ""
	case !g.met(v, g.must[set]):
		return " ✗"
	case g.moonshot[set] != 0 && g.met(v, g.moonshot[set]):
		return " ★"
	default:
		return " ✓"
	}
}

func (g goal) limit(x float64) string {
	if g.atLeast {
		return fmt.Sprintf("≥ %v", x)
	}
	return fmt.Sprintf("≤ %v", x)
}

// limits formats the limits of the data sets. If they are the same, it formats
// one.
func (g goal) limits(l bySet) string {
	var texts []string
	for _, x := range l {
		if x != 0 {
			texts = append(texts, fmt.Sprint(x))
		}
	}
	if len(texts) == 0 {
		return ""
	}
	sign := strings.Fields(g.limit(1))[0]
	return sign + " " + strings.Join(slices.Compact(texts), " / ")
}

// writeNumbers prints the measurements themselves.
func (r *results) writeNumbers(b *strings.Builder) {
	fmt.Fprintf(b, "| ns a row (allocations a row) | %s |\n|---|%s\n", strings.Join(sets[:], " | "), strings.Repeat("---:|", len(sets)))
	var written []string
	for _, name := range r.names {
		parts := strings.Split(name, "/")
		if len(parts) != 3 || slices.Contains(written, parts[0]+"/"+parts[2]) {
			continue
		}
		var cells []string
		measured := false
		for _, set := range sets {
			bench := parts[0] + "/" + set + "/" + parts[2]
			ns, ok := r.median(itself, key{bench, "ns/row"})
			allocs, _ := r.median(itself, key{bench, "allocs/row"})
			cell := "–"
			if ok {
				measured = true
				cell = fmt.Sprintf("%s (%s)", format(ns), format(allocs))
			}
			cells = append(cells, cell)
		}
		if !measured {
			continue
		}
		written = append(written, parts[0]+"/"+parts[2])
		fmt.Fprintf(b, "| %s, %s | %s |\n", parts[0], parts[2], strings.Join(cells, " | "))
	}
}

// format formats v with about three digits.
func format(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 0.1 || a < 0.0005:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}
