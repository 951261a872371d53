package thriftrows_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

func named(names ...string) []thriftrows.Column {
	columns := make([]thriftrows.Column, len(names))
	for i, name := range names {
		columns[i].Name = name
	}
	return columns
}

func TestColumnByName(t *testing.T) {
	t.Parallel()
	one := thriftrows.Vector{Type: thriftrows.Long, Data: thriftrows.Int64Data{1}}
	batch := batchOf(t, 1, one, one, one, one, one)
	if _, err := batch.ColumnByName("id"); err == nil {
		t.Error("a column of a batch without names")
	}
	batch.SetColumns(named("id", "ID", "Price", "twice", "twice"))
	for name, want := range map[string]int{"id": 0, "ID": 1, "Price": 2, "price": 2, "PRICE": 2} {
		if c, err := batch.ColumnByName(name); err != nil || c != batch.Column(want) {
			t.Errorf("%q: %v, %v", name, c, err)
		}
	}
	for name, want := range map[string]string{
		"":      `no column is called ""`,
		"other": `no column is called "other"`,
		"Id":    `columns 0 and 1 are both called "Id"`,
		"twice": `columns 3 and 4 are both called "twice"`,
	} {
		if _, err := batch.ColumnByName(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

// A batch without rows may have fewer columns than names. No method panics then.
func TestMissingColumns(t *testing.T) {
	t.Parallel()
	batch := thriftrows.NewBatch(nil, nil)
	batch.SetColumns(named("id"))
	byName, err := batch.ColumnByName("id")
	if err != nil {
		t.Fatal(err)
	}
	filled := batchOf(t, 1, thriftrows.Vector{Type: thriftrows.Long, Data: thriftrows.Int64Data{1}})
	for _, c := range []*thriftrows.BatchColumn{byName, batch.Column(0), batch.Column(-1), filled.Column(1), filled.Column(-1), filled.Column(math.MaxInt)} {
		if c.Type() != -1 || c.Nulls().Any() || c.Nulls().Null(0) {
			t.Errorf("%v, NULL %v", c.Type(), c.Nulls())
		}
		for name, err := range map[string]error{
			"Int64s": errOf(c.Int64s()), "Float64s": errOf(c.Float64s()), "Bools": errOf(c.Bools()), "Micros": errOf(c.Micros()), "Zones": errOf(c.Zones()),
			"Times": errOf(c.Times()), "Strings": errOf(c.Strings()), "Bytes": errOf(c.Bytes()), "Decimals": errOf(c.Decimals()),
		} {
			if err == nil || !strings.Contains(err.Error(), "no column") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for filled.Next() {
	}
	if n := filled.NumRows(); n != 0 {
		t.Errorf("%d rows after the last", n)
	}
}

func TestColumnValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 2, 29, 12, 0, 0, 0, time.FixedZone("+05:30", 19800))
	var vectors []thriftrows.Vector
	for _, column := range []struct {
		typ   thriftrows.VectorType
		value any
	}{
		{thriftrows.Long, 7}, {thriftrows.Double, 1.5}, {thriftrows.Boolean, true}, {thriftrows.String, "text"},
		{thriftrows.Binary, []byte{1}}, {thriftrows.TimestampTZ, at}, {thriftrows.Decimal128, 12},
	} {
		v, err := thriftrows.NewVector(column.typ, 0, []any{column.value, nil})
		if err != nil {
			t.Fatal(err)
		}
		vectors = append(vectors, v)
	}
	batch := batchOf(t, 2, vectors...)
	batch.SetColumns(named("int", "float", "bool", "text", "bytes", "time", "decimal"))
	checkValues(t, batch, "int", func(v int64) bool { return v == 7 })
	checkValues(t, batch, "float", func(v float64) bool { return v == 1.5 })
	checkValues(t, batch, "bool", func(v bool) bool { return v })
	checkValues(t, batch, "text", func(v string) bool { return v == "text" })
	checkValues(t, batch, "text", func(v []byte) bool { return string(v) == "text" })
	checkValues(t, batch, "bytes", func(v []byte) bool { return slices.Equal(v, []byte{1}) })
	checkValues(t, batch, "time", func(v time.Time) bool { return v.Equal(at) && v.Location().String() == "+05:30" })
	checkValues(t, batch, "time", func(v *time.Location) bool { return v.String() == "+05:30" })
	checkValues(t, batch, "decimal", func(v thriftrows.Decimal) bool { return v == thriftrows.NewDecimal(12, 0) })

	for _, name := range []string{"float", "nothing"} {
		if v, err := thriftrows.ColumnValues[int64](batch, name); err == nil || v.Len() != 0 {
			t.Errorf("%s: %d integers, %v", name, v.Len(), err)
		}
	}
}

// checkValues checks a column of two rows, the second of which is NULL.
func checkValues[T thriftrows.Element](t *testing.T, batch *thriftrows.Batch, name string, is func(T) bool) {
	t.Helper()
	v, err := thriftrows.ColumnValues[T](batch, name)
	if err != nil || v.Len() != 2 {
		t.Fatalf("%s: %d rows, %v", name, v.Len(), err)
	}
	if value, ok := v.At(0); !ok || !is(value) {
		t.Errorf("%s: %v, %v", name, value, ok)
	}
	for _, row := range []int{1, 2, -1, math.MaxInt, math.MinInt} {
		if value, ok := v.At(row); ok {
			t.Errorf("%s: row %d is %v", name, row, value)
		}
	}
	var seen []bool
	for value, ok := range v.All() {
		if ok && !is(value) {
			t.Errorf("%s: %v", name, value)
		}
		seen = append(seen, ok)
	}
	if !slices.Equal(seen, []bool{true, false}) {
		t.Errorf("%s: %v", name, seen)
	}
	for range v.All() {
		break
	}
}

// A BatchColumn is small, because a batch may have many columns.
func TestBatchColumnIsSmall(t *testing.T) {
	if n := reflect.TypeFor[thriftrows.BatchColumn]().Size(); n > 300 {
		t.Errorf("%d bytes a column", n)
	}
}
