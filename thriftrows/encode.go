package thriftrows

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Vector is one column of a chunk to be written. It mirrors the wire, so that a
// test engine can write whatever a real one might, sensible or not; [NewVector]
// makes a sensible one from Go values.
type Vector struct {
	Type VectorType
	// Constant marks a vector that carries one value for all rows in one of the
	// constant Data types.
	Constant bool
	// Nulls has an entry a row, true for NULL, or one entry when Constant; nil
	// means that nothing is NULL.
	Nulls []bool
	// Data holds the values, placeholders for NULLs included. Nil writes none.
	Data Data
	// Size is the vector's own row count; 0 stands for the chunk's.
	Size int
	// ZoneOffset and Format are written when not empty.
	ZoneOffset, Format string
}

// Data is one arm of the union that holds a vector's values: one of the types
// of this package named ...Data.
type Data interface {
	arm() arm
	// appendFields writes the arm's own fields, without the struct's end.
	appendFields(dst []byte) []byte
}

// BoolData holds BOOLEAN values.
type BoolData []bool

// Int32Data holds INTEGER values.
type Int32Data []int32

// Int64Data holds LONG values.
type Int64Data []int64

// DateData holds DATE values, microseconds since 1970-01-01T00:00:00Z.
type DateData []int64

// Float32Data holds FLOAT values, which travel as doubles.
type Float32Data []float64

// Float64Data holds DOUBLE values.
type Float64Data []float64

// VarcharData holds STRING, ARRAY, MAP, STRUCT, BINARY and 12-byte INT96 values.
type VarcharData []string

// TimeData holds points in time, microseconds since 1970-01-01T00:00:00Z; Zones
// is written when not nil.
type TimeData struct {
	Micros []int64
	Zones  []string
}

// Decimal128Data holds unscaled values, big-endian two's complement, to be
// divided by 10^Scale.
type Decimal128Data struct {
	Unscaled [][]byte
	Scale    int32
}

// BoolConstantData is one BOOLEAN value.
type BoolConstantData bool

// DateConstantData is one value of DateData.
type DateConstantData int64

// NullConstantData stands for NULL in every row.
type NullConstantData int8

// NumericConstantData is one INTEGER or LONG value.
type NumericConstantData int64

// NumericDecimalConstantData is one FLOAT or DOUBLE value.
type NumericDecimalConstantData float64

// TemporalIntervalConstantData is an arm that fits no vector type.
type TemporalIntervalConstantData int8

// TimeConstantData is one value of TimeData; Zone is written when not empty.
type TimeConstantData struct {
	Micros int64
	Zone   string
}

// VarcharConstantData is one value of VarcharData.
type VarcharConstantData string

// NumericDecimal128ConstantData is one value of Decimal128Data.
type NumericDecimal128ConstantData struct {
	Unscaled []byte
	Scale    int32
}

func (BoolData) arm() arm                      { return boolArm }
func (Int32Data) arm() arm                     { return int32Arm }
func (Int64Data) arm() arm                     { return int64Arm }
func (DateData) arm() arm                      { return dateArm }
func (Float32Data) arm() arm                   { return float32Arm }
func (Float64Data) arm() arm                   { return float64Arm }
func (VarcharData) arm() arm                   { return varcharArm }
func (BoolConstantData) arm() arm              { return boolConstArm }
func (DateConstantData) arm() arm              { return dateConstArm }
func (NullConstantData) arm() arm              { return nullConstArm }
func (NumericConstantData) arm() arm           { return numericConstArm }
func (NumericDecimalConstantData) arm() arm    { return doubleConstArm }
func (TemporalIntervalConstantData) arm() arm  { return intervalConstArm }
func (TimeConstantData) arm() arm              { return timeConstArm }
func (VarcharConstantData) arm() arm           { return varcharConstArm }
func (TimeData) arm() arm                      { return timeArm }
func (Decimal128Data) arm() arm                { return decimalArm }
func (NumericDecimal128ConstantData) arm() arm { return decimalConstArm }

func (d BoolData) appendFields(dst []byte) []byte  { return appendBools(dst, 1, d) }
func (d Int64Data) appendFields(dst []byte) []byte { return appendInt64s(dst, d) }
func (d DateData) appendFields(dst []byte) []byte  { return appendInt64s(dst, d) }

func (d Int32Data) appendFields(dst []byte) []byte {
	dst = appendList(dst, 1, thriftI32, len(d))
	for _, v := range d {
		dst = appendI32(dst, v)
	}
	return dst
}

func (d Float32Data) appendFields(dst []byte) []byte { return appendDoubles(dst, d) }
func (d Float64Data) appendFields(dst []byte) []byte { return appendDoubles(dst, d) }
func (d VarcharData) appendFields(dst []byte) []byte { return appendStrings(dst, 1, d) }

func (d BoolConstantData) appendFields(dst []byte) []byte { return appendBool(dst, 1, bool(d)) }

func (d DateConstantData) appendFields(dst []byte) []byte    { return appendI64Field(dst, int64(d)) }
func (d NumericConstantData) appendFields(dst []byte) []byte { return appendI64Field(dst, int64(d)) }

func (d NullConstantData) appendFields(dst []byte) []byte {
	return append(appendField(dst, thriftByte, 1), byte(d))
}

func (d TemporalIntervalConstantData) appendFields(dst []byte) []byte {
	return append(appendField(dst, thriftByte, 1), byte(d))
}

func (d NumericDecimalConstantData) appendFields(dst []byte) []byte {
	dst = appendField(dst, thriftDouble, 1)
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(float64(d)))
}

func (d VarcharConstantData) appendFields(dst []byte) []byte {
	return appendStringField(dst, 1, string(d))
}

func (d TimeConstantData) appendFields(dst []byte) []byte {
	dst = appendI64Field(dst, d.Micros)
	if d.Zone != "" {
		dst = appendStringField(dst, 2, d.Zone)
	}
	return dst
}

func (d TimeData) appendFields(dst []byte) []byte {
	dst = appendInt64s(dst, d.Micros)
	if d.Zones != nil {
		dst = appendStrings(dst, 2, d.Zones)
	}
	return dst
}

func (d Decimal128Data) appendFields(dst []byte) []byte {
	dst = appendStrings(dst, 1, d.Unscaled)
	return appendI32(appendField(dst, thriftI32, 2), d.Scale)
}

func (d NumericDecimal128ConstantData) appendFields(dst []byte) []byte {
	dst = appendStringField(dst, 1, d.Unscaled)
	return appendI32(appendField(dst, thriftI32, 2), d.Scale)
}

// AppendChunk appends a chunk of the given number of rows to dst, as it travels
// in a result batch (docs/protocol.md, section 5). It writes what it is given and judges
// only what Thrift cannot say: a count or a text beyond 2^31-1.
func AppendChunk(dst []byte, rows int, vectors []Vector) ([]byte, error) {
	if rows < 0 || rows > math.MaxInt32 {
		return dst, fmt.Errorf("thriftrows: a chunk cannot have %d rows", rows)
	}
	start := len(dst)
	out := appendI32(appendField(dst, thriftI32, 1), int32(rows))
	out = appendList(out, 2, thriftStruct, len(vectors))
	for i := range vectors {
		out = vectors[i].append(out, rows)
	}
	out = append(out, thriftStop)
	if len(out)-start > math.MaxInt32 {
		return dst, fmt.Errorf("thriftrows: a chunk of %d bytes is longer than 2 GiB", len(out)-start)
	}
	return out, nil
}

func (v *Vector) append(dst []byte, rows int) []byte {
	size := v.Size
	if size == 0 {
		size = rows
	}
	dst = appendI32(appendField(dst, thriftI32, 1), int32(size))
	dst = appendI32(appendField(dst, thriftI32, 2), int32(v.Type))
	dst = appendBools(dst, 3, v.Nulls)
	if v.Data != nil {
		dst = appendField(dst, thriftStruct, 4)
		dst = appendField(dst, thriftStruct, int16(v.Data.arm()))
		dst = v.Data.appendFields(dst)
		dst = append(dst, thriftStop, thriftStop)
	}
	dst = appendBool(dst, 5, v.Constant)
	if v.ZoneOffset != "" {
		dst = appendStringField(dst, 6, v.ZoneOffset)
	}
	if v.Format != "" {
		dst = appendStringField(dst, 7, v.Format)
	}
	return append(dst, thriftStop)
}

func appendField(dst []byte, typ byte, id int16) []byte {
	return append(dst, typ, byte(id>>8), byte(id))
}

func appendI32(dst []byte, v int32) []byte { return binary.BigEndian.AppendUint32(dst, uint32(v)) }

func appendI64Field(dst []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(appendField(dst, thriftI64, 1), uint64(v))
}

func appendStringField[T string | []byte](dst []byte, id int16, s T) []byte {
	return append(appendI32(appendField(dst, thriftString, id), int32(len(s))), s...)
}

func appendList(dst []byte, id int16, elem byte, n int) []byte {
	return appendI32(append(appendField(dst, thriftList, id), elem), int32(n))
}

func appendBool(dst []byte, id int16, v bool) []byte {
	b := byte(0)
	if v {
		b = 1
	}
	return append(appendField(dst, thriftBool, id), b)
}

func appendBools(dst []byte, id int16, vs []bool) []byte {
	dst = appendList(dst, id, thriftBool, len(vs))
	for _, v := range vs {
		b := byte(0)
		if v {
			b = 1
		}
		dst = append(dst, b)
	}
	return dst
}

func appendInt64s(dst []byte, vs []int64) []byte {
	dst = appendList(dst, 1, thriftI64, len(vs))
	for _, v := range vs {
		dst = binary.BigEndian.AppendUint64(dst, uint64(v))
	}
	return dst
}

func appendDoubles(dst []byte, vs []float64) []byte {
	dst = appendList(dst, 1, thriftDouble, len(vs))
	for _, v := range vs {
		dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(v))
	}
	return dst
}

func appendStrings[T string | []byte](dst []byte, id int16, vs []T) []byte {
	dst = appendList(dst, id, thriftString, len(vs))
	for _, v := range vs {
		dst = append(appendI32(dst, int32(len(v))), v...)
	}
	return dst
}
