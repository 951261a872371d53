//go:build cgo

package emulator_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
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

// Files become tables, in the default schema or in another one.
func TestFilesAreTables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ref := newReference(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	if _, err := ref.rows("COPY (SELECT i::INTEGER AS id, 'item ' || i AS name, (i * 1.25)::DECIMAL(10,2) AS price" +
		" FROM range(3000) t(i)) TO '" + path("items.parquet") + "' (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.csv": "id,name\n1,tea\n2,\"a, b\"\n", "b.tsv": "id\tname\n3\tpot\n"} {
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, db := start(t, emulator.Config{
		Tables: map[string]string{"items": path("items.parquet"), "db.a": path("a.csv"), "b": path("b.tsv")},
	})
	for query, want := range map[string]string{
		"SELECT COUNT(*), SUM(id), MAX(price) FROM items":                             "[3000 4498500 3748.75]",
		"SELECT name FROM items WHERE id = 2999":                                      "[item 2999]",
		"SELECT COUNT(*), MAX(name) FROM (SELECT * FROM a UNION ALL SELECT * FROM b)": "[3 tea]",
		"SELECT name FROM a WHERE id = 2":                                             "[a, b]",
	} {
		rows, err := cells(db, query)
		if err != nil || len(rows) != 1 || fmt.Sprint(rows[0]) != want {
			t.Errorf("%s: %v, %v, want %s", query, rows, err, want)
		}
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
