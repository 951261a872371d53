package thriftrows

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// VectorType is the engine's type of a vector's values (docs/protocol.md, section
// 5).
type VectorType int32

// The engine's vector types, with their numbers on the wire.
const (
	Binary VectorType = iota
	Boolean
	Double
	Float
	Int96
	Integer
	Long
	String
	Date
	Datetime
	Timestamp
	Struct
	Map
	Array
	Null
	TimestampTZ
	Decimal128

	numTypes
)

var typeNames = [numTypes]string{
	Binary: "BINARY", Boolean: "BOOLEAN", Double: "DOUBLE", Float: "FLOAT", Int96: "INT96",
	Integer: "INTEGER", Long: "LONG", String: "STRING", Date: "DATE", Datetime: "DATETIME",
	Timestamp: "TIMESTAMP", Struct: "STRUCT", Map: "MAP", Array: "ARRAY", Null: "NULL",
	TimestampTZ: "TIMESTAMP_TZ", Decimal128: "DECIMAL128",
}

func (t VectorType) valid() bool { return t >= 0 && t < numTypes }

// String returns the engine's name of the type, such as TIMESTAMP_TZ.
func (t VectorType) String() string {
	if t.valid() {
		return typeNames[t]
	}
	return fmt.Sprintf("VectorType(%d)", int32(t))
}

// aliases holds further type words. They occur in result metadata and, in lower case, in
// the list of a table's columns (docs/protocol.md, section 12).
var aliases = map[string]VectorType{
	"BOOL": Boolean, "BYTE": Integer, "TINYINT": Integer, "SHORT": Integer, "SMALLINT": Integer,
	"INT": Integer, "BIGINT": Long, "REAL": Float, "CHAR": String, "VARCHAR": String, "TEXT": String,
	"JSON": String, "VARBINARY": Binary, "DECIMAL": Decimal128, "DECIMAL_TYPE": Decimal128, "NUMERIC": Decimal128,
	"UNION_TYPE": String, "UNIONTYPE": String,
}

// ParseType returns the usual vector type of a column with the given type word in the
// metadata. It ignores letter case, and parameters as in DECIMAL(10,2) and array<int>.
// It returns false for an unknown word. The vectors of a result may have another type,
// and that type decides: a SHORT column has INTEGER vectors, and any column may have
// NULL vectors.
func ParseType(word string) (VectorType, bool) {
	word = TypeName(word)
	for t, name := range typeNames {
		if word == name {
			return VectorType(t), true
		}
	}
	t, ok := aliases[word]
	return t, ok
}

// TypeName returns a type word in upper case and without parameters: ARRAY for
// array<decimal(7,2)>.
func TypeName(word string) string {
	if i := strings.IndexAny(word, "(<"); i >= 0 {
		word = word[:i]
	}
	return strings.ToUpper(strings.TrimSpace(word))
}

// TypeLength returns the length in a type word: the parameter of VARCHAR(10), or
// math.MaxInt64 for a text, binary or nested type without one. It returns false for a
// type of fixed length and for an unknown word.
func TypeLength(word string) (int64, bool) {
	t, ok := ParseType(word)
	if !ok {
		return 0, false
	}
	switch t {
	case String, Binary:
		if n := parameters(word); len(n) == 1 {
			return n[0], true
		}
		return math.MaxInt64, true
	case Array, Map, Struct:
		return math.MaxInt64, true
	}
	return 0, false
}

// TypePrecisionScale returns p and s of DECIMAL(p,s). It returns false for other types
// and for a word without p and s.
func TypePrecisionScale(word string) (precision, scale int64, ok bool) {
	if t, _ := ParseType(word); t != Decimal128 {
		return 0, 0, false
	}
	n := parameters(word)
	if len(n) != 2 {
		return 0, 0, false
	}
	return n[0], n[1], true
}

// parameters returns the numbers in DECIMAL(10,2) and the like, or nil if they
// are not numbers.
func parameters(word string) []int64 {
	_, list, ok := strings.Cut(word, "(")
	list, _, closed := strings.Cut(list, ")")
	if !ok || !closed {
		return nil
	}
	var numbers []int64
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err != nil {
			return nil
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// arm is the number of the field that is set in the union Data.
type arm int16

const (
	noArm arm = iota
	boolArm
	int32Arm
	int64Arm
	dateArm
	float32Arm
	float64Arm
	varcharArm
	boolConstArm
	dateConstArm
	nullConstArm
	numericConstArm
	doubleConstArm
	intervalConstArm
	timeConstArm
	varcharConstArm
	timeArm
	decimalArm
	decimalConstArm

	numArms
)

var armNames = [numArms]string{
	"no data", "BoolData", "Int32Data", "Int64Data", "DateData", "Float32Data", "Float64Data",
	"VarcharData", "BoolConstantData", "DateConstantData", "NullConstantData", "NumericConstantData",
	"NumericDecimalConstantData", "TemporalIntervalConstantData", "TimeConstantData",
	"VarcharConstantData", "TimeData", "Decimal128Data", "NumericDecimal128ConstantData",
}

func (a arm) String() string { return armNames[a] }
