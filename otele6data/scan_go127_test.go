//go:build go1.27

package otele6data_test

import (
	"context"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/XSAM/otelsql"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// From Go 1.27 on the wrapper's rows scan columns, like the driver's.
func TestOtelsqlScansColumns(t *testing.T) {
	t.Parallel()
	srv, tel := newEngine(t, enginetest.Config{}), newTelemetry(t)
	handle(srv)
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer connector.Close()
	ctx := within(t, time.Minute)
	conn, err := otelsql.WrapDriver(wrappedConnector{connector}, otelsql.WithTracerProvider(tel.tracer), otelsql.WithMeterProvider(tel.meter)).(driver.DriverContext).OpenConnector("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := conn.Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rows, err := c.(driver.QueryerContext).QueryContext(ctx, items, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if _, ok := rows.(driver.RowsColumnScanner); !ok {
		t.Errorf("%T does not scan columns", rows)
	}
}

// wrappedConnector is a driver with a single connector.
type wrappedConnector struct{ *e6data.Connector }

func (w wrappedConnector) Open(string) (driver.Conn, error) {
	return w.Connect(context.Background())
}

func (w wrappedConnector) OpenConnector(string) (driver.Connector, error) { return w.Connector, nil }
