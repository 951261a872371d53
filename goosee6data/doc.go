// Package goosee6data runs goose's migrations on e6data:
//
//	provider, err := goosee6data.NewProvider(db, os.DirFS("migrations"))
//	results, err := provider.Up(ctx)
//
// The files are those of goose, NAME.sql with "-- +goose Up" and "-- +goose Down".
// The driver's own splitter finds the statements: "-- +goose StatementBegin" is not
// necessary, and semicolons in literals and comments are no ends.
//
// The engine has no transactions and no locks. A migration that fails in its middle
// leaves the statements before it, and is not recorded. Two programs must not migrate at
// the same time. The table of versions is a log: a row is added when a migration is
// applied, and another one when it is rolled back.
package goosee6data
