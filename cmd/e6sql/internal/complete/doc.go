// Package complete proposes the continuation of SQL that somebody types: keywords,
// functions, catalogs, schemas, tables and columns, as they fit the place. It never
// waits for the engine: it uses the lists that are known, and leaves out a list that has
// not arrived yet.
package complete
