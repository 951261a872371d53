// Package adbce6data is an ADBC driver for e6data: Arrow Database Connectivity for Go
// programs, over the driver of package e6data. Results are those of package arrowe6data.
//
//	driver := adbce6data.NewDriver(memory.DefaultAllocator)
//	db, err := driver.NewDatabase(map[string]string{
//		adbc.OptionKeyURI: "e6data://me@example.com:token@e6.example.com:443/sales?catalog=lake&secure=true",
//	})
//	...
//	conn, err := db.Open(ctx)
//	...
//	stmt, err := conn.NewStatement()
//	...
//	err = stmt.SetSqlQuery("SELECT id, price FROM items WHERE id > 100")
//	...
//	reader, _, err := stmt.ExecuteQuery(ctx)
//
// The command cmd/libe6data is the same driver as a shared library with ADBC's C
// interface, for Python and other languages.
//
// # Options
//
// Of a database:
//
//	uri                        the DSN of package e6data; required
//	username, password         the user and the access token, if the DSN lacks them
//	e6data.NAME                any other parameter of the DSN, such as e6data.secure
//
// Of a database, for its connections, and of a connection:
//
//	adbc.connection.catalog    the catalog. Default: that of the DSN.
//	adbc.connection.db_schema  the schema. Default: that of the DSN.
//	adbc.connection.autocommit true only: the engine has no transactions
//
// Of a statement: [OptionQueryTag], [OptionCache] and, to read, [OptionQueryID].
//
// A parameter that is both in the DSN and an option is an error. Setting an unknown
// option is an error with the status NotImplemented. Options can be read, except for
// those that may hold secrets; the value of uri has none.
//
// # Parameters
//
// Bind takes one row, whose fields are the arguments of the statement. They belong to ?
// or $1 in their order, and to :name or @name by their names. A list is the list of an
// IN (?). A timestamp without a zone is a TIMESTAMP, one with a zone a TIMESTAMP_TZ.
// More than one row is an error when the statement is executed, because the engine takes
// one row for each execution.
//
// # Errors
//
// For errors.As, every error is an [adbc.Error]. It has a status, a SQLSTATE, the gRPC
// code of the engine's answer as the vendor code, and details such as [DetailQueryID].
// For errors.Is and errors.As, the error also is that of package e6data, such as
// [e6data.ErrAmbiguousExecution]. No text has a secret.
//
// # Ends
//
// The query of a result ends on the engine when the context of ExecuteQuery ends, and
// when the reader is released. Closing the statement or the connection, or executing
// the statement again, also ends it: the reader returns an error then, and must be
// released all the same. Release the readers before the database is closed, which waits
// until the queries that have ended are cleared on the engine.
//
// # Not implemented
//
// The driver has no bulk ingestion, partitions, statistics, Substrait plans and
// transactions. ExecuteSchema is not implemented, because the engine describes a result
// only after it has executed the query.
package adbce6data
