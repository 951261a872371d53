// Package sqltext handles the text of the engine's SQL dialect (docs/protocol.md,
// section 10), as far as a driver must. It splits a statement into tokens, finds the
// placeholders, writes Go values as literals, and puts the literals in the places of
// the placeholders. It does no I/O.
//
// # The dialect
//
//   - Strings in single quotes. A backslash escapes the next character, and a
//     doubled quote is a quote.
//   - Binary: X'CAFE'.
//   - Names in double quotes. A double quote in a name is doubled. The same holds
//     for backticks: the dialect may not have them, and no placeholder is found
//     in them.
//   - Comments: -- and // up to the next \n or \r, and /* up to the first */. Comments
//     do not nest. If a parser that nests comments or that has other line ends would
//     read the statement differently, arguments are refused (see [Statement.Render]).
//   - Placeholders: every ?, with a number or without; :name and @name, a letter or
//     underscore followed by letters, marks, digits and underscores, :1 and $1, unless
//     they follow a word, number, literal, quoted name, closing bracket or period
//     without a blank (v:field, a[1:n], x::int, user@host). :: and := and @@ and @> are
//     operators.
//
// # Safety
//
// An argument must always become exactly one value. Three rules ensure that:
//
//   - Quotes and backslashes in a string are doubled. A parser with both escapes reads
//     the argument. A parser without backslash escapes reads doubled backslashes. A
//     parser without doubled quotes reads several strings side by side. No parser
//     leaves the quotes. A quote written \' would not have this property. Line ends
//     are written \n and \r, so that a literal cannot end a line comment.
//   - Blanks separate a literal from its neighbours, so that 'a'?, x? and ?'a' do not
//     merge with it. Negative numbers are in parentheses, so that a -? does not become
//     a --5, and ?::t casts the whole number.
//   - A slice is accepted only for a placeholder that is a member of an IN
//     list.
package sqltext
