//go:build cgo

// Package tpch adds DuckDB's generator of TPC-H data to a database. DuckDB's archives hold it, but
// the library does not register it, and its C interface cannot.
package tpch

/*
#cgo CXXFLAGS: -std=c++11
#include "load.h"
*/
import "C"

import (
	"errors"
	"sync"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// generating is held while data are generated: the generator has static tables, which it fills without
// a lock, whatever the database.
var generating sync.Mutex

// Generate adds TPC-H's functions, such as dbgen, to a database and calls f, which may use them.
// DuckDB must have the version that go.mod pins. One f runs at a time in a process.
func Generate(db duckdb.Database, f func() error) error {
	generating.Lock()
	defer generating.Unlock()
	var reason [512]C.char
	if C.e6_load_tpch(db.Ptr, &reason[0], C.int(len(reason))) != 0 {
		return errors.New("loading the TPC-H generator: " + C.GoString(&reason[0]))
	}
	return f()
}
