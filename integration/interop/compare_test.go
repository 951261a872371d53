package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// The recorded answers are those of the connector's source and of the driver on the day that
// README.md names. -record writes them.
func recordings(t *testing.T) []recording {
	t.Helper()
	var all []recording
	for _, file := range []string{"testdata/enginetest.jsonl", "testdata/emulator.jsonl"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var r recording
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all = append(all, r)
		}
	}
	return all
}

func unexpected(all []Difference) []Difference {
	return slices.DeleteFunc(slices.Clone(all), func(d Difference) bool { return d.Known != nil })
}

func TestRecordedAnswersDifferInKnownWaysOnly(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range recordings(t) {
		all := compare(r.Case, r.Driver, r.Connector)
		for _, d := range unexpected(all) {
			t.Error(d)
		}
		for _, d := range all {
			if d.Known != nil {
				seen[d.Known.Name] = true
			}
		}
	}
	for _, k := range known {
		// The recorded version ignores the scale. See TestKnownCells.
		if k.Name != "digits" && !seen[k.Name] {
			t.Errorf("no recorded answer differs in the known way %q", k.Name)
		}
	}
}

// clone returns a deep copy.
func clone(a *Answer) *Answer {
	other := *a
	other.Columns = slices.Clone(a.Columns)
	other.Rows = make([][]Cell, len(a.Rows))
	for i, row := range a.Rows {
		other.Rows[i] = slices.Clone(row)
	}
	if a.Error != nil {
		failure := *a.Error
		other.Error = &failure
	}
	return &other
}

// A change of any cell, row, column, count or error of the connector's answer is found.
func TestEveryChangeOfTheConnectorsAnswerIsFound(t *testing.T) {
	t.Parallel()
	changes := 0
	for _, r := range recordings(t) {
		for step, connector := range r.Connector {
			driver := r.Driver[step]
			if k := knownAnswer(r.Case, driver, connector); k != nil && connector.Error != nil {
				continue // the class of the error counts
			}
			for what, change := range changesOf(connector) {
				other := clone(connector)
				change(other)
				changes++
				if len(unexpected(compareAnswers(r.Case, driver, other))) == 0 {
					t.Errorf("%s, statement %d: %s was not found", r.Case, step+1, what)
				}
			}
		}
	}
	if changes < 1000 {
		t.Errorf("only %d changes were tried", changes)
	}
}

// changesOf returns changes of an answer, by their names.
func changesOf(a *Answer) map[string]func(*Answer) {
	changes := map[string]func(*Answer){}
	if a.Error != nil {
		changes["no error"] = func(a *Answer) { a.Error = nil }
		changes["the code"] = func(a *Answer) { a.Error.Code = "DATA_LOSS" }
		changes["the message"] = func(a *Answer) { a.Error.Message = "something else" }
		return changes
	}
	changes["the executions"] = func(a *Answer) { a.Executions++ }
	changes["the row count"] = func(a *Answer) { a.RowCount++ }
	changes["an error"] = func(a *Answer) { a.Error = &Failure{Class: "grpc", Code: "INTERNAL", Message: "lost"} }
	if len(a.Columns) > 0 {
		changes["a column's name"] = func(a *Answer) { a.Columns[0].Name += "x" }
		changes["a column's type"] = func(a *Answer) { a.Columns[len(a.Columns)-1].Type = "INTERVAL" }
		changes["a column less"] = func(a *Answer) { a.Columns = a.Columns[1:] }
	}
	if len(a.Rows) > 0 {
		changes["the last row is missing"] = func(a *Answer) { a.Rows = a.Rows[:len(a.Rows)-1] }
		changes["a row more"] = func(a *Answer) { a.Rows = append(a.Rows, a.Rows[0]) }
		changes["a cell less"] = func(a *Answer) { a.Rows[0] = a.Rows[0][1:] }
	}
	for i, row := range a.Rows {
		for k := range row {
			changes[fmt.Sprintf("the value in row %d, column %d", i+1, k+1)] = func(a *Answer) { a.Rows[i][k] = otherValue(a.Rows[i][k]) }
			changes[fmt.Sprintf("the kind in row %d, column %d", i+1, k+1)] = func(a *Answer) { a.Rows[i][k].Kind = "other" }
		}
	}
	return changes
}

// otherValue returns another cell of the same kind, or of a text where c is NULL.
func otherValue(c Cell) Cell {
	switch c.Kind {
	case "null":
		return Cell{"text", ""}
	case "float":
		return Cell{"float", "4059000000000001"}
	case "decimal":
		return Cell{"decimal", "987654321" + strings.TrimPrefix(c.Text, "-")}
	}
	return Cell{c.Kind, c.Text + "7"}
}

// TestKnownCells has a pair of cells for every known difference of cells, and one beside it
// that is a difference nobody knows.
func TestKnownCells(t *testing.T) {
	t.Parallel()
	times := func(text string) Cell { return Cell{"time", text} }
	text := func(text string) Cell { return Cell{"text", text} }
	dec := func(text string) Cell { return Cell{"decimal", text} }
	for _, c := range []struct {
		known, name            string
		driver, right, another Cell
	}{
		{"scale", "x", dec("-12.30"), dec("-1230"), dec("-123")},
		{"scale", "x", dec("0.05"), dec("5"), dec("50")},
		{"negative scale", "golden/decimal128_negative_scale", dec("123000"), dec("123"), dec("12")},
		{"decimal bytes as text", "x", dec("65392825175610104412735799271089255.734"), dec("1234567890123456"), dec("1234567890123457")},
		{"short decimal", "golden/decimal128_short_bytes", dec("1.27"), dec("0"), dec("1")},
		{"digits", "x", dec("1234567890123456789012345678.9012345678"), dec("1234567890123456789012345679"), dec("1234567890123456789012345678")},
		{"digits", "x", dec("-99999999999999999999999999999.5"), dec("-100000000000000000000000000000"), dec("-99999999999999999999999999999")},
		{"microseconds", "x", times("2024-02-29T01:02:03.456789+05:30"), text("2024-02-29T01:02:03.456+05:30"), text("2024-02-29T01:02:03.457+05:30")},
		{"binary as text", "x", Cell{"bytes", "/wD+"}, text("\uFFFD\x00\uFFFD"), text("\x00\uFFFD")},
		{"binary as text", "x", Cell{"bytes", "YWI="}, text("ab"), text("abc")},
		{"year without zeros", "x", Cell{"date", "0031-12-01"}, text("31-12-01"), text("31-12-02")},
		{"date before 1970", "golden/date_not_midnight", Cell{"date", "1969-12-31"}, text("1969-12-30"), text("1969-12-29")},
		{"offset with seconds", "golden/timestamp_tz_offset_with_seconds", times("2000-01-01T05:53:28.000000+05:53"), text("2000-01-01T05:53:00.000+05:53"), text("2000-01-01T05:52:00.000+05:53")},
		{"vector's zone", "x", times("2024-01-01T15:30:00.000000+05:30"), text("2024-01-01T10:00:00.000+00:00"), text("2024-01-01T10:00:01.000+00:00")},
		{"failed to parse", "x", times("0001-01-01T00:00:00.123456+00:00"), text("Failed to parse."), text("Failed to parse")},
		{"types, one row", "emulator/x", times("2024-01-01T15:30:00.000000+00:00"), Cell{"null", ""}, text("")},
	} {
		if k := knownCell(c.name, c.driver, c.right); k == nil || k.Name != c.known {
			t.Errorf("%v and %v: %v, want %q", c.driver, c.right, k, c.known)
		}
		if k := knownCell(c.name, c.driver, c.another); k != nil {
			t.Errorf("%v and %v: %q, want a difference that is not known", c.driver, c.another, k.Name)
		}
		if sameCell(c.driver, c.right) || sameCell(c.driver, c.another) {
			t.Errorf("%v is the same as %v or %v", c.driver, c.right, c.another)
		}
	}
	if k := knownCell("x", times("2024-01-01T00:00:00.000000+00:00"), text("Failed to parse.")); k != nil {
		t.Errorf("a usual time that fails to parse is %q", k.Name)
	}
}

func TestSameCells(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]Cell{
		{{"null", ""}, {"null", ""}},
		{{"date", "2024-02-29"}, {"text", "2024-02-29"}},
		{{"time", "2024-02-29T01:02:03.456000-03:00"}, {"text", "2024-02-29T01:02:03.456-03:00"}},
		{{"decimal", "12.300"}, {"decimal", "12.3"}},
		{{"float", "7ff8000000000001"}, {"float", "fff8000000000000"}},
	} {
		if !sameCell(pair[0], pair[1]) {
			t.Errorf("%v is not %v", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]Cell{
		{{"null", ""}, {"text", ""}},
		{{"date", "2024-02-29"}, {"date", "2024-02-29"}}, // the connector has no dates
		{{"time", "2024-02-29T01:02:03.456001-03:00"}, {"text", "2024-02-29T01:02:03.456-03:00"}},
		{{"decimal", "12.3"}, {"text", "12.3"}},
		{{"float", "7ff0000000000000"}, {"float", "7ff8000000000000"}}, // infinity, and no number
		{{"float", "0000000000000000"}, {"float", "8000000000000000"}}, // 0 and -0
		{{"bool", "true"}, {"int", "1"}},
	} {
		if sameCell(pair[0], pair[1]) {
			t.Errorf("%v is %v", pair[0], pair[1])
		}
	}
}

func TestReportFailsForADifferenceThatIsNotKnown(t *testing.T) {
	t.Parallel()
	one := func(kind, text string) answers {
		return answers{{Columns: []Column{{"n", "LONG"}}, Rows: [][]Cell{{{kind, text}}}, RowCount: 1}}
	}
	var good, bad report
	good.add(Case{Name: "x"}, one("bytes", "YWI="), one("text", "ab"))
	var out strings.Builder
	if err := good.print(&out, false); err != nil || strings.Contains(out.String(), "row 1") || !strings.Contains(out.String(), "     1 times: binary as text") {
		t.Errorf("%v\n%s", err, &out)
	}
	bad.add(Case{Name: "x"}, one("int", "1"), one("int", "2"))
	out.Reset()
	want := `x, statement 1, row 1, column 1: the driver has int "1", the connector int "2"`
	if err := bad.print(&out, false); err == nil || !strings.Contains(out.String(), want) {
		t.Errorf("%v, want an error and %q\n%s", err, want, &out)
	}
}

func TestAnswersInDifferentNumbersAreADifference(t *testing.T) {
	t.Parallel()
	if len(unexpected(compare("x", answers{{}, {}}, answers{{}}))) != 1 {
		t.Error("an answer that is missing was not found")
	}
}

// README.md lists every known difference.
func TestReadmeListsTheKnownDifferences(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range known {
		if line := fmt.Sprintf("| %s | %s |", k.Name, k.Why); !strings.Contains(string(page), line) {
			t.Errorf("README.md has no line\n%s", line)
		}
	}
}
