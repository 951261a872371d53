//go:build cgo

package emulator_test

import (
	"database/sql"
	"testing"

	"go.uber.org/goleak"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a server, and opens it.
func start(t testing.TB, cfg emulator.Config, params ...string) (*emulator.Server, *sql.DB) {
	t.Helper()
	srv := emulator.Start(t, cfg)
	return srv, open(t, srv, params...)
}

func open(t testing.TB, srv *emulator.Server, params ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("e6data", srv.DSN(params...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
