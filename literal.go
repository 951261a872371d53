package e6data

import (
	"fmt"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// Literal returns v as a literal of SQL, in the form in which the driver writes
// arguments into statements: 'text', (-42), TIMESTAMP '2024-01-31 23:59:58.123456'.
// It is for code that builds SQL text, such as dialects of query builders. Use
// arguments wherever a statement can have them.
//
// No string can break out of its literal. Doubling the quotes is not sufficient for
// that: a backslash escapes the next character in this dialect, so the string \' OR
// 1=1 -- would end a literal in which only quotes are doubled.
//
// A literal needs white space, a comma, a bracket or an operator on both sides,
// because 'a' directly behind 'b' or X is part of another literal. A time.Time is
// written in UTC, whatever [Config].Loc is. Literal returns an error for a slice, a
// [QueryOption] and a [database/sql.NamedArg], and for the values that the driver
// refuses as arguments. The error contains the value's type and not the value. It
// wraps the error of a Value method.
func Literal(v any) (string, error) {
	text, err := sqltext.Literal(v)
	if err != nil {
		return "", fmt.Errorf("e6data: Literal: %w", err)
	}
	return text, nil
}

// Identifier returns name as a quoted identifier of SQL, such as a table, a column
// or a schema. It quotes one name. Join several with a period, as in
// Identifier(schema) + "." + Identifier(table). The engine keeps the letter case of
// a quoted name, and converts other names to lower case.
//
// No name can break out of its quotes: quotes and backslashes in it are doubled. The
// engine may not find a name with a backslash, because its rule for a backslash in a
// name is not known. A NUL, and bytes that are not UTF-8, become U+FFFD.
func Identifier(name string) string { return sqltext.Identifier(name) }
