package thriftrows

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Validity tells which rows of a column have a value: bit i%64 of word i/64 is set when row i
// has one, and clear when it is NULL. Nil: every row has a value.
type Validity []uint64

// Int128 is a 128-bit integer in two's complement: Hi*2^64 + Lo.
type Int128 struct {
	Lo uint64
	Hi int64
}

// ChunkBuilder writes a chunk column by column from typed slices, as an engine that computes in
// columns has them. It makes no [Vector] and copies each value once. The zero value is ready for
// Begin, and a builder may be used again after Finish.
//
// Begin comes first, then one method or function for each column, in order, then Finish. Each
// takes as many values as the chunk has rows, and does not keep them. The value of a row that is
// NULL is not read. The first error is Finish's. A ChunkBuilder is not safe for concurrent use.
type ChunkBuilder struct {
	buf     []byte
	start   int // where the chunk begins in buf
	rows    int
	columns int
	written int
	err     error
}

// Begin starts a chunk of that many rows and columns, which is appended to dst.
func (b *ChunkBuilder) Begin(dst []byte, rows, columns int) {
	*b = ChunkBuilder{buf: dst, start: len(dst), rows: rows, columns: columns}
	if rows < 0 || rows > math.MaxInt32 || columns < 0 || columns > maxColumns {
		b.err = fmt.Errorf("thriftrows: a chunk cannot have %d rows and %d columns", rows, columns)
		return
	}
	b.buf = appendI32(appendField(b.buf, thriftI32, 1), int32(rows))
	b.buf = appendList(b.buf, 2, thriftStruct, columns)
}

// Finish returns the extended slice. With an error it returns the slice that Begin was given.
func (b *ChunkBuilder) Finish() ([]byte, error) {
	dst := b.buf[:b.start]
	switch {
	case b.err != nil:
		return dst, b.err
	case b.written != b.columns:
		return dst, fmt.Errorf("thriftrows: a chunk of %d columns was given %d", b.columns, b.written)
	}
	b.buf = append(b.buf, thriftStop)
	if n := len(b.buf) - b.start; n > math.MaxInt32 {
		return dst, fmt.Errorf("thriftrows: a chunk of %d bytes is longer than 2 GiB", n)
	}
	return b.buf, nil
}

// Bools writes a BOOLEAN column.
func (b *ChunkBuilder) Bools(values []bool, valid Validity) {
	if !b.begin(Boolean, boolArm, len(values), valid) {
		return
	}
	out := b.list(thriftBool, 1)
	for i, v := range values {
		if v {
			out[i] = 1
		}
	}
	blank(out, 1, b.rows, valid)
	b.end()
}

// Ints writes an INTEGER column.
func Ints[T ~int8 | ~int16 | ~int32 | ~uint8 | ~uint16](b *ChunkBuilder, values []T, valid Validity) {
	if !b.begin(Integer, int32Arm, len(values), valid) {
		return
	}
	out := b.list(thriftI32, 4)
	for i, v := range values {
		binary.BigEndian.PutUint32(out[4*i:], uint32(int32(v)))
	}
	blank(out, 4, b.rows, valid)
	b.end()
}

// Longs writes a LONG column.
func Longs[T ~int64 | ~uint32](b *ChunkBuilder, values []T, valid Validity) {
	if b.begin(Long, int64Arm, len(values), valid) {
		put64s(b, values, valid)
		b.end()
	}
}

// Dates writes a DATE column of microseconds since 1970-01-01T00:00:00Z.
func (b *ChunkBuilder) Dates(micros []int64, valid Validity) {
	if b.begin(Date, dateArm, len(micros), valid) {
		put64s(b, micros, valid)
		b.end()
	}
}

// Times writes a column of points in time, microseconds since 1970-01-01T00:00:00Z. typ is
// TIMESTAMP, DATETIME, INT96 or TIMESTAMP_TZ. The zone of every row is written when it is not
// empty.
func (b *ChunkBuilder) Times(typ VectorType, micros []int64, zone string, valid Validity) {
	switch typ {
	case Timestamp, Datetime, Int96, TimestampTZ:
	default:
		b.unfit(typ)
		return
	}
	if !b.begin(typ, timeArm, len(micros), valid) {
		return
	}
	put64s(b, micros, valid)
	if zone != "" {
		b.buf = slices.Grow(b.buf, b.rows*(4+len(zone))+16)
		b.buf = appendList(b.buf, 2, thriftString, b.rows)
		for range b.rows {
			b.buf = append(appendI32(b.buf, int32(len(zone))), zone...)
		}
	}
	b.end()
}

// Floats writes a FLOAT column, whose values travel as doubles.
func (b *ChunkBuilder) Floats(values []float32, valid Validity) {
	if !b.begin(Float, float32Arm, len(values), valid) {
		return
	}
	out := b.list(thriftDouble, 8)
	for i, v := range values {
		binary.BigEndian.PutUint64(out[8*i:], math.Float64bits(float64(v)))
	}
	blank(out, 8, b.rows, valid)
	b.end()
}

// Doubles writes a DOUBLE column.
func (b *ChunkBuilder) Doubles(values []float64, valid Validity) {
	if !b.begin(Double, float64Arm, len(values), valid) {
		return
	}
	out := b.list(thriftDouble, 8)
	for i, v := range values {
		binary.BigEndian.PutUint64(out[8*i:], math.Float64bits(v))
	}
	blank(out, 8, b.rows, valid)
	b.end()
}

// decimalSize is what a decimal takes: a length and 16 bytes.
const decimalSize = 4 + 16

// Decimals writes a DECIMAL128 column of unscaled values, to be divided by 10^scale.
func Decimals[T ~int16 | ~int32 | ~int64](b *ChunkBuilder, values []T, scale int32, valid Validity) {
	if !b.begin(Decimal128, decimalArm, len(values), valid) {
		return
	}
	out := b.list(thriftString, decimalSize)
	for i, v := range values {
		putInt128(out[decimalSize*i:], Int128{Lo: uint64(int64(v)), Hi: int64(v) >> 63})
	}
	b.endDecimals(out, scale, valid)
}

// Decimals128 is Decimals for values of 128 bits.
func (b *ChunkBuilder) Decimals128(values []Int128, scale int32, valid Validity) {
	if !b.begin(Decimal128, decimalArm, len(values), valid) {
		return
	}
	out := b.list(thriftString, decimalSize)
	for i, v := range values {
		putInt128(out[decimalSize*i:], v)
	}
	b.endDecimals(out, scale, valid)
}

func (b *ChunkBuilder) endDecimals(out []byte, scale int32, valid Validity) {
	for i := range nulls(b.rows, valid) {
		putInt128(out[decimalSize*i:], Int128{})
	}
	b.buf = appendI32(appendField(b.buf, thriftI32, 2), scale)
	b.end()
}

// Texts writes a column of type STRING, BINARY, ARRAY, MAP or STRUCT. The strings may lie in
// memory that Go does not manage.
func (b *ChunkBuilder) Texts(typ VectorType, values []string, valid Validity) {
	switch typ {
	case String, Binary, Array, Map, Struct:
	default:
		b.unfit(typ)
		return
	}
	if !b.begin(typ, varcharArm, len(values), valid) {
		return
	}
	b.buf = appendList(b.buf, 1, thriftString, b.rows)
	for from := 0; from < b.rows; from += 64 {
		word, to := valid.word(from/64), min(from+64, b.rows)
		size := 4 * (to - from)
		for i := from; i < to; i++ {
			if word>>(i-from)&1 == 1 {
				size += len(values[i])
			}
		}
		b.buf = slices.Grow(b.buf, size)
		for i := from; i < to; i++ {
			if word>>(i-from)&1 == 0 {
				b.buf = append(b.buf, 0, 0, 0, 0)
				continue
			}
			b.buf = append(appendI32(b.buf, int32(len(values[i]))), values[i]...)
		}
	}
	b.end()
}

// AllNull writes a column of type NULL.
func (b *ChunkBuilder) AllNull() {
	if b.err != nil {
		return
	}
	b.written++
	v := Vector{Type: Null, Constant: true, Nulls: []bool{true}, Data: NullConstantData(0)}
	b.buf = v.append(b.buf, b.rows)
}

// begin writes what comes before a vector's values, and reports whether they may follow.
func (b *ChunkBuilder) begin(typ VectorType, a arm, n int, valid Validity) bool {
	switch {
	case b.err != nil:
		return false
	case n != b.rows:
		b.err = fmt.Errorf("thriftrows: column %d has %d values for %d rows", b.written, n, b.rows)
		return false
	case valid != nil && len(valid) < (b.rows+63)/64:
		b.err = fmt.Errorf("thriftrows: column %d: a validity of %d words is too short for %d rows", b.written, len(valid), b.rows)
		return false
	}
	b.written++
	b.buf = slices.Grow(b.buf, 64+b.rows)
	b.buf = appendI32(appendField(b.buf, thriftI32, 1), int32(b.rows))
	b.buf = appendI32(appendField(b.buf, thriftI32, 2), int32(typ))
	b.buf = appendList(b.buf, 3, thriftBool, b.rows)
	out := b.zeros(b.rows)
	for i := range nulls(b.rows, valid) {
		out[i] = 1
	}
	b.buf = appendField(b.buf, thriftStruct, 4)
	b.buf = appendField(b.buf, thriftStruct, int16(a))
	return true
}

// end writes what comes after them.
func (b *ChunkBuilder) end() {
	b.buf = append(b.buf, thriftStop, thriftStop)
	b.buf = append(appendBool(b.buf, 5, false), thriftStop)
}

// list begins a list of values of a fixed size, and returns the room for them.
func (b *ChunkBuilder) list(elem byte, size int) []byte {
	b.buf = appendList(b.buf, 1, elem, b.rows)
	return b.zeros(size * b.rows)
}

// zeros appends n zero bytes, and returns them.
func (b *ChunkBuilder) zeros(n int) []byte {
	at := len(b.buf)
	b.buf = slices.Grow(b.buf, n)[:at+n]
	clear(b.buf[at:])
	return b.buf[at:]
}

func (b *ChunkBuilder) unfit(typ VectorType) {
	if b.err == nil {
		b.err = fmt.Errorf("thriftrows: column %d: such values do not make a %v vector", b.written, typ)
	}
}

func put64s[T ~int64 | ~uint32](b *ChunkBuilder, values []T, valid Validity) {
	out := b.list(thriftI64, 8)
	for i, v := range values {
		binary.BigEndian.PutUint64(out[8*i:], uint64(v))
	}
	blank(out, 8, b.rows, valid)
}

func putInt128(dst []byte, v Int128) {
	_ = dst[decimalSize-1]
	binary.BigEndian.PutUint32(dst, 16)
	binary.BigEndian.PutUint64(dst[4:], uint64(v.Hi))
	binary.BigEndian.PutUint64(dst[12:], v.Lo)
}

// word returns the bits of 64 rows.
func (v Validity) word(i int) uint64 {
	if v == nil {
		return math.MaxUint64
	}
	return v[i]
}

// nulls goes through the rows that are NULL.
func nulls(rows int, valid Validity) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		if valid == nil {
			return
		}
		for from := 0; from < rows; from += 64 {
			rest := ^valid[from/64]
			for ; rest != 0; rest &= rest - 1 {
				i := from + bits.TrailingZeros64(rest)
				if i >= rows || !yield(i) {
					return
				}
			}
		}
	}
}

// blank clears the placeholders of NULLs, so that what a caller has in their place does not
// leave the process.
func blank(out []byte, size, rows int, valid Validity) {
	for i := range nulls(rows, valid) {
		clear(out[size*i : size*(i+1)])
	}
}
