package gorme6data_test

import (
	"testing"

	"go.uber.org/goleak"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/gorme6data"
)

func TestMain(m *testing.M) {
	// GORM's cache of prepared statements has a goroutine that nothing ends.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("gorm.io/gorm/internal/lru.NewLRU[...].func1"))
}

// open opens a GORM database over an emulator with real SQL.
func open(t *testing.T, cfg emulator.Config, params ...string) (*gorm.DB, *emulator.Server) {
	t.Helper()
	srv := emulator.Start(t, cfg)
	return openAt(t, srv.DSN(params...)), srv
}

// openScripted opens a GORM database over an engine with scripted results.
func openScripted(t *testing.T) (*gorm.DB, *enginetest.Server) {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{})
	return openAt(t, srv.DSN()), srv
}

func openAt(t *testing.T, dsn string) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(gorme6data.Open(dsn), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		pool, err := db.DB()
		if err == nil {
			err = pool.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
