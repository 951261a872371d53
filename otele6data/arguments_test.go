package otele6data_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
)

// Arguments, including options, pass the wrapper unchanged.
func TestOtelsqlArguments(t *testing.T) {
	t.Parallel()
	underOtelsql(t, func(t *testing.T, db *sql.DB, _ *telemetry) {
		ctx := within(t, time.Minute)
		var catalog, schema string
		err := db.QueryRowContext(ctx, where, e6data.InCatalog("lake"), e6data.InSchema("sales")).Scan(&catalog, &schema)
		if err != nil || catalog != "lake" || schema != "sales" {
			t.Errorf("%q %q %v", catalog, schema, err)
		}
		if _, err := db.ExecContext(ctx, where, e6data.NoCache()); err != nil {
			t.Error(err)
		}
		var kind, value string
		if err := db.QueryRowContext(ctx, "SELECT ?", "it's", e6data.NoCache()).Scan(&kind, &value); err != nil || value != "it's" {
			t.Errorf("%q %q %v", kind, value, err)
		}
		if err := db.QueryRowContext(ctx, "SELECT :v", e6data.NoCache(), sql.Named("v", "it's")).Scan(&kind, &value); err != nil || value != "it's" {
			t.Errorf("%q %q %v", kind, value, err)
		}
		stmt, err := db.PrepareContext(ctx, "SELECT ?")
		if err != nil {
			t.Fatal(err)
		}
		defer stmt.Close()
		if err := stmt.QueryRowContext(ctx, e6data.NoCache(), "it's").Scan(&kind, &value); err != nil || value != "it's" {
			t.Errorf("%q %q %v", kind, value, err)
		}
	})
}
