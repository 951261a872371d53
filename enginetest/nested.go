package enginetest

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// nested returns the text of a value for a column of type ARRAY, MAP or STRUCT: a string
// as it is, another value in the form of Java's collections, such as {a=1, b=[x, y]}
// (docs/protocol.md, section 12). For a column of another type it returns v.
func nested(typ thriftrows.VectorType, v any) (any, error) {
	switch typ {
	case thriftrows.Array, thriftrows.Map, thriftrows.Struct:
	default:
		return v, nil
	}
	switch v.(type) {
	case nil, string, []byte:
		return v, nil
	}
	b, err := appendJava(nil, reflect.ValueOf(v), 0)
	return string(b), err
}

// maxNested bounds how deep a value nests, because a value may contain itself.
const maxNested = 100

// appendJava appends a value in Java's form. The keys of a map are in the order of their
// texts. The members of a struct are in the order of the fields and have the names that
// package json gives them.
func appendJava(b []byte, v reflect.Value, depth int) ([]byte, error) {
	if depth > maxNested {
		return b, fmt.Errorf("a value nests deeper than %d", maxNested)
	}
	if !v.IsValid() {
		return append(b, "null"...), nil
	}
	if text, ok, err := javaScalar(v); ok {
		return append(b, text...), err
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return appendJava(b, v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ", "...)
			}
			var err error
			if b, err = appendJava(b, v.Index(i), depth+1); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	case reflect.Map:
		return appendJavaMap(b, v, depth)
	case reflect.Struct:
		return appendJavaStruct(b, v, depth)
	}
	return b, fmt.Errorf("a %v has no text as a nested value", v.Type())
}

// javaScalar returns the text of a value that has no elements.
func javaScalar(v reflect.Value) (text string, ok bool, err error) {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return "null", true, nil
	}
	if v.CanInterface() {
		switch x := v.Interface().(type) {
		case time.Time:
			return x.Format("2006-01-02 15:04:05.999999999"), true, nil
		case encoding.TextMarshaler:
			b, err := x.MarshalText()
			return string(b), true, err
		}
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), true, nil
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10), true, nil
	case reflect.Float32, reflect.Float64:
		return javaFloat(v.Float(), v.Type().Bits()), true, nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 { // json.RawMessage, for one
			return string(v.Bytes()), true, nil
		}
	}
	return "", false, nil
}

// javaFloat writes a number as Java does: with a fraction, and with an exponent if the
// number is small or large.
func javaFloat(f float64, bits int) string {
	s := strconv.FormatFloat(f, 'f', -1, bits)
	if abs := max(f, -f); f != 0 && (abs < 1e-3 || abs >= 1e7) {
		s = strconv.FormatFloat(f, 'E', -1, bits)
	}
	mantissa, exponent, _ := strings.Cut(s, "E")
	switch {
	case f != f:
		return "NaN"
	case f-f != 0:
		return strings.Replace(strings.TrimPrefix(mantissa, "+"), "Inf", "Infinity", 1)
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if exponent == "" {
		return mantissa
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(n)
}

func appendJavaMap(b []byte, v reflect.Value, depth int) ([]byte, error) {
	type member struct{ key, value string }
	members := make([]member, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		key, err := appendJava(nil, it.Key(), depth+1)
		if err != nil {
			return b, err
		}
		value, err := appendJava(nil, it.Value(), depth+1)
		if err != nil {
			return b, err
		}
		members = append(members, member{string(key), string(value)})
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	b = append(b, '{')
	for i, m := range members {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, m.key+"="+m.value...)
	}
	return append(b, '}'), nil
}

func appendJavaStruct(b []byte, v reflect.Value, depth int) ([]byte, error) {
	b = append(b, '{')
	first := true
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if !first {
			b = append(b, ", "...)
		}
		first = false
		var err error
		if b, err = appendJava(append(b, name+"="...), v.Field(i), depth+1); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}
