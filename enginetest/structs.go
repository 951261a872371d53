package enginetest

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// Structs adds a row for each element of a slice of structs or of pointers to structs.
// Each exported field is a column, and so is each exported field of an embedded struct.
// The tag db is the column's name. Default: the field's name in lower case. A field with
// db:"-" is left out:
//
//	type sale struct {
//		Day    time.Time `engine:"DATE"`
//		Amount *string   `db:"total" engine:"DECIMAL(10,2)"`
//	}
//	enginetest.NewResult().Structs([]sale{{day, nil}})
//
// If the result has no columns yet, Structs adds these columns. The tag engine is the
// column's type. The following Go types, pointers to them and their sql.Null types have a
// default column type. Other types need the tag, and so do other driver.Valuers:
//
//	bool                                BOOLEAN
//	int8, int16, int32, uint8, uint16   INTEGER
//	int, int64, uint, uint32, uint64    LONG
//	float32, float64                    FLOAT, DOUBLE
//	string, []byte                      STRING, BINARY
//	time.Time                           TIMESTAMP
//
// If the result has columns, each column must have a field, and other fields are left
// out. Nil pointers, slices and maps, and Valuers whose value is nil, are NULL. A string
// in a column of another type is parsed as [Result.CSV] does. Other slices, maps and
// structs become their JSON text.
func (r *Result) Structs(rows any) *Result {
	v := reflect.ValueOf(rows)
	if v.Kind() != reflect.Slice {
		return r.mistake("Structs: %T is not a slice", rows)
	}
	typ := v.Type().Elem()
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return r.mistake("Structs: %T is not a slice of structs", rows)
	}
	var fields []reflect.StructField
	var names []string
	declare := len(r.columns) == 0
	for _, f := range reflect.VisibleFields(typ) {
		name, ok := columnName(f)
		if !ok || !declare && !r.hasColumn(name) {
			continue
		}
		fields, names = append(fields, f), append(names, name)
		if !declare {
			continue
		}
		word := f.Tag.Get("engine")
		if word == "" {
			word = wordOfType(f.Type)
		}
		if word == "" {
			return r.mistake("Structs: field %s: a %s has no default column type: add the tag engine", f.Name, f.Type)
		}
		r.Column(name, word)
	}
	places, err := r.places(names)
	if err != nil {
		return r.mistake("Structs: %w", err)
	}
	for n := range v.Len() {
		row := make([]any, len(r.columns))
		for i, at := range places {
			col := &r.columns[at]
			if row[at], err = fieldOf(col, v.Index(n), fields[i].Index); err != nil {
				return r.mistake("Structs: row %d, column %q: %w", n, col.Name, err)
			}
		}
		r.Row(row...)
	}
	return r
}

// fieldOf returns a column's value: the field with this index of v, which is a struct or
// a pointer to a struct.
func fieldOf(col *column, v reflect.Value, index []int) (any, error) {
	if v = reflect.Indirect(v); !v.IsValid() {
		return nil, errors.New("a nil pointer")
	}
	field, err := v.FieldByIndexErr(index)
	if err != nil {
		return nil, nil //nolint:nilerr // an embedded pointer that is nil: its fields are NULL
	}
	return fromGo(col, field)
}

// columnName returns the name of a field's column, and reports whether it has one.
func columnName(f reflect.StructField) (string, bool) {
	name, _, _ := strings.Cut(f.Tag.Get("db"), ",")
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	embedded := f.Anonymous && name == "" && t.Kind() == reflect.Struct && wordOfType(t) == "" && f.Tag.Get("engine") == ""
	switch {
	case !f.IsExported(), name == "-", embedded:
		return "", false
	case name == "":
		name = strings.ToLower(f.Name)
	}
	return name, true
}

func (r *Result) hasColumn(name string) bool {
	for i := range r.columns {
		if r.columns[i].Name == name {
			return true
		}
	}
	return false
}

var timeType = reflect.TypeFor[time.Time]()

// wordOfType returns the engine's type for a Go type, "" if there is none.
func wordOfType(t reflect.Type) string {
	switch {
	case t == timeType:
		return "TIMESTAMP"
	case t.Kind() == reflect.Pointer:
		return wordOfType(t.Elem())
	case t.PkgPath() == "database/sql" && strings.HasPrefix(t.Name(), "Null"):
		return wordOfType(t.Field(0).Type) // the first field of every Null type is the value
	case t.Implements(reflect.TypeFor[driver.Valuer]()):
		return ""
	}
	switch t.Kind() {
	case reflect.Bool:
		return "BOOLEAN"
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16:
		return "INTEGER"
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64:
		return "LONG"
	case reflect.Float32:
		return "FLOAT"
	case reflect.Float64:
		return "DOUBLE"
	case reflect.String:
		return "STRING"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "BINARY"
		}
	}
	return ""
}

// fromGo converts a Go value to a column's value, in a form that [thriftrows.NewVector]
// accepts.
func fromGo(col *column, v reflect.Value) (any, error) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil, nil
		}
		if _, ok := v.Interface().(driver.Valuer); ok {
			break
		}
		v = v.Elem()
	}
	if valuer, ok := v.Interface().(driver.Valuer); ok {
		value, err := valuer.Value()
		if value == nil || err != nil {
			return nil, err
		}
		if v = reflect.ValueOf(value); v.Type().Implements(reflect.TypeFor[driver.Valuer]()) {
			return nil, fmt.Errorf("the value of a %T is a Valuer", valuer)
		}
	}
	if t, ok := v.Interface().(time.Time); ok {
		return t, nil
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fromText(col, strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fromText(col, strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return fromFloat(col, v.Float())
	case reflect.String:
		return fromText(col, v.String())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			if v.IsNil() {
				return nil, nil
			}
			return string(v.Bytes()), nil
		}
		if v.IsNil() {
			return nil, nil
		}
	case reflect.Map:
		if v.IsNil() {
			return nil, nil
		}
	case reflect.Array, reflect.Struct:
	default:
		return nil, fmt.Errorf("a %s does not fit", v.Type())
	}
	text, err := json.Marshal(v.Interface())
	return string(text), err
}

// fromFloat returns f itself for a FLOAT or DOUBLE column. For other columns it parses the
// exact decimal text of f.
func fromFloat(col *column, f float64) (any, error) {
	switch {
	case col.typ == thriftrows.Float || col.typ == thriftrows.Double:
		return f, nil
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil, errors.New("NaN and infinities fit FLOAT and DOUBLE only")
	}
	return fromText(col, strconv.FormatFloat(f, 'f', -1, 64))
}
