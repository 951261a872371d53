//go:build cgo

package emulator_test

import (
	"database/sql"
	"slices"
	"testing"

	"github.com/e6data/e6data-go/emulator"
)

// catalogEntries returns the names of everything that a server's database has, DuckDB's
// own entries included.
func catalogEntries(t *testing.T, db *sql.DB) (out []string) {
	t.Helper()
	rows, err := cells(db, `SELECT database_name || '.' || schema_name || '.' || table_name AS name FROM duckdb_tables
		UNION ALL SELECT database_name || '.' || schema_name || '.' || view_name FROM duckdb_views
		UNION ALL SELECT catalog_name || '.' || schema_name FROM information_schema.schemata ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		out = append(out, row[0].(string))
	}
	return out
}

// A database that serves a second server has nothing of the first server's. The memory limit
// is one that no other test has. The test is not parallel: other tests' servers would push
// its spare out.
func TestServersShareNothingOneAfterTheOther(t *testing.T) {
	cfg := emulator.Config{MemoryMB: 777, Demo: true}
	for _, test := range []struct {
		name       string
		statements []string
		kept       bool // the instance is a spare afterwards
	}{
		{"nothing", nil, true},
		{"a table", []string{"CREATE TABLE mine AS SELECT 1 AS n", "INSERT INTO mine VALUES (2)"}, true},
		{"a schema and a view", []string{"CREATE SCHEMA more", "CREATE VIEW more.v AS SELECT 1 AS n"}, true},
		{"a temporary table", []string{"CREATE TEMP TABLE mine (n INT)"}, true},
		{"dropped demo", []string{"DROP TABLE demo.db.events", "CREATE TABLE demo.db.other (n INT)"}, true},
		{"a table in DuckDB's own catalog", []string{"CREATE TABLE memory.main.mine (n INT)"}, false},
		{"a table beside the macros", []string{"CREATE TABLE e6dialect.main.mine (n INT)"}, false},
		{"a schema in DuckDB's own catalog", []string{"CREATE SCHEMA memory.mine"}, false},
		{"a view in DuckDB's own catalog", []string{"CREATE VIEW memory.main.mine AS SELECT 1 AS n"}, false},
	} {
		srv, err := emulator.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		db := open(t, srv)
		before := catalogEntries(t, db)
		if slices.ContainsFunc(before, func(name string) bool { return name == "local.db.mine" || name == "local.more" }) {
			t.Errorf("%s: the database begins with %v", test.name, before)
		}
		for _, s := range test.statements {
			exec(t, db, s)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
		if kept := emulator.Spares(777) == 1; kept != test.kept {
			t.Errorf("%s: the instance is a spare: %v", test.name, kept)
		}
		after := emulator.Start(t, cfg)
		db = open(t, after)
		if got := catalogEntries(t, db); !slices.Equal(got, before) {
			t.Errorf("after %s: the next server has %q, the first one had %q", test.name, got, before)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		after.Close()
	}
}

// A server whose statements may do anything has an instance of its own.
func TestRawServersAreNotKept(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]emulator.Config{
		"raw":    {MemoryMB: 778, Raw: true},
		"script": {MemoryMB: 778, Init: "CREATE MACRO mine(x) AS x"},
		"scale":  {MemoryMB: 778, Scale: 0.001},
	} {
		srv, err := emulator.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		srv.Close()
		if n := emulator.Spares(778); n != 0 {
			t.Errorf("%s: %d spares", name, n)
		}
	}
}

// No statement changes the macros, which the next server needs.
func TestMacrosStay(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{})
	for _, s := range []string{
		"DROP SCHEMA e6dialect.main CASCADE", `DROP SCHEMA "e6Dialect"."main" CASCADE`, "ALTER SCHEMA e6dialect.main RENAME TO other",
		"CREATE OR REPLACE SCHEMA e6dialect.main", "DROP MACRO e6dialect.main.initcap",
	} {
		if _, err := db.Exec(s); err == nil {
			t.Errorf("%s is possible", s)
		}
	}
	var text string
	if err := db.QueryRow("SELECT INITCAP('one two')").Scan(&text); err != nil || text != "One Two" {
		t.Errorf("%q, %v", text, err)
	}
}
