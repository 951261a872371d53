package arrowe6data_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// openDB returns a pool that is connected to srv.
func openDB(t testing.TB, srv *enginetest.Server, params ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("e6data", srv.DSN(params...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := db.Stats().InUse; n != 0 {
			t.Errorf("%d connections are in use", n)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// checked returns an allocator that fails the test if memory is not given back.
func checked(t testing.TB) *memory.CheckedAllocator {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// within returns a context that ends after d, which is much longer than the test takes.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
