package e6data_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// sameConfig compares two Configs. Locations are equal when their names are.
func sameConfig(a, b *e6data.Config) bool {
	x, y := *a, *b
	x.Loc, y.Loc = nil, nil
	return x == y && a.Loc.String() == b.Loc.String()
}

func TestParseDSN(t *testing.T) {
	t.Parallel()
	// Each begins with user "u", token "t" and host "h".
	for _, test := range []struct {
		dsn  string
		want func(*e6data.Config)
	}{
		{"e6data://u:t@h", nil},
		{"e6data://u:t@h/", nil},
		{"e6data://u:t@h?", nil},
		{"e6data://u:t@h/?&", nil},
		{"e6data://me%40example.com:to%2Fk%3Aen@host.example:8080/sales?catalog=lake&cluster_name=c1&secure=true", func(c *e6data.Config) {
			c.Host, c.Port, c.User, c.Token = "host.example", 8080, "me@example.com", e6data.NewSecret("to/k:en")
			c.Database, c.Catalog, c.ClusterName, c.Secure = "sales", "lake", "c1", true
		}},
		{"e6data://me@example.com:tok@h", func(c *e6data.Config) { c.User, c.Token = "me@example.com", e6data.NewSecret("tok") }},
		{"e6data://u:a:b@h", func(c *e6data.Config) { c.Token = e6data.NewSecret("a:b") }},
		{"e6data://u:a+b@h?cluster-name=x+y", func(c *e6data.Config) { c.Token, c.ClusterName = e6data.NewSecret("a+b"), "x y" }},
		{"e6data://u:a%3Bb@h/d%3Be?cluster-name=x%3By", func(c *e6data.Config) { c.Token, c.Database, c.ClusterName = e6data.NewSecret("a;b"), "d;e", "x;y" }},
		{"e6data://u:t@[::1]:80/d", func(c *e6data.Config) { c.Host, c.Port, c.Database = "::1", 80, "d" }},
		{"e6data://u:t@[::1]", func(c *e6data.Config) { c.Host = "::1" }},
		{"e6data://u:t@[fe80::1%25eth0]:80", func(c *e6data.Config) { c.Host, c.Port = "fe80::1%eth0", 80 }},
		{"e6data://u:t@h/a%2Fb%20c%3Dd%40e", func(c *e6data.Config) { c.Database = "a/b c=d@e" }},
		{"e6data://u:t@h?SECURE=1&", func(c *e6data.Config) { c.Secure = true }},
		{"e6data://h?user=u&password=t", nil},
		{"e6data://u@h?token=t", nil},
		{"e6data://:t@h?username=u", nil},
		{"e6data://u:t@h/?schema=D&catalog=C&cluster-name=N&secure=true", func(c *e6data.Config) {
			c.Database, c.Catalog, c.ClusterName, c.Secure = "D", "C", "N", true
		}},
		{"jdbc:e6data://h:443/database=D&catalog=C&secure=true&cluster-uuid=U&user=u&password=t", func(c *e6data.Config) {
			c.Port, c.Database, c.Catalog, c.Secure, c.ClusterName = 443, "D", "C", true, "U"
		}},
		{"jdbc:e6data://h/user=me@example.com&password=a+b%26&schema=D", func(c *e6data.Config) {
			c.User, c.Token, c.Database = "me@example.com", e6data.NewSecret("a+b&"), "D"
		}},
		{"jdbc:e6data://h/?database=D&user=u&password=t", func(c *e6data.Config) { c.Database = "D" }},
		{"jdbc:e6data://h?database=D&user=u&password=t", func(c *e6data.Config) { c.Database = "D" }},
		{"jdbc:e6data://u:t@h/sales?catalog=C", func(c *e6data.Config) { c.Database, c.Catalog = "sales", "C" }},
		{"jdbc:e6data://u:t@h", nil},
		{"e6data://h?access_token=a.b&secure=true", func(c *e6data.Config) {
			c.User, c.Token, c.AccessToken, c.Secure = "", e6data.Secret{}, e6data.NewSecret("a.b"), true
		}},
		{"e6data://localhost?access_token=a.b", func(c *e6data.Config) {
			c.Host, c.User, c.Token, c.AccessToken = "localhost", "", e6data.Secret{}, e6data.NewSecret("a.b")
		}},
	} {
		want := e6data.NewConfig()
		want.Host, want.User, want.Token = "h", "u", e6data.NewSecret("t")
		if test.want != nil {
			test.want(want)
		}
		got, err := e6data.ParseDSN(test.dsn)
		if err != nil {
			t.Errorf("%s: %v", test.dsn, err)
			continue
		}
		if !sameConfig(got, want) {
			t.Errorf("%s: %+v, want %+v", test.dsn, *got, *want)
		}
		again, err := e6data.ParseDSN(got.FormatDSN())
		if err != nil || !sameConfig(again, got) {
			t.Errorf("%s: formatted as %s, read back as %+v, %v", test.dsn, got.FormatDSN(), again, err)
		}
	}
}

// Each parameter, under each of its names.
func TestParameters(t *testing.T) {
	t.Parallel()
	const base = "e6data://localhost?"
	const user = "user=u&password=t&"
	for _, test := range []struct {
		query string
		want  func(*e6data.Config)
	}{
		{user + "schema=x", func(c *e6data.Config) { c.Database = "x" }},
		{user + "catalog=", func(*e6data.Config) {}},
		{user + "cluster_uuid=x", func(c *e6data.Config) { c.ClusterName = "x" }},
		{user + "secure=true&ca_cert=/ca.pem", func(c *e6data.Config) { c.Secure, c.CACert = true, "/ca.pem" }},
		{user + "secure=true&ssl-cert=/ca.pem&server_name=e6", func(c *e6data.Config) { c.Secure, c.CACert, c.ServerName = true, "/ca.pem", "e6" }},
		{user + "secure=true&client_cert=c&client_key=k", func(c *e6data.Config) { c.Secure, c.ClientCert, c.ClientKey = true, "c", e6data.NewSecret("k") }},
		{user + "secure=true&tls_config=mine", func(c *e6data.Config) { c.Secure, c.TLSConfig = true, "mine" }},
		{user + "secure=true&insecure_skip_verify=true&server_name=x", func(c *e6data.Config) { c.Secure, c.InsecureSkipVerify, c.ServerName = true, true, "x" }},
		{user + "insecure_skip_verify=false", func(*e6data.Config) {}},
		{"client_id=i&client_secret=s&token_url=https://idp/t?x=y%26z&oauth_scope=a+b&client_auth_method=POST", func(c *e6data.Config) {
			c.User, c.Token = "", e6data.Secret{}
			c.ClientID, c.ClientSecret, c.TokenURL, c.OAuthScope, c.ClientAuthMethod = "i", e6data.NewSecret("s"), "https://idp/t?x=y&z", "a b", e6data.ClientAuthPost
		}},
		{"client_id=i&client_secret=s&token_url=http://127.0.0.1:8/t", func(c *e6data.Config) {
			c.User, c.Token = "", e6data.Secret{}
			c.ClientID, c.ClientSecret, c.TokenURL = "i", e6data.NewSecret("s"), "http://127.0.0.1:8/t"
		}},
		{user + "impersonate=x", func(c *e6data.Config) { c.Impersonate = "x" }},
		{user + "userNameForImpersonation=x@y", func(c *e6data.Config) { c.Impersonate = "x@y" }},
		{user + "auto-resume=false&resume_timeout=9s", func(c *e6data.Config) { c.AutoResume, c.ResumeTimeout = false, 9*time.Second }},
		{user + "resume_poll=1500ms", func(c *e6data.Config) { c.ResumePoll = 1500 * time.Millisecond }},
		{user + "grpc_auto_resume_timeout_seconds=9", func(c *e6data.Config) { c.ResumeTimeout = 9 * time.Second }},
		{user + "prepare_timeout=1h", func(c *e6data.Config) { c.PrepareTimeout = time.Hour }},
		{user + "prepare_timeout=0", func(c *e6data.Config) { c.PrepareTimeout = 0 }},
		{user + "grpc_prepare_timeout=60", func(c *e6data.Config) { c.PrepareTimeout = time.Minute }},
		{user + "grpc_prepare_timeout=1m1ms", func(c *e6data.Config) { c.PrepareTimeout = time.Minute + time.Millisecond }},
		{user + "query_timeout=1.5s", func(c *e6data.Config) { c.QueryTimeout = 1500 * time.Millisecond }},
		{user + "cleanup_timeout=1us", func(c *e6data.Config) { c.CleanupTimeout = time.Microsecond }},
		{user + "connect_timeout=5s", func(c *e6data.Config) { c.ConnectTimeout = 5 * time.Second }},
		{user + "keepalive_time=0", func(c *e6data.Config) { c.KeepaliveTime = 0 }},
		{user + "keepalive_time_ms=30001&keepalive-timeout-ms=20", func(c *e6data.Config) {
			c.KeepaliveTime, c.KeepaliveTimeout = 30001*time.Millisecond, 20*time.Millisecond
		}},
		{user + "keepalive_timeout=5s", func(c *e6data.Config) { c.KeepaliveTimeout = 5 * time.Second }},
		{user + "keepalive_permit_without_calls=0", func(c *e6data.Config) { c.KeepaliveWithoutCalls = false }},
		{user + "max_recv_bytes=64MiB&max_send_bytes=-1", func(c *e6data.Config) { c.MaxRecvBytes, c.MaxSendBytes = 64<<20, -1 }},
		{user + "max_receive_message_length=-1&max_send_message_length=314572800", func(*e6data.Config) {}},
		{user + "channels=4", func(c *e6data.Config) { c.Channels = 4 }},
		{user + "prefetch_bytes=1000", func(c *e6data.Config) { c.PrefetchBytes = 1000 }},
		{user + "prefetch_total=1GiB", func(c *e6data.Config) { c.PrefetchTotal = 1 << 30 }},
		{user + "prefetch_bytes=64+mb", func(c *e6data.Config) { c.PrefetchBytes = 64e6 }},
		{user + "prefetch_bytes=3GiB", func(c *e6data.Config) { c.PrefetchBytes = 3 << 30 }},
		{user + "prefetch_bytes=2kB", func(c *e6data.Config) { c.PrefetchBytes = 2000 }},
		{user + "result-batch-v2=AUTO", func(c *e6data.Config) { c.ResultBatchV2 = e6data.BatchV2Auto }},
		{user + "enable_result_batch_v2=true", func(c *e6data.Config) { c.ResultBatchV2 = e6data.BatchV2On }},
		{user + "enable_result_batch_v2=False", func(*e6data.Config) {}},
		{user + "transactions=NOOP", func(c *e6data.Config) { c.Transactions = e6data.TransactionsNoop }},
		{user + "params=server", func(c *e6data.Config) { c.Params = e6data.ParamsServer }},
		{user + "loc=Asia/Kolkata", func(c *e6data.Config) { c.Loc = mustLocation(t, "Asia/Kolkata") }},
		{user + "loc=%2B05:30", func(c *e6data.Config) { c.Loc = time.FixedZone("+05:30", 19800) }},
		{user + "loc=UTC", func(c *e6data.Config) { c.Loc = nil }},
		{user + "loc=Local", func(c *e6data.Config) { c.Loc = time.Local }},
		{user + "strategy_ttl=1m&max_attempts=7", func(c *e6data.Config) { c.StrategyTTL, c.MaxAttempts = time.Minute, 7 }},
		{user + "cache=false", func(c *e6data.Config) { c.Cache = false }},
		{user + "shouldNotCache=true", func(c *e6data.Config) { c.Cache = false }},
		{user + "shouldNotCache=false", func(*e6data.Config) {}},
		{user + "compression=GZIP", func(c *e6data.Config) { c.Compression = "gzip" }},
		{user + "compression=none", func(*e6data.Config) {}},
		{user + "user_agent=app/1", func(c *e6data.Config) { c.UserAgent = "app/1" }},
		{user + "debug=true&log_statements=true", func(c *e6data.Config) { c.Debug, c.LogStatements = true, true }},
	} {
		want := e6data.NewConfig()
		want.Host, want.User, want.Token = "localhost", "u", e6data.NewSecret("t")
		test.want(want)
		got, err := e6data.ParseDSN(base + test.query)
		if err != nil {
			t.Errorf("%s: %v", test.query, err)
			continue
		}
		if !sameConfig(got, want) {
			t.Errorf("%s: %+v, want %+v", test.query, *got, *want)
		}
		again, err := e6data.ParseDSN(got.FormatDSN())
		if err != nil || !sameConfig(again, got) {
			t.Errorf("%s: formatted as %s, read back as %+v, %v", test.query, got.FormatDSN(), again, err)
		}
	}
}

func mustLocation(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// A location of the application's own is written as its offset.
func TestFormatOwnLocation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		loc  *time.Location
		want string
	}{
		{time.FixedZone("office", -(3*3600 + 30*60)), "loc=-03%3A30%3A00"},
		{time.FixedZone("Asia/Kolkata", 3600), "loc=%2B01%3A00%3A00"},
		{time.FixedZone("+02:00", 7200), "loc=%2B02%3A00"},
	} {
		cfg := e6data.NewConfig()
		cfg.Host, cfg.User, cfg.Token, cfg.Loc = "h", "u", e6data.NewSecret("t"), test.loc
		if dsn := cfg.FormatDSN(); !strings.HasSuffix(dsn, "?"+test.want) {
			t.Errorf("%v: %s", test.loc, dsn)
		} else if _, err := e6data.ParseDSN(dsn); err != nil {
			t.Error(err)
		}
	}
}

// clearEnv takes away what the environment of the tests may say.
func clearEnv(t *testing.T) {
	t.Helper()
	for _, name := range e6data.EnvNames() {
		t.Setenv(name, "")
	}
}

// The settings of the environment are below the DSN's.
func TestEnvironment(t *testing.T) {
	clearEnv(t)
	t.Setenv("E6DATA_MAX_RETRY_ATTEMPTS", "9")
	t.Setenv("E6DATA_STRATEGY_CACHE_TIMEOUT", "60")
	t.Setenv("E6DATA_STRATEGY_LOG_LEVEL", "debug")
	c, err := e6data.ParseDSN("e6data://u:t@h?strategy_ttl=5s")
	if err != nil || c.MaxAttempts != 9 || c.StrategyTTL != 5*time.Second || c.Debug {
		t.Fatalf("%+v, %v", c, err)
	}
	if c := e6data.NewConfig(); c.StrategyTTL != time.Minute {
		t.Errorf("TTL %v", c.StrategyTTL)
	}
	// A DSN means the same where the environment says something else.
	c.StrategyTTL = 300 * time.Second
	dsn := c.FormatDSN()
	again, err := e6data.ParseDSN(dsn)
	if err != nil || !sameConfig(c, again) {
		t.Errorf("%s: %+v, %v", dsn, again, err)
	}
	clearEnv(t)
	again, err = e6data.ParseDSN(dsn)
	if err != nil || !sameConfig(c, again) {
		t.Errorf("%s: %+v, %v", dsn, again, err)
	}

	for _, test := range []struct{ name, value, want string }{
		{"E6DATA_MAX_RETRY_ATTEMPTS", "many", `E6DATA_MAX_RETRY_ATTEMPTS: "many" is not a number of 0 or more`},
		{"E6DATA_STRATEGY_CACHE_TIMEOUT", "-1", `E6DATA_STRATEGY_CACHE_TIMEOUT: "-1" is neither a number of seconds`},
		{"E6DATA_STRATEGY_LOG_LEVEL", "LOUD", `"LOUD" is none of DEBUG, INFO,`},
		{"E6DATA_PASSWORD", "s3cret\xff", `E6DATA_PASSWORD: the value is not valid UTF-8`},
		{"E6DATA_ACCESS_TOKEN", "s3cret\n", `E6DATA_ACCESS_TOKEN: the value holds other characters`},
		{"E6DATA_TOKEN_URL", "http://idp?s3cret", `E6DATA_TOKEN_URL: the value is not https`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(test.name, test.value)
			cfg := e6data.NewConfig()
			if cfg.MaxAttempts != 5 || cfg.StrategyTTL != 300*time.Second {
				t.Errorf("%+v", cfg)
			}
			_, parse := e6data.ParseDSN("e6data://u:t@h")
			cfg.Host, cfg.User, cfg.Token = "h", "u", e6data.NewSecret("t")
			_, connector := e6data.NewConnector(cfg)
			for _, err := range []error{parse, connector} {
				if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%v, want %s", err, test.want)
				}
			}
		})
	}
}

// Credentials of the environment complete the DSN's way to authenticate, or
// choose one; they never add a second.
func TestEnvironmentCredentials(t *testing.T) {
	srv := newEngine(t, enginetest.Config{})
	bare := "e6data://" + srv.Addr() + "/db"
	for _, test := range []struct {
		name string
		env  map[string]string
		dsn  string
		want string // of the error; "" when the engine lets it in
	}{
		{"user and password", map[string]string{"E6DATA_USER": enginetest.DefaultUser, "E6DATA_PASSWORD": enginetest.DefaultToken}, bare, ""},
		{"token", map[string]string{"E6DATA_USER": enginetest.DefaultUser, "E6DATA_TOKEN": enginetest.DefaultToken}, bare, ""},
		{"the same twice", map[string]string{"E6DATA_TOKEN": enginetest.DefaultToken, "E6DATA_PASSWORD": enginetest.DefaultToken}, bare + "?user=" + enginetest.DefaultUser, ""},
		{"only the token", map[string]string{"E6DATA_USER": "x", "E6DATA_TOKEN": enginetest.DefaultToken}, bare + "?user=" + enginetest.DefaultUser, ""},
		{"the DSN wins", map[string]string{"E6DATA_USER": "x", "E6DATA_TOKEN": "y", "E6DATA_PASSWORD": "z"}, srv.DSN(), ""},
		{"the DSN's method wins", map[string]string{"E6DATA_ACCESS_TOKEN": "s3cret", "E6DATA_CLIENT_ID": "y"}, srv.DSN(), ""},
		{"nothing", nil, bare, "credentials are missing"},
		{"no password", map[string]string{"E6DATA_USER": "x"}, bare, "user needs password, which is missing"},
		{"no other method completes one", map[string]string{"E6DATA_ACCESS_TOKEN": "s3cret"}, bare + "?user=x", "user needs password, which is missing"},
		{"no secret", map[string]string{"E6DATA_CLIENT_ID": "x", "E6DATA_TOKEN_URL": "https://idp"}, bare, "client_id needs client_secret, which is missing"},
		{"two methods", map[string]string{"E6DATA_TOKEN": "s3cret", "E6DATA_ACCESS_TOKEN": "s3cret"}, bare, "password and access_token contradict each other"},
		{"two tokens", map[string]string{"E6DATA_USER": "x", "E6DATA_TOKEN": "s3cret", "E6DATA_PASSWORD": "s3cret2"}, bare, "E6DATA_PASSWORD and E6DATA_TOKEN contradict each other"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clearEnv(t)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			db, err := sql.Open("e6data", test.dsn)
			if err == nil {
				err = db.PingContext(t.Context())
				db.Close()
			}
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%v, want %s", err, test.want)
			case err != nil && strings.Contains(err.Error(), "s3cret"):
				t.Error(err)
			}
			// The environment's secrets do not get into a DSN.
			if cfg, err := e6data.ParseDSN(bare); err == nil && strings.Contains(cfg.FormatDSN(), enginetest.DefaultToken) {
				t.Error(cfg.FormatDSN())
			}
		})
	}
}

func TestBadDSN(t *testing.T) {
	t.Parallel()
	const ok = "e6data://u:t0ps3cret@h?"
	const oauth = "e6data://h?client_id=i&client_secret=t0ps3cret&"
	for _, test := range []struct{ dsn, want string }{
		// The grammar.
		{"mysql://u:t0ps3cret@h", "a DSN begins with e6data:// (or jdbc:e6data://)"},
		{"u:t0ps3cret@h", "begins with e6data://"},
		{"jdbc:mysql://u:t0ps3cret@h", "begins with e6data://"},
		{"e6data://u:t0ps3cret@", "host is missing"},
		{"e6data:///db?user=u&password=t0ps3cret", "host is missing"},
		{"e6data://h", "credentials are missing: give user and password"},
		{"e6data://u@h", "user needs password, which is missing"},
		{"e6data://:t0ps3cret@h", "password needs user, which is missing"},
		{"e6data://u:t0ps3cret@h:0", `port is not a number from 1 to 65535`},
		{"e6data://u:t0ps3cret@h:70000", `port is not a number from 1 to 65535`},
		{"e6data://u:t0ps3cret@h:http", `port is not a number`},
		{"e6data://u:t0ps3cret@::1", `address is invalid: write host, host:port or, for IPv6, [address]:port`},
		{"e6data://u:t0ps3cret@[::1", `address is invalid`},
		{"e6data://u:t0ps3cret@[h]", `address is invalid`},
		{"e6data://u:t0ps3cret@[::x]", `host is not an IPv6 address`},
		{"e6data://u:t0ps3cret@h x", `host is not a host name`},
		{"e6data://u:t0ps3cret%zz@h", "token is not percent-encoded"},
		{"e6data://u%zz:t0ps3cret@h", "user is not percent-encoded"},
		{"e6data://u:t0ps3cret%ff@h", "password is not valid UTF-8"},
		{"e6data://u:t0ps3cret@h/%zz", "database is not percent-encoded"},
		{"e6data://u:t0ps3cret@h/database=d&catalog=c", `holds a "=", which is %3D there: parameters come after a "?"`},
		{"jdbc:e6data://h/database=d?password=t0ps3cret", `"?" comes before all parameters or not at all`},
		{ok + "catalog=%zz", `"catalog" is not percent-encoded`},
		{ok + "%zz=1", "name of DSN parameter number 1 is not percent-encoded"},
		// A token that was not encoded falls apart: no piece of it is shown.
		{"e6data://u:t0ps3cret", "port is not a number from 1 to 65535; in user and token, any of \"/?#%&;\" is percent-encoded"},
		{"e6data://u:t0ps3cret/x@h", `database holds an "@"`},
		{"e6data://u:1/t0ps3cret@h", `database holds an "@"`},
		{"e6data://u:t0ps3cret?x@h", "port is not a number"},
		{"e6data://u:1?t0ps3cret=@h", "unknown DSN parameter number 1"},
		{"e6data://u:1?secure=t0ps3cret@h", `"secure": the value is not true or false`},
		{"e6data://u:p@t0ps3cret!:x?x@h", "host is not a host name"},
		{"e6data://u:p@t0ps3cret:x?x@h", "port is not a number"},
		{"e6data://u:p@t0ps3cret y?x@h", "host is not a host name"},
		{"e6data://u:p@a:t0ps3cret:b?x@h", "address is invalid"},
		{"e6data://u:x@h/sales/?catalog=c", `database holds a "/", which is %2F there`},
		{"jdbc:e6data://u:x@h/sales/lake", `database holds a "/", which is %2F there`},
		{"e6data://u:1?%zzt0ps3cret@h", "name of DSN parameter number 1"},
		{"e6data://h?user=u&password=x&t0ps3cret", `unknown DSN parameter number 3 (`},
		{"e6data://h?user=u&password=x&&t0ps3cret", `(in a value, "&" is %26)`},
		{"jdbc:e6data://h/user=u&password=x&t0ps3cret==&secure=true", `unknown DSN parameter number 3 (`},
		{"e6data://h?client_id=i&client-secret=x&t0ps3cret=y", `unknown DSN parameter number 3 (`},
		{"e6data://h?access_token=x&secure=true&catalogue=y", `unknown DSN parameter "catalogue": do you mean "catalog"?`},
		{"e6data://u:t0ps3cret@h/sales\n", "the DSN ends with white space"},
		{"e6data://u:t0ps3cret@h?catalog=lake\r\n", "the DSN ends with white space"},
		{"jdbc:e6data://h/user=u&password=t0ps3cret ", "the DSN ends with white space"},
		// Names.
		{ok + "catalogue=x", `unknown DSN parameter "catalogue": do you mean "catalog"?`},
		{ok + "cluster=x", `do you mean "cluster_name"?`},
		{ok + "shema=x", `do you mean "schema"?`},
		{ok + "resume=x", `do you mean "resume_timeout"?`},
		{ok + "key=x", `do you mean "client_key"?`},
		{"e6data://u@h?pasword=t0ps3cret", `unknown DSN parameter "pasword": do you mean "password"?`},
		{"e6data://u@h?pass+word=t0ps3cret", `unknown DSN parameter number 1 (in a value, "&" is %26): do you mean "password"?`},
		{ok + "t0ps3cret%3Dx=1", `unknown DSN parameter number 1 (`},
		{ok + "=1", `unknown DSN parameter number 1 (`},
		{ok + "catalog=x&catalog=y", `"catalog" occurs twice`},
		{ok + "cluster-name=x&cluster_name=y", `"cluster_name" occurs twice`},
		{ok + "cluster-name=x&cluster-uuid=y", `"cluster_uuid" was already given by cluster_name`},
		{ok + "cache=true&shouldNotCache=false", `"shouldnotcache" was already given by cache`},
		{"e6data://u:x@h/d?schema=d", `"schema" was already given by the path`},
		{"e6data://u:x@h?password=t0ps3cret", `"password" was already given by the part before the host`},
		{"e6data://u:x@h?token=t0ps3cret", `"token" was already given by the part before the host`},
		{"e6data://u@h?token=t0ps3cret&password=t0ps3cret", `"password" was already given by token`},
		// Values.
		{plain + "secure=yes", `"secure": "yes" is not true or false`},
		{plain + "secure=", `"secure": "" is not true or false`},
		{plain + "shouldNotCache=0.5", `"shouldnotcache": "0.5" is not true or false`},
		{plain + "prefetch_bytes=-1", `"prefetch_bytes": "-1" is not a number of bytes such as 65536, 64MiB or 300MB`},
		{plain + "prefetch_bytes=64M", `"64M" is not a number of bytes`},
		{plain + "prefetch_bytes=9999999999GiB", `"9999999999GiB" is not a number of bytes`},
		{plain + "max_recv_bytes=0", `"0" is neither -1 (no bound) nor a number of bytes above 0`},
		{plain + "max_send_bytes=-2", `"-2" is neither -1`},
		{plain + "max_send_message_length=x", `"max_send_message_length": "x" is not a number of bytes`},
		{plain + "result_batch_v2=maybe", `"maybe" is none of off, auto, on`},
		{plain + "client_auth_method=jwt", `"jwt" is none of basic, post`},
		{plain + "compression=zstd", `"zstd" is none of gzip, none`},
		{plain + "params=auto", `"auto" is none of client, server: the effect of a statement must not depend on a guess`},
		{plain + "transactions=on", `"on" is none of off, noop`},
		{plain + "params=both", `"both" is none of client, server`},
		{plain + "max_attempts=-1", `"-1" is not a number of 0 or more`},
		{plain + "channels=0", `"0" is not a number from 1 to 256`},
		{plain + "query_timeout=30", `"query_timeout": "30" is not a duration such as 30s`},
		{plain + "query_timeout=-1s", `"-1s" is not a duration such as 30s`},
		{plain + "grpc_prepare_timeout=x", `"x" is neither a number of seconds nor a duration such as 30s`},
		{plain + "grpc_prepare_timeout=99999999999999", `"99999999999999" is neither a number of seconds`},
		{plain + "keepalive_time=5s", `"5s" is less than 10s, and not 0`},
		{plain + "keepalive_time_ms=x", `"x" is neither a number of milliseconds`},
		{plain + "keepalive_timeout=0", `"0" is not more than 0`},
		{plain + "loc=Mars/Olympus", `"Mars/Olympus" is not a time zone such as Asia/Kolkata or +05:30`},
		{plain + "loc=", `"" is not a time zone`},
		{plain + "cluster_name=%0A", `"\n" holds other characters than printable ASCII`},
		{plain + "catalog=%ff", `is not valid UTF-8`},
		{plain + "catalog=" + strings.Repeat("x", 200) + "%ff", `xxx"... is not valid UTF-8`},
		{"e6data://h?secure=true&access_token=t0ps3cret%0A", `"access_token": the value holds other characters`},
		{"e6data://h?secure=true&access_token=Bearer+t0ps3cret", `"access_token": the value holds other characters than printable ASCII without blanks: it is the token alone`},
		{"e6data://h?secure=true&access_token=%20t0ps3cret", `"access_token": the value holds other characters`},
		{oauth + "secure=true&token_url=http://idp.example.com?t0ps3cret", `"token_url": the value is not https, which only a loopback host may do without`},
		{oauth + "secure=true&token_url=https://u:t0ps3cret@idp", `"token_url": the value holds a user`},
		{oauth + "secure=true&token_url=idp?t0ps3cret", `"token_url": the value is not a URL such as`},
		{oauth + "secure=true&token_url=https://idp%23t0ps3cret", `"token_url": the value holds a fragment`},
		{oauth + "secure=true&token_url=%3At0ps3cret", `"token_url": the value is not a URL`},
		// Contradictions.
		{ok + "access_token=x", "access_token contradict each other"},
		{ok + "client_id=x", "and client_id contradict each other: they belong to two ways to authenticate"},
		{"e6data://h?secure=true&access_token=t0ps3cret&client_secret=t0ps3cret", "access_token and client_secret contradict each other"},
		{"e6data://h?secure=true&client_id=i", "client_id needs client_secret, which is missing"},
		{"e6data://h?secure=true&client_secret=t0ps3cret", "client_secret needs client_id, which is missing"},
		{oauth + "secure=true", "client_id needs token_url, which is missing"},
		{"e6data://h?secure=true&oauth_scope=x", "oauth_scope needs client_id, which is missing"},
		{"e6data://h?secure=true&client_auth_method=post", "client_auth_method needs client_id, which is missing"},
		{ok + "client_auth_method=post", "user and client_auth_method contradict each other"},
		{"e6data://h?secure=true&access_token=t0ps3cret&client_auth_method=post", "access_token and client_auth_method contradict each other"},
		{"e6data://h?access_token=t0ps3cret", "access_token needs secure=true"},
		{oauth + "token_url=https://idp", "client_id needs secure=true"},
		{"e6data://h?secure=true&access_token=t0ps3cret&impersonate=x", "impersonate and access_token contradict each other"},
		{ok + "ca_cert=x", "ca_cert needs secure=true"},
		{ok + "client_key=t0ps3cret", "client_key needs secure=true"},
		{ok + "server_name=x", "server_name needs secure=true"},
		{ok + "tls_config=x", "tls_config needs secure=true"},
		{ok + "insecure_skip_verify=true", "insecure_skip_verify needs secure=true"},
		{ok + "secure=true&client_cert=x", "client_cert needs client_key"},
		{ok + "secure=true&client_key=t0ps3cret", "client_key needs client_cert"},
		{ok + "secure=true&tls_config=x&ca_cert=x", "tls_config and ca_cert contradict each other"},
		{ok + "secure=true&tls_config=x&insecure_skip_verify=1", "tls_config and insecure_skip_verify contradict each other"},
		{ok + "secure=true&ca_cert=x&insecure_skip_verify=1", "insecure_skip_verify and ca_cert contradict each other"},
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

// What no DSN can say is checked in a Config as well.
func TestBadConfig(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change func(*e6data.Config)
		want   string
	}{
		{func(c *e6data.Config) { c.Host = "" }, "the host is missing"},
		{func(c *e6data.Config) { c.Host = "a/b" }, `the host is not a host name`},
		{func(c *e6data.Config) { c.Host = "e6.example.com:443" }, `the host holds a port`},
		{func(c *e6data.Config) { c.Host = "[::1]:443" }, `the host holds a port`},
		{func(c *e6data.Config) { c.Host = "a:b:c" }, `the host is not an IPv6 address`},
		{func(c *e6data.Config) { c.Port = -1 }, "port -1 is out of range"},
		{func(c *e6data.Config) { c.Port = 65536 }, "port 65536 is out of range"},
		{func(c *e6data.Config) { c.User, c.Token = "", e6data.Secret{} }, "credentials are missing"},
		{func(c *e6data.Config) { c.QueryTimeout = -time.Second }, `query_timeout: "-1s" is not a duration`},
		{func(c *e6data.Config) { c.KeepaliveTime = time.Second }, `keepalive_time: "1s" is less than 10s`},
		{func(c *e6data.Config) { c.ResumePoll = 0 }, `resume_poll: "0" is not more than 0`},
		{func(c *e6data.Config) { c.Channels = 0 }, `channels: "0" is not a number from 1 to 256`},
		{func(c *e6data.Config) { c.MaxSendBytes = 0 }, `max_send_bytes: "0" is neither -1`},
		{func(c *e6data.Config) { c.PrefetchBytes = -1 }, `prefetch_bytes: "-1" is not a number of bytes`},
		{func(c *e6data.Config) { c.Params = "auto" }, `params: "auto" is none of client, server`},
		{func(c *e6data.Config) { c.Token = e6data.NewSecret("t0ps3cret\xff") }, `password: the value is not valid UTF-8`},
		{func(c *e6data.Config) { c.CACert = "x" }, "ca_cert needs secure=true"},
		{func(c *e6data.Config) { c.AccessToken = e6data.NewSecret("t0ps3cret") }, "user and access_token contradict"},
	} {
		cfg := e6data.NewConfig()
		cfg.Host, cfg.User, cfg.Token = "h", "u", e6data.NewSecret("t")
		if _, err := e6data.NewConnector(cfg); err != nil {
			t.Fatal(err)
		}
		test.change(cfg)
		_, err := e6data.NewConnector(cfg)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "t0ps3cret") {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}

// Wrappers open an empty DSN to get hold of the driver.
func TestEmptyDSN(t *testing.T) {
	t.Parallel()
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
		"e6data://@:@@h", "e6data://:%00@h/?catalog=%ff", "jdbc:e6data://h:1/user=u&password=t&database=d%3D%40",
		"e6data://u:t@[fe80::1%25e]?loc=%2B05:30&cache=0&max_recv_bytes=1KiB&keepalive_time_ms=20000&channels=2",
		"e6data://localhost?client_id=i&client_secret=s&token_url=https://idp/x%3Fy&oauth_scope=a+b&client_auth_method=post",
		"e6data://u:t@h?secure=1&ca_cert=a&client_cert=b&client_key=c&server_name=d&compression=gzip&params=server",
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
		if !sameConfig(again, cfg) {
			t.Fatalf("%q: %+v read back as %+v", dsn, *cfg, *again)
		}
		if again.FormatDSN() != formatted {
			t.Fatalf("%q is no fixed point", formatted)
		}
		if cfg.CACert != "" || cfg.ClientCert != "" || cfg.TLSConfig != "" {
			return // NewConnector would look for them
		}
		c, err := e6data.NewConnector(cfg)
		if err == nil {
			err = c.Close()
		} else if strings.Contains(err.Error(), "credentials are missing") {
			err = nil
		}
		if err != nil {
			t.Fatalf("%q: %v", dsn, err)
		}
	})
}

// However a token is written, and whatever is around it, no error shows it.
func FuzzDSNErrors(f *testing.F) {
	const secret = "t0ps3cret"
	f.Add("u", "", "", "h", "catalog=%zz")
	f.Add("u", "1?", "=", "h:1", "secure=x")
	f.Add("u", "a/", "?b", "h:http/d", "")
	f.Add("u", "1?secure=", "&", "h", "user=x")
	f.Add("u", "1@a b", ":c", "[::1", "password=")
	f.Add("", "p@h:", "#", "h", "token_url=https://")
	f.Fuzz(func(t *testing.T, user, before, after, host, query string) {
		token := before + secret + after
		for _, dsn := range []string{
			"e6data://" + user + ":" + token + "@" + host + "/?" + query,
			"jdbc:e6data://" + host + "/" + query + "&user=u&password=" + url.QueryEscape(token),
			"e6data://" + url.UserPassword(user, token).String() + "@" + host + "?" + query,
			"e6data://" + host + "?secure=1&access_token=" + url.QueryEscape(token) + "&" + query,
		} {
			if strings.Contains(user+host+query, "cret") {
				return
			}
			cfg, err := e6data.ParseDSN(dsn)
			if err == nil {
				if text := fmt.Sprintf("%v %+v %#v", cfg, *cfg, cfg); cfg.Token.Reveal() == token && strings.Contains(text, secret) {
					t.Fatalf("%q: %s", dsn, text)
				}
				continue
			}
			if strings.Contains(err.Error(), secret) {
				t.Fatalf("%q: %v", dsn, err)
			}
		}
	})
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	top := e6data.NewSecret("t0ps3cret")
	cfg := e6data.Config{
		Host: "h", User: "u", Token: top, AccessToken: top, ClientSecret: top, ClientKey: top,
		TokenURL:   "https://idp.example.com/token?code=t0ps3cret",
		ClientCert: "-----BEGIN CERTIFICATE-----\n\n-----BEGIN PRIVATE KEY-----\nt0ps3cret\n", // as HAProxy has them
	}
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
	// fmt does not ask a value for its text everywhere.
	cfg.TokenURL, cfg.ClientCert = "", ""
	out.Reset()
	for _, verb := range []string{"%w", "%p", "%!", "%[1]w", "%T", "%t"} {
		for _, v := range []any{cfg, &cfg, cfg.Token, &cfg.Token, struct{ hidden e6data.Secret }{cfg.Token}, struct{ hidden any }{cfg}, []any{cfg.Token}} {
			fmt.Fprintf(&out, verb+"\n", v)
			out.WriteString(fmt.Errorf("%w "+verb, io.EOF, v).Error() + "\n")
		}
	}
	fmt.Fprintf(&out, "%v %+v %#v\n", struct{ hidden e6data.Secret }{cfg.Token}, struct{ hidden *e6data.Secret }{&cfg.Token}, struct{ hidden e6data.Config }{cfg})
	if strings.Contains(out.String(), "t0ps3cret") || !strings.Contains(out.String(), "%!w(") {
		t.Errorf("the secret is in %s", out.String())
	}
	cfg.TokenURL = "https://idp.example.com/token?code=t0ps3cret"
	if cfg.Token.Reveal() != "t0ps3cret" || !strings.Contains(cfg.FormatDSN(), "code%3Dt0ps3cret") {
		t.Error("the secret itself is gone")
	}
	if text := fmt.Sprintf("%+v", cfg); !strings.Contains(text, "TokenURL:https://idp.example.com/token?[redacted]") {
		t.Error(text)
	}
}

// A Secret is what its text is, for == and for decoders.
func TestSecret(t *testing.T) {
	t.Parallel()
	a, b := e6data.NewSecret("t0ps3cret"), e6data.NewSecret("t0ps"+"3cret")
	if a != b || a == e6data.NewSecret("other") || a.IsZero() || a.Reveal() != "t0ps3cret" {
		t.Error("equality")
	}
	if empty := e6data.NewSecret(""); empty != (e6data.Secret{}) || !empty.IsZero() || empty.Reveal() != "" || empty.String() != "" {
		t.Error("the empty secret")
	}
	cfg := e6data.NewConfig()
	if err := json.Unmarshal([]byte(`{"Host": "h", "Token": "t0ps3cret"}`), cfg); err != nil || cfg.Token != a || cfg.MaxAttempts != 5 {
		t.Errorf("%+v, %v", cfg, err)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{TLS: true})
	srv.Handle("q", ids(100, 10))
	cfg := parseDSN(t, srv.DSN())
	if !cfg.Secure {
		t.Fatalf("%+v", cfg)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(srv.CertPEM())

	db := openConfig(t, cfg, e6data.WithTLSConfig(&tls.Config{RootCAs: roots}))
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
	t.Parallel()
	for _, cfg := range []*e6data.Config{nil, {}, {Host: "h"}, {Host: "h", User: "u"}, {Host: "h", User: "u", Token: e6data.NewSecret("t"), Port: -1}} {
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
