package e6data_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestParseDSN(t *testing.T) {
	for _, test := range []struct {
		dsn  string
		want e6data.Config // see orDefault
	}{
		{"e6data://u:t@h", e6data.Config{Host: "h", User: "u", Token: "t"}},
		{"e6data://u:t@h/", e6data.Config{Host: "h", User: "u", Token: "t"}},
		{"e6data://me%40example.com:to%2Fk%3Aen@host.example:8080/sales?catalog=lake&cluster_name=c1&secure=true",
			e6data.Config{Host: "host.example", Port: 8080, User: "me@example.com", Token: "to/k:en", Database: "sales", Catalog: "lake", ClusterName: "c1", Secure: true}},
		{"e6data://me@example.com:tok@h", e6data.Config{Host: "h", User: "me@example.com", Token: "tok"}},
		{"e6data://u:a:b@h", e6data.Config{Host: "h", User: "u", Token: "a:b"}},
		{"e6data://u:a+b@h?cluster-name=x+y", e6data.Config{Host: "h", User: "u", Token: "a+b", ClusterName: "x y"}},
		{"e6data://u:t@[::1]:80/d", e6data.Config{Host: "::1", Port: 80, User: "u", Token: "t", Database: "d"}},
		{"e6data://u:t@[::1]", e6data.Config{Host: "::1", User: "u", Token: "t"}},
		{"e6data://u:t@h?SECURE=1&", e6data.Config{Host: "h", User: "u", Token: "t", Secure: true}},
		{"e6data://u:t@h/a%2Fb%20c", e6data.Config{Host: "h", User: "u", Token: "t", Database: "a/b c"}},
		{"e6data://u:t@h?prefetch_bytes=1000&result-batch-v2=AUTO", e6data.Config{Host: "h", User: "u", Token: "t", PrefetchBytes: 1000, ResultBatchV2: e6data.BatchV2Auto}},
		{"e6data://u:t@h?max_retries=7&strategy_ttl=1m&resume_timeout=90s&prepare-timeout=1h&query_timeout=1.5s&cleanup_timeout=1ms",
			e6data.Config{Host: "h", User: "u", Token: "t", MaxRetries: 7, StrategyTTL: time.Minute, ResumeTimeout: 90 * time.Second,
				PrepareTimeout: time.Hour, QueryTimeout: 1500 * time.Millisecond, CleanupTimeout: time.Millisecond}},
	} {
		orDefault(&test.want)
		got, err := e6data.ParseDSN(test.dsn)
		if err != nil {
			t.Errorf("%s: %v", test.dsn, err)
			continue
		}
		if *got != test.want {
			t.Errorf("%s: %+v, want %+v", test.dsn, *got, test.want)
		}
		again, err := e6data.ParseDSN(got.FormatDSN())
		if err != nil || *again != *got {
			t.Errorf("%s: formatted as %s, read back as %+v, %v", test.dsn, got.FormatDSN(), again, err)
		}
	}
}

// orDefault gives the fields that are zero their defaults, as far as tests leave
// them zero.
func orDefault(c *e6data.Config) {
	d := e6data.NewConfig()
	c.AutoResume = d.AutoResume
	set(&c.PrefetchBytes, d.PrefetchBytes)
	set(&c.ResultBatchV2, d.ResultBatchV2)
	set(&c.MaxRetries, d.MaxRetries)
	set(&c.StrategyTTL, d.StrategyTTL)
	set(&c.ResumeTimeout, d.ResumeTimeout)
	set(&c.PrepareTimeout, d.PrepareTimeout)
	set(&c.CleanupTimeout, d.CleanupTimeout)
}

func set[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// A connector's retries and the strategy's time to live are found in the
// vendor's environment variables, below the DSN.
func TestEnvironment(t *testing.T) {
	t.Setenv("E6DATA_MAX_RETRY_ATTEMPTS", "9")
	t.Setenv("E6DATA_STRATEGY_CACHE_TIMEOUT", "60")
	c, err := e6data.ParseDSN("e6data://u:t@h?strategy_ttl=5s")
	if err != nil || c.MaxRetries != 9 || c.StrategyTTL != 5*time.Second {
		t.Errorf("%+v, %v", c, err)
	}
	if c := e6data.NewConfig(); c.StrategyTTL != time.Minute {
		t.Errorf("TTL %v", c.StrategyTTL)
	}
	t.Setenv("E6DATA_MAX_RETRY_ATTEMPTS", "many")
	t.Setenv("E6DATA_STRATEGY_CACHE_TIMEOUT", "-1")
	if c := e6data.NewConfig(); c.MaxRetries != 5 || c.StrategyTTL != 300*time.Second {
		t.Errorf("%+v", c)
	}
}

func TestBadDSN(t *testing.T) {
	for _, test := range []struct{ dsn, want string }{
		{"mysql://u:t0ps3cret@h", "begins with e6data://"},
		{"u:t0ps3cret@h", "begins with e6data://"},
		{"e6data://u:t0ps3cret@", "the host is missing"},
		{"e6data://h", "user and access token are required"},
		{"e6data://u@h", "user and access token are required"},
		{"e6data://u:t0ps3cret@h:0", `"0" is no port`},
		{"e6data://u:t0ps3cret@h:70000", "port 70000 is out of range"},
		{"e6data://u:t0ps3cret@h:http", `"http" is no port`},
		{"e6data://u:t0ps3cret@::1", "IPv6 address stands in brackets"},
		{"e6data://u:t0ps3cret@[::1", "is no address"},
		{"e6data://u:t0ps3cret@h x", `"h x" is no host name`},
		{"e6data://u:t0ps3cret%zz@h", "token is not percent-encoded"},
		{"e6data://u%zz:t0ps3cret@h", "user is not percent-encoded"},
		{"e6data://u:t0ps3cret@h/%zz", "database is not percent-encoded"},
		{"e6data://u:t0ps3cret@h?catalog=%zz", `"catalog" is not percent-encoded`},
		{"e6data://u:t0ps3cret@h?%zz=1", "name is not percent-encoded"},
		{"e6data://u:t0ps3cret@h?secure=yes", `"secure": "yes" is not true or false`},
		{"e6data://u:t0ps3cret@h?prefetch_bytes=-1", "prefetch_bytes of -1 is negative"},
		{"e6data://u:t0ps3cret@h?prefetch_bytes=64MB", `"64MB" is no number of bytes`},
		{"e6data://u:t0ps3cret@h?result_batch_v2=maybe", `"maybe" is none of off, auto, on`},
		{"e6data://u:t0ps3cret@h?max_retries=-1", `"-1" is no number of 0 or more`},
		{"e6data://u:t0ps3cret@h?query_timeout=30", `"query_timeout": "30" is no duration such as 30s`},
		{"e6data://u:t0ps3cret@h?catalogue=x", `unknown DSN parameter "catalogue", do you mean "catalog"?`},
		{"e6data://u:t0ps3cret@h?cluster=x", `do you mean "cluster_name"?`},
		{"e6data://u:t0ps3cret@h?catalog=x&catalog=y", `"catalog" occurs twice`},
		{"e6data://u:t0ps3cret@h?cluster-name=x&cluster_name=y", `"cluster_name" occurs twice`},
	} {
		// A bad DSN fails at once, not when the first query runs.
		db, err := sql.Open("e6data", test.dsn)
		if err == nil {
			db.Close()
			t.Errorf("%s was accepted", test.dsn)
			continue
		}
		if !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "e6data: ") {
			t.Errorf("%s: %q, want %q", test.dsn, err, test.want)
		}
		if strings.Contains(err.Error(), "t0ps3cret") {
			t.Errorf("%s: the error shows the token: %q", test.dsn, err)
		}
	}
}

// Wrappers open an empty DSN to get hold of the driver.
func TestEmptyDSN(t *testing.T) {
	db, err := sql.Open("e6data", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, ok := db.Driver().(*e6data.Driver); !ok {
		t.Errorf("driver %T", db.Driver())
	}
	if err := db.Ping(); err == nil || !strings.Contains(err.Error(), "DSN is empty") {
		t.Errorf("Ping: %v", err)
	}
}

func FuzzParseDSN(f *testing.F) {
	for _, s := range []string{
		"e6data://u:t@h", "e6data://me%40x:to%2Fk@h:80/d?catalog=c&cluster-name=n&secure=true", "e6data://u:t@[::1]:80/d%20e",
		"e6data://u:t@h?prefetch_bytes=0&result_batch_v2=on",
		"e6data://@:@@h", "e6data://:%00@h/?catalog=%ff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		cfg, err := e6data.ParseDSN(dsn)
		if err != nil {
			return
		}
		formatted := cfg.FormatDSN()
		again, err := e6data.ParseDSN(formatted)
		if err != nil {
			t.Fatalf("%q was formatted as %q: %v", dsn, formatted, err)
		}
		if *again != *cfg {
			t.Fatalf("%q: %+v read back as %+v", dsn, *cfg, *again)
		}
		if again.FormatDSN() != formatted {
			t.Fatalf("%q is no fixed point", formatted)
		}
	})
}

func TestSecretsAreNotPrinted(t *testing.T) {
	cfg := e6data.Config{Host: "h", User: "u", Token: "t0ps3cret"}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+"\n", cfg, &cfg)
		fmt.Fprintf(&out, verb+"\n", cfg.Token)
	}
	text, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "cfg", cfg, "token", cfg.Token)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "cfg", cfg, "token", cfg.Token)
	for _, secret := range []string{"t0ps3cret", fmt.Sprintf("%x", "t0ps3cret"), fmt.Sprintf("%d", []byte("t0ps3cret"))} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is in %s", secret, out.String())
		}
	}
	if string(cfg.Token) != "t0ps3cret" {
		t.Error("the secret itself is gone")
	}
}

func TestTLS(t *testing.T) {
	srv := newEngine(t, enginetest.Config{TLS: true})
	srv.Handle("q", ids(100, 10))
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	if !cfg.Secure {
		t.Fatalf("%+v", cfg)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(srv.CertPEM())

	good, err := e6data.NewConnector(cfg, e6data.WithTLSConfig(&tls.Config{RootCAs: roots}))
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(good)
	defer db.Close()
	if n, err := readIDs(t.Context(), db, "q"); n != 100 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}

	// The system's authorities do not know the server.
	bad := openDB(t, srv)
	if err := bad.PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority") {
		t.Errorf("unknown authority: %v", err)
	}
}

func TestNewConnector(t *testing.T) {
	for _, cfg := range []*e6data.Config{nil, {}, {Host: "h"}, {Host: "h", User: "u"}, {Host: "h", User: "u", Token: "t", Port: -1}} {
		if _, err := e6data.NewConnector(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
	srv := newEngine(t, enginetest.Config{})
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	c, err := e6data.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Host = "changed.invalid" // the connector has its own copy
	cn, err := c.Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	// The channel lives as long as its last connection.
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := cn.(interface{ Ping(context.Context) error }).Ping(t.Context()); err != nil {
		t.Errorf("Ping after the connector's Close: %v", err)
	}
	if err := cn.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Connect(context.Background()); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("Connect after Close: %v", err)
	}
}
