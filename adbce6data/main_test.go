package adbce6data_test

import (
	"context"
	"testing"
	"time"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/adbce6data"
	"github.com/e6data/e6data-go/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// within returns a context that bounds a test that hangs.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// checked returns an allocator. The test fails if memory of it is left at the end.
func checked(t testing.TB) *memory.CheckedAllocator {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// openDatabase opens a database of srv, with further options in pairs.
func openDatabase(t testing.TB, srv *enginetest.Server, options ...string) adbc.Database {
	t.Helper()
	return openDSN(t, srv.DSN(), options...)
}

// openDSN opens a database, with further options in pairs.
func openDSN(t testing.TB, dsn string, options ...string) adbc.Database {
	t.Helper()
	opts := map[string]string{adbc.OptionKeyURI: dsn}
	for i := 0; i < len(options); i += 2 {
		opts[options[i]] = options[i+1]
	}
	db, err := adbce6data.NewDriver(checked(t)).NewDatabase(opts)
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

// openConnection opens a connection of srv.
func openConnection(t testing.TB, srv *enginetest.Server, options ...string) adbc.Connection {
	t.Helper()
	return connect(t, openDatabase(t, srv, options...))
}

func connect(t testing.TB, db adbc.Database) adbc.Connection {
	t.Helper()
	c, err := db.Open(within(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // some tests close it
	return c
}

// newStatement returns a statement with a text.
func newStatement(t testing.TB, c adbc.Connection, query string) adbc.Statement {
	t.Helper()
	s, err := c.NewStatement()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests close it
	if err := s.SetSqlQuery(query); err != nil {
		t.Fatal(err)
	}
	return s
}
