package main

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/e6data/e6data-go/thriftrows"
)

// Difference is one way in which the two sides disagree.
type Difference struct {
	Case string
	Step int
	// Where is a place in the answer, such as row 3, column "price".
	Where             string
	Driver, Connector string
	// Known is the difference of the list that this one is; nil if it is not expected.
	Known *Known
}

func (d Difference) String() string {
	text := fmt.Sprintf("%s, statement %d, %s: the driver has %s, the connector %s", d.Case, d.Step+1, d.Where, d.Driver, d.Connector)
	if d.Known != nil {
		text += " [" + d.Known.Name + "]"
	}
	return text
}

// compare returns the differences between the answers of both sides to a case.
func compare(name string, driver, connector answers) []Difference {
	if len(driver) != len(connector) {
		return []Difference{{
			Case: name, Where: "the whole case",
			Driver: fmt.Sprint(len(driver), " answers"), Connector: fmt.Sprint(len(connector), " answers"),
		}}
	}
	var all []Difference
	for i := range driver {
		for _, d := range compareAnswers(name, driver[i], connector[i]) {
			d.Case, d.Step = name, i
			all = append(all, d)
		}
	}
	return all
}

// compareAnswers compares two answers as a whole, and then cell by cell.
func compareAnswers(name string, driver, connector *Answer) []Difference {
	k := knownAnswer(name, driver, connector)
	executions := driver.Executions
	if k != nil && k.Executions != 0 {
		executions = k.Executions
	}
	if connector.Executions != executions {
		return []Difference{{
			Where:  "the number of executions",
			Driver: fmt.Sprint(driver.Executions), Connector: fmt.Sprint(connector.Executions),
		}}
	}
	if k != nil {
		return []Difference{{Where: "the whole answer", Driver: summary(driver), Connector: summary(connector), Known: k}}
	}
	if !sameFailure(driver.Error, connector.Error) {
		return []Difference{{Where: "the error", Driver: summary(driver), Connector: summary(connector)}}
	}
	if driver.Error != nil {
		return nil // the connector drops the rows that came before the error
	}
	var all []Difference
	if driver.RowCount != connector.RowCount {
		all = append(all, Difference{
			Where:  "the row count",
			Driver: fmt.Sprint(driver.RowCount), Connector: fmt.Sprint(connector.RowCount),
		})
	}
	all = append(all, compareColumns(driver, connector)...)
	return append(all, compareRows(name, driver, connector)...)
}

func summary(a *Answer) string {
	return fmt.Sprintf("%d columns, %d rows, %v", len(a.Columns), len(a.Rows), a.Error)
}

// sameFailure reports whether both errors have the same code, and the driver's has the
// engine's words.
func sameFailure(driver, connector *Failure) bool {
	if driver == nil || connector == nil {
		return driver == connector
	}
	return driver.Code == connector.Code && strings.Contains(driver.Message, connector.Message)
}

func compareColumns(driver, connector *Answer) []Difference {
	if len(driver.Columns) != len(connector.Columns) {
		return []Difference{{
			Where: "the number of columns", Driver: fmt.Sprint(len(driver.Columns)), Connector: fmt.Sprint(len(connector.Columns)),
		}}
	}
	var all []Difference
	for i, d := range driver.Columns {
		c := connector.Columns[i]
		if d.Name != c.Name || d.Type != thriftrows.TypeName(c.Type) {
			all = append(all, Difference{
				Where:  fmt.Sprintf("column %d", i+1),
				Driver: fmt.Sprintf("%q %s", d.Name, d.Type), Connector: fmt.Sprintf("%q %s", c.Name, c.Type),
			})
		}
	}
	return all
}

func compareRows(name string, driver, connector *Answer) []Difference {
	var all []Difference
	if len(driver.Rows) != len(connector.Rows) {
		all = append(all, Difference{
			Where: "the number of rows", Driver: fmt.Sprint(len(driver.Rows)), Connector: fmt.Sprint(len(connector.Rows)),
		})
	}
	for i := range min(len(driver.Rows), len(connector.Rows)) {
		d, c := driver.Rows[i], connector.Rows[i]
		if len(d) != len(c) {
			all = append(all, Difference{
				Where: fmt.Sprintf("the number of cells of row %d", i+1), Driver: fmt.Sprint(len(d)), Connector: fmt.Sprint(len(c)),
			})
			continue
		}
		for k := range d {
			if sameCell(d[k], c[k]) {
				continue
			}
			all = append(all, Difference{
				Where:  fmt.Sprintf("row %d, column %d", i+1, k+1),
				Driver: d[k].String(), Connector: c[k].String(),
				Known: knownCell(name, d[k], c[k]),
			})
		}
	}
	return all
}

// sameCell reports whether both cells are the same value. The connector has a date and a
// time as a text, and the driver as a time.Time.
func sameCell(driver, connector Cell) bool {
	switch driver.Kind {
	case "date":
		return connector.Kind == "text" && connector.Text == driver.Text
	case "time":
		return connector.Kind == "text" && connector.Text == milliseconds(driver.Text) && !hasMicroseconds(driver.Text)
	case "decimal":
		return connector.Kind == "decimal" && sameNumber(driver.Text, connector.Text)
	case "float":
		return driver == connector || connector.Kind == "float" && isNaN(driver.Text) && isNaN(connector.Text)
	}
	return driver == connector
}

// fraction is the place of the point in a time's text, behind which six digits follow.
func fraction(text string) int { return strings.LastIndexByte(text, '.') }

// milliseconds cuts the digits for microseconds out of a time's text.
func milliseconds(text string) string {
	i := fraction(text)
	return text[:i+4] + text[i+7:]
}

func hasMicroseconds(text string) bool {
	i := fraction(text)
	return text[i+4:i+7] != "000"
}

// sameNumber reports whether two decimal texts are the same number, with any digits behind
// the point.
func sameNumber(a, b string) bool {
	x, ok := new(big.Rat).SetString(a)
	y, alsoOK := new(big.Rat).SetString(b)
	return ok && alsoOK && x.Cmp(y) == 0
}

// isNaN reports whether the 16 hexadecimal digits are those of a NaN.
func isNaN(bits string) bool {
	n, ok := new(big.Int).SetString(bits, 16)
	return ok && n.Uint64()&^(1<<63) > 0x7ff0000000000000
}
