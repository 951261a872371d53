// Package sqltext knows the text of the engine's SQL dialect (docs/protocol.md, section
// 10), as far as a driver must: it splits a statement into tokens, finds the
// placeholders in it, writes Go values as literals, and puts the literals where
// the placeholders are. It is pure text: no network, no context.
//
// # The dialect
//
//   - Strings in single quotes. A backslash takes the next character with it, and a
//     doubled quote is a quote.
//   - Binary: X'CAFE'.
//   - Names in double quotes, which are doubled in a name. The same in backticks:
//     the dialect may not have them, but nothing in them is a placeholder.
//   - Comments: -- and // up to the next \n or \r, /* */ up to the first */: they do
//     not nest. Where another reader of comments would see another statement, one that
//     nests them or that ends lines elsewhere, arguments are refused (see
//     [Statement.Render]).
//   - Placeholders: every ?, with a number or without; :name and @name, a letter or
//     underscore followed by letters, marks, digits and underscores, :1 and $1, unless
//     they follow a word, number, literal, quoted name, closing bracket or period
//     without a blank (v:field, a[1:n], x::int, user@host). :: and := and @@ and @> are
//     operators.
//
// # Safety
//
// An argument must never become anything but one value. Three things see to that:
//
//   - A string's quotes are doubled and its backslashes too. A reader that knows both
//     forms reads the argument; one without backslash escapes reads doubled
//     backslashes, and one without doubled quotes several strings side by side, but
//     none of them leaves the quotes. That is not so for a quote written \'. Line ends
//     are written \n and \r, so that a literal can end no line comment.
//   - Blanks keep a literal apart from its neighbours, so that neither 'a'? nor x? nor
//     ?'a' fuses with it, and negative numbers are in parentheses: a -? is never
//     a --5, and ?::t casts the whole number.
//   - Only a placeholder that is a member of an IN list takes a slice.
package sqltext
