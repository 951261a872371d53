// Package drivers replaces the package of usql, which would download the drivers of
// all its databases. It has the parts of the interface that the e6data driver uses.
package drivers

import (
	"context"
	"database/sql"
)

// DB is the type of Version's argument.
type DB interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Driver is usql's description of a driver.
type Driver struct {
	AllowMultilineComments bool
	AllowCComments         bool
	Version                func(context.Context, DB) (string, error)
	User                   func(context.Context, DB) (string, error)
	IsPasswordErr          func(error) bool
	RowsAffected           func(sql.Result) (int64, error)
	Err                    func(error) (string, string)
}

var registered = map[string]Driver{}

// Register registers a driver under its name.
func Register(name string, d Driver, _ ...string) { registered[name] = d }

// Available returns the registered drivers.
func Available() map[string]Driver { return registered }
