package thriftrows_test

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// mixedChunk has the columns of an ordinary result, with NULLs here and there.
func mixedChunk(t testing.TB, rows int) (chunk []byte, columns int) {
	t.Helper()
	day := time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)
	zones := []*time.Location{time.UTC, location(t, "Europe/Berlin"), location(t, "America/New_York"), time.FixedZone("+05:30", 19800)}
	makers := []struct {
		typ   thriftrows.VectorType
		value func(i int) any
	}{
		{thriftrows.Long, func(i int) any { return int64(i) << 20 }},
		{thriftrows.Integer, func(i int) any { return 1_000_000 + i }},
		{thriftrows.Double, func(i int) any { return float64(i) / 7 }},
		{thriftrows.String, func(i int) any { return fmt.Sprintf("text%08d", i) }},
		{thriftrows.Date, func(i int) any { return day.AddDate(0, 0, i) }},
		{thriftrows.TimestampTZ, func(i int) any { return day.Add(time.Duration(i) * time.Second).In(zones[i%len(zones)]) }},
		{thriftrows.Decimal128, func(i int) any { return fmt.Sprintf("%d.%02d", i, i%100) }},
		{thriftrows.Boolean, func(i int) any { return i%3 == 0 }},
	}
	vectors := make([]thriftrows.Vector, len(makers))
	for k, m := range makers {
		values := make([]any, rows)
		for i := range values {
			if (i+k)%11 != 0 {
				values[i] = m.value(i)
			}
		}
		v, err := thriftrows.NewVector(m.typ, 2, values)
		if err != nil {
			t.Fatal(err)
		}
		vectors[k] = v
	}
	b, err := thriftrows.AppendChunk(nil, rows, vectors)
	if err != nil {
		t.Fatal(err)
	}
	return b, len(vectors)
}

// Boxing a value needs no allocation of its own: see fill.
func TestValuesAllocations(t *testing.T) {
	const rows = 8192
	b, columns := mixedChunk(t, rows)
	var chunk thriftrows.Chunk
	cur := thriftrows.NewCursor(nil, nil)
	dest := newRow(columns)
	total := testing.AllocsPerRun(5, func() {
		if err := chunk.Decode(b, columns); err != nil {
			t.Fatal(err)
		}
		cur.Reset(&chunk)
		for cur.Next() {
			if err := cur.Values(dest); err != nil {
				t.Fatal(err)
			}
		}
	})
	if per := total / rows; per > 0.1 {
		t.Errorf("%.3f allocations a row, want 0.1 at most", per)
	}
}

// A reused Chunk decodes without allocating.
func TestDecodeAllocations(t *testing.T) {
	b, columns := mixedChunk(t, 1000)
	var chunk thriftrows.Chunk
	if n := testing.AllocsPerRun(20, func() {
		if err := chunk.Decode(b, columns); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Values belong to the caller. They remain valid after changes of the chunk,
// its bytes, and the cursor's blocks.
func TestValuesOutliveTheirChunk(t *testing.T) {
	t.Parallel()
	var chunk thriftrows.Chunk
	cur := thriftrows.NewCursor(nil, nil)
	var kept [][]driver.Value
	var columns [][]column
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		rows, cols := randomChunk(r)
		b, err := encode(rows, cols)
		if err != nil {
			t.Fatal(err)
		}
		if err := chunk.Decode(b, len(cols)); err != nil {
			t.Fatal(err)
		}
		cur.Reset(&chunk)
		for cur.Next() {
			row := newRow(len(cols))
			if err := cur.Values(row); err != nil {
				t.Fatal(err)
			}
			kept = append(kept, row)
			columns = append(columns, cols)
		}
		for i := range b { // like the next batch in the same buffer
			b[i] = 0xA5
		}
	}
	chunk.Reset()
	row := 0
	for i, got := range kept {
		if i > 0 && len(columns[i]) > 0 && len(columns[i-1]) > 0 && &columns[i][0] == &columns[i-1][0] {
			row++
		} else {
			row = 0
		}
		for k := range got {
			if want := columns[i][k].want[row]; !same(got[k], want) {
				t.Fatalf("row %d, column %d (%v) changed to %v from %v", i, k, columns[i][k].vector.Type, got[k], want)
			}
		}
	}
}

// The caller may overwrite each []byte and append to it.
func TestBytesBelongToTheCaller(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]thriftrows.Vector{
		"plain":          {Type: thriftrows.Binary, Data: numbered(300, 8)},
		"few":            {Type: thriftrows.Binary, Data: numbered(5, 8)},
		"long":           {Type: thriftrows.Binary, Data: numbered(300, 1000)},
		"several sizes":  {Type: thriftrows.Binary, Data: append(numbered(200, 8), numbered(100, 20)...)},
		"constant":       {Type: thriftrows.Binary, Data: thriftrows.VarcharConstantData("constant"), Constant: true, Size: 300},
		"empty constant": {Type: thriftrows.Binary, Data: thriftrows.VarcharConstantData(""), Constant: true, Size: 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := v.Size
			d, plain := v.Data.(thriftrows.VarcharData)
			if plain {
				n = len(d)
			}
			b, err := thriftrows.AppendChunk(nil, n, []thriftrows.Vector{v})
			if err != nil {
				t.Fatal(err)
			}
			rows := rowsOf(t, b, 1)
			for i, row := range rows {
				want := "constant"
				switch c, _ := v.Data.(thriftrows.VarcharConstantData); {
				case plain:
					want = d[i]
				case c == "":
					want = ""
				}
				got := row[0].([]byte)
				if got == nil || string(got) != want {
					t.Fatalf("row %d: %q, want %q", i, got, want)
				}
				for k := range got {
					got[k] = 0xA5
				}
				_ = append(got, bytes.Repeat([]byte{0x5A}, 50)...)
			}
		})
	}
}

func numbered(n, size int) thriftrows.VarcharData {
	d := make(thriftrows.VarcharData, n)
	for i := range d {
		d[i] = fmt.Sprintf("%0*d", size, i)
	}
	return d
}

// The sizes are around the limit up to which the texts of a block share memory.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 507, 508, 509, 600, 70_000} { // 128 * (508+4) is 64 KiB
		n := 300
		if size > 10_000 {
			n = 40
		}
		texts := make([]string, n)
		for i := range texts {
			texts[i] = strings.Repeat(string(rune('a'+i%26)), size)
		}
		texts[n-1] += "!" // also as texts of several sizes
		for _, values := range [][]string{texts[:n-1], texts} {
			b, err := thriftrows.AppendChunk(nil, len(values), []thriftrows.Vector{
				{Type: thriftrows.String, Data: thriftrows.VarcharData(values)},
				{Type: thriftrows.Binary, Data: thriftrows.VarcharData(values)},
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range rowsOf(t, b, 2) {
				if row[0] != values[i] || !same(row[1], []byte(values[i])) {
					t.Fatalf("%d texts of %d bytes: row %d differs", n, size, i)
				}
			}
		}
	}
}

func TestChunksOfAllSizes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 31, 32, 33, 127, 128, 129, 255, 256, 257, 1000} {
		b, columns := mixedChunk(t, n)
		if err := agree(b, columns, n); err != nil {
			t.Errorf("%d rows: %v", n, err)
		}
		if rows := rowsOf(t, b, columns); len(rows) != n {
			t.Errorf("%d rows, want %d", len(rows), n)
		}
	}
}

func TestRowsWithoutColumns(t *testing.T) {
	t.Parallel()
	b, err := thriftrows.AppendChunk(nil, 200, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rows := rowsOf(t, b, 0); len(rows) != 200 {
		t.Errorf("%d rows, want 200", len(rows))
	}
}

// Next may be called without reading the row's values.
func TestNextWithoutValues(t *testing.T) {
	t.Parallel()
	const n = 1000
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 9))
		columns := []column{randomColumn(r, n), randomColumn(r, n), randomColumn(r, n)}
		b, err := encode(n, columns)
		if err != nil {
			t.Fatal(err)
		}
		var chunk thriftrows.Chunk
		if err := chunk.Decode(b, len(columns)); err != nil {
			t.Fatal(err)
		}
		cur := thriftrows.NewCursor(nil, nil)
		cur.Reset(&chunk)
		dest := newRow(len(columns))
		for row := 0; cur.Next(); row++ {
			if r.IntN(3) > 0 || row < int(seed) {
				continue
			}
			for range 2 { // a second call returns the same values
				if err := cur.Values(dest); err != nil {
					t.Fatal(err)
				}
				for k, got := range dest {
					if want := columns[k].want[row]; !same(got, want) {
						t.Fatalf("seed %d, row %d, column %d: %v, want %v", seed, row, k, got, want)
					}
				}
			}
		}
	}
}

func TestCursorWithoutChunk(t *testing.T) {
	t.Parallel()
	cur := thriftrows.NewCursor(nil, nil)
	if cur.Next() {
		t.Error("a row of no chunk")
	}
	cur.Reset(new(thriftrows.Chunk))
	if cur.Next() {
		t.Error("a row of an empty chunk")
	}
}

// The cursor's location applies to values without a zone, which keep their wall
// clock. It does not change instants with a zone and calendar days.
func TestCursorLocation(t *testing.T) {
	t.Parallel()
	berlin := location(t, "Europe/Berlin")
	summer := time.Date(2024, 7, 1, 12, 30, 15, 123456000, time.UTC)
	winter := time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC)
	far := time.Date(11756, 12, 31, 23, 59, 59, 999999000, time.UTC)
	zone := time.FixedZone("-03:00", -10800)
	inBerlin := func(t time.Time) driver.Value {
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), berlin)
	}
	times := []time.Time{summer, winter, far}
	for _, test := range []struct {
		typ    thriftrows.VectorType
		twelve bool // INT96 in 12 bytes
		want   func(time.Time) driver.Value
	}{
		{thriftrows.Datetime, false, inBerlin},
		{thriftrows.Timestamp, false, inBerlin},
		{thriftrows.Int96, false, inBerlin},
		{thriftrows.Int96, true, inBerlin},
		{thriftrows.Date, false, func(t time.Time) driver.Value { return midnight(t) }},
		{thriftrows.TimestampTZ, false, func(t time.Time) driver.Value { return t.In(zone) }},
	} {
		for _, n := range []int{3, 300} {
			values := make([]any, n)
			for i := range values {
				values[i] = times[i%3]
				if test.typ == thriftrows.TimestampTZ {
					values[i] = times[i%3].In(zone)
				}
			}
			v, err := thriftrows.NewVector(test.typ, 0, values)
			if err != nil {
				t.Fatal(err)
			}
			if test.twelve {
				v.Data = julian(values)
			}
			b, err := thriftrows.AppendChunk(nil, n, []thriftrows.Vector{v})
			if err != nil {
				t.Fatal(err)
			}
			var chunk thriftrows.Chunk
			if err := chunk.Decode(b, 1); err != nil {
				t.Fatal(err)
			}
			cur := thriftrows.NewCursor(nil, berlin)
			cur.Reset(&chunk)
			dest := newRow(1)
			for i := 0; cur.Next(); i++ {
				if err := cur.Values(dest); err != nil {
					t.Fatal(err)
				}
				if want := test.want(times[i%3]); !same(dest[0], want) {
					t.Errorf("%v, row %d of %d: %v, want %v", test.typ, i, n, dest[0], want)
				}
			}
		}
	}
}

// The element of a NULL in an INT96 column may have any length.
func TestNullINT96(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 2, 29, 12, 34, 56, 789, time.UTC)
	d := julian([]any{at, at, at})
	d[1] = "none"
	batch := batchOf(t, 3, thriftrows.Vector{Type: thriftrows.Int96, Nulls: []bool{false, true, false}, Data: d})
	times, nulls, err := batch.Column(0).Times()
	if err != nil || !nulls.Null(1) || !times[0].Equal(at) || !times[2].Equal(at) {
		t.Errorf("%v, %v, %v", times, nulls, err)
	}
}

// julian returns times as INT96 values of 12 bytes.
func julian(values []any) thriftrows.VarcharData {
	d := make(thriftrows.VarcharData, len(values))
	for i, x := range values {
		t := x.(time.Time)
		day := midnight(t).Unix() / 86400
		b := binary.BigEndian.AppendUint32(nil, uint32(day+2440588))
		d[i] = string(binary.BigEndian.AppendUint64(b, uint64(t.Sub(midnight(t)))))
	}
	return d
}
