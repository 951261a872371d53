package sqltext

import (
	"errors"
	"fmt"
	"strings"
)

// Literal returns the literal that [Statement.Render] writes for a value, without
// the blanks around it. For a slice it returns an error.
func Literal(v any) (string, error) { return literalOf(v, inValue) }

func literalOf(v any, at place) (string, error) {
	b, err := appendValue(nil, v, at, nil)
	if err == nil {
		return string(b), nil
	}
	if e, ok := errors.AsType[*valueError](err); ok && e.err != nil {
		return "", fmt.Errorf("%s: %w", e.reason, e.err)
	}
	return "", err
}

var inName = strings.NewReplacer(`"`, `""`, `\`, `\\`, "\x00", "\ufffd")

// Identifier returns a name in double quotes. Double quotes in the name are doubled.
// Backslashes are doubled, too: it is not known whether the engine reads a backslash
// as an escape, and then a backslash before a quote would change the end of the name.
// NUL and bytes that are not UTF-8 become U+FFFD.
func Identifier(name string) string {
	return `"` + inName.Replace(strings.ToValidUTF8(name, "\ufffd")) + `"`
}
