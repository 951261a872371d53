package thriftrows

import (
	"fmt"
	"math"
	"math/big"
	"time"
)

// NewVector returns a vector of the given type with one element for each Go
// value, for [AppendChunk]. A nil value is NULL. The other values must be:
//
//	BOOLEAN                     bool
//	INTEGER, LONG               int, int32, int64
//	FLOAT, DOUBLE               float64, float32
//	STRING, ARRAY, MAP, STRUCT  string
//	BINARY                      []byte, string
//	DATE                        time.Time: its calendar day in its own location
//	DATETIME, TIMESTAMP, INT96  time.Time: the instant, in microseconds
//	TIMESTAMP_TZ                time.Time: instant and zone
//	DECIMAL128                  string in decimal notation, Decimal, int, int64, *big.Int
//	NULL                        nil
//
// scale is the number of digits after the point of a DECIMAL128 vector. Other
// types ignore it. It is an error if a decimal does not fit the scale exactly,
// or if a value is out of its type's range.
func NewVector(typ VectorType, scale int32, values []any) (Vector, error) {
	v := Vector{Type: typ, Nulls: make([]bool, len(values)), Size: len(values)}
	for i, x := range values {
		v.Nulls[i] = x == nil
	}
	var err error
	switch typ {
	case Boolean:
		var d []bool
		d, err = convert(values, toBool)
		v.Data = BoolData(d)
	case Integer:
		var d []int32
		d, err = convert(values, toInt32)
		v.Data = Int32Data(d)
	case Long:
		var d []int64
		d, err = convert(values, toInt64)
		v.Data = Int64Data(d)
	case Float:
		var d []float64
		d, err = convert(values, toFloat64)
		v.Data = Float32Data(d)
	case Double:
		var d []float64
		d, err = convert(values, toFloat64)
		v.Data = Float64Data(d)
	case String, Array, Map, Struct, Binary:
		var d []string
		d, err = convert(values, toText)
		v.Data = VarcharData(d)
	case Date:
		var d []int64
		d, err = convert(values, toDate)
		v.Data = DateData(d)
	case Datetime, Timestamp, Int96:
		var d []int64
		d, err = convert(values, toMicros)
		v.Data = TimeData{Micros: d}
	case TimestampTZ:
		var d []int64
		d, err = convert(values, toMicros)
		v.Data = TimeData{Micros: d, Zones: zonesOf(values)}
	case Decimal128:
		var d [][]byte
		d, err = convert(values, func(x any) ([]byte, error) { return toDecimal(x, scale) })
		v.Data = Decimal128Data{Unscaled: d, Scale: scale}
	case Null:
		for i, x := range values {
			if x != nil {
				return Vector{}, fmt.Errorf("thriftrows: row %d: %T in a NULL vector", i, x)
			}
		}
		v.Data = NullConstantData(0)
		v.Constant = true
		v.Nulls = []bool{true}
	default:
		return Vector{}, fmt.Errorf("thriftrows: no vector type %v", typ)
	}
	if err != nil {
		return Vector{}, fmt.Errorf("thriftrows: %v vector: %w", typ, err)
	}
	return v, nil
}

// convert calls to for every value that is not NULL. The placeholder of a NULL
// is the zero value.
func convert[T any](values []any, to func(any) (T, error)) ([]T, error) {
	out := make([]T, len(values))
	for i, x := range values {
		if x == nil {
			continue
		}
		var err error
		if out[i], err = to(x); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return out, nil
}

func mismatch(x any) error { return fmt.Errorf("a %T does not fit", x) }

func toBool(x any) (bool, error) {
	b, ok := x.(bool)
	if !ok {
		return false, mismatch(x)
	}
	return b, nil
}

func toInt64(x any) (int64, error) {
	switch x := x.(type) {
	case int:
		return int64(x), nil
	case int32:
		return int64(x), nil
	case int64:
		return x, nil
	}
	return 0, mismatch(x)
}

func toInt32(x any) (int32, error) {
	n, err := toInt64(x)
	if err == nil && n != int64(int32(n)) {
		err = fmt.Errorf("%d is out of range", n)
	}
	return int32(n), err
}

func toFloat64(x any) (float64, error) {
	switch x := x.(type) {
	case float64:
		return x, nil
	case float32:
		return float64(x), nil
	}
	return 0, mismatch(x)
}

func toText(x any) (string, error) {
	switch x := x.(type) {
	case string:
		return x, nil
	case []byte:
		return string(x), nil
	}
	return "", mismatch(x)
}

func toMicros(x any) (int64, error) {
	t, ok := x.(time.Time)
	if !ok {
		return 0, mismatch(x)
	}
	sec := t.Unix()
	const perSecond = 1_000_000
	if sec >= math.MaxInt64/perSecond || sec <= math.MinInt64/perSecond {
		return 0, fmt.Errorf("year %d is out of range", t.Year())
	}
	return t.UnixMicro(), nil
}

func toDate(x any) (int64, error) {
	t, ok := x.(time.Time)
	if !ok {
		return 0, mismatch(x)
	}
	y, m, d := t.Date()
	return toMicros(time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
}

// zonesOf returns each row's zone in the engine's spelling.
func zonesOf(values []any) []string {
	var zones Zones
	out := make([]string, len(values))
	for i, x := range values {
		t, ok := x.(time.Time)
		if !ok {
			continue
		}
		out[i] = zoneOffset(t)
		name := t.Location().String()
		if t.Location() == time.UTC {
			out[i] = "Z"
		} else if loc, err := zones.Lookup([]byte(name)); err == nil && zoneOffset(t.In(loc)) == out[i] {
			out[i] = name
		}
	}
	return out
}

// zoneOffset formats t's offset from UTC, with seconds if there are any.
// Package time drops the sign of an offset of less than a minute.
func zoneOffset(t time.Time) string {
	_, seconds := t.Zone()
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	s := fmt.Sprintf("%c%02d:%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		s += fmt.Sprintf(":%02d", seconds%60)
	}
	return s
}

// toDecimal returns the 16 bytes of x * 10^scale.
func toDecimal(x any, scale int32) ([]byte, error) {
	var n big.Int
	switch x := x.(type) {
	case *big.Int:
		n.Set(x)
	case string:
		r, err := ParseRat(x)
		if err != nil {
			return nil, err
		}
		return scaled(r, scale)
	case Decimal:
		if !x.valid() {
			return nil, ErrDecimalRange
		}
		return scaled(x.Rat(), scale)
	default:
		i, err := toInt64(x)
		if err != nil {
			return nil, err
		}
		n.SetInt64(i)
	}
	return scaled(new(big.Rat).SetInt(&n), scale)
}

func scaled(r *big.Rat, scale int32) ([]byte, error) {
	if scale < -maxScale || scale > maxScale {
		return nil, fmt.Errorf("a scale of %d is out of range", scale)
	}
	pow := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil)
	factor := new(big.Rat).SetInt(pow)
	if scale < 0 {
		factor.Inv(factor)
	}
	u := new(big.Rat).Mul(r, factor)
	if !u.IsInt() {
		return nil, fmt.Errorf("%s has more than %d digits after the point", r.FloatString(int(max(scale, 0))+3), scale)
	}
	n := u.Num()
	if n.BitLen() > 127 { // -2^127 is excluded: no DECIMAL of 38 digits has that value
		return nil, fmt.Errorf("a decimal of %d bits does not fit 128", n.BitLen()+1)
	}
	b := make([]byte, 16)
	if n.Sign() >= 0 {
		return n.FillBytes(b), nil
	}
	mod := new(big.Int).Lsh(big.NewInt(1), 128)
	return mod.Add(mod, n).FillBytes(b), nil
}
