package wrappers

import (
	"context"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/e6data/e6data-go"
)

// UseConn accepts the pools and connections of libraries.
func TestWithConnOfLibraries(t *testing.T) {
	f := newFixture(t, wrappers[0])
	f.db.SetMaxOpenConns(1)
	ctx := within(t, time.Minute)
	sqlxDB := sqlx.NewDb(f.db, e6data.DriverName)
	bunDB := bun.NewDB(f.db, schema.NewNopQueryGen().Dialect())
	use := func(what string, db any) {
		t.Helper()
		called := false
		err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
			called = true
			result, err := c.Query(ctx, typed)
			if err != nil {
				return err
			}
			return result.Close()
		})
		if err != nil || !called {
			t.Errorf("%s: %v", what, err)
		}
	}
	use("*sqlx.DB", sqlxDB)
	use("*bun.DB", bunDB)
	sqlxConn, err := sqlxDB.Connx(ctx)
	must(t, err)
	use("*sqlx.Conn", sqlxConn)
	must(t, sqlxConn.Close())
	bunConn, err := bunDB.Conn(ctx)
	must(t, err)
	use("bun.Conn", bunConn)
	must(t, bunConn.Close())
}

// bun writes the arguments into the SQL itself, and the options among them are lost
// without an error. Options in the context reach the driver through each library.
func TestOptionsThroughLibraries(t *testing.T) {
	f := newFixture(t, wrappers[0])
	option := e6data.InSchema("other")
	sqlxDB := sqlx.NewDb(f.db, e6data.DriverName)
	bunDB := bun.NewDB(f.db, schema.NewNopQueryGen().Dialect())
	for name, test := range map[string]struct {
		get  func(ctx context.Context, to *string, args ...any) error
		want string // result of an option among the arguments
	}{
		"sqlx": {func(ctx context.Context, to *string, args ...any) error {
			return sqlxDB.GetContext(ctx, to, where, args...)
		}, "other"},
		"bun's QueryRow": {func(ctx context.Context, to *string, args ...any) error {
			return bunDB.QueryRowContext(ctx, where, args...).Scan(to)
		}, "db"},
		"bun's NewRaw": {func(ctx context.Context, to *string, args ...any) error {
			return bunDB.NewRaw(where, args...).Scan(ctx, to)
		}, "db"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := within(t, time.Minute)
			var got string
			if err := test.get(ctx, &got, option); err != nil || got != test.want {
				t.Errorf("among the arguments: %q, %v", got, err)
			}
			if err := test.get(e6data.ContextWithOptions(ctx, option), &got); err != nil || got != "other" {
				t.Errorf("in the context: %q, %v", got, err)
			}
		})
	}
}
