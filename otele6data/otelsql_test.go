package otele6data_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

const (
	items    = "SELECT id, name, price, day FROM items"
	noItems  = "DELETE FROM items"
	mistaken = "SELECT nothing FROM nowhere"
	where    = "SELECT 'where'"
)

// handle scripts the engine's results.
func handle(srv *enginetest.Server) {
	result := enginetest.NewResult().Column("id", "LONG").Column("name", "STRING").Column("price", "DECIMAL(10,2)").Column("day", "DATE").BatchRows(10)
	for i := range 25 {
		result.Row(i, "item", "12.30", time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC))
	}
	srv.Handle(items, result)
	srv.Handle(noItems, enginetest.NewResult().Column("rows", "LONG").Row(3).RowCount(1))
	srv.Handle(mistaken, enginetest.NewResult().Fail(enginetest.PhasePrepare, errors.New("no table nowhere")))
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		if !strings.HasSuffix(q.SQL, where) {
			return enginetest.EchoLiterals(q)
		}
		return enginetest.NewResult().Column("catalog", "STRING").Column("schema", "STRING").Row(q.Catalog, q.Schema), nil
	})
}

// wrapped opens pools on srv with otelsql around the driver: one by name and
// one by connector. They are closed before srv.
func wrapped(t *testing.T, tel *telemetry, srv *enginetest.Server, opts ...e6data.Option) map[string]*sql.DB {
	t.Helper()
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	connector, err := e6data.NewConnector(cfg, opts...)
	if err != nil {
		t.Fatal(err)
	}
	with := []otelsql.Option{
		otelsql.WithTracerProvider(tel.tracer), otelsql.WithMeterProvider(tel.meter),
		otelsql.WithAttributes(attribute.String("db.system.name", "e6data")),
	}
	opened, err := otelsql.Open("e6data", srv.DSN(), with...)
	if err != nil {
		t.Fatal(err)
	}
	pools := map[string]*sql.DB{"Open": opened, "OpenDB": otelsql.OpenDB(connector, with...)}
	t.Cleanup(func() {
		for name, db := range pools {
			if err := db.Close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	return pools
}

func underOtelsql(t *testing.T, test func(t *testing.T, db *sql.DB, tel *telemetry)) {
	t.Helper()
	for _, how := range []string{"Open", "OpenDB"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			srv, tel := newEngine(t, enginetest.Config{}), newTelemetry(t)
			handle(srv)
			test(t, wrapped(t, tel, srv)[how], tel)
		})
	}
}

func TestOtelsqlQuery(t *testing.T) {
	t.Parallel()
	underOtelsql(t, func(t *testing.T, db *sql.DB, tel *telemetry) {
		ctx := within(t, time.Minute)
		if err := db.PingContext(ctx); err != nil {
			t.Fatal(err)
		}
		rows, err := db.QueryContext(ctx, items)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		types, err := rows.ColumnTypes()
		if err != nil {
			t.Fatal(err)
		}
		if precision, scale, ok := types[2].DecimalSize(); types[2].DatabaseTypeName() != "DECIMAL" || precision != 10 || scale != 2 || !ok {
			t.Errorf("%v %d %d %v", types[2].DatabaseTypeName(), precision, scale, ok)
		}
		n := int64(0)
		for ; rows.Next(); n++ {
			var id int64
			var name, price sql.NullString
			var day time.Time
			if err := rows.Scan(&id, &name, &price, &day); err != nil {
				t.Fatal(err)
			}
			if id != n || name.String != "item" || price.String != "12.30" || day.Day() != 31 {
				t.Fatalf("row %d: %d %v %v %v", n, id, name, price, day)
			}
		}
		if err := rows.Err(); err != nil || n != 25 {
			t.Errorf("%d rows, %v", n, err)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		tel.span("sql.conn.query")
		tel.span("sql.rows")
	})
}

func TestOtelsqlExecAndPrepare(t *testing.T) {
	t.Parallel()
	underOtelsql(t, func(t *testing.T, db *sql.DB, tel *telemetry) {
		ctx := within(t, time.Minute)
		if _, err := db.ExecContext(ctx, noItems); err != nil {
			t.Fatal(err)
		}
		tel.span("sql.conn.exec")
		stmt, err := db.PrepareContext(ctx, items)
		if err != nil {
			t.Fatal(err)
		}
		defer stmt.Close()
		for range 2 {
			var id int64
			var rest [3]any
			if err := stmt.QueryRowContext(ctx).Scan(&id, &rest[0], &rest[1], &rest[2]); err != nil || id != 0 {
				t.Errorf("%d, %v", id, err)
			}
		}
	})
}

// otelsql returns the driver's errors, and records them on its span.
func TestOtelsqlErrors(t *testing.T) {
	t.Parallel()
	underOtelsql(t, func(t *testing.T, db *sql.DB, tel *telemetry) {
		ctx := within(t, time.Minute)
		rows, err := db.QueryContext(ctx, mistaken)
		if err == nil {
			rows.Close()
		}
		var e *e6data.Error
		if !errors.As(err, &e) || e.Phase != e6data.PhasePrepare {
			t.Errorf("%v", err)
		}
		if s := tel.span("sql.conn.query").Status(); s.Code != codes.Error {
			t.Errorf("%v", s)
		}
		if _, err := db.BeginTx(ctx, nil); !errors.Is(err, e6data.ErrTransactions) {
			t.Errorf("%v", err)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := db.ExecContext(ended, noItems); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

// Options in the context reach the driver.
func TestOtelsqlOptions(t *testing.T) {
	t.Parallel()
	underOtelsql(t, func(t *testing.T, db *sql.DB, _ *telemetry) {
		var info e6data.QueryInfo
		ctx := e6data.ContextWithOptions(within(t, time.Minute), e6data.QueryTag("report"), e6data.CaptureQuery(&info))
		var catalog, schema string
		if err := db.QueryRowContext(ctx, where).Scan(&catalog, &schema); err != nil || schema != "db" {
			t.Errorf("%q %q %v", catalog, schema, err)
		}
		if s := info.State(); s.ID == "" || s.Rows != 1 || s.Tag != "report" {
			t.Errorf("%+v", s)
		}
	})
}

// UseConn finds the native connection in the wrapper's.
func TestOtelsqlWithConn(t *testing.T) {
	t.Parallel()
	underOtelsql(t, func(t *testing.T, db *sql.DB, _ *telemetry) {
		ctx := within(t, time.Minute)
		sum := int64(0)
		err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
			batches, err := c.Query(ctx, items)
			if err != nil {
				return err
			}
			for batch, err := range batches.All() {
				if err != nil {
					return err
				}
				ids, _, err := batch.Column(0).Int64s()
				if err != nil {
					return err
				}
				for _, id := range ids {
					sum += id
				}
			}
			return nil
		})
		if err != nil || sum != 24*25/2 {
			t.Errorf("%d, %v", sum, err)
		}
	})
}

// names are the spans' names, sorted.
func names(spans []sdktrace.ReadOnlySpan) []string {
	var all []string
	for _, s := range spans {
		all = append(all, s.Name())
	}
	slices.Sort(all)
	return all
}
