package goosee6data_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"go.uber.org/goleak"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/goosee6data"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openDB(t *testing.T) *sql.DB {
	t.Helper()
	srv := emulator.Start(t, emulator.Config{})
	db, err := sql.Open("e6data", srv.DSN())
	must(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

var files = fstest.MapFS{
	"00001_items.sql": {Data: []byte(`-- +goose Up
CREATE TABLE items (id BIGINT, name VARCHAR); -- a comment; with a semicolon
-- +goose StatementBegin
INSERT INTO items VALUES (1, 'a;
b'), (2, '-- it\'s no comment');
-- +goose StatementEnd
-- +goose Down
DROP TABLE items;
`)},
	"00002_more.sql": {Data: []byte("-- +goose NO TRANSACTION\n-- +goose Up\nINSERT INTO items VALUES (3, 'c');\n")},
	"README.md":      {Data: []byte("no migration")},
}

func TestUpAndDown(t *testing.T) {
	ctx := t.Context()
	db := openDB(t)
	for range 2 { // a later program continues
		p, err := goosee6data.NewProvider(db, files)
		must(t, err)
		_, err = p.Up(ctx)
		must(t, err)
		version, err := p.GetDBVersion(ctx)
		if err != nil || version != 2 {
			t.Errorf("version %d, %v", version, err)
		}
		names, err := e6data.Collect[string](ctx, db, "SELECT name FROM items ORDER BY id")
		must(t, err)
		if !slices.Equal(names, []string{"a;\nb", "-- it's no comment", "c"}) {
			t.Errorf("%q", names)
		}
	}
	p, err := goosee6data.NewProvider(db, files)
	must(t, err)
	status, err := p.Status(ctx)
	must(t, err)
	if len(status) != 2 || status[0].State != goose.StateApplied || status[1].State != goose.StateApplied || status[1].Source.Version != 2 {
		t.Errorf("%+v", status)
	}
	if _, err := p.Down(ctx); err != nil {
		t.Errorf("a migration without statements: %v", err)
	}
	_, err = p.DownTo(ctx, 0)
	must(t, err)
	if version, err := p.GetDBVersion(ctx); err != nil || version != 0 {
		t.Errorf("version %d, %v", version, err)
	}
	must(t, e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		tables, err := c.Tables(ctx, "", "")
		if !slices.Equal(tables, []string{goosee6data.DefaultTable}) {
			t.Errorf("%q", tables)
		}
		return err
	}))
	_, err = p.UpByOne(ctx) // again
	must(t, err)
	if version, err := p.GetDBVersion(ctx); err != nil || version != 1 {
		t.Errorf("version %d, %v", version, err)
	}
}

// A migration stops at the statement that fails, and is not recorded.
func TestFailure(t *testing.T) {
	ctx := t.Context()
	db := openDB(t)
	p, err := goosee6data.NewProviderWithStore(db, fstest.MapFS{
		"1_bad.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (n BIGINT);\nCREATE NONSENSE;\nCREATE TABLE b (n BIGINT);")},
	}, goosee6data.NewStore("db.versions"))
	must(t, err)
	_, err = p.Up(ctx)
	var engine *e6data.Error
	if !errors.As(err, &engine) || !strings.Contains(err.Error(), "1_bad.sql: the statement in line 3") {
		t.Errorf("%v", err)
	}
	if version, err := p.GetDBVersion(ctx); err != nil || version != 0 {
		t.Errorf("version %d, %v", version, err)
	}
}

func TestMistakesInFiles(t *testing.T) {
	for text, want := range map[string]string{
		"CREATE TABLE a (n BIGINT);":                          "no annotation",
		"SELECT 1;\n-- +goose Up\nSELECT 2;":                  "line 1 stands before",
		"-- +goose Up\n-- +goose Up\nSELECT 1":                "two annotations",
		"-- +goose Up\n-- +goose ENVSUB ON\nSELECT 1":         "ENVSUB",
		"-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 'no": "line 4",
	} {
		if _, err := goosee6data.Migrations(fstest.MapFS{"1_x.sql": {Data: []byte(text)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := goosee6data.Migrations(fstest.MapFS{"x.sql": {}}); err == nil {
		t.Error("a file without a number was accepted")
	}
}

// The store answers goose's questions about versions.
func TestStore(t *testing.T) {
	ctx := t.Context()
	db := openDB(t)
	s := goosee6data.NewStore("")
	if s.Tablename() != goosee6data.DefaultTable {
		t.Error(s.Tablename())
	}
	must(t, s.CreateVersionTable(ctx, db))
	if _, err := s.GetLatestVersion(ctx, db); !errors.Is(err, database.ErrVersionNotFound) {
		t.Errorf("%v", err)
	}
	for _, v := range []int64{0, 3, 2} {
		must(t, s.Insert(ctx, db, database.InsertRequest{Version: v}))
	}
	must(t, s.Delete(ctx, db, 3))
	latest, err := s.GetLatestVersion(ctx, db)
	if err != nil || latest != 2 {
		t.Errorf("%d, %v", latest, err)
	}
	if r, err := s.GetMigration(ctx, db, 2); err != nil || !r.IsApplied || r.Timestamp.IsZero() {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := s.GetMigration(ctx, db, 3); !errors.Is(err, database.ErrVersionNotFound) {
		t.Errorf("%v", err)
	}
	list, err := s.ListMigrations(ctx, db)
	if err != nil || len(list) != 2 || list[0].Version != 2 || list[1].Version != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}
