package migratee6data_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"go.uber.org/goleak"

	"database/sql"
	"testing/fstest"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/migratee6data"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var files = fstest.MapFS{
	"1_items.up.sql":   {Data: []byte("-- the first; with a semicolon\nCREATE TABLE items (id BIGINT, name VARCHAR);\nINSERT INTO items VALUES (1, 'a;b'), (2, 'it''s -- no comment');\n")},
	"1_items.down.sql": {Data: []byte("DROP TABLE items;")},
	"2_more.up.sql":    {Data: []byte("INSERT INTO items VALUES (3, 'c')")},
	"2_more.down.sql":  {Data: []byte("CREATE TABLE undone (n BIGINT)")},
}

// open returns a migration of files, and a pool to look at the result.
func open(t *testing.T, fsys fstest.MapFS, params ...string) (*migrate.Migrate, *sql.DB, *emulator.Server) {
	t.Helper()
	srv := emulator.Start(t, emulator.Config{})
	src, err := iofs.New(fsys, ".")
	must(t, err)
	m, err := migrate.NewWithSourceInstance("iofs", src, srv.DSN(params...))
	must(t, err)
	db, err := sql.Open("e6data", srv.DSN())
	must(t, err)
	t.Cleanup(func() {
		sourceErr, dbErr := m.Close()
		if err := errors.Join(sourceErr, dbErr, db.Close()); err != nil {
			t.Error(err)
		}
	})
	return m, db, srv
}

func version(t *testing.T, m *migrate.Migrate) string {
	t.Helper()
	v, dirty, err := m.Version()
	return fmt.Sprint(v, dirty, err)
}

func TestUpAndDown(t *testing.T) {
	m, db, _ := open(t, files)
	if got := version(t, m); got != fmt.Sprint(0, false, migrate.ErrNilVersion) {
		t.Errorf("at first: %s", got)
	}
	must(t, m.Up())
	if got := version(t, m); got != "2 false <nil>" {
		t.Errorf("after Up: %s", got)
	}
	names, err := e6data.Collect[string](t.Context(), db, "SELECT name FROM items ORDER BY id")
	must(t, err)
	if !slices.Equal(names, []string{"a;b", "it's -- no comment", "c"}) {
		t.Errorf("%q", names)
	}
	if err := m.Up(); !errors.Is(err, migrate.ErrNoChange) {
		t.Errorf("a second Up: %v", err)
	}
	must(t, m.Steps(-1))
	must(t, m.Down())
	if got := version(t, m); got != fmt.Sprint(0, false, migrate.ErrNilVersion) {
		t.Errorf("after Down: %s", got)
	}
	tables := tablesOf(t, db)
	if !slices.Equal(tables, []string{"schema_migrations", "undone"}) {
		t.Errorf("%q", tables)
	}
	must(t, m.Drop())
	if tables := tablesOf(t, db); len(tables) != 0 {
		t.Errorf("after Drop: %q", tables)
	}
}

func tablesOf(t *testing.T, db *sql.DB) (tables []string) {
	t.Helper()
	must(t, e6data.UseConn(t.Context(), db, func(c *e6data.Conn) (err error) {
		tables, err = c.Tables(t.Context(), "", "")
		return err
	}))
	slices.Sort(tables)
	return tables
}

// A migration stops at the statement that fails. The database is dirty, and nothing
// more runs until somebody decides.
func TestFailure(t *testing.T) {
	m, db, _ := open(t, fstest.MapFS{
		"1_bad.up.sql": {Data: []byte("CREATE TABLE a (n BIGINT);\n\nCREATE NONSENSE;\nCREATE TABLE b (n BIGINT)")},
	}, "x-migrations-table=versions")
	err := m.Up()
	var failed database.Error
	var engine *e6data.Error
	if !errors.As(err, &failed) || failed.Line != 3 || !strings.Contains(string(failed.Query), "NONSENSE") || !errors.As(failed.OrigErr, &engine) {
		t.Errorf("%v", err)
	}
	if got := version(t, m); got != "1 true <nil>" {
		t.Errorf("%s", got)
	}
	var dirty migrate.ErrDirty
	if err := m.Up(); !errors.As(err, &dirty) {
		t.Errorf("a dirty database: %v", err)
	}
	if tables := tablesOf(t, db); !slices.Equal(tables, []string{"a", "versions"}) {
		t.Errorf("%q", tables)
	}
	must(t, m.Force(0))
	if got := version(t, m); got != "0 false <nil>" {
		t.Errorf("%s", got)
	}
}

// Two migrations of one driver exclude each other. A later driver continues.
func TestWithInstance(t *testing.T) {
	srv := emulator.Start(t, emulator.Config{})
	for round := range 2 {
		db, err := sql.Open("e6data", srv.DSN())
		must(t, err)
		d, err := migratee6data.WithInstance(db, &migratee6data.Config{Table: "db.versions"})
		must(t, err)
		must(t, d.Lock())
		if err := d.Lock(); !errors.Is(err, database.ErrLocked) {
			t.Errorf("%v", err)
		}
		must(t, d.Unlock())
		if err := d.Unlock(); !errors.Is(err, database.ErrNotLocked) {
			t.Errorf("%v", err)
		}
		before, _, err := d.Version()
		must(t, err)
		if want := []int{database.NilVersion, 7}[round]; before != want {
			t.Errorf("version %d, want %d", before, want)
		}
		must(t, d.SetVersion(7, false))
		if err := d.Run(strings.NewReader("SELECT 'no end")); err == nil {
			t.Error("a literal without an end was executed")
		}
		must(t, d.Close())
	}
}

// No error shows the token.
func TestErrorsShowNoSecret(t *testing.T) {
	for _, dsn := range []string{"e6data://user:s3cret@host:port/db", "e6data://user:s3cret@host/db?nonsense=1", "e6data://user:s3cret@%zz"} {
		_, err := database.Open(dsn)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
