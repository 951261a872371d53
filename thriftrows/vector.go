package thriftrows

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// list holds the positions of the elements of one Thrift list. Text elements
// include their 4-byte length prefix.
type list struct {
	n  int // number of elements
	at int // position of data in the chunk
	// data holds the elements, one after the other.
	data []byte
	// stride is the distance between two elements, or 0 for a constant. It is
	// used only if offs is empty.
	stride int
	// offs holds the n+1 bounds of text elements of different lengths.
	offs []uint32
}

// bounds returns the position of text element i in data, prefix included.
func (l *list) bounds(i int) (from, to int) {
	switch {
	case len(l.offs) > 0:
		return int(l.offs[i]), int(l.offs[i+1])
	case l.stride > 0:
		return i * l.stride, (i + 1) * l.stride
	}
	return 0, len(l.data)
}

// text returns the bytes of text element i without copying.
func (l *list) text(i int) []byte {
	from, to := l.bounds(i)
	return l.data[from+4 : to : to]
}

// kind is the way to decode a vector's elements. It is determined once for each
// vector.
type kind uint8

const (
	badKind kind = iota
	nullKind
	boolKind
	int32Kind
	int64Kind
	floatKind
	dateKind
	timeKind
	timeTZKind
	int96Kind // 12-byte text elements
	textKind
	bytesKind
	decimalKind
	decimalTextKind
)

// fits maps a vector type and an arm of Data to the kind of the vector. badKind
// means that they do not fit. NullConstantData fits any vector whose rows are
// all NULL, and any arm fits a NULL vector.
var fits = [numTypes][numArms]kind{
	Binary:      {varcharArm: bytesKind, varcharConstArm: bytesKind},
	Boolean:     {boolArm: boolKind, boolConstArm: boolKind},
	Double:      {float64Arm: floatKind, doubleConstArm: floatKind},
	Float:       {float32Arm: floatKind, doubleConstArm: floatKind},
	Int96:       {timeArm: timeKind, timeConstArm: timeKind, varcharArm: int96Kind, varcharConstArm: int96Kind},
	Integer:     {int32Arm: int32Kind, numericConstArm: int64Kind},
	Long:        {int64Arm: int64Kind, numericConstArm: int64Kind},
	String:      {varcharArm: textKind, varcharConstArm: textKind},
	Date:        {dateArm: dateKind, dateConstArm: dateKind},
	Datetime:    {timeArm: timeKind, timeConstArm: timeKind},
	Timestamp:   {timeArm: timeKind, timeConstArm: timeKind},
	Struct:      {varcharArm: textKind, varcharConstArm: textKind},
	Map:         {varcharArm: textKind, varcharConstArm: textKind},
	Array:       {varcharArm: textKind, varcharConstArm: textKind},
	Null:        {},
	TimestampTZ: {timeArm: timeTZKind, timeConstArm: timeTZKind},
	Decimal128:  {decimalArm: decimalKind, decimalConstArm: decimalKind},
}

func (a arm) constant() bool {
	return armElems[a].typ != 0 && !armElems[a].list
}

// vector is the index of one column of a chunk.
type vector struct {
	typ      VectorType // -1 if the chunk has none
	kind     kind
	arm      arm
	constant bool
	zoned    bool
	scale    int32
	size     int32 // the vector's own row count, or -1 if it has none
	at       int   // position in the chunk
	// nulls has a byte for each row, 1 for NULL. It is nil if no row is NULL.
	nulls []byte
	list  list
	zones list   // of TIMESTAMP_TZ
	zone  []byte // the vector's zone, for rows without their own
}

// reset prepares v for another chunk and keeps its memory.
func (v *vector) reset(at int) {
	*v = vector{typ: -1, size: -1, at: at, list: list{offs: v.list.offs[:0]}, zones: list{offs: v.zones.offs[:0]}}
}

func (v *vector) isNull(row int) bool { return v.nulls != nil && v.nulls[row] == 1 }

// resolve determines the kind of v in a chunk of the given number of rows, and
// checks that v has a value for each row.
func (v *vector) resolve(rows int) error {
	if v.typ < 0 {
		return fmt.Errorf("vector without a type")
	}
	allNull, err := v.resolveNulls(rows)
	if err != nil {
		return err
	}
	// Without rows even a constant vector may have no value.
	allNull = allNull || rows == 0
	if v.typ == Null || allNull && (v.arm == noArm || v.arm == nullConstArm) {
		v.kind = nullKind
		return nil
	}
	if v.arm == noArm {
		return fmt.Errorf("%v vector without data, but with values that are not NULL", v.typ)
	}
	if v.kind = fits[v.typ][v.arm]; v.kind == badKind {
		return fmt.Errorf("%v vector with %v", v.typ, v.arm)
	}
	if v.arm.constant() != v.constant {
		return fmt.Errorf("%v with the constant flag %v", v.arm, v.constant)
	}
	if allNull {
		v.kind = nullKind // placeholders are not checked
		return nil
	}
	if err := v.checkCounts(rows); err != nil {
		return err
	}
	switch v.kind {
	case timeTZKind:
		return v.resolveZones(rows)
	case decimalKind:
		v.resolveDecimal(rows)
	case int96Kind:
		return v.checkInt96(rows)
	case int64Kind:
		if v.typ == Integer {
			if n := int64(binary.BigEndian.Uint64(v.list.data)); n != int64(int32(n)) {
				return fmt.Errorf("constant %d out of the range of INTEGER", n)
			}
		}
	}
	return nil
}

// resolveNulls normalizes the null flags: nil, or one for each row.
func (v *vector) resolveNulls(rows int) (allNull bool, err error) {
	nulls := v.nulls
	v.nulls = nil
	switch {
	case len(nulls) == 0:
		return false, nil
	case v.constant:
		return nulls[0] == 1, nil
	case len(nulls) < rows:
		return false, fmt.Errorf("%d null flags for %d rows", len(nulls), rows)
	}
	nulls = nulls[:rows]
	first := bytes.IndexByte(nulls, 1)
	if first < 0 {
		return false, nil
	}
	v.nulls = nulls
	return first == 0 && bytes.Count(nulls, []byte{1}) == rows, nil
}

func (v *vector) checkCounts(rows int) error {
	switch {
	case v.constant && v.list.n == 0 && rows > 0:
		return fmt.Errorf("%v without its value", v.arm)
	case v.constant:
		return nil
	case v.size >= 0 && int(v.size) < rows:
		return fmt.Errorf("vector of %d rows in a chunk of %d", v.size, rows)
	case v.list.n < rows:
		return fmt.Errorf("%d values for %d rows", v.list.n, rows)
	}
	return nil
}

// resolveZones determines the rows' zones. docs/protocol.md does not define a
// vector's own zoneOffset. It is used for rows without a zone, and UTC is used if it
// is empty too.
func (v *vector) resolveZones(rows int) error {
	if v.zones.n == 0 {
		v.zoned = false
	}
	if v.zoned && !v.constant && v.zones.n < rows {
		return fmt.Errorf("%d zones for %d rows", v.zones.n, rows)
	}
	return nil
}

// zoneName returns the zone of a row without copying.
func (v *vector) zoneName(row int) []byte {
	if v.zoned {
		if name := v.zones.text(row); len(name) > 0 {
			return name
		}
	}
	return v.zone
}

// resolveDecimal distinguishes binary decimals from ASCII text by the rule of
// docs/protocol.md, section 5. If all elements have 16 bytes, they are binary. If
// not, and all are in decimal notation, they are text. Else they are binary.
func (v *vector) resolveDecimal(rows int) {
	const wide = 4 + 16
	if len(v.list.offs) == 0 && (v.list.stride == wide || v.constant && len(v.list.data) == wide) {
		return
	}
	if v.constant {
		rows = 1
	}
	all16, allText := true, true
	for i := 0; i < rows && (all16 || allText); i++ {
		if v.isNull(i) {
			continue
		}
		b := v.list.text(i)
		all16 = all16 && len(b) == 16
		allText = allText && isDecimalText(b)
	}
	if !all16 && allText {
		v.kind = decimalTextKind
	}
}

func isDecimalText(b []byte) bool {
	for _, c := range b {
		if !isDigit(c) && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			return false
		}
	}
	return true
}

// int96Size is the length of an INT96 value: an int32 Julian day and the int64
// nanoseconds of the day.
const int96Size = 12

func (v *vector) checkInt96(rows int) error {
	if v.constant {
		rows = 1
	}
	if len(v.list.offs) == 0 && v.list.stride == 4+int96Size {
		return nil
	}
	for i := range rows {
		if from, to := v.list.bounds(i); to-from != 4+int96Size && !v.isNull(i) {
			return fmt.Errorf("INT96 value of %d bytes in row %d", to-from-4, i)
		}
	}
	return nil
}

// The following methods return the value of a row that is not NULL. The vector
// must have the kind in the method's name.

func (v *vector) bool(row int) bool { return v.list.data[row*v.list.stride] == 1 }
func (v *vector) int32(row int) int32 {
	return int32(binary.BigEndian.Uint32(v.list.data[row*v.list.stride:]))
}
func (v *vector) int64(row int) int64 {
	return int64(binary.BigEndian.Uint64(v.list.data[row*v.list.stride:]))
}
func (v *vector) float(row int) float64 { return math.Float64frombits(uint64(v.int64(row))) }
