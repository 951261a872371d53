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

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// Load adds the table function dbgen and its like to a database, of the DuckDB version that
// go.mod pins.
func Load(db duckdb.Database) error {
	var reason [512]C.char
	if C.e6_load_tpch(db.Ptr, &reason[0], C.int(len(reason))) != 0 {
		return errors.New("loading the TPC-H generator: " + C.GoString(&reason[0]))
	}
	return nil
}
