package thriftrows_test

import (
	"bytes"
	"database/sql/driver"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// columnValues reads a column with the method for its type and returns
// driver.Values.
func columnValues(t testing.TB, c *thriftrows.BatchColumn) ([]driver.Value, thriftrows.Nulls) {
	t.Helper()
	switch c.Type() {
	case thriftrows.Integer, thriftrows.Long, thriftrows.Null:
		return values(t, c.Int64s)
	case thriftrows.Float, thriftrows.Double:
		return values(t, c.Float64s)
	case thriftrows.Boolean:
		return values(t, c.Bools)
	case thriftrows.Binary:
		return values(t, c.Bytes)
	case thriftrows.Decimal128:
		vs, nulls := values(t, c.Decimals)
		for i := range vs {
			vs[i] = vs[i].(thriftrows.Decimal).String()
		}
		return vs, nulls
	case thriftrows.Date, thriftrows.Datetime, thriftrows.Timestamp, thriftrows.TimestampTZ, thriftrows.Int96:
		return values(t, c.Times)
	}
	return values(t, c.Strings)
}

func values[T any](t testing.TB, read func() ([]T, thriftrows.Nulls, error)) ([]driver.Value, thriftrows.Nulls) {
	t.Helper()
	vs, nulls, err := read()
	if err != nil {
		t.Fatal(err)
	}
	out := make([]driver.Value, len(vs))
	for i, v := range vs {
		out[i] = v
	}
	return out, nulls
}

// A Batch returns the same values as a Cursor.
func TestBatchIsLikeCursor(t *testing.T) {
	batch := thriftrows.NewBatch(nil, nil)
	for _, c := range loadGolden(t) {
		t.Run(c.Name, func(t *testing.T) {
			want := rowsOf(t, c.Chunk, len(c.Columns))
			var chunk thriftrows.Chunk
			if err := chunk.Decode(c.Chunk, len(c.Columns)); err != nil {
				t.Fatal(err)
			}
			batch.Reset(&chunk)
			rows := 0
			for batch.Next() {
				for k := range batch.NumColumns() {
					got, nulls := columnValues(t, batch.Column(k))
					if len(got) != batch.NumRows() {
						t.Fatalf("column %d: %d values for %d rows", k, len(got), batch.NumRows())
					}
					some := false
					for i := range got {
						w := want[rows+i][k]
						some = some || w == nil
						if nulls.Null(i) != (w == nil) {
							t.Fatalf("row %d, column %d: NULL %v, want %v", i, k, nulls.Null(i), w)
						}
						if w != nil && !sameValue(got[i], w) {
							t.Fatalf("row %d, column %d: %v, want %v", i, k, got[i], w)
						}
					}
					if some != nulls.Any() {
						t.Errorf("column %d: Any %v", k, nulls.Any())
					}
				}
				rows += batch.NumRows()
			}
			if rows != c.RowCount {
				t.Errorf("%d rows, want %d", rows, c.RowCount)
			}
		})
	}
}

func sameValue(a, b any) bool {
	if f, ok := a.(float64); ok && f != f {
		g, ok := b.(float64)
		return ok && g != g
	}
	if t, ok := a.(time.Time); ok {
		u, ok := b.(time.Time)
		return ok && t.Equal(u) && t.Location().String() == u.Location().String()
	}
	return reflect.DeepEqual(a, b)
}

func TestBatchMicrosAndZones(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	at := []any{time.UnixMicro(1).UTC(), nil, time.UnixMicro(-2).In(kolkata), time.UnixMicro(3).In(kolkata), time.UnixMicro(4).UTC()}
	v, err := thriftrows.NewVector(thriftrows.TimestampTZ, 0, at)
	if err != nil {
		t.Fatal(err)
	}
	batch := batchOf(t, len(at), v)
	micros, nulls, err := batch.Column(0).Micros()
	if err != nil || !nulls.Null(1) || micros[0] != 1 || micros[2] != -2 || micros[4] != 4 {
		t.Errorf("micros %v, %v", micros, err)
	}
	zones, _, err := batch.Column(0).Zones()
	if err != nil || zones[0] != time.UTC || zones[2].String() != "Asia/Kolkata" || zones[3].String() != "Asia/Kolkata" || zones[4] != time.UTC {
		t.Errorf("zones %v, %v", zones, err)
	}
}

func batchOf(t testing.TB, rows int, vectors ...thriftrows.Vector) *thriftrows.Batch {
	t.Helper()
	b, err := thriftrows.AppendChunk(nil, rows, vectors)
	if err != nil {
		t.Fatal(err)
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, len(vectors)); err != nil {
		t.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	if !batch.Next() {
		t.Fatal("no rows")
	}
	return batch
}

func TestBatchTypesThatDoNotFit(t *testing.T) {
	batch := batchOf(t, 1,
		thriftrows.Vector{Type: thriftrows.Long, Data: thriftrows.Int64Data{1}},
		thriftrows.Vector{Type: thriftrows.String, Data: thriftrows.VarcharData{"x"}})
	num, str := batch.Column(0), batch.Column(1)
	for name, err := range map[string]error{
		"Int64s": errOf(str.Int64s()), "Float64s": errOf(num.Float64s()), "Bools": errOf(num.Bools()), "Micros": errOf(num.Micros()),
		"Zones": errOf(num.Zones()), "Times": errOf(num.Times()), "Strings": errOf(num.Strings()), "Bytes": errOf(num.Bytes()), "Decimals": errOf(num.Decimals()),
	} {
		if err == nil {
			t.Errorf("%s of a column of another type", name)
		}
	}
}

func errOf[T any](_ []T, _ thriftrows.Nulls, err error) error { return err }

// A tiny chunk may have 2^31-1 rows. A Batch returns them in ranges.
func TestBatchOfManyConstantRows(t *testing.T) {
	b, err := thriftrows.AppendChunk(nil, 1<<31-1, []thriftrows.Vector{{Type: thriftrows.Long, Constant: true, Data: thriftrows.NumericConstantData(7)}})
	if err != nil {
		t.Fatal(err)
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, 1); err != nil {
		t.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	for range 3 {
		if !batch.Next() || batch.NumRows() != 1<<16 {
			t.Fatalf("%d rows", batch.NumRows())
		}
		if v, _, err := batch.Column(0).Int64s(); err != nil || len(v) != 1<<16 || v[1<<16-1] != 7 {
			t.Fatal(len(v), err)
		}
	}
}

// The methods named Append write into the caller's memory, so their values
// remain when the chunk's bytes are overwritten.
func TestBatchCopies(t *testing.T) {
	ints, err := thriftrows.NewVector(thriftrows.Long, 0, []any{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := thriftrows.NewVector(thriftrows.String, 0, []any{"a", "bb", "ccc"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := thriftrows.AppendChunk(nil, 3, []thriftrows.Vector{ints, texts})
	if err != nil {
		t.Fatal(err)
	}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, 2); err != nil {
		t.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	batch.Next()
	kept, _, err := batch.Column(0).AppendInt64s([]int64{0})
	if err != nil {
		t.Fatal(err)
	}
	strs, _, err := batch.Column(1).Strings()
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		b[i] = 0xA5
	}
	if !slices.Equal(kept, []int64{0, 1, 2, 3}) || !slices.Equal(strs, []string{"a", "bb", "ccc"}) {
		t.Errorf("%v, %q", kept, strs)
	}
	if bytes.Contains([]byte(strs[0]), []byte{0xA5}) {
		t.Error("a string refers to the chunk")
	}
}

func TestDecimalString(t *testing.T) {
	for _, test := range []struct {
		d    thriftrows.Decimal
		want string
	}{
		{thriftrows.Decimal{}, "0"},
		{thriftrows.Decimal{Lo: 1230, Scale: 2}, "12.30"},
		{thriftrows.Decimal{Hi: -1, Lo: 1<<64 - 5, Scale: 3}, "-0.005"},
		{thriftrows.Decimal{Lo: 12, Scale: -3}, "12000"},
		{thriftrows.Decimal{Scale: 1 << 20}, "%!(value is not a decimal of 128 bits with a scale of -255 to 255)"},
	} {
		if got := test.d.String(); got != test.want {
			t.Errorf("%#v: %q, want %q", test.d, got, test.want)
		}
	}
}
