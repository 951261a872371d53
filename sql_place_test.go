package e6data

import (
	"strings"
	"testing"
)

var places = []struct {
	msg          string
	line, column int
}{
	{"At line 1, column 8", 1, 8},
	{"From line 1, column 8 to line 1, column 12: Column 'nothing' not found in any table", 1, 8},
	{"line 1:8: column nothing is unknown", 1, 8},
	{`Encountered "FROM" at line 12, column 345.`, 12, 345},
	{"org.apache.calcite.runtime.CalciteContextException: From LINE 2, Column 3 to line 2, column 5", 2, 3},
	{"can't parse: At line 1, column 8", 1, 8},
	{"it is ' and no quote, at line 1, column 8", 1, 8},
	{"cannot cast 'line 9:9' to INT: line 1:8", 1, 8},
	{`Encountered "line 9:9" at line 1, column 8`, 1, 8},
	{"cannot cast 'line 9:9' to INT", 0, 0},
	{"line 7 of the file, at line 1, column 8", 1, 8},
	{"division by zero", 0, 0},
	{"", 0, 0},
	{"line ", 0, 0},
	{"line 1", 0, 0},
	{"line 1:", 0, 0},
	{"line 1, column ", 0, 0},
	{"line 0:8", 0, 0},
	{"line 1:0", 0, 0},
	{"line -1:8", 0, 0},
	{"line 1:8x", 0, 0},
	{"outline 1:8", 0, 0},
	{"deadline 1:8", 0, 0},
	{"line 1:9999999999", 0, 0},
	{"line 999999999:999999999", 999999999, 999999999},
}

func TestPlaceIn(t *testing.T) {
	t.Parallel()
	for _, test := range places {
		if line, column := placeIn(test.msg); line != test.line || column != test.column {
			t.Errorf("%q: %d:%d, want %d:%d", test.msg, line, column, test.line, test.column)
		}
	}
}

func FuzzPlaceIn(f *testing.F) {
	for _, test := range places {
		f.Add(test.msg)
	}
	f.Fuzz(func(t *testing.T, msg string) {
		line, column := placeIn(msg)
		switch {
		case line < 0 || column < 0 || (line == 0) != (column == 0):
			t.Errorf("%d:%d", line, column)
		case line > 0 && !strings.Contains(strings.ToLower(msg), "line "):
			t.Errorf("%d:%d of no line", line, column)
		}
		if !strings.ContainsAny(msg, "'\"`") {
			if l, c := placeIn("'line 9:9' " + msg); l != line || c != column {
				t.Errorf("%d:%d after a quote, %d:%d without", l, c, line, column)
			}
		}
	})
}
