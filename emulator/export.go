//go:build cgo

package emulator

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/thriftrows"
)

// column writes a column's values straight from DuckDB's memory.
func (r *result) column(v *view) error {
	b, valid := &r.builder, r.validity(v)
	switch v.k.id {
	case duckdb.TypeBoolean:
		b.Bools(values[bool](v), valid)
	case duckdb.TypeTinyInt:
		thriftrows.Ints(b, values[int8](v), valid)
	case duckdb.TypeSmallInt:
		thriftrows.Ints(b, values[int16](v), valid)
	case duckdb.TypeInteger:
		thriftrows.Ints(b, values[int32](v), valid)
	case duckdb.TypeUTinyInt:
		thriftrows.Ints(b, values[uint8](v), valid)
	case duckdb.TypeUSmallInt:
		thriftrows.Ints(b, values[uint16](v), valid)
	case duckdb.TypeBigInt:
		thriftrows.Longs(b, values[int64](v), valid)
	case duckdb.TypeUInteger:
		thriftrows.Longs(b, values[uint32](v), valid)
	case duckdb.TypeFloat:
		b.Floats(values[float32](v), valid)
	case duckdb.TypeDouble:
		b.Doubles(values[float64](v), valid)
	case duckdb.TypeSQLNull:
		b.AllNull()
	case duckdb.TypeVarchar:
		b.Texts(thriftrows.String, r.strings(v), valid)
	case duckdb.TypeBlob:
		b.Texts(thriftrows.Binary, r.strings(v), valid)
	case duckdb.TypeDecimal:
		r.decimals(v, valid)
	case duckdb.TypeHugeInt, duckdb.TypeUHugeInt, duckdb.TypeUBigInt:
		return r.huge(v, valid)
	case duckdb.TypeDate, duckdb.TypeTimestamp, duckdb.TypeTimestampS, duckdb.TypeTimestampMS, duckdb.TypeTimestampTZ:
		return r.times(v, valid)
	default: // the nested ones, ENUM and UUID
		return r.rendered(v, valid)
	}
	return nil
}

// decimals writes a DECIMAL column, which DuckDB stores in the smallest integers that hold it.
func (r *result) decimals(v *view, valid thriftrows.Validity) {
	b, scale := &r.builder, int32(v.k.scale)
	switch v.k.internal {
	case duckdb.TypeSmallInt:
		thriftrows.Decimals(b, values[int16](v), scale, valid)
	case duckdb.TypeInteger:
		thriftrows.Decimals(b, values[int32](v), scale, valid)
	case duckdb.TypeBigInt:
		thriftrows.Decimals(b, values[int64](v), scale, valid)
	default:
		b.Decimals128(values[thriftrows.Int128](v), scale, valid)
	}
}

// 10^38 = hugeHi*2^64 + hugeLo is the first integer that DECIMAL(38,0) cannot hold.
const (
	hugeHi = 0x4b3b4ca85a86c47a
	hugeLo = 0x098a224000000000
)

// huge writes a column of integers beyond 64 bits.
func (r *result) huge(v *view, valid thriftrows.Validity) error {
	if v.k.id == duckdb.TypeUBigInt {
		r.ints128 = r.ints128[:0]
		for _, n := range values[uint64](v) {
			r.ints128 = append(r.ints128, thriftrows.Int128{Lo: n})
		}
		r.builder.Decimals128(r.ints128, 0, valid)
		return nil
	}
	list := values[thriftrows.Int128](v)
	for i, n := range list {
		if fits128(n, v.k.id == duckdb.TypeHugeInt) || v.null(v.from+i) {
			continue
		}
		return errors.New("a value has more than 38 digits, which no type of the protocol holds")
	}
	r.builder.Decimals128(list, 0, valid)
	return nil
}

// fits128 reports whether an integer has 38 digits at most.
func fits128(n thriftrows.Int128, signed bool) bool {
	hi, lo := uint64(n.Hi), n.Lo
	if signed && n.Hi < 0 {
		lo = -lo
		hi = ^hi
		if lo == 0 {
			hi++
		}
	}
	return hi < hugeHi || hi == hugeHi && lo < hugeLo
}

// strings returns a column's texts. They are valid until the chunk is destroyed.
func (r *result) strings(v *view) []string {
	r.texts = r.texts[:0]
	list := values[text](v)
	for i := range list {
		if v.null(v.from + i) {
			r.texts = append(r.texts, "")
			continue
		}
		r.texts = append(r.texts, list[i].String())
	}
	return r.texts
}

// text is DuckDB's form of a text: up to 12 bytes lie in it, longer ones elsewhere.
type text struct {
	n       uint32
	prefix  [4]byte
	pointer *byte // of C's memory
}

const inPlace = 12

// String returns the text. It is valid until the chunk is destroyed.
func (t *text) String() string {
	if t.n <= inPlace {
		return unsafe.String(&t.prefix[0], int(t.n)) //nolint:gosec // DuckDB's memory has these values
	}
	return unsafe.String(t.pointer, int(t.n)) //nolint:gosec // DuckDB's memory has these values
}

const (
	microsPerDay = 86_400_000_000
	maxDays      = math.MaxInt64 / microsPerDay
)

// times writes a column of dates or points in time.
func (r *result) times(v *view, valid thriftrows.Validity) error {
	r.micros = r.micros[:0]
	for i := range v.rows {
		if v.null(v.from + i) {
			r.micros = append(r.micros, 0)
			continue
		}
		n, err := v.micros(v.from + i)
		if err != nil {
			return err
		}
		r.micros = append(r.micros, n)
	}
	if v.k.vector == thriftrows.Date {
		r.builder.Dates(r.micros, valid)
		return nil
	}
	zone := ""
	if v.k.vector == thriftrows.TimestampTZ {
		zone = r.zone
	}
	r.builder.Times(v.k.vector, r.micros, zone, valid)
	return nil
}

// micros returns the point in time of a row, in microseconds.
func (v *view) micros(i int) (int64, error) {
	var n int64
	unit, least, most := int64(1), int64(-math.MaxInt64), int64(math.MaxInt64)
	switch v.k.id {
	case duckdb.TypeDate:
		n, unit = int64(at[int32](v, i)), microsPerDay
		least, most = -math.MaxInt32, math.MaxInt32
	default:
		n = at[int64](v, i)
		switch v.k.id {
		case duckdb.TypeTimestampS:
			unit = 1_000_000
		case duckdb.TypeTimestampMS:
			unit = 1000
		}
	}
	if n == least || n == most {
		return 0, errors.New("infinity has no place in the protocol")
	}
	if n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, errors.New("a value is beyond the years that microseconds reach")
	}
	return n * unit, nil
}

func at[T any](v *view, i int) T { return *(*T)(unsafe.Add(v.data, uintptr(i)*unsafe.Sizeof(*new(T)))) }

// rendered writes a column as texts.
func (r *result) rendered(v *view, valid thriftrows.Validity) error {
	ends := make([]int, 0, v.rows)
	r.text = r.text[:0]
	w := renderer{json: r.json, zone: r.zone}
	tree := newTree(v.k, v.vector)
	for i := range v.rows {
		if !v.null(v.from + i) {
			var err error
			if r.text, err = w.append(r.text, tree, v.from+i, false); err != nil {
				return err
			}
		}
		ends = append(ends, len(r.text))
	}
	r.texts = r.texts[:0]
	from := 0
	for _, to := range ends {
		r.texts = append(r.texts, unsafe.String(unsafe.SliceData(r.text[from:]), to-from)) //nolint:gosec // r.text stays until the next column
		from = to
	}
	r.builder.Texts(v.k.vector, r.texts, valid)
	return nil
}

// uuid returns the text of a UUID. DuckDB stores it as an integer with its first bit flipped.
func uuid(n thriftrows.Int128) string {
	var b [16]byte
	hi := uint64(n.Hi) ^ 1<<63
	for i := range 8 {
		b[i], b[8+i] = byte(hi>>(56-8*i)), byte(n.Lo>>(56-8*i))
	}
	s := hex.EncodeToString(b[:])
	return fmt.Sprintf("%s-%s-%s-%s-%s", s[:8], s[8:12], s[12:16], s[16:20], s[20:])
}

// element returns the address of value i of a vector of values of this size.
func element(v *view, i, size int) unsafe.Pointer { return unsafe.Add(v.data, i*size) }
