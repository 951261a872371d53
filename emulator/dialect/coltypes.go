package dialect

import (
	"fmt"
	"strings"
)

// duckTypes are the names of DuckDB's types with the engine's: in a result's metadata,
// and in a list of columns.
var duckTypes = map[string][2]string{
	"BOOLEAN": {"BOOLEAN", "bool"}, "TINYINT": {"INTEGER", "int"}, "SMALLINT": {"INTEGER", "short"}, "INTEGER": {"INTEGER", "int"},
	"BIGINT": {"LONG", "long"}, "HUGEINT": {"DECIMAL(38,0)", "decimal(38,0)"}, "FLOAT": {"FLOAT", "float"}, "DOUBLE": {"DOUBLE", "double"},
	"VARCHAR": {"STRING", "string"}, "JSON": {"STRING", "string"}, "BLOB": {"BINARY", "binary"}, "DATE": {"DATE", "date"},
	"TIMESTAMP": {"TIMESTAMP", "timestamp"}, "TIMESTAMP WITH TIME ZONE": {"TIMESTAMP_TZ", "timestamp_tz"},
	`"NULL"`: {"STRING", "string"},
}

// ResultType returns the engine's type, as a result's metadata has it, of a type that
// DuckDB's typeof names. Arrays, maps and structs are text: STRING. It is an error that
// the engine has no such type.
func ResultType(duck string) (string, error) {
	if nested(duck) {
		return "STRING", nil
	}
	if strings.HasPrefix(duck, "DECIMAL(") {
		return duck, nil
	}
	if t, ok := duckTypes[duck]; ok {
		return t[0], nil
	}
	return "", fmt.Errorf("emulator: the engine has no type like %s", duck)
}

// ColumnType returns the engine's type, as a list of columns has it, of a type that
// DuckDB's typeof names. It is an error that the engine has no such type.
func ColumnType(duck string) (string, error) {
	if element, ok := strings.CutSuffix(duck, "[]"); ok {
		inner, err := ColumnType(element)
		return "array<" + inner + ">", err
	}
	if nested(duck) {
		// The form of a map's and a struct's type is not known: what is in the brackets
		// is DuckDB's.
		open := strings.IndexByte(duck, '(')
		return strings.ToLower(duck[:open]) + "<" + strings.ToLower(duck[open+1:len(duck)-1]) + ">", nil
	}
	if strings.HasPrefix(duck, "DECIMAL(") {
		return strings.ToLower(duck), nil
	}
	if t, ok := duckTypes[duck]; ok {
		return t[1], nil
	}
	return "", fmt.Errorf("emulator: the engine has no type like %s", duck)
}

// nested reports whether a type is an array, a map or a struct.
func nested(duck string) bool {
	return strings.HasSuffix(duck, "]") || (strings.HasPrefix(duck, "MAP(") || strings.HasPrefix(duck, "STRUCT(")) && strings.HasSuffix(duck, ")")
}
