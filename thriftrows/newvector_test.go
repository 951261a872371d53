package thriftrows_test

import (
	"database/sql/driver"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

func newRow(columns int) []driver.Value { return make([]driver.Value, columns) }

func TestNewVector(t *testing.T) {
	t.Parallel()
	berlin := location(t, "Europe/Berlin")
	at := time.Date(2024, 7, 1, 12, 30, 15, 123456000, time.UTC)
	old := time.Date(-44, 3, 15, 1, 2, 3, 0, time.UTC)
	far := time.Date(11756, 12, 31, 23, 59, 59, 999999000, time.UTC)
	type pair struct {
		in   any
		want driver.Value
	}
	for _, test := range []struct {
		typ   thriftrows.VectorType
		scale int32
		pairs []pair
	}{
		{thriftrows.Boolean, 0, []pair{{true, true}, {false, false}, {nil, nil}}},
		{thriftrows.Integer, 0, []pair{{1, int64(1)}, {int32(-2), int64(-2)}, {int64(3), int64(3)}, {nil, nil}, {math.MaxInt32, int64(math.MaxInt32)}, {math.MinInt32, int64(math.MinInt32)}}},
		{thriftrows.Long, 0, []pair{{1, int64(1)}, {int32(-2), int64(-2)}, {int64(math.MaxInt64), int64(math.MaxInt64)}, {int64(math.MinInt64), int64(math.MinInt64)}, {nil, nil}}},
		{thriftrows.Float, 0, []pair{{1.5, 1.5}, {float32(-2.25), -2.25}, {math.Inf(1), math.Inf(1)}, {nil, nil}}},
		{thriftrows.Double, 0, []pair{{0.1, 0.1}, {float32(0.5), 0.5}, {math.Copysign(0, -1), math.Copysign(0, -1)}, {math.NaN(), math.NaN()}, {nil, nil}}},
		{thriftrows.String, 0, []pair{{"text", "text"}, {"", ""}, {[]byte("bytes"), "bytes"}, {nil, nil}}},
		{thriftrows.Array, 0, []pair{{"[1,2]", "[1,2]"}, {nil, nil}}},
		{thriftrows.Map, 0, []pair{{`{"a":1}`, `{"a":1}`}, {nil, nil}}},
		{thriftrows.Struct, 0, []pair{{`{"a":1}`, `{"a":1}`}, {nil, nil}}},
		{thriftrows.Binary, 0, []pair{{[]byte{0xFF, 0}, []byte{0xFF, 0}}, {[]byte{}, []byte{}}, {"text", []byte("text")}, {nil, nil}}},
		{thriftrows.Date, 0, []pair{
			{at, midnight(at)},
			{time.Date(2024, 7, 1, 0, 30, 0, 0, berlin), time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)}, // the day in its own location
			{old, midnight(old)}, {far, midnight(far)}, {nil, nil},
		}},
		{thriftrows.Datetime, 0, []pair{{at, at}, {at.In(berlin), at}, {at.Add(999), at}, {old, old}, {far, far}, {nil, nil}}},
		{thriftrows.Timestamp, 0, []pair{{at, at}, {nil, nil}}},
		{thriftrows.Int96, 0, []pair{{at, at}, {nil, nil}}},
		{thriftrows.TimestampTZ, 0, []pair{
			{at, at}, {at.In(berlin), at.In(berlin)}, {old.In(berlin), old.In(berlin)}, {nil, nil},
			{at.In(time.FixedZone("", 19800)), at.In(time.FixedZone("+05:30", 19800))},
			{at.In(time.FixedZone("-00:00:15", -15)), at.In(time.FixedZone("-00:00:15", -15))},
			{at.In(time.FixedZone("CEST", 7200)), at.In(time.FixedZone("+02:00", 7200))},           // no zone's name
			{at.In(time.FixedZone("Europe/Berlin", 60)), at.In(time.FixedZone("+00:01", 60))},      // a lie
			{at.In(time.FixedZone("../etc", -3600)), at.In(time.FixedZone("-01:00", -3600))},       // no name at all
			{at.In(time.FixedZone("Local", 3600+61)), at.In(time.FixedZone("+01:01:01", 3600+61))}, // this machine's
		}},
		{thriftrows.Decimal128, 2, []pair{
			{"12.34", "12.34"}, {"-0.5", "-0.50"}, {"1e2", "100.00"}, {5, "5.00"}, {int64(-5), "-5.00"}, {int32(7), "7.00"}, {big.NewInt(9), "9.00"},
			{"+.5", "0.50"}, {"5.", "5.00"}, {"0", "0.00"}, {nil, nil},
		}},
		{thriftrows.Decimal128, 0, []pair{
			{strings.Repeat("9", 38), strings.Repeat("9", 38)}, {"-" + strings.Repeat("9", 38), "-" + strings.Repeat("9", 38)},
			{"170141183460469231731687303715884105727", "170141183460469231731687303715884105727"},
		}},
		{thriftrows.Decimal128, -3, []pair{{"12000", "12000"}, {0, "0"}, {nil, nil}}},
		{thriftrows.Decimal128, 38, []pair{{"0." + strings.Repeat("0", 37) + "1", "0." + strings.Repeat("0", 37) + "1"}}},
		{thriftrows.Null, 0, []pair{{nil, nil}, {nil, nil}}},
	} {
		t.Run(fmt.Sprintf("%v scale %d", test.typ, test.scale), func(t *testing.T) {
			t.Parallel()
			in := make([]any, len(test.pairs))
			for i, p := range test.pairs {
				in[i] = p.in
			}
			v, err := thriftrows.NewVector(test.typ, test.scale, in)
			if err != nil {
				t.Fatal(err)
			}
			b, err := thriftrows.AppendChunk(nil, len(in), []thriftrows.Vector{v})
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range rowsOf(t, b, 1) {
				if want := test.pairs[i].want; !same(row[0], want) {
					t.Errorf("row %d: got %T %v, want %T %v", i, row[0], row[0], want, want)
				}
			}
		})
	}
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestNewVectorRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		typ   thriftrows.VectorType
		scale int32
		value any
	}{
		{"text as a boolean", thriftrows.Boolean, 0, "true"},
		{"number as a boolean", thriftrows.Boolean, 0, 1},
		{"float as an integer", thriftrows.Integer, 0, 1.0},
		{"uint as an integer", thriftrows.Long, 0, uint64(1)},
		{"integer above the range", thriftrows.Integer, 0, int64(math.MaxInt32) + 1},
		{"integer below the range", thriftrows.Integer, 0, int64(math.MinInt32) - 1},
		{"integer as a double", thriftrows.Double, 0, 1},
		{"text as a float", thriftrows.Float, 0, "1"},
		{"number as text", thriftrows.String, 0, 1},
		{"number as binary", thriftrows.Binary, 0, 1},
		{"slice as an array", thriftrows.Array, 0, []string{"a"}},
		{"text as a date", thriftrows.Date, 0, "2024-01-01"},
		{"text as a time", thriftrows.Datetime, 0, "2024-01-01"},
		{"pointer to a time", thriftrows.TimestampTZ, 0, new(time.Time)},
		{"time past the range", thriftrows.Timestamp, 0, time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"time before the range", thriftrows.TimestampTZ, 0, time.Date(-300_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"date past the range", thriftrows.Date, 0, time.Date(300_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"anything in a NULL vector", thriftrows.Null, 0, 1},
		{"unknown type", thriftrows.VectorType(17), 0, nil},
		{"negative type", thriftrows.VectorType(-1), 0, nil},
		{"float as a decimal", thriftrows.Decimal128, 2, 1.5},
		{"words as a decimal", thriftrows.Decimal128, 2, "many"},
		{"no text as a decimal", thriftrows.Decimal128, 2, ""},
		{"fraction as a decimal", thriftrows.Decimal128, 2, "1/2"},
		{"hexadecimal as a decimal", thriftrows.Decimal128, 2, "0x10"},
		{"binary exponent as a decimal", thriftrows.Decimal128, 2, "1p3"},
		{"underscore in a decimal", thriftrows.Decimal128, 2, "1_000"},
		{"not a number as a decimal", thriftrows.Decimal128, 2, "NaN"},
		{"more digits than the scale", thriftrows.Decimal128, 2, "1.234"},
		{"too fine for a negative scale", thriftrows.Decimal128, -3, "1500"},
		{"scale above the bound", thriftrows.Decimal128, 256, "1"},
		{"scale below the bound", thriftrows.Decimal128, -256, "0"},
		{"decimal of more than 128 bits", thriftrows.Decimal128, 0, "170141183460469231731687303715884105728"},
		{"decimal that the scale makes too long", thriftrows.Decimal128, 38, "10"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v, err := thriftrows.NewVector(test.typ, test.scale, []any{nil, test.value})
			if err == nil || v.Data != nil {
				t.Errorf("%+v, %v", v, err)
			} else if !strings.HasPrefix(err.Error(), "thriftrows: ") {
				t.Errorf("error %q does not name the package", err)
			}
		})
	}
}

func TestAppendChunkRefuses(t *testing.T) {
	t.Parallel()
	counts := []int{-1}
	if math.MaxInt > math.MaxInt32 {
		counts = append(counts, math.MaxInt)
	}
	for _, rows := range counts {
		if b, err := thriftrows.AppendChunk([]byte("before"), rows, nil); err == nil || string(b) != "before" {
			t.Errorf("%d rows: %q, %v", rows, b, err)
		}
	}
}
