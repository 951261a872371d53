package thriftrows_test

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// badValues holds functions that return a vector of n good values and a
// function that spoils one of them.
var badValues = []struct {
	name string
	make func(n int) (v thriftrows.Vector, spoil func(row int))
}{
	{"unknown zone", zoned("Mars/Olympus")},
	{"this machine's zone", zoned("Local")},
	{"path as a zone", zoned("../etc/passwd")},
	{"absolute path as a zone", zoned("/etc/localtime")},
	{"offset past 18 hours", zoned("+25:00")},
	{"long zone", zoned(strings.Repeat("Europe/", 100))},
	{"zone with a NUL", zoned("UTC\x00")},
	{"decimal of 17 bytes", decimalOf("\x01\x02", strings.Repeat("\x01", 17))},
	{"decimal of no bytes", decimalOf("\x01\x02", "")},
	{"decimal of no text", decimalOf("12.5", "")},
	{"decimal of a sign", decimalOf("12.5", "-")},
	{"decimal of a point", decimalOf("12.5", ".")},
	{"decimal of two signs", decimalOf("12.5", "--5")},
	{"decimal of two points", decimalOf("12.5", "1.2.3")},
	{"decimal with a sign inside", decimalOf("12.5", "1-5")},
	{"decimal without an exponent", decimalOf("12.5", "15E")},
	{"decimal with half an exponent", decimalOf("12.5", "15E+")},
	{"decimal with two exponents", decimalOf("12.5", "1E1E1")},
	{"decimal with a broken exponent", decimalOf("12.5", "1E1.5")},
	{"decimal of an exponent", decimalOf("12.5", "E5")},
	{"decimal past the bounds", decimalOf("12.5", "1E256")},
	{"decimal before the bounds", decimalOf("12.5", "1E-256")},
	{"decimal of a gigabyte", decimalOf("12.5", "1E999999999")},
	{"INT96 a nanosecond past the day", int96Of(int64(24 * time.Hour))},
	{"INT96 a nanosecond before the day", int96Of(-1)},
}

func zoned(zone string) func(int) (thriftrows.Vector, func(int)) {
	return func(n int) (thriftrows.Vector, func(int)) {
		d := thriftrows.TimeData{Micros: make([]int64, n), Zones: make([]string, n)}
		for i := range n {
			d.Zones[i] = zoneNames[i%len(zoneNames)]
		}
		return thriftrows.Vector{Type: thriftrows.TimestampTZ, Data: d}, func(row int) { d.Zones[row] = zone }
	}
}

func decimalOf(good, bad string) func(int) (thriftrows.Vector, func(int)) {
	return func(n int) (thriftrows.Vector, func(int)) {
		d := thriftrows.Decimal128Data{Unscaled: make([][]byte, n), Scale: 1}
		for i := range n {
			d.Unscaled[i] = []byte(good)
		}
		return thriftrows.Vector{Type: thriftrows.Decimal128, Data: d}, func(row int) { d.Unscaled[row] = []byte(bad) }
	}
}

func int96Of(nanos int64) func(int) (thriftrows.Vector, func(int)) {
	bytes := func(nanos int64) string {
		return string(binary.BigEndian.AppendUint64([]byte{0, 0, 0, 9}, uint64(nanos)))
	}
	return func(n int) (thriftrows.Vector, func(int)) {
		d := make(thriftrows.VarcharData, n)
		for i := range n {
			d[i] = bytes(int64(i))
		}
		return thriftrows.Vector{Type: thriftrows.Int96, Data: d}, func(row int) { d[row] = bytes(nanos) }
	}
}

// An invalid value is an error in its row. The rows before it are returned, and
// no row from there on.
func TestBadValues(t *testing.T) {
	t.Parallel()
	for _, test := range badValues {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{20, 300} {
				for _, row := range []int{0, 1, 19, 127, 128, 129, 200, 299} {
					if row >= n {
						continue
					}
					v, spoil := test.make(n)
					spoil(row)
					if err := stopsAt(n, v, row); err != nil {
						t.Errorf("%d rows: %v", n, err)
					}
				}
			}
		})
	}
}

// stopsAt reads a vector after a column of row numbers and expects an error in
// the given row.
func stopsAt(n int, v thriftrows.Vector, bad int) error {
	numbers := make(thriftrows.Int64Data, n)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	b, err := thriftrows.AppendChunk(nil, n, []thriftrows.Vector{{Type: thriftrows.Long, Data: numbers}, v})
	if err != nil {
		return err
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, 2); err != nil {
		return err
	}
	cur := thriftrows.NewCursor(nil, nil)
	cur.Reset(&chunk)
	dest := make([]driver.Value, 2)
	for i := 0; cur.Next(); i++ {
		err := cur.Values(dest)
		var fault *thriftrows.FormatError
		switch {
		case i < bad && (err != nil || dest[0] != int64(i) || dest[1] == nil):
			return fmt.Errorf("row %d, before row %d: %v, %v", i, bad, dest, err)
		case i == bad && (!errors.As(err, &fault) || fault.Row != bad || fault.Column != 1):
			return fmt.Errorf("row %d: %v, %v", i, dest, err)
		case i > bad && n >= 32 && err == nil:
			// Rows of small chunks are converted one by one. In other chunks no
			// row after the error may be returned.
			return fmt.Errorf("row %d, after row %d: %v", i, bad, dest)
		}
		if i == bad {
			if err := plausible(err, b, 2); err != nil {
				return err
			}
			if at := fault.Offset; at < 8*n {
				return fmt.Errorf("row %d of %d: byte %d of %d is not in the second column", i, n, at, len(b))
			}
		}
	}
	return nil
}

// The error is that of the first bad row, whatever its column.
func TestFirstBadValueWins(t *testing.T) {
	t.Parallel()
	const n = 300
	for _, test := range []struct{ a, b, row, column int }{{5, 3, 3, 1}, {3, 5, 3, 0}, {4, 4, 4, 0}, {250, 130, 130, 1}, {0, 299, 0, 0}} {
		a, spoilA := zoned("Mars/Olympus")(n)
		b, spoilB := decimalOf("12.5", "-")(n)
		spoilA(test.a)
		spoilB(test.b)
		chunk, err := thriftrows.AppendChunk(nil, n, []thriftrows.Vector{a, b})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := readAll(chunk, 2)
		var fault *thriftrows.FormatError
		if !errors.As(err, &fault) || fault.Row != test.row || fault.Column != test.column || len(rows) != test.row {
			t.Errorf("%+v: %d rows, %v", test, len(rows), err)
		}
	}
}

// The decoder does not check the placeholder of a NULL.
func TestBadValuesUnderNull(t *testing.T) {
	t.Parallel()
	for _, test := range badValues {
		for _, n := range []int{20, 300} {
			v, spoil := test.make(n)
			v.Nulls = make([]bool, n)
			for row := 3; row < n; row += 5 {
				spoil(row)
				v.Nulls[row] = true
			}
			b, err := thriftrows.AppendChunk(nil, n, []thriftrows.Vector{v})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := readAll(b, 1)
			if err != nil || len(rows) != n {
				t.Errorf("%s: %d rows of %d, %v", test.name, len(rows), n, err)
			}
			for i, row := range rows {
				if (row[0] == nil) != v.Nulls[i] {
					t.Errorf("%s: row %d is %v", test.name, i, row[0])
				}
			}
		}
	}
}

// A bad constant is an error in every row.
func TestBadConstants(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]thriftrows.Vector{
		"zone":    {Type: thriftrows.TimestampTZ, Data: thriftrows.TimeConstantData{Zone: "Mars/Olympus"}},
		"decimal": {Type: thriftrows.Decimal128, Data: thriftrows.NumericDecimal128ConstantData{Unscaled: []byte("1E")}},
		"INT96":   {Type: thriftrows.Int96, Data: thriftrows.VarcharConstantData("0000\xFF0000000")},
	} {
		v.Constant = true
		for _, n := range []int{1, 300} {
			if err := stopsAtConstant(n, v); err != nil {
				t.Errorf("%s, %d rows: %v", name, n, err)
			}
		}
	}
}

func stopsAtConstant(n int, v thriftrows.Vector) error {
	b, err := thriftrows.AppendChunk(nil, n, []thriftrows.Vector{v})
	if err != nil {
		return err
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, 1); err != nil {
		return err
	}
	cur := thriftrows.NewCursor(nil, nil)
	cur.Reset(&chunk)
	dest := make([]driver.Value, 1)
	for cur.Next() {
		if err := plausible(cur.Values(dest), b, 1); err != nil {
			return err
		}
	}
	return nil
}
