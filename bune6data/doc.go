// Package bune6data is a dialect of e6data for bun.
//
//	pool, err := sql.Open("e6data", dsn)
//	...
//	db := bun.NewDB(pool, bune6data.New())
//
// bun writes the arguments of a query into its text. The dialect writes them as the
// driver does, so that no text ends its literal; see [e6data.Literal]. In the text of
// a query a placeholder needs a blank or an operator other than a minus sign before
// it, because bun writes the number -5 as it is.
//
// Models need their own keys: an INSERT of a model with the option autoincrement and
// without a key is refused before anything is sent. The driver refuses transactions. bun
// writes no RETURNING for this dialect, so that Returning reads nothing. bun writes ON
// CONFLICT as the application gave it; e6data's documents do not have that clause.
package bune6data
