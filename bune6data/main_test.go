package bune6data_test

import (
	"database/sql"
	"testing"

	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/bune6data"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens bun over an emulator with real SQL.
func open(t *testing.T) *bun.DB {
	t.Helper()
	return openAt(t, emulator.Start(t, emulator.Config{}).DSN())
}

// openScripted opens bun over an engine with scripted results.
func openScripted(t *testing.T) (*bun.DB, *enginetest.Server) {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{})
	return openAt(t, srv.DSN()), srv
}

func openAt(t *testing.T, dsn string) *bun.DB {
	t.Helper()
	pool, err := sql.Open("e6data", dsn)
	must(t, err)
	db := bun.NewDB(pool, bune6data.New())
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
