package thriftrows_test

import (
	"database/sql/driver"
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

const numTypes = 17

// column is a vector and the values that a reader must return.
type column struct {
	vector thriftrows.Vector
	want   []driver.Value
}

// rowCounts holds numbers of rows around the sizes at which a Cursor uses
// another method.
var rowCounts = []int{0, 1, 2, 5, 31, 32, 33, 127, 128, 129, 200, 256, 257, 300}

// randomColumn returns a random column that an engine could send.
func randomColumn(r *rand.Rand, rows int) column {
	typ := thriftrows.VectorType(r.IntN(numTypes))
	constant := r.IntN(4) == 0
	n := rows + r.IntN(2)*r.IntN(3) // a plain vector may be longer than its chunk
	if constant {
		n = 1
	}
	v := thriftrows.Vector{Type: typ, Constant: constant}
	nulls := make([]bool, n)
	switch r.IntN(4) {
	case 0: // without flags
	case 1:
		v.Nulls = nulls
	default:
		one := 1 + r.IntN(8)
		for i := range nulls {
			nulls[i] = r.IntN(one) == 0
		}
		v.Nulls = nulls
	}
	var values []driver.Value
	v.Data, values = randomData(r, &v, nulls, min(rows, n))
	c := column{vector: v, want: make([]driver.Value, rows)}
	for i := range rows {
		k := i
		if constant {
			k = 0
		}
		if !nulls[k] {
			c.want[i] = values[k]
		}
	}
	return c
}

// randomData returns len(nulls) random values of the vector's type, of which
// the first rows are used. The placeholders of NULLs are random, too.
func randomData(r *rand.Rand, v *thriftrows.Vector, nulls []bool, rows int) (thriftrows.Data, []driver.Value) {
	n := len(nulls)
	values := make([]driver.Value, n)
	switch v.Type {
	case thriftrows.Boolean:
		d := fillValues(values, func() (bool, driver.Value) { b := r.IntN(2) == 0; return b, b })
		return pick(v, thriftrows.BoolData(d), func() thriftrows.Data { return thriftrows.BoolConstantData(d[0]) }), values
	case thriftrows.Integer:
		d := fillValues(values, func() (int32, driver.Value) { x := int32(randomInt(r)); return x, int64(x) })
		return pick(v, thriftrows.Int32Data(d), func() thriftrows.Data { return thriftrows.NumericConstantData(d[0]) }), values
	case thriftrows.Long:
		d := fillValues(values, func() (int64, driver.Value) { x := randomInt(r); return x, x })
		return pick(v, thriftrows.Int64Data(d), func() thriftrows.Data { return thriftrows.NumericConstantData(d[0]) }), values
	case thriftrows.Float:
		d := fillValues(values, func() (float64, driver.Value) {
			x := float64(math.Float32frombits(uint32(randomInt(r))))
			return x, x
		})
		return pick(v, thriftrows.Float32Data(d), func() thriftrows.Data { return thriftrows.NumericDecimalConstantData(d[0]) }), values
	case thriftrows.Double:
		d := fillValues(values, func() (float64, driver.Value) { x := math.Float64frombits(r.Uint64()); return x, x })
		return pick(v, thriftrows.Float64Data(d), func() thriftrows.Data { return thriftrows.NumericDecimalConstantData(d[0]) }), values
	case thriftrows.String, thriftrows.Array, thriftrows.Map, thriftrows.Struct:
		next := randomTexts(r)
		d := fillValues(values, func() (string, driver.Value) { s := next(); return s, s })
		return pickText(v, d), values
	case thriftrows.Binary:
		next := randomTexts(r)
		d := fillValues(values, func() (string, driver.Value) { s := next(); return s, []byte(s) })
		return pickText(v, d), values
	case thriftrows.Date:
		d := fillValues(values, func() (int64, driver.Value) {
			x := randomInt(r)
			return x, midnight(time.UnixMicro(x).UTC())
		})
		return pick(v, thriftrows.DateData(d), func() thriftrows.Data { return thriftrows.DateConstantData(d[0]) }), values
	case thriftrows.Int96:
		if r.IntN(2) == 0 {
			return pickText(v, fillValues(values, func() (string, driver.Value) { return randomInt96(r) })), values
		}
		return randomTimes(r, v, values), values
	case thriftrows.Datetime, thriftrows.Timestamp, thriftrows.TimestampTZ:
		return randomTimes(r, v, values), values
	case thriftrows.Decimal128:
		return randomDecimals(r, v, values, nulls, rows), values
	}
	if v.Constant || r.IntN(2) == 0 {
		return thriftrows.NullConstantData(r.IntN(2)), values
	}
	return nil, values
}

func fillValues[T any](values []driver.Value, next func() (T, driver.Value)) []T {
	d := make([]T, len(values))
	for i := range d {
		d[i], values[i] = next()
	}
	return d
}

func pick(v *thriftrows.Vector, plain thriftrows.Data, constant func() thriftrows.Data) thriftrows.Data {
	if v.Constant {
		return constant()
	}
	return plain
}

func pickText(v *thriftrows.Vector, d []string) thriftrows.Data {
	return pick(v, thriftrows.VarcharData(d), func() thriftrows.Data { return thriftrows.VarcharConstantData(d[0]) })
}

// randomInt returns an integer of random magnitude.
func randomInt(r *rand.Rand) int64 { return int64(r.Uint64()) >> r.IntN(64) }

// randomTexts returns a function that returns texts of one length, of several,
// or sometimes long ones.
func randomTexts(r *rand.Rand) func() string {
	same, limit := r.IntN(2) == 0, 1+r.IntN(24)
	long := r.IntN(16) == 0
	return func() string {
		n := limit
		if !same {
			n = r.IntN(limit)
		}
		if long && r.IntN(64) == 0 {
			n = 1 << (8 + r.IntN(9))
		}
		if n > 100 {
			return strings.Repeat(string(rune('a'+r.IntN(26))), n)
		}
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return string(b)
	}
}

func randomInt96(r *rand.Rand) (string, driver.Value) {
	day := int32(2440588 + randomInt(r)%10_000_000)
	nanos := r.Int64N(int64(24 * time.Hour))
	b := binary.BigEndian.AppendUint32(nil, uint32(day))
	b = binary.BigEndian.AppendUint64(b, uint64(nanos))
	return string(b), time.Date(1970, 1, 1+int(day)-2440588, 0, 0, 0, 0, time.UTC).Add(time.Duration(nanos))
}

var zoneNames = []string{"Z", "", "+05:30", "-03:00", "+14:00", "-18", "-00:00:15", "+00:00", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "UTC"}

func randomTimes(r *rand.Rand, v *thriftrows.Vector, values []driver.Value) thriftrows.Data {
	zoned := v.Type == thriftrows.TimestampTZ
	if zoned && r.IntN(4) == 0 {
		v.ZoneOffset = zoneNames[r.IntN(len(zoneNames))]
	}
	var zones []string
	if zoned && r.IntN(4) > 0 {
		zones = make([]string, len(values))
	}
	few := 1 + r.IntN(len(zoneNames))
	i := 0
	micros := fillValues(values, func() (int64, driver.Value) {
		x := randomInt(r)
		zone := v.ZoneOffset
		if zones != nil {
			zones[i] = zoneNames[r.IntN(few)]
			if zones[i] != "" {
				zone = zones[i]
			}
		}
		i++
		loc, err := referenceZone(zone)
		if err != nil {
			panic(err)
		}
		return x, time.UnixMicro(x).In(loc)
	})
	return pick(v, thriftrows.TimeData{Micros: micros, Zones: zones}, func() thriftrows.Data {
		d := thriftrows.TimeConstantData{Micros: micros[0]}
		if zones != nil {
			d.Zone = zones[0]
		}
		return d
	})
}

// randomDecimals returns decimals that are all 16 bytes long, all as short as
// possible, or all text.
func randomDecimals(r *rand.Rand, v *thriftrows.Vector, values []driver.Value, nulls []bool, rows int) thriftrows.Data {
	scale := int32(r.IntN(77) - 38)
	if r.IntN(8) == 0 {
		scale = int32(r.IntN(511) - 255)
	}
	form := r.IntN(3)
	numbers := make([]*big.Int, len(values))
	elems := make([][]byte, len(values))
	for i := range elems {
		numbers[i] = randomBig(r)
		values[i] = plainDecimal(numbers[i], int(scale))
		switch form {
		case 0:
			elems[i] = twosComplement(numbers[i], 16)
		case 1:
			elems[i] = twosComplement(numbers[i], 1+numbers[i].BitLen()/8)
		default:
			exp := r.IntN(60) - 40
			values[i] = plainDecimal(numbers[i], -exp)
			elems[i] = decimalText(r, numbers[i], exp)
		}
	}
	if isText := areDecimalTexts(elems[:rows], nulls); isText != (form == 2) {
		// By the rule these would be read as the other form.
		for i, n := range numbers {
			elems[i], values[i] = twosComplement(n, 16), plainDecimal(n, int(scale))
		}
	}
	return pick(v, thriftrows.Decimal128Data{Unscaled: elems, Scale: scale}, func() thriftrows.Data {
		return thriftrows.NumericDecimal128ConstantData{Unscaled: elems[0], Scale: scale}
	})
}

// randomBig is a number of up to 128 bits in two's complement.
func randomBig(r *rand.Rand) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(int64(r.Uint64())), 64)
	n.Add(n, new(big.Int).SetUint64(r.Uint64()))
	return n.Rsh(n, uint(r.IntN(128)))
}

func twosComplement(n *big.Int, size int) []byte {
	m := new(big.Int).Set(n)
	if n.Sign() < 0 {
		m.Add(m, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	return m.FillBytes(make([]byte, size))
}

// decimalText writes n * 10^exp the way Java's BigDecimal does: plain or with
// an exponent.
func decimalText(r *rand.Rand, n *big.Int, exp int) []byte {
	if exp <= 0 && r.IntN(2) == 0 {
		return []byte(plainDecimal(n, -exp))
	}
	return append(append([]byte(n.String()), 'E'), big.NewInt(int64(exp)).Append(nil, 10)...)
}

// randomChunk makes a chunk of random columns.
func randomChunk(r *rand.Rand) (rows int, columns []column) {
	rows = rowCounts[r.IntN(len(rowCounts))]
	columns = make([]column, r.IntN(5))
	for i := range columns {
		columns[i] = randomColumn(r, rows)
	}
	return rows, columns
}

func encode(rows int, columns []column) ([]byte, error) {
	vectors := make([]thriftrows.Vector, len(columns))
	for i, c := range columns {
		vectors[i] = c.vector
	}
	return thriftrows.AppendChunk(nil, rows, vectors)
}
