package usql_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xo/dburl"
	"github.com/xo/usql/drivers"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/examples/usql"
	_ "github.com/e6data/e6data-go/examples/usql/drivers/e6data"
)

func TestMain(m *testing.M) {
	dburl.Register(usql.Scheme)
	m.Run()
}

// The driver reads the same settings from a URL before and after dburl rewrites it. The
// URLs have no raw "&" in user or token: the driver refuses it and asks for %26.
func TestScheme(t *testing.T) {
	for _, user := range []*url.Userinfo{nil, url.UserPassword("me@example.com", "a/b?c#d%e:f@g+h i=k"), url.UserPassword("x:y", "z")} {
		for _, scheme := range []string{"e6", "e6data"} {
			u := url.URL{Scheme: scheme, User: user, Host: "[::1]:8443", Path: "/my db", RawQuery: url.Values{"catalog": {"a+b c&d"}, "secure": {"true"}}.Encode()}
			parsed, err := dburl.Parse(u.String())
			if err != nil {
				t.Errorf("%s: %v", scheme, err)
				continue
			}
			cfg, err := e6data.ParseDSN(parsed.DSN)
			if err != nil {
				t.Errorf("%s: %v", scheme, err)
				continue
			}
			u.Scheme = "e6data"
			want, err := e6data.ParseDSN(u.String())
			if err != nil || cfg.FormatDSN() != want.FormatDSN() {
				t.Errorf("%s: %+v, want %+v, %v", scheme, cfg, want, err)
			}
			if parsed.Driver != e6data.DriverName || cfg.Host != "::1" || cfg.Port != 8443 || cfg.Database != "my db" || cfg.Catalog != "a+b c&d" || !cfg.Secure || cfg.User != user.Username() {
				t.Errorf("%s, driver %s: %+v", scheme, parsed.Driver, cfg)
			}
		}
	}
	if _, err := dburl.Parse("e6://?catalog=c"); !errors.Is(err, dburl.ErrMissingHost) {
		t.Errorf("no host: %v", err)
	}
}

// The test calls the functions of the driver that usql calls.
func TestDriver(t *testing.T) {
	d, ok := drivers.Available()["e6data"]
	if !ok || !d.AllowCComments || !d.AllowMultilineComments {
		t.Fatalf("%+v", d)
	}
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	srv.Handle("CREATE", enginetest.NewResult().Column("a", "LONG").RowCount(-1))
	srv.Handle("INSERT INTO t SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(42))
	db, err := dburl.Open(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]int64{"CREATE": 0, "INSERT INTO t SELECT 1": 42} {
		res, err := db.Exec(query)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := d.RowsAffected(res); n != want || err != nil {
			t.Errorf("%s: %d, %v", query, n, err)
		}
	}
	before := len(srv.Calls())
	version, err := d.Version(t.Context(), db)
	if err != nil || version != "e6data" {
		t.Errorf("version %q, %v", version, err)
	}
	if user, err := d.User(t.Context(), db); err != nil || user != "" {
		t.Errorf("user %q, %v", user, err)
	}
	if n := len(srv.Calls()); n != before {
		t.Errorf("%d calls for version and user", n-before)
	}
	_, err = db.Exec("a statement without a result")
	if code, text := d.Err(err); code == "" || text == "" || text == err.Error() || d.IsPasswordErr(err) {
		t.Errorf("%q, %q of %v", code, text, err)
	}
	if code, text := d.Err(errors.New("x")); code != "" || text != "x" {
		t.Errorf("%q, %q", code, text)
	}
	if !d.IsPasswordErr(fmt.Errorf("usql: %w", e6data.ErrAuthentication)) {
		t.Error("a refused token is not recognized")
	}
}

func Example() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Handle("SELECT 42", enginetest.NewResult().Column("answer", "LONG").Row(42))

	// In main, once: dburl.Register(usql.Scheme)
	db, err := dburl.Open(strings.Replace(srv.DSN("catalog=lake"), "e6data:", "e6:", 1)) // e6://user:token@host/database?catalog=lake
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var answer int
	fmt.Println(db.QueryRowContext(ctx, "SELECT 42").Scan(&answer), answer)
	// Output: <nil> 42
}
