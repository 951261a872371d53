// Package emulator is an e6data engine in a box: real SQL behind the real protocol, inside the
// test's process or a program of its own.
//
//	srv := emulator.Start(t, emulator.Config{Demo: true})
//	db, err := sql.Open("e6data", srv.DSN("catalog=demo"))
//	rows, err := db.Query("SELECT kind, COUNT(*) FROM events GROUP BY kind")
//
// DuckDB runs the statements, in the process. Package enginetest's server speaks the protocol: its
// faults, colours, sessions, books and proxies are there for SQL, too.
//
// The package needs cgo, that is a C compiler to link with. A program that is built without cgo
// compiles, and [New] returns an error that names the compiler.
//
// # Catalogs
//
// A server has a database of its own, in memory or in a file: the catalog "local" with the schema
// that [enginetest.Config.Database] names. It is the default catalog. [Config.Demo] and
// [Config.Scale] add the catalogs "demo" and "tpch".
//
// # What differs from an engine
//
// Unknown functions and types are refused, and so are values that no column type of the
// protocol can carry, and TIME and INTERVAL columns. Statements other than SELECT,
// INSERT, UPDATE, DELETE, MERGE, CREATE, ALTER, DROP and EXPLAIN are refused, and files cannot be read.
// CREATE, ALTER, DROP and MERGE are the emulator's own: the engine's are not documented.
package emulator
