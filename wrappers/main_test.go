// Package wrappers tests the driver with libraries that wrap drivers to trace, log
// or intercept calls. It contains tests only. They determine which features each
// wrapper keeps and loses; docs/pools-and-wrappers.md has the table.
package wrappers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	xsam "github.com/XSAM/otelsql"
	"github.com/luna-duclos/instrumentedsql"
	"github.com/ngrok/sqlmw"
	sqldblogger "github.com/simukti/sqldb-logger"
	uptrace "github.com/uptrace/opentelemetry-go-extra/otelsql"
	"go.uber.org/goleak"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wrapper is a library that wraps drivers.
type wrapper struct {
	// name is the name of the column in the documentation and of the test.
	name string
	// open returns a pool with the wrapper around the driver.
	open func(t *testing.T, of given) *sql.DB
	// loses holds the properties that the driver has only without the wrapper.
	loses map[string]bool
}

// given is a driver with an existing connector, for wrappers that need a driver. The test
// closes the connector, as an application must if the wrapper does not.
type given struct {
	*e6data.Driver
	connector *e6data.Connector
	dsn       string
}

// OpenConnector returns the connector.
func (g given) OpenConnector(string) (driver.Connector, error) { return g.connector, nil }

// openBy returns a pool of a wrapper that is a driver.
func openBy(t *testing.T, wrapped driver.Driver, dsn string) *sql.DB {
	t.Helper()
	c, err := wrapped.(driver.DriverContext).OpenConnector(dsn)
	must(t, err)
	return sql.OpenDB(c)
}

var wrappers = []wrapper{
	{
		name: "none",
		open: func(_ *testing.T, of given) *sql.DB { return sql.OpenDB(of.connector) },
	},
	{
		name:  "XSAM/otelsql",
		open:  func(_ *testing.T, of given) *sql.DB { return xsam.OpenDB(of.connector) },
		loses: map[string]bool{"`ColumnTypes`: `ScanType`": true},
	},
	{
		name:  "uptrace/otelsql",
		open:  func(_ *testing.T, of given) *sql.DB { return uptrace.OpenDB(of.connector) },
		loses: map[string]bool{"`db.Close` ends the channels": true},
	},
	{
		name: "ngrok/sqlmw",
		open: func(t *testing.T, of given) *sql.DB {
			return openBy(t, sqlmw.Driver(of, new(sqlmw.NullInterceptor)), of.dsn)
		},
		loses: map[string]bool{"`db.Close` ends the channels": true},
	},
	{
		name:  "instrumentedsql",
		open:  func(t *testing.T, of given) *sql.DB { return openBy(t, instrumentedsql.WrapDriver(of), of.dsn) },
		loses: map[string]bool{"`ColumnTypes`: names and sizes": true, "`ColumnTypes`: `ScanType`": true, "`db.Close` ends the channels": true},
	},
	{
		name:  "sqldb-logger",
		open:  func(_ *testing.T, of given) *sql.DB { return sqldblogger.OpenDriver(of.dsn, of, silent{}) },
		loses: map[string]bool{"connections share channels and sessions": true},
	},
}

// silent is a logger for sqldb-logger.
type silent struct{}

func (silent) Log(context.Context, sqldblogger.Level, string, map[string]any) {}

// fixture is a pool on an engine in this process.
type fixture struct {
	*testing.T
	db        *sql.DB
	srv       *enginetest.Server
	connector *e6data.Connector
}

func newFixture(t *testing.T, w wrapper) *fixture {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{})
	handle(srv)
	cfg, err := e6data.ParseDSN(srv.DSN())
	must(t, err)
	connector, err := e6data.NewConnector(cfg)
	must(t, err)
	db := w.open(t, given{&e6data.Driver{}, connector, srv.DSN()})
	t.Cleanup(func() {
		must(t, errors.Join(db.Close(), connector.Close()))
		// Connectors that the wrapper opened may still clear queries.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		must(t, srv.Wait(ctx, func(s enginetest.Stats) bool { return s.Connections == 0 }))
	})
	return &fixture{t, db, srv, connector}
}

// must ends the test if a step fails.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
