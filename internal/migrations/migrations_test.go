package migrations

import (
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestStatements(t *testing.T) {
	t.Parallel()
	got, err := Statements("-- a;\nSELECT ';';\n\n;SELECT 2 // b;\n;  ")
	want := []Statement{{"-- a;\nSELECT ';'", 1}, {"SELECT 2 // b;", 4}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Statements("SELECT 1;\nSELECT 'x"); err == nil {
		t.Error("a literal without an end is no error")
	}
}

// A row is appended after the latest one, and nothing is changed.
func TestLog(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.SetCatalogs(enginetest.Catalog{Name: "c", Default: true, Schemas: []enginetest.Schema{{Name: "db", Tables: []enginetest.Table{{Name: "Versions"}}}}})
	srv.Handle(`SELECT version, state, at FROM "db"."versions" ORDER BY entry, at`,
		enginetest.NewResult().Column("version", "LONG").Column("state", "STRING").Column("at", "TIMESTAMP").Row(3, "x", time.Unix(1700000000, 0)))
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l := Log{"db.versions"}
	if exists, err := l.Exists(t.Context(), db); !exists || err != nil {
		t.Errorf("%t, %v", exists, err)
	}
	if exists, err := (Log{"others"}).Exists(t.Context(), db); exists || err != nil {
		t.Errorf("%t, %v", exists, err)
	}
	if _, err := l.Exists(t.Context(), (*sql.Tx)(nil)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v", err)
	}
	if err := l.Append(t.Context(), db, 7, "done"); err == nil {
		t.Error("the engine has no result for the INSERT")
	}
	calls := srv.CallsTo("prepareStatement")
	if last := calls[len(calls)-1].SQL; last[:len(`INSERT INTO "db"."versions" VALUES (2, 7, 'done', `)] != `INSERT INTO "db"."versions" VALUES (2, 7, 'done', ` {
		t.Error(last)
	}
	entries, err := l.Entries(t.Context(), db)
	if err != nil || len(entries) != 1 || entries[0].Version != 3 || entries[0].State != "x" {
		t.Errorf("%+v, %v", entries, err)
	}
}
