package thriftrows_test

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the tests name zones that a bare machine may lack

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/e6data/e6data-go/internal/thriftgen"
	"github.com/e6data/e6data-go/thriftrows"
)

// The reference reads chunks with the code that Apache Thrift generates. It
// converts values in the simplest way of docs/protocol.md, section 5.

func readGenerated(b []byte) (*thriftgen.Chunk, error) {
	buf := &thrift.TMemoryBuffer{Buffer: bytes.NewBuffer(b)}
	chunk := thriftgen.NewChunk()
	err := chunk.Read(context.Background(), thrift.NewTBinaryProtocolConf(buf, nil))
	return chunk, err
}

// writeGenerated writes a chunk. It adds a NullConstantData to vectors without
// data, because generated code cannot write those.
func writeGenerated(chunk *thriftgen.Chunk) ([]byte, error) {
	for _, v := range chunk.Vectors {
		if v.Data == nil {
			v.Data = &thriftgen.Data{NullConstantData: &thriftgen.NullConstantData{}}
		}
	}
	buf := thrift.NewTMemoryBuffer()
	err := chunk.Write(context.Background(), thrift.NewTBinaryProtocolConf(buf, nil))
	return buf.Bytes(), err
}

// reference reads one vector of a chunk that the decoder has accepted.
type reference struct {
	v           *thriftgen.Vector
	decimals    [][]byte
	decimalText bool
}

func newReference(v *thriftgen.Vector, rows int) *reference {
	r := &reference{v: v}
	if v.VectorType != thriftgen.VectorType_DECIMAL128 || v.Data == nil {
		return r
	}
	if d := v.Data.NumericDecimal128ConstantData; d != nil {
		r.decimals = [][]byte{d.Data}
		rows = min(rows, 1)
	} else if d := v.Data.Decimal128Data; d != nil {
		r.decimals = d.Data
	}
	r.decimalText = areDecimalTexts(r.decimals[:min(rows, len(r.decimals))], v.NullSet)
	return r
}

// areDecimalTexts is the rule that distinguishes text decimals from binary ones.
func areDecimalTexts(elems [][]byte, nulls []bool) bool {
	wide := true
	for i, b := range elems {
		if i < len(nulls) && nulls[i] {
			continue
		}
		if strings.Trim(string(b), "0123456789+-.eE") != "" {
			return false
		}
		wide = wide && len(b) == 16
	}
	return !wide
}

func (r *reference) value(row int) (driver.Value, error) {
	v, d := r.v, r.v.Data
	if v.IsConstantVector {
		row = 0
	}
	if v.VectorType == thriftgen.VectorType_NULL || row < len(v.NullSet) && v.NullSet[row] {
		return nil, nil
	}
	if d == nil {
		return nil, errors.New("no data")
	}
	switch v.VectorType {
	case thriftgen.VectorType_BOOLEAN:
		return either(d.BoolConstantData != nil, func() bool { return d.BoolConstantData.Data },
			func() bool { return d.BoolData.Data[row] }), nil
	case thriftgen.VectorType_INTEGER:
		return either(d.NumericConstantData != nil, func() int64 { return d.NumericConstantData.Data },
			func() int64 { return int64(d.Int32Data.Data[row]) }), nil
	case thriftgen.VectorType_LONG:
		return either(d.NumericConstantData != nil, func() int64 { return d.NumericConstantData.Data },
			func() int64 { return d.Int64Data.Data[row] }), nil
	case thriftgen.VectorType_FLOAT:
		return either(d.NumericDecimalConstantData != nil, func() float64 { return d.NumericDecimalConstantData.Data },
			func() float64 { return d.Float32Data.Data[row] }), nil
	case thriftgen.VectorType_DOUBLE:
		return either(d.NumericDecimalConstantData != nil, func() float64 { return d.NumericDecimalConstantData.Data },
			func() float64 { return d.Float64Data.Data[row] }), nil
	case thriftgen.VectorType_STRING, thriftgen.VectorType_ARRAY, thriftgen.VectorType_MAP, thriftgen.VectorType_STRUCT:
		return r.text(row), nil
	case thriftgen.VectorType_BINARY:
		return []byte(r.text(row)), nil
	case thriftgen.VectorType_DATE:
		micros := either(d.DateConstantData != nil, func() int64 { return d.DateConstantData.Data },
			func() int64 { return d.DateData.Data[row] })
		return midnight(time.UnixMicro(micros).UTC()), nil
	case thriftgen.VectorType_INT96:
		if d.VarcharData != nil || d.VarcharConstantData != nil {
			return referenceInt96(r.text(row))
		}
		fallthrough
	case thriftgen.VectorType_DATETIME, thriftgen.VectorType_TIMESTAMP:
		micros, _ := r.time(row)
		return time.UnixMicro(micros).UTC(), nil
	case thriftgen.VectorType_TIMESTAMP_TZ:
		micros, zone := r.time(row)
		loc, err := referenceZone(zone)
		if err != nil {
			return nil, err
		}
		return time.UnixMicro(micros).In(loc), nil
	case thriftgen.VectorType_DECIMAL128:
		return r.decimal(row)
	}
	return nil, fmt.Errorf("type %v", v.VectorType)
}

func either[T any](constant bool, a, b func() T) T {
	if constant {
		return a()
	}
	return b()
}

func (r *reference) text(row int) string {
	if d := r.v.Data.VarcharConstantData; d != nil {
		return d.Data
	}
	return r.v.Data.VarcharData.Data[row]
}

func (r *reference) time(row int) (micros int64, zone string) {
	zone = r.v.ZoneOffset
	if d := r.v.Data.TimeConstantData; d != nil {
		if d.ZoneData != nil && *d.ZoneData != "" {
			zone = *d.ZoneData
		}
		return d.Data, zone
	}
	d := r.v.Data.TimeData
	if len(d.ZoneData) > 0 && d.ZoneData[row] != "" {
		zone = d.ZoneData[row]
	}
	return d.Data[row], zone
}

func (r *reference) decimal(row int) (driver.Value, error) {
	b := r.decimals[row]
	if r.decimalText {
		return referenceDecimalText(string(b))
	}
	if len(b) == 0 || len(b) > 16 {
		return nil, fmt.Errorf("%d bytes", len(b))
	}
	n := new(big.Int).SetBytes(b)
	if b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	d := r.v.Data
	scale := either(d.NumericDecimal128ConstantData != nil, func() int32 { return d.NumericDecimal128ConstantData.Scale },
		func() int32 { return d.Decimal128Data.Scale })
	return plainDecimal(n, int(scale)), nil
}

// plainDecimal writes n / 10^scale in plain notation.
func plainDecimal(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
	switch {
	case scale < 0 && n.Sign() != 0:
		digits += strings.Repeat("0", -scale)
	case scale > 0:
		if pad := scale + 1 - len(digits); pad > 0 {
			digits = strings.Repeat("0", pad) + digits
		}
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// referenceDecimalText writes a decimal in text form in plain notation. It
// shares the decoder's limits on exponents: 255, in at most four digits.
func referenceDecimalText(s string) (driver.Value, error) {
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(s[i+1:]); err != nil {
			return nil, err
		}
		if len(strings.TrimLeft(s[i+1:], "+-")) > 4 || max(exponent, -exponent) > 255 {
			return nil, errors.New("exponent out of bounds")
		}
		mantissa = s[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	sign := ""
	if whole != "" && (whole[0] == '-' || whole[0] == '+') {
		sign, whole = strings.TrimPrefix(whole[:1], "+"), whole[1:]
	}
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return nil, errors.New("no decimal")
	}
	n, _ := new(big.Int).SetString(whole+fraction, 10)
	return sign + plainDecimal(n, len(fraction)-exponent), nil
}

func referenceInt96(s string) (driver.Value, error) {
	day := int(int32(binary.BigEndian.Uint32([]byte(s[:4]))))
	nanos := int64(binary.BigEndian.Uint64([]byte(s[4:])))
	if nanos < 0 || nanos >= int64(24*time.Hour) {
		return nil, fmt.Errorf("%d nanoseconds of the day", nanos)
	}
	return time.Date(1970, 1, 1+day-2440588, 0, 0, 0, 0, time.UTC).Add(time.Duration(nanos)), nil
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

var javaOffset = regexp.MustCompile(`^(?:UTC|GMT|UT)?([+-])(?:(\d{1,2})|(\d\d):(\d\d)(?::(\d\d))?|(\d\d)(\d\d)(\d\d)?)$`)

func referenceZone(name string) (*time.Location, error) {
	switch {
	case name == "" || name == "Z" || name == "UT":
		return time.UTC, nil
	case strings.EqualFold(name, "Local") || strings.EqualFold(name, "localtime") || len(name) > 64:
		return nil, errors.New("refused")
	case strings.HasPrefix(name, "SystemV/"): // TestSystemVZones has what these are
		return new(thriftrows.Zones).Lookup([]byte(name))
	case !strings.ContainsAny(name, "+-") || strings.HasPrefix(name, "Etc/"):
		return time.LoadLocation(name)
	}
	m := javaOffset.FindStringSubmatch(name)
	if m == nil {
		return time.LoadLocation(name)
	}
	number := func(groups ...string) int {
		n, _ := strconv.Atoi(strings.Join(groups, ""))
		return n
	}
	minutes, rest := number(m[4], m[7]), number(m[5], m[8])
	seconds := number(m[2], m[3], m[6])*3600 + minutes*60 + rest
	switch {
	case minutes > 59 || rest > 59 || seconds > 18*3600:
		return nil, fmt.Errorf("offset %q", name)
	case seconds == 0:
		return time.UTC, nil
	case m[1] == "-":
		seconds = -seconds
	}
	return time.FixedZone(name, seconds), nil
}

// same reports whether two values are identical in all details.
func same(a, b driver.Value) bool {
	switch a := a.(type) {
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b) && (a == nil) == (b == nil)
	case time.Time:
		b, ok := b.(time.Time)
		if !ok {
			return false
		}
		_, offA := a.Zone()
		_, offB := b.Zone()
		return a.Equal(b) && offA == offB && a.Location().String() == b.Location().String()
	}
	return a == b
}
