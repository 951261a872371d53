package sqltext

import (
	"bytes"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// place is the place of a value in the statement.
type place uint8

const (
	inValue   place = iota
	inList          // a member of an IN list, where a slice is allowed
	inElement       // an element of a slice
)

// maxWraps bounds the pointers and Valuers around a value, because they may be
// circular.
const maxWraps = 16

// appendValue appends the literal of v. The literal of a time is the wall clock
// in loc.
func appendValue(b []byte, v any, at place, loc *time.Location) ([]byte, error) {
	for range maxWraps {
		if out, ok, err := appendKnown(b, v, loc); ok {
			return out, err
		}
		next, done, err := unwrap(v)
		if err != nil {
			return b, err
		}
		if v = next; !done {
			continue
		}
		if form, negative, coefficient, exponent, ok := parts(v); ok {
			return appendDecomposed(b, form, negative, coefficient, exponent)
		}
		return appendKind(b, reflect.ValueOf(v), at, loc)
	}
	return b, refuse("too many pointers and Valuers around its value (type %T)", v)
}

// unwrap removes one pointer or Valuer around v. It is done when v is a decimal, or
// neither a pointer nor a Valuer.
func unwrap(v any) (next any, done bool, err error) {
	rv := reflect.ValueOf(v)
	null := rv.Kind() == reflect.Pointer && rv.IsNil()
	val, ok := v.(driver.Valuer)
	// As in database/sql, a Valuer with a pointer receiver handles nil itself.
	if null && (!ok || rv.Type().Elem().Implements(valuerType)) {
		return nil, false, nil
	}
	if own, ok := ownTime(v); ok && !null {
		return own, false, nil
	}
	if _, decimal := v.(decomposer); decimal && !null {
		return v, true, nil
	}
	if rv.Kind() != reflect.Pointer && reflect.PointerTo(rv.Type()).Implements(decomposerType) {
		// The methods of the decimal have a pointer receiver, so call them on a
		// copy.
		p := reflect.New(rv.Type())
		p.Elem().Set(rv)
		return p.Interface(), true, nil
	}
	if v, ok := ofNull(reflect.Indirect(rv)); ok {
		return v, false, nil
	}
	if ok {
		if next, err = val.Value(); err != nil {
			return nil, false, &valueError{reason: "its Value method failed", err: err}
		}
		if d, ok := scaledOf(v, next); ok {
			return d, true, nil
		}
		return next, false, nil
	}
	if text, ok := uuidText(v); ok {
		return text, false, nil
	}
	if _, ok := v.(scaled); ok {
		return v, true, nil
	}
	if rv.Kind() != reflect.Pointer {
		return v, true, nil
	}
	return rv.Elem().Interface(), false, nil
}

// ofNull returns the value in a sql.Null. The Value method of sql.Null supports
// only the types of driver.Value: a decimal would become a string, and a Date an
// error.
func ofNull(rv reflect.Value) (v any, ok bool) {
	if rv.Kind() != reflect.Struct || rv.Type().PkgPath() != "database/sql" || !strings.HasPrefix(rv.Type().Name(), "Null[") {
		return nil, false
	}
	if !rv.FieldByName("Valid").Bool() {
		return nil, true
	}
	return rv.FieldByName("V").Interface(), true
}

var (
	// byteType is the element type of binary data. Other types of kind uint8,
	// such as enumerations, are numbers.
	byteType       = reflect.TypeFor[byte]()
	valuerType     = reflect.TypeFor[driver.Valuer]()
	decomposerType = reflect.TypeFor[decomposer]()
)

// appendKnown appends the literal of v without reflection. ok is false if v's type
// needs reflection.
func appendKnown(b []byte, v any, loc *time.Location) (out []byte, ok bool, err error) {
	switch v := v.(type) {
	case nil:
		b = append(b, "NULL"...)
	case bool:
		b = appendBool(b, v)
	case int64:
		b = appendInt(b, v)
	case int:
		b = appendInt(b, int64(v))
	case float64:
		b, err = appendFloat(b, v)
	case string:
		b, err = appendString(b, v)
	case []byte:
		b = appendBinary(b, v)
	case json.RawMessage:
		if v == nil {
			return append(b, "NULL"...), true, nil
		}
		b, err = appendString(b, string(v))
	case time.Time:
		b, err = appendTimestamp(b, v, loc)
	case Date:
		b, err = appendDate(b, v)
	case TimestampTZ:
		b, err = appendTimestampTZ(b, v)
	case *big.Int:
		if v == nil {
			return append(b, "NULL"...), true, nil
		}
		b, err = appendBigInt(b, v)
	case *big.Rat:
		if v == nil {
			return append(b, "NULL"...), true, nil
		}
		b, err = appendRat(b, v)
	case big.Int:
		b, err = appendBigInt(b, &v)
	case big.Rat:
		b, err = appendRat(b, &v)
	case thriftrows.Decimal:
		var buf [16]byte // no allocation here; a call by interface would allocate
		form, negative, coefficient, exponent := v.Decompose(buf[:])
		b, err = appendDecomposed(b, form, negative, coefficient, exponent)
	default:
		return b, false, nil
	}
	return b, true, err
}

// appendKind appends the literal of a value by its kind.
func appendKind(b []byte, rv reflect.Value, at place, loc *time.Location) ([]byte, error) {
	switch rv.Kind() {
	case reflect.Bool:
		return appendBool(b, rv.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendInt(b, rv.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return appendUint(b, rv.Uint())
	case reflect.Float32, reflect.Float64:
		return appendFloat(b, rv.Float())
	case reflect.String:
		return appendString(b, rv.String())
	case reflect.Slice, reflect.Array:
		if rv.Type().Elem() == byteType {
			return appendBytes(b, rv), nil
		}
		return appendElements(b, rv, at, loc)
	default:
		return b, refuse("no literal for a value of type %s", rv.Type())
	}
}

// appendBytes appends the literal of a slice or array of bytes.
func appendBytes(b []byte, rv reflect.Value) []byte {
	if rv.Kind() == reflect.Array {
		// An array in an interface is not addressable and cannot be sliced.
		cp := reflect.New(rv.Type()).Elem()
		cp.Set(rv)
		rv = cp
	}
	return appendBinary(b, rv.Bytes())
}

// appendElements appends the literals of a slice's elements.
func appendElements(b []byte, rv reflect.Value, at place, loc *time.Location) ([]byte, error) {
	switch {
	case at == inElement:
		return b, refuse("a slice in a slice (type %s) has no literal", typeName(rv.Type()))
	case at != inList:
		return b, refuse("a slice (type %s) is for a member of an IN list, as in: x IN (?)", typeName(rv.Type()))
	case rv.Len() == 0:
		return b, refuse("an empty slice (type %s): an IN list has at least one member", typeName(rv.Type()))
	}
	// Values of predeclared types have no methods, so they need no interface
	// value each.
	elem := rv.Type().Elem()
	plain := elem.PkgPath() == "" && (elem.Kind() <= reflect.Float64 || elem.Kind() == reflect.String)
	for i := range rv.Len() {
		if i > 0 {
			b = append(b, ", "...)
		}
		var err error
		if plain {
			b, err = appendKind(b, rv.Index(i), inElement, loc)
		} else {
			b, err = appendValue(b, rv.Index(i).Interface(), inElement, loc)
		}
		if err != nil {
			if e, ok := err.(*valueError); ok { //nolint:errorlint // appendValue wraps nothing around it
				e.reason = "element " + strconv.Itoa(i) + ": " + e.reason
			}
			return b, err
		}
	}
	return b, nil
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "TRUE"...)
	}
	return append(b, "FALSE"...)
}

// appendInt appends an integer. A negative integer is in parentheses, so that
// neither a minus before it nor a stronger operator after it changes its value.
func appendInt(b []byte, v int64) []byte {
	switch {
	case v >= 0:
		return strconv.AppendInt(b, v, 10)
	case v == math.MinInt64:
		// Without the sign the digits are out of BIGINT's range.
		return append(b, "(-9223372036854775807 - 1)"...)
	}
	b = append(b, '(')
	b = strconv.AppendInt(b, v, 10)
	return append(b, ')')
}

func appendUint(b []byte, v uint64) ([]byte, error) {
	if v <= math.MaxInt64 {
		return appendInt(b, int64(v)), nil
	}
	var digits [20]byte
	return appendDecimal(b, false, strconv.AppendUint(digits[:0], v, 10), 0)
}

// appendFloat appends the shortest number that reads back as v. It always has
// an exponent: without one it would be an integer or a DECIMAL.
func appendFloat(b []byte, v float64) ([]byte, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return b, refuse("NaN and infinities have no literal")
	}
	var buf [32]byte
	mantissa, exponent, _ := bytes.Cut(strconv.AppendFloat(buf[:0], v, 'E', -1, 64), []byte("E"))
	negative := mantissa[0] == '-'
	if negative {
		b = append(b, '(')
	}
	b = append(b, mantissa...)
	b = append(b, 'E')
	if exponent[0] == '-' {
		b = append(b, '-')
	}
	exponent = bytes.TrimLeft(exponent, "+-0")
	if len(exponent) == 0 {
		b = append(b, '0')
	}
	b = append(b, exponent...)
	if negative {
		b = append(b, ')')
	}
	return b, nil
}

// appendString appends a string literal. The package comment explains the
// escapes.
func appendString(b []byte, s string) ([]byte, error) {
	if i := invalid(s); i >= 0 {
		return b, refuse("the string is not valid UTF-8 at byte %d; give binary data as []byte", i)
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		return b, refuse("the string has a NUL character at byte %d; give binary data as []byte", i)
	}
	b = append(b, '\'')
	from := 0
	for i := range len(s) {
		var as string
		switch s[i] {
		case '\'':
			as = `''`
		case '\\':
			as = `\\`
		case '\n':
			as = `\n`
		case '\r':
			as = `\r`
		default:
			continue
		}
		b = append(b, s[from:i]...)
		b = append(b, as...)
		from = i + 1
	}
	b = append(b, s[from:]...)
	return append(b, '\''), nil
}

func appendBinary(b, v []byte) []byte {
	if v == nil {
		return append(b, "NULL"...)
	}
	b = append(b, "X'"...)
	from := len(b)
	b = hex.AppendEncode(b, v)
	for i := from; i < len(b); i++ {
		if b[i] >= 'a' {
			b[i] -= 'a' - 'A'
		}
	}
	return append(b, '\'')
}
