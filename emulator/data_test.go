//go:build cgo

package emulator_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
)

// native calls a function with the driver's own interface.
func native(t *testing.T, db *sql.DB, f func(ctx context.Context, c *e6data.Conn) error) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := e6data.UseConn(t.Context(), conn, func(c *e6data.Conn) error { return f(t.Context(), c) }); err != nil {
		t.Fatal(err)
	}
}

// The row counts are those of TPC-H's specification for this scale factor.
func TestTPCHHasItsTables(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Scale: 0.01}, "catalog=tpch")
	for table, want := range map[string]int{
		"region": 5, "nation": 25, "supplier": 100, "customer": 1500, "part": 2000,
		"partsupp": 8000, "orders": 15000, "lineitem": 60175,
	} {
		var got int
		if err := db.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&got); err != nil || got != want {
			t.Errorf("%s has %d rows, want %d: %v", table, got, want, err)
		}
	}
	native(t, db, func(ctx context.Context, c *e6data.Conn) error {
		tables, err := c.Tables(ctx, "tpch", "db")
		if want := []string{"customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"}; !slices.Equal(tables, want) {
			t.Errorf("%v", tables)
		}
		return err
	})
}
