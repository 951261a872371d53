package thriftrows

import (
	"fmt"
	"strings"
)

// VectorType says what the values of a vector mean (docs/protocol.md, section 5).
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

// aliases are the further type words that occur in result metadata, and in the
// lists of a table's columns, where they are in lower case (docs/protocol.md, section 12).
var aliases = map[string]VectorType{
	"BOOL": Boolean, "BYTE": Integer, "TINYINT": Integer, "SHORT": Integer, "SMALLINT": Integer,
	"INT": Integer, "BIGINT": Long, "REAL": Float, "CHAR": String, "VARCHAR": String, "TEXT": String,
	"JSON": String, "VARBINARY": Binary, "DECIMAL": Decimal128, "DECIMAL_TYPE": Decimal128, "NUMERIC": Decimal128,
	"UNION_TYPE": String, "UNIONTYPE": String,
}

// ParseType finds the vector type that a column with the given type word in
// the metadata usually has. Parameters, as in DECIMAL(10,2) and array<int>, and letter
// case do not matter. In a result the vector's own type decides, never this word:
// the two may differ (a SHORT column comes as INTEGER vectors, and any column
// may come as NULL vectors).
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
