// Package dialect rewrites statements of e6data's SQL dialect into DuckDB's, for an
// emulator of the engine. It is pure Go: it opens no database.
//
// [Rewrite] works on tokens. It does not parse: an unknown construct keeps its tokens, and
// DuckDB's parser accepts or refuses them. The rules are:
//
//   - Literals, comments, types, intervals, lambdas and JSON paths are written in
//     DuckDB's form.
//   - A function must be on the list of this package. DuckDB has functions of the same
//     name with another meaning, so an unknown function is an [Error].
//   - A function whose result has another type in DuckDB is cast, wherever it stands, so
//     that the same expression in a projection, GROUP BY and ORDER BY stays the same.
//   - An item of a projection that has no alias is named as it is written.
//   - A statement that the engine refuses is an [Error], if the tokens show the reason.
//
// # The database
//
// The rewritten text needs the macros of [Macros], which belong to a database, and the
// settings of [Settings], which belong to a connection.
//
// # Choices
//
// The engine's answer to some questions is not known. The package has chosen: DATE plus an interval
// of hours is TIMESTAMP, plus days or more DATE; integers divide to integers; NULL is
// the largest value in an order; a division by zero is NULL; CONCAT skips NULL; JSON_EXTRACT returns text without
// quotes; ARRAY_POSITION returns 0 where it finds nothing; DAYNAME returns the full name;
// lengths and positions are INTEGER; backslash followed by another character than n, r
// and t is that character. The type of SUM is DuckDB's.
package dialect
