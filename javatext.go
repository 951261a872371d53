package e6data

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// javaText reads nested values in the form in which Java's collections print them
// (docs/protocol.md, section 12), such as {id=7, tags=[x, y]}, and writes them as
// JSON. Java's form has no quotes, so the destination's type decides which values
// are strings.
type javaText struct {
	text string
	pos  int
	out  []byte
	// marks map positions in out to positions in text.
	marks []mark
	// fields maps each struct type to the types of its fields, by their names in
	// JSON.
	fields map[reflect.Type]map[string]reflect.Type
}

type mark struct{ out, text int }

// javaError is the error for a place where text is not in Java's form.
type javaError struct {
	at     int
	reason string
}

func (e *javaError) Error() string { return e.reason }

// maxJavaDepth bounds the nesting of values. Package json has the same bound.
const maxJavaDepth = 1000

// looksJava reports whether the beginning of text is impossible in JSON and possible
// in Java's form.
func looksJava(text string) bool {
	rest := strings.TrimLeft(strings.TrimLeft(text, jsonSpace), "[")
	return len(rest) > 1 && rest[0] == '{' && !strings.ContainsRune(`"}`+jsonSpace, rune(rest[1]))
}

// mayBeJava reports whether text, which could not be decoded as JSON, may be in
// Java's form. isJSON reports that text is JSON whose type did not fit. An array of
// strings that look like numbers is JSON, too, but Java's form has no quotes.
func mayBeJava(text string, isJSON bool) bool {
	text = strings.TrimLeft(text, jsonSpace)
	return text != "" && (text[0] == '{' || text[0] == '[') && !(isJSON && strings.Contains(text, `"`))
}

// convert writes all of text as JSON for a value of type t. Its error is a
// *javaError.
func (j *javaText) convert(text string, t reflect.Type) error {
	j.text = strings.TrimRight(text, jsonSpace)
	j.pos = len(text) - len(strings.TrimLeft(text, jsonSpace))
	j.out, j.marks = j.out[:0], j.marks[:0]
	err := j.value(t, 0, false)
	if err == nil && j.pos < len(j.text) {
		err = &javaError{j.pos, errMoreJSON.Error()}
	}
	return err
}

// textAt returns the position in text of the JSON at position out.
func (j *javaText) textAt(out int) int {
	at := 0
	for _, m := range j.marks {
		if m.out > out {
			break
		}
		at = m.text
	}
	return at
}

// value converts the value at pos, for a destination of type t. A nil t means any.
// member reports whether the value belongs to a member of an object.
func (j *javaText) value(t reflect.Type, depth int, member bool) error {
	j.marks = append(j.marks, mark{len(j.out), j.pos})
	if depth > maxJavaDepth {
		return &javaError{j.pos, fmt.Sprintf("values nest deeper than %d", maxJavaDepth)}
	}
	if j.pos < len(j.text) {
		switch j.text[j.pos] {
		case '{':
			return j.object(destination(t), depth)
		case '[':
			return j.array(destination(t), depth)
		}
	}
	if depth == 0 {
		return &javaError{j.pos, "neither JSON nor an object or array in Java's form"}
	}
	scalar, err := j.scalar(member)
	if err == nil {
		j.out = appendScalar(j.out, scalar, t)
	}
	return err
}

func (j *javaText) object(t reflect.Type, depth int) error {
	var keys map[string]bool // each key of a Java map is unique
	return j.elements('}', func() error {
		begin := j.pos
		end := strings.IndexAny(j.text[begin:], "={}[]")
		if end < 0 || j.text[begin+end] != '=' || strings.HasPrefix(j.text[begin:], `"`) {
			return &javaError{begin, "no key with = after it, as Java's form has"}
		}
		key := j.text[begin : begin+end]
		switch {
		case strings.Contains(key, ", "):
			return &javaError{begin, "a comma in a string, or a key without a value"}
		case keys[key]:
			return &javaError{begin, "a key occurs twice, or a string looks like a member"}
		}
		if keys == nil {
			keys = make(map[string]bool)
		}
		keys[key] = true
		j.out = append(appendQuoted(j.out, key), ':')
		j.pos = begin + end + 1
		return j.value(j.memberType(t, key), depth+1, true)
	})
}

func (j *javaText) array(t reflect.Type, depth int) error {
	var elem reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		elem = t.Elem()
	}
	return j.elements(']', func() error { return j.value(elem, depth+1, false) })
}

// elements writes the brackets of the object or array at pos, and calls element for
// each part between them.
func (j *javaText) elements(closing byte, element func() error) error {
	j.out = append(j.out, j.text[j.pos])
	j.pos++
	for first := true; ; first = false {
		if first && strings.HasPrefix(j.text[j.pos:], string(closing)) {
			break
		}
		if err := element(); err != nil {
			return err
		}
		if strings.HasPrefix(j.text[j.pos:], ", ") {
			j.out = append(j.out, ',')
			j.pos += len(", ")
			continue
		}
		if !strings.HasPrefix(j.text[j.pos:], string(closing)) {
			return &javaError{j.pos, fmt.Sprintf("neither a comma and a blank nor %q", closing)}
		}
		break
	}
	j.out = append(j.out, closing)
	j.pos++
	return nil
}

// scalar returns the value at pos that is no object or array. The value ends before
// a comma and a blank, or before a closing bracket. A character that makes it
// ambiguous is an error.
func (j *javaText) scalar(member bool) (string, error) {
	rest := j.text[j.pos:]
	end := 0
	for end < len(rest) {
		switch c := rest[end]; {
		case c == '}' || c == ']' || strings.HasPrefix(rest[end:], ", "):
			s := rest[:end]
			j.pos += end
			return s, nil
		case c == '"' && end == 0:
			return "", &javaError{j.pos, "a quote, which Java's form does not have"}
		case c == '{' || c == '[' || c == '=' && member:
			return "", &javaError{j.pos + end, fmt.Sprintf("a %q in a string", c)}
		}
		end++
	}
	return "", &javaError{len(j.text), "the text ends in the middle of a value"}
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonNumber      = reflect.TypeFor[json.Number]()
)

// destination returns the type behind t's pointers. It returns nil, which means any,
// if t has an UnmarshalJSON method.
func destination(t reflect.Type) reflect.Type {
	for t != nil {
		if t.Implements(jsonUnmarshaler) || reflect.PointerTo(t).Implements(jsonUnmarshaler) {
			return nil
		}
		if t.Kind() != reflect.Pointer {
			return t
		}
		t = t.Elem()
	}
	return nil
}

// appendScalar appends a value that is no object or array as JSON, for a destination
// of type t. It writes a string if t is a string, or if the value is not a number,
// true or false.
func appendScalar(out []byte, s string, t reflect.Type) []byte {
	if s == "null" {
		return append(out, s...)
	}
	if t = destination(t); t != nil {
		isText := t.Kind() == reflect.String || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 ||
			t.Implements(textUnmarshaler) || reflect.PointerTo(t).Implements(textUnmarshaler)
		if isText && t != jsonNumber {
			return appendQuoted(out, s)
		}
	}
	if s != "" && strings.TrimSpace(s) == s && json.Valid([]byte(s)) {
		return append(out, s...)
	}
	return appendQuoted(out, s)
}

func appendQuoted(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// memberType returns the destination's type for a member of an object. A nil type
// means any.
func (j *javaText) memberType(t reflect.Type, key string) reflect.Type {
	switch {
	case t == nil:
		return nil
	case t.Kind() == reflect.Map:
		return t.Elem()
	case t.Kind() != reflect.Struct:
		return nil
	}
	fields, ok := j.fields[t]
	if !ok {
		fields = jsonFields(t)
		if j.fields == nil {
			j.fields = make(map[reflect.Type]map[string]reflect.Type)
		}
		j.fields[t] = fields
	}
	if f, ok := fields[key]; ok {
		return f
	}
	return fields[strings.ToLower(key)]
}

// jsonFields returns the types of a struct's fields by their names in JSON. It
// includes the names in lower case, which are used if no name matches exactly.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type)
	folded := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		fields[name] = f.Type
		folded[strings.ToLower(name)] = f.Type
	}
	for name, t := range folded {
		if _, ok := fields[name]; !ok {
			fields[name] = t
		}
	}
	return fields
}
