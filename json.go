package e6data

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON returns a destination for Rows.Scan that decodes JSON into *dst. It is for
// ARRAY, MAP and STRUCT columns, and for any other column with JSON text.
//
//	var tags []string
//	err := rows.Scan(&id, e6data.JSON(&tags))
//
// JSON also reads objects and arrays in the form in which Java's collections print
// them, such as {id=7, tags=[x, y]}, because some engines send that form. It has no
// quotes. If T has a string at some place, any value is a string there, except that
// null is NULL. If T has an interface there, a value is a number, true or false if
// it looks like one, else a string. A string that contains =, a bracket, or a comma
// and a blank looks like structure. If this is noticeable, as in {a=x=y}, it is an
// error. If not, as in {a=x, b=y}, the string is read as structure. For such
// strings, let the statement produce JSON with TO_JSON.
//
// The rules are those of [encoding/json], with these additions. Each value is
// decoded into a new T, so *dst keeps nothing of the row before, and values that the
// caller kept do not change. NULL makes *dst the zero value of T, which is nil for a
// pointer, slice or map. So does the JSON text null, unless T decodes null itself,
// as [json.RawMessage] does. Numbers in an interface are of type [json.Number],
// hence exact. [Decimal] decodes them exactly, too. Any text other than one JSON
// value is an error.
//
// An error is a *[JSONError] and leaves *dst unchanged. The Scanner may be used for
// several rows, by one goroutine at a time.
func JSON[T any](dst *T) sql.Scanner { return &jsonScanner[T]{dst: dst} }

type jsonScanner[T any] struct {
	dst  *T
	java javaText
}

func (s *jsonScanner[T]) Scan(src any) error {
	if s.dst == nil {
		return fmt.Errorf("e6data: JSON needs a destination, not a nil %T", s.dst)
	}
	var text string
	switch src := src.(type) {
	case string:
		text = src
	case []byte:
		text = string(src)
	case nil:
		*s.dst = *new(T)
		return nil
	default:
		return fmt.Errorf("e6data: a %T is not a JSON text for a %v", src, reflect.TypeFor[T]())
	}
	v, err := s.decode(text)
	if err != nil {
		err.Type = reflect.TypeFor[T]()
		return err
	}
	*s.dst = v
	return nil
}

// decode decodes text as JSON or as Java's form. If neither succeeds, it returns the
// error that occurred later in the text.
func (s *jsonScanner[T]) decode(text string) (T, *JSONError) {
	var v T
	var bad *JSONError
	if !looksJava(text) {
		if bad = decodeJSON(text, &v); bad == nil || !mayBeJava(text, bad.isJSON()) {
			return v, bad
		}
		v = *new(T)
	}
	java := s.decodeJava(text, &v)
	if java == nil {
		return v, nil
	}
	if bad == nil {
		bad = decodeJSON(text, new(T))
	}
	_, syntax := java.Err.(*javaError) //nolint:errorlint // decodeJava does not wrap the error
	if bad.isJSON() || syntax && java.Offset <= bad.Offset {
		return v, bad
	}
	return v, java
}

// isJSON reports whether the text was JSON that did not fit the type.
func (e *JSONError) isJSON() bool {
	var mismatch *json.UnmarshalTypeError
	return e.Offset < 0 || errors.As(e.Err, &mismatch)
}

// decodeJava does for Java's form what decodeJSON does for JSON.
func (s *jsonScanner[T]) decodeJava(text string, v *T) *JSONError {
	err := s.java.convert(text, reflect.TypeFor[T]())
	if e, ok := err.(*javaError); ok { //nolint:errorlint // convert does not wrap the error
		return &JSONError{Offset: e.at, Near: excerpt(text, e.at), Err: e}
	}
	e := decodeJSON(string(s.java.out), v)
	if e != nil && e.Offset >= 0 {
		e.Offset = s.java.textAt(e.Offset)
	}
	if e != nil {
		e.Near = excerpt(text, max(e.Offset, 0))
	}
	return e
}

// JSONError is the error for a text that [JSON] cannot decode. Its message contains
// at most about 60 bytes of the text.
type JSONError struct {
	// Type is the type of the destination.
	Type reflect.Type
	// Offset is the position of the fault in the text, in bytes from 0. It is -1 if
	// the position is unknown because an UnmarshalJSON or UnmarshalText method
	// failed. If such a method returns an error of package json, Offset may be
	// wrong.
	Offset int
	// Path is the path to the value at Offset, such as items[2].price. It is empty
	// for the outermost value, and if Offset is -1.
	Path string
	// Near is the text around Offset.
	Near string
	// Err is the cause, such as a *json.SyntaxError or a *json.UnmarshalTypeError.
	Err error
}

// maxCause bounds the message of a cause, which may contain data, in bytes.
const maxCause = 200

// Error returns the cause, its place, and the text around it.
func (e *JSONError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "e6data: JSON for a %v", e.Type)
	if e.Offset >= 0 {
		fmt.Fprintf(&b, ", byte %d", e.Offset)
	}
	if e.Path != "" {
		fmt.Fprintf(&b, ", %s", e.Path)
	}
	cause := e.Err.Error()
	if len(cause) > maxCause {
		cause = cause[:maxCause] + "..."
	}
	fmt.Fprintf(&b, ": %s, in %#q", strings.ToValidUTF8(cause, ""), e.Near)
	return b.String()
}

// Unwrap returns Err.
func (e *JSONError) Unwrap() error { return e.Err }

const jsonSpace = " \t\r\n"

var (
	errNoJSON   = errors.New("no JSON value")
	errMoreJSON = errors.New("more text after the JSON value")
)

// decodeJSON decodes all of text into *v. The Type of its error is not set.
func decodeJSON(text string, v any) *JSONError {
	// Offsets count from here, so leading spaces must not count.
	value := strings.TrimLeft(text, jsonSpace)
	before := len(text) - len(value)
	dec := json.NewDecoder(strings.NewReader(value))
	dec.UseNumber()
	err := dec.Decode(v)

	e := &JSONError{Offset: -1, Err: err}
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		end := int(dec.InputOffset())
		rest := strings.TrimLeft(value[end:], jsonSpace)
		if rest == "" {
			return nil
		}
		e.Err, e.Offset = errMoreJSON, len(text)-len(rest)
	case value == "":
		e.Err, e.Offset = errNoJSON, len(text)
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Offset = len(text)
		_, e.Path = locate(value, len(value))
	case errors.As(err, &syntax):
		at := min(max(int(syntax.Offset)-1, 0), len(value))
		e.Offset = before + at
		_, e.Path = locate(value, at+1)
	case errors.As(err, &mismatch):
		at, path := locate(value, int(mismatch.Offset))
		e.Offset, e.Path = before+at, path
	}
	e.Near = excerpt(text, max(e.Offset, 0))
	return e
}

// level is an array or object around a JSON value.
type level struct {
	array bool
	index int    // of the current element
	key   string // of the current member
	named bool   // the key was read, and its value was not
}

// locate returns the position and path of the first token that ends at or behind
// end. If there is none, it returns the position up to which there are tokens.
func locate(text string, end int) (at int, path string) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var levels []level
	for {
		prev := int(dec.InputOffset())
		token, err := dec.Token()
		if err != nil {
			return prev, pathOf(levels)
		}
		delim, _ := token.(json.Delim)
		closing := delim == ']' || delim == '}'
		if n := len(levels); n > 0 && !closing {
			levels[n-1].enter(token)
		}
		if closing {
			levels = levels[:len(levels)-1]
		}
		if now := int(dec.InputOffset()); now >= end {
			rest := strings.TrimLeft(text[prev:now], jsonSpace+",:")
			return now - len(rest), pathOf(levels)
		}
		if delim == '[' || delim == '{' {
			levels = append(levels, level{array: delim == '[', index: -1})
		}
	}
}

// enter records the next token of l that does not belong to a deeper level.
func (l *level) enter(token json.Token) {
	switch {
	case l.array:
		l.index++
	case l.named:
		l.named = false
	default:
		l.key, _ = token.(string)
		l.named = true
	}
}

// maxPath bounds a path in bytes, because its keys are data.
const maxPath = 200

func pathOf(levels []level) string {
	var b strings.Builder
	for _, l := range levels {
		switch {
		case l.array && l.index >= 0:
			b.WriteString("[" + strconv.Itoa(l.index) + "]")
		case !l.array && l.key != "":
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(l.key)
		}
		if b.Len() > maxPath {
			return strings.ToValidUTF8(b.String()[:maxPath], "") + "..."
		}
	}
	return b.String()
}

// excerpt returns the text around a position. It does not cut characters if
// possible.
func excerpt(text string, at int) string {
	const reach = 24
	from, to := max(at-reach, 0), min(at+reach, len(text))
	for from > 0 && from < at && !utf8.RuneStart(text[from]) {
		from++
	}
	for to < len(text) && to > at && !utf8.RuneStart(text[to]) {
		to--
	}
	s := text[from:to]
	if from > 0 {
		s = "..." + s
	}
	if to < len(text) {
		s += "..."
	}
	return s
}
