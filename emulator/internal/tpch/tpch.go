//go:build cgo

// Package tpch adds DuckDB's generator of TPC-H data to a database. DuckDB's archives hold it, but
// the library does not register it.
package tpch

import (
	"errors"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// Load adds the table function dbgen to a database.
func Load(db duckdb.Database) error { return errors.New("no tpch yet") }
