package sqltext

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/e6data/e6data-go/thriftrows"
)

// Text returns an argument as the text of a parameter that is sent separately from the
// statement (docs/protocol.md, section 9). engineType is the engine's name of the
// type, such as LONG or DECIMAL(10,2). The text is that of the literal without quotes,
// escapes and type (section 10). loc is as in [Statement.Render].
//
//	BOOLEAN          TRUE, FALSE, of a bool or a string
//	INTEGER, LONG    42, -42, of any number or numeric string without a fraction, in range
//	FLOAT, DOUBLE    1.5E0, of any number or numeric string; those that are whole, and
//	                 no float64, exactly. Only 0 becomes 0
//	DECIMAL128       12.30, of any number or numeric string, exactly, in the type's range
//	STRING           the string; numbers, bools and times as text
//	ARRAY, MAP,      the string
//	STRUCT
//	BINARY           CAFE, of []byte
//	DATE             2024-01-31, of a Date, of a time.Time that is midnight UTC or in loc, or
//	                 of a string of this form
//	DATETIME, INT96, 2024-01-31 23:59:58.123456 in loc, of times, of the midnight of a
//	TIMESTAMP        Date, or of a string of this form
//	TIMESTAMP_TZ     2024-01-31 23:59:58.123456+05:30, of times, or of a string of this form
//
// Fractions finer than microseconds are cut off. Text returns an [ArgumentError] for a
// value that does not fit, for a slice, for a type that is not in the list, and for
// NULL, which the protocol cannot send. The error names the argument and does not show
// the value.
func Text(arg driver.NamedValue, engineType string, loc *time.Location) (string, error) {
	v, err := scalar(arg.Value)
	text := ""
	if err == nil {
		text, err = textOf(v, engineType, loc)
	}
	if err == nil {
		return text, nil
	}
	out := &ArgumentError{Name: arg.Name, Ordinal: arg.Ordinal, Offset: -1, Reason: err.Error()}
	if errors.Is(err, errMismatch) {
		out.Reason = "a value of type " + typeName(reflect.TypeOf(arg.Value)) + " does not fit: the engine expects " + engineType + " here"
	}
	if e, ok := errors.AsType[*valueError](err); ok {
		out.Err = e.err
	}
	return "", out
}

// typeName returns the type's name in package e6data, if it has one there.
func typeName(t reflect.Type) string {
	if t == nil {
		return "nil"
	}
	return ownTypes.Replace(t.String())
}

var ownTypes = strings.NewReplacer("sqltext.Date", "e6data.Date", "sqltext.TimestampTZ", "e6data.TimestampTZ", "thriftrows.Decimal", "e6data.Decimal")

// errMismatch means that a value does not have the engine's type.
var errMismatch = errors.New("the value is of another type")

// number is a decimal number and its text.
type number struct {
	*big.Rat
	text string
}

// scalar converts a value to nil, bool, string, []byte, number, float64,
// time.Time, Date or TimestampTZ.
func scalar(v any) (any, error) {
	for range maxWraps {
		switch x := v.(type) {
		case nil, bool, string, time.Time, Date, TimestampTZ:
			return v, nil
		case float64:
			return finite(x)
		case []byte:
			if x == nil {
				return nil, nil
			}
			return x, nil
		case json.RawMessage:
			if x == nil {
				return nil, nil
			}
			return string(x), nil
		case big.Int:
			v = &x
		case big.Rat:
			v = &x
		}
		switch x := v.(type) {
		case *big.Int:
			if x == nil {
				return nil, nil
			}
			if x.BitLen() > maxBits {
				return nil, tooLong()
			}
			return number{new(big.Rat).SetInt(x), x.String()}, nil
		case *big.Rat:
			if x == nil {
				return nil, nil
			}
			negative, coefficient, exponent, err := ratParts(x)
			if err != nil {
				return nil, err
			}
			return plain(0, negative, coefficient, exponent)
		}
		next, done, err := unwrap(v)
		if err != nil {
			return nil, err
		}
		if v = next; !done {
			continue
		}
		if form, negative, coefficient, exponent, ok := parts(v); ok {
			return plain(form, negative, coefficient, exponent)
		}
		return scalarKind(reflect.ValueOf(v))
	}
	return nil, refuse("too many pointers and Valuers around its value (type %T)", v)
}

func finite(v float64) (any, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, refuse("NaN and infinities cannot be sent")
	}
	return v, nil
}

// plain returns the number of a decimal's parts.
func plain(form byte, negative bool, coefficient []byte, exponent int32) (any, error) {
	var buf [64]byte
	digits, err := coefficientDigits(buf[:0], form, coefficient)
	if err != nil {
		return nil, err
	}
	text, _, _, err := appendPlain(nil, negative, digits, int(exponent))
	if err != nil {
		return nil, err
	}
	r, _ := new(big.Rat).SetString(string(text))
	return number{r, string(text)}, nil
}

func scalarKind(rv reflect.Value) (any, error) {
	switch rv.Kind() {
	case reflect.Bool:
		return rv.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return number{new(big.Rat).SetInt64(rv.Int()), strconv.FormatInt(rv.Int(), 10)}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return number{new(big.Rat).SetUint64(rv.Uint()), strconv.FormatUint(rv.Uint(), 10)}, nil
	case reflect.Float32, reflect.Float64:
		return finite(rv.Float())
	case reflect.String:
		return rv.String(), nil
	case reflect.Slice, reflect.Array:
		if rv.Type().Elem() != byteType {
			return nil, refuse("a slice (type %s) is not one parameter: write a placeholder for each element, or set params=client", typeName(rv.Type()))
		}
		if rv.Kind() == reflect.Slice && rv.IsNil() {
			return nil, nil
		}
		b := make([]byte, rv.Len())
		reflect.Copy(reflect.ValueOf(b), rv)
		return b, nil
	default:
		return nil, refuse("a value of type %s cannot be sent", rv.Type())
	}
}

// textOf formats a scalar as a value of the engine's type.
func textOf(v any, engineType string, loc *time.Location) (string, error) {
	if v == nil {
		return "", refuse("NULL cannot be sent as a parameter: write NULL in the statement, or set params=client")
	}
	typ, ok := thriftrows.ParseType(engineType)
	if !ok {
		return "", refuse("the driver does not support the type %q of the parameter: set params=client", engineType)
	}
	switch typ {
	case thriftrows.Boolean:
		return boolText(v)
	case thriftrows.Integer, thriftrows.Long:
		return wholeText(v, bitsOf(typ, engineType))
	case thriftrows.Float:
		return floatText(v, 32)
	case thriftrows.Double:
		return floatText(v, 64)
	case thriftrows.Decimal128:
		return decimalText(v, engineType)
	case thriftrows.Binary:
		if b, ok := v.([]byte); ok {
			return hexText(b), nil
		}
	case thriftrows.Array, thriftrows.Map, thriftrows.Struct:
		if s, ok := v.(string); ok {
			return validText(s)
		}
	case thriftrows.String:
		return stringText(v, loc)
	case thriftrows.Date:
		return dateText(v, loc)
	case thriftrows.Datetime, thriftrows.Timestamp, thriftrows.Int96:
		return timestampText(v, loc)
	case thriftrows.TimestampTZ:
		return timestampTZText(v)
	case thriftrows.Null:
		return "", refuse("the engine has no type for the parameter: write CAST(? AS ...), or set params=client")
	}
	return "", errMismatch
}

func hexText(b []byte) string {
	literal := appendBinary(nil, b)
	return string(literal[len("X'") : len(literal)-1])
}

func validText(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", refuse("the string is not valid UTF-8; give binary data as []byte")
	}
	return s, nil
}

func boolText(v any) (string, error) {
	switch v := v.(type) {
	case bool:
		return string(appendBool(nil, v)), nil
	case string:
		if s := strings.ToUpper(v); s == "TRUE" || s == "FALSE" {
			return s, nil
		}
		return "", refuse("the string is neither TRUE nor FALSE")
	}
	return "", errMismatch
}

func stringText(v any, loc *time.Location) (string, error) {
	switch v := v.(type) {
	case string:
		return validText(v)
	case bool:
		return boolText(v)
	case float64:
		return floatText(v, 64)
	case number:
		return v.text, nil
	case Date:
		return dateText(v, loc)
	case time.Time:
		return timestampText(v, loc)
	case TimestampTZ:
		return timestampTZText(v)
	}
	return "", errMismatch
}

func dateText(v any, loc *time.Location) (string, error) {
	switch v := v.(type) {
	case Date:
		return clockText(time.Time(v), time.DateOnly)
	case time.Time:
		// The driver returns a DATE as midnight UTC, whatever loc is.
		for _, loc := range [...]*time.Location{nil, loc} {
			if at := clockIn(v, loc); isMidnight(at) {
				return clockText(at, time.DateOnly)
			}
		}
		return "", refuse("the engine expects a DATE, and the time has a time of day in %v: give its date as e6data.Date(t)", clockIn(v, loc).Location())
	case string:
		t, err := parseTime(v, time.DateOnly)
		if err != nil {
			return "", err
		}
		return clockText(t, time.DateOnly)
	}
	return "", errMismatch
}

func timestampText(v any, loc *time.Location) (string, error) {
	switch v := v.(type) {
	case time.Time:
		return clockText(clockIn(v, loc), stamp)
	case TimestampTZ:
		return clockText(clockIn(time.Time(v), loc), stamp)
	case Date:
		y, m, d := time.Time(v).Date()
		return clockText(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), stamp)
	case string:
		t, err := parseTime(v, time.DateTime, "2006-01-02T15:04:05", time.DateOnly)
		if err != nil {
			return "", err
		}
		return clockText(t, stamp)
	}
	return "", errMismatch
}

func timestampTZText(v any) (string, error) {
	switch v := v.(type) {
	case time.Time:
		return clockText(v.UTC(), stampTZ)
	case TimestampTZ:
		return clockText(v.inMinutes(), stampTZ)
	case string:
		t, err := parseTime(v, "2006-01-02 15:04:05Z07:00", time.RFC3339)
		if err != nil {
			return "", err
		}
		return clockText(t, stampTZ)
	}
	return "", errMismatch
}

func clockText(t time.Time, layout string) (string, error) {
	b, err := appendClock(nil, t, layout)
	return string(b), err
}

// parseTime parses s, with or without a fraction of the second. It does not return
// the error of package time, because that error shows s.
func parseTime(s string, layouts ...string) (time.Time, error) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, refuse("the string is not a time of the form %s", layouts[0])
}
