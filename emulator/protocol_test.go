//go:build cgo

package emulator_test

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

// events is a query of the catalog demo, and the number of its rows.
const (
	events    = "SELECT id, kind FROM events ORDER BY id"
	allEvents = 52632
)

// Each configuration of the protocol works over the database, too.
func TestProtocolVariants(t *testing.T) {
	t.Parallel()
	cert := filepath.Join(t.TempDir(), "cert.pem")
	for name, c := range map[string]struct {
		cfg    enginetest.Config
		params []string
	}{
		"batches one by one":   {cfg: enginetest.Config{DisableV2: true}},
		"one batch an answer":  {cfg: enginetest.Config{V2Chunks: 1}},
		"fifty an answer":      {cfg: enginetest.Config{V2Chunks: 50}, params: []string{"enable_result_batch_v2=true"}},
		"rotating sessions":    {cfg: enginetest.Config{RotateSessions: true}},
		"a cluster's name":     {cfg: enginetest.Config{ClusterName: "box"}},
		"green":                {cfg: enginetest.Config{Live: []string{enginetest.Green}}},
		"the vendor's clients": {cfg: enginetest.Config{Compat: true}},
		"TLS":                  {cfg: enginetest.Config{TLS: true}, params: []string{"ssl_cert=" + cert}},
		"a bearer token": {
			cfg:    enginetest.Config{Bearer: func(token string) bool { return token == "good" }},
			params: []string{"access_token=good"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := emulator.Start(t, emulator.Config{Demo: true, Engine: c.cfg})
			if c.cfg.TLS {
				if ok := x509.NewCertPool().AppendCertsFromPEM(srv.CertPEM()); !ok {
					t.Fatal("no certificate")
				}
				if err := os.WriteFile(cert, srv.CertPEM(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			rows, err := open(t, srv, append(c.params, "catalog=demo")...).Query(events)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for ; rows.Next(); n++ {
				var id int
				var kind string
				if err := rows.Scan(&id, &kind); err != nil || id != n+1 {
					t.Fatalf("row %d: %d, %v", n, id, err)
				}
			}
			if err := rows.Err(); err != nil || n != allEvents {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
}

func TestFaultsStrikeStatements(t *testing.T) {
	t.Parallel()
	srv, db := start(t, emulator.Config{Demo: true}, "catalog=demo")
	count := func() (n int, err error) {
		return n, db.QueryRow("SELECT COUNT(*) FROM events").Scan(&n)
	}
	if n, err := count(); n != allEvents || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	// A query that had not executed is prepared again.
	srv.ExpireSessions()
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Drop: true, Times: 1})
	if n, err := count(); n != allEvents || err != nil {
		t.Errorf("after a dropped prepare: %d, %v", n, err)
	}
	// A query that may have executed is not.
	srv.Inject(enginetest.Fault{Method: "executeStatement", After: true, Drop: true, Times: 1})
	if _, err := count(); !errors.Is(err, e6data.ErrAmbiguousExecution) {
		t.Errorf("after a lost execute: %v", err)
	}
	if n, err := count(); n != allEvents || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// A client gets its tokens from the server's own endpoint, and new ones when they are refused.
func TestOAuth(t *testing.T) {
	t.Parallel()
	for _, params := range [][]string{nil, {"client_auth_method=post"}} {
		srv, db := start(t, emulator.Config{OAuth: &emulator.OAuth{ClientID: "me:&", ClientSecret: "se%cret=+ "}}, params...)
		for range 2 {
			if err := db.QueryRow("SELECT 1").Scan(new(int)); err != nil {
				t.Fatal(err)
			}
			// The query before may be cleared with the old token, and is given one new one.
			if err := srv.WaitBalanced(t.Context()); err != nil {
				t.Fatal(err)
			}
			srv.ExpireTokens()
		}
	}
	srv, _ := start(t, emulator.Config{OAuth: &emulator.OAuth{ClientID: "me", ClientSecret: "secret"}})
	wrong, err := sql.Open("e6data", strings.Replace(srv.DSN(), "client_secret=secret", "client_secret=guess", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer wrong.Close()
	if err := wrong.Ping(); !errors.Is(err, e6data.ErrAuthentication) {
		t.Errorf("%v", err)
	}
}

// A script takes the place of the database for its statements.
func TestScriptsComeBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	srv, db := start(t, emulator.Config{})
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(42))
	var n int
	if err := db.QueryRow("SELECT 1").Scan(&n); err != nil || n != 42 {
		t.Errorf("%d, %v", n, err)
	}
	if err := db.QueryRow("SELECT 2").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
}

// While a statement executes, its progress has the number of rows that were processed.
func TestProgressWhileExecuting(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Raw: true})
	exec(t, db, "CREATE TABLE big AS SELECT i FROM range(10000000) t(i)")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := int64(0)
	const slow = "SELECT SUM(list_sum(list_transform(range(200), lambda x: hash(x, i) % 7))) FROM big"
	_, err := db.ExecContext(ctx, slow, e6data.OnProgress(func(p e6data.Progress) {
		if seen = p.RowsKnown; seen > 0 {
			cancel()
		}
	}))
	if !errors.Is(err, context.Canceled) || seen == 0 {
		t.Errorf("%d rows, %v", seen, err)
	}
}

func TestDialect(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{})
	var text string
	var days int64
	err := db.QueryRow(`SELECT 'it\'s', DATE_DIFF(DATE '2024-03-01', DATE '2024-02-28') // a comment`).Scan(&text, &days)
	if err != nil || text != "it's" || days != 2 {
		t.Errorf("%q, %d, %v", text, days, err)
	}
	for sql, want := range map[string]string{
		"SELECT\n  list_distinct(ARRAY[1])": "line 2:3: emulator: function list_distinct is not supported",
		"SELECT 1 WHERE 1 = 0":              "line 1:",
		"SELECT 'a\\'b', nope":              "line 1:16: Binder Error",
	} {
		_, err := db.Query(sql)
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(want)) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	now := time.Date(2031, 2, 3, 4, 5, 6, 7000, time.UTC)
	_, db := start(t, emulator.Config{Now: func() time.Time { return time.UnixMicro(clock.Load()) }})
	for range 2 {
		clock.Store(now.UnixMicro())
		var at, day time.Time
		if err := db.QueryRow("SELECT CURRENT_TIMESTAMP, CURRENT_DATE").Scan(&at, &day); err != nil || !at.Equal(now) || !day.Equal(now.Truncate(24*time.Hour)) {
			t.Errorf("%v, %v, %v", at, day, err)
		}
		now = now.AddDate(0, 0, 1)
	}
}

func TestExecutors(t *testing.T) {
	t.Parallel()
	for native, want := range map[bool]int64{false: 1000, true: 1} {
		_, db := start(t, emulator.Config{Native: native})
		var n int64
		if err := db.QueryRow("SELECT TO_UNIX_TIMESTAMP(TIMESTAMP '1970-01-01 00:00:01')").Scan(&n); err != nil || n != want {
			t.Errorf("native %v: %d, %v", native, n, err)
		}
	}
}

func TestRequireCatalog(t *testing.T) {
	t.Parallel()
	srv, db := start(t, emulator.Config{RequireCatalog: true})
	if _, err := db.Query("SELECT 1"); !errors.Is(err, e6data.ErrSQL) || !strings.Contains(err.Error(), "Catalog is not set") {
		t.Errorf("%v", err)
	}
	if _, err := open(t, srv, "catalog=local").Exec("SELECT 1"); err != nil {
		t.Error(err)
	}
}

// The catalogs' zone is that of TIMESTAMP_TZ values.
func TestZone(t *testing.T) {
	t.Parallel()
	_, db := start(t, emulator.Config{Zone: "Asia/Kolkata", Demo: true}, "catalog=demo")
	var at time.Time
	if err := db.QueryRow("SELECT instant FROM types WHERE id = 1").Scan(&at); err != nil {
		t.Fatal(err)
	}
	if got := at.Format(time.RFC3339Nano); got != "2024-02-29T23:59:58.123456+05:30" || at.Location().String() != "Asia/Kolkata" {
		t.Errorf("%s in %v", got, at.Location())
	}
}
