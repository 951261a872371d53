//go:build !cgo

package emulator

import "errors"

// openEngine fails: DuckDB is a C++ library.
func openEngine(Config) (engine, error) {
	return nil, errors.New("emulator: this program was built without cgo, which the database (DuckDB) needs:" +
		" install a C compiler, such as gcc or clang, and build it with CGO_ENABLED=1")
}
