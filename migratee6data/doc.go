// Package migratee6data is a driver of e6data for golang-migrate:
//
//	import _ "github.com/e6data/e6data-go/migratee6data"
//
//	m, err := migrate.New("file://migrations", "e6data://user:token@host:443/sales?catalog=lake&secure=true")
//
// The parameter x-migrations-table of the URL names the table of versions. Default:
// schema_migrations. [WithInstance] takes an existing *sql.DB.
//
// The engine has no transactions and no locks. A migration that fails in its middle
// leaves the statements before it, and golang-migrate calls the database dirty. Two
// programs must not migrate at the same time: Lock works inside of one driver only. The
// table of versions is a log that grows by two rows a migration.
package migratee6data
