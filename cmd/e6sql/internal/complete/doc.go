// Package complete proposes the continuation of SQL that somebody types: keywords,
// functions, catalogs, schemas, tables and columns, as they fit the place. It never
// waits for the engine: a [Cache] fetches lists in the background, and a list that has
// not arrived yet is left out.
package complete
