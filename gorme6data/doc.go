// Package gorme6data is a dialect of e6data for GORM:
//
//	db, err := gorm.Open(gorme6data.Open("e6data://user:token@host:443/sales?catalog=lake&secure=true"), &gorm.Config{})
//
// [New] takes an existing *sql.DB or *e6data.Connector.
//
// # What the engine does not have
//
// The engine has no transactions, keys, generated values, indexes and
// constraints. A request for one of them is an [UnsupportedError], and nothing is
// sent:
//
//   - Create of a model whose integer primary key has no value. GORM expects the
//     database to generate it. Set the key before, or tag the field with
//     autoIncrement:false if 0 is a key.
//   - clause.OnConflict, clause.Returning and clause.Locking. Save of a row that does
//     not exist sends an UPDATE, and then fails because GORM needs OnConflict.
//   - Indexes, constraints and changes of columns in a Migrator. AutoMigrate
//     creates tables without them, and returns a [MigrationError] if a table exists
//     and differs from its model.
//
// GORM's transaction around each write is switched off. Transaction and Begin fail
// with [e6data.ErrTransactions], unless the data source name has
// transactions=noop.
//
// Values go into the statement as the driver's literals (see [e6data.Literal]), in
// ToSQL and in logs, too.
package gorme6data
