package e6data_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"go.uber.org/goleak"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newEngine starts an engine whose books must balance when the test ends.
func newEngine(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	srv := newUncheckedEngine(t, cfg)
	t.Cleanup(func() {
		if err := srv.WaitBalanced(within(t, 10*time.Second)); err != nil {
			t.Error(err)
		}
	})
	return srv
}

// newUncheckedEngine starts an engine on which the test leaves queries.
func newUncheckedEngine(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	srv, err := enginetest.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// openDB opens a pool on srv, which is closed before srv.
func openDB(t testing.TB, srv *enginetest.Server, params ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("e6data", srv.DSN(params...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// within is a context that ends long after a test should have.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
