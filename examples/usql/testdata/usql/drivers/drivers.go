// Package drivers stands in for that of usql, which needs the drivers of all its
// databases to be downloaded: it has the parts of its interface that the e6data driver
// uses.
package drivers

import (
	"context"
	"database/sql"
)

// DB is what Version is called with.
type DB interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Driver is what usql knows of a driver.
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

// Register keeps a driver under its name.
func Register(name string, d Driver, _ ...string) { registered[name] = d }

// Available returns the registered drivers.
func Available() map[string]Driver { return registered }
