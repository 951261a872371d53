package e6data

import (
	"fmt"

	"github.com/e6data/e6data-go/internal/sqltext"
)

// Literal returns v as it stands in a statement, the same text that the driver writes
// in the place of an argument: 'text', (-42), TIMESTAMP '2024-01-31 23:59:58.123456'. It
// is for SQL that is built as text, in dialects of query builders and in tools; where a
// statement can have arguments, they are the better way.
//
// No string leaves its literal. To double quotes is not enough for that: a backslash
// takes the next character with it in this dialect, so that the string \' OR 1=1 -- ends
// the literal of anybody who doubles quotes alone.
//
// A literal needs white space, a comma, a bracket or an operator on both sides, for 'a'
// right behind 'b' or X would be another literal. A time.Time is written in UTC, whatever
// [Config].Loc says. Of a slice, a [QueryOption] and a [database/sql.NamedArg] no literal can
// be made, nor of the values that the driver refuses as arguments. The error names the
// value's type and does not show the value; it wraps the error of a failed Value method.
func Literal(v any) (string, error) {
	text, err := sqltext.Literal(v)
	if err != nil {
		return "", fmt.Errorf("e6data: Literal: %w", err)
	}
	return text, nil
}

// Identifier returns a name in double quotes, as it stands in a statement: of a table, a
// column, a schema. It is one name: those of a table in a schema are joined by a period,
// as in Identifier(schema) + "." + Identifier(table). The engine reads names in quotes
// as they are and others in lower case.
//
// No name leaves its quotes. A quote in the name is doubled, and so is a backslash: how
// the engine reads one in a name is not known, and a name that has one may not be found.
// A NUL and bytes that are no UTF-8 become U+FFFD.
func Identifier(name string) string { return sqltext.Identifier(name) }
