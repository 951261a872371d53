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

// JSON returns a destination for Rows.Scan that decodes JSON into *dst: the text
// of an ARRAY, MAP or STRUCT column, or of any other that holds JSON.
//
//	var tags []string
//	err := rows.Scan(&id, e6data.JSON(&tags))
//
// Objects and arrays in the form of Java's collections, such as {id=7, tags=[x, y]},
// are read as well: engines write both. That form quotes nothing. For a string in T any
// value is a string, except that null is NULL. For an interface in T a value is a
// number, true or false where it reads as one, else a string. A string that holds =, a
// bracket, or a comma and a blank cannot be told from structure. It is an error where
// that shows, as in {a=x=y}. Where it does not show, as in {a=x, b=y}, the string is
// read as structure: for such strings have the statement write JSON, by TO_JSON.
//
// The rules are those of [encoding/json], with these additions. Each value is
// decoded into a fresh T, so nothing of the row before remains in *dst, or
// changes under who kept it. NULL makes *dst the zero value of T: a T that is a
// pointer, slice or map is nil then. The JSON text null does, too, unless T reads
// that itself, as [json.RawMessage] does. Numbers that go into an interface are
// [json.Number], hence exact; [Decimal] takes them exactly, too. Anything but one
// JSON value is an error.
//
// An error is a *[JSONError], and leaves *dst as it is. The Scanner may be used
// for row after row, by one goroutine at a time.
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
		return fmt.Errorf("e6data: a %T is no JSON text for a %v", src, reflect.TypeFor[T]())
	}
	v, err := s.decode(text)
	if err != nil {
		err.Type = reflect.TypeFor[T]()
		return err
	}
	*s.dst = v
	return nil
}

// decode reads text as JSON or in Java's form. Where it is neither, the error is that
// of the reading that got further.
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
	_, syntax := java.Err.(*javaError) //nolint:errorlint // decodeJava wraps nothing around it
	if bad.isJSON() || syntax && java.Offset <= bad.Offset {
		return v, bad
	}
	return v, java
}

// isJSON reports whether the text was JSON, which did not fit the type.
func (e *JSONError) isJSON() bool {
	var mismatch *json.UnmarshalTypeError
	return e.Offset < 0 || errors.As(e.Err, &mismatch)
}

// decodeJava is decodeJSON for Java's form.
func (s *jsonScanner[T]) decodeJava(text string, v *T) *JSONError {
	err := s.java.convert(text, reflect.TypeFor[T]())
	if e, ok := err.(*javaError); ok { //nolint:errorlint // convert wraps nothing around it
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

// JSONError says what of a text could not be decoded by [JSON]. Its message
// shows a piece of the text, of some 60 bytes at most.
type JSONError struct {
	// Type is what was decoded into.
	Type reflect.Type
	// Offset is where in the text the fault is, in bytes from 0; -1 where that is
	// not known, since an UnmarshalJSON or UnmarshalText method failed. One whose
	// error is itself of package json may make Offset wrong.
	Offset int
	// Path leads to the value there, such as items[2].price; empty for the
	// outermost and where Offset is -1.
	Path string
	// Near is the text around Offset.
	Near string
	// Err is the cause: a *json.SyntaxError, a *json.UnmarshalTypeError or
	// another.
	Err error
}

// maxCause bounds a cause's message in bytes, which may hold data.
const maxCause = 200

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

// decodeJSON decodes all of text into *v. The error lacks its Type.
func decodeJSON(text string, v any) *JSONError {
	// Without spaces before the value, all offsets are in the same text.
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

// level is an array or object that a JSON value lies in.
type level struct {
	array bool
	index int    // of the current element
	key   string // of the current member
	named bool   // the key was read, its value was not
}

// locate returns where the token begins that ends at or behind end, and the
// path to it. Where none does, it returns how far there are tokens.
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

// enter tells of the next token of l that is not of a deeper level.
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

// maxPath bounds a path in bytes: keys are data.
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

// excerpt returns the text around a position, whole characters as far as they
// are.
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
