package sqltext

import (
	"errors"
	"fmt"
	"strings"
)

// Literal returns the literal that [Statement.Render] puts in the place of a value,
// without the blanks around it. A slice has none.
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

// Identifier returns a name in double quotes, which are doubled in it. Backslashes are
// doubled, too: whether the engine takes one with the next character is not known, and
// one before a quote would end the name for one of the two readers. NUL and bytes that
// are no UTF-8 become U+FFFD.
func Identifier(name string) string {
	return `"` + inName.Replace(strings.ToValidUTF8(name, "\ufffd")) + `"`
}
