package e6data_test

import (
	"crypto/tls"
	"database/sql"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// t0ps3cret stands for every secret in the mistakes. No message shows it.
const t0ps3cret = "t0ps3cret"

// mistakesInDSNs are DSNs as they are written after another driver, a browser or a
// shell, each with the error's text.
var mistakesInDSNs = []struct{ dsn, want string }{
	// Another driver's separators.
	{"e6data://me:t0ps3cret@e6.example.com?catalog=lake;secure=true", semicolon},
	{"e6data://me:t0ps3cret@e6.example.com/sales;catalog=lake", semicolon},
	{"e6data://e6.example.com;user=me;password=t0ps3cret", semicolon},
	{"jdbc:e6data://e6.example.com:443/database=sales;user=me;password=t0ps3cret", semicolon},
	{"jdbc:e6data://e6.example.com:443;user=me@example.com;password=t0ps3cret", semicolon},
	{"e6data://me:t0ps3cret;x@e6.example.com", semicolon},
	// What is no DSN.
	{"E6DATA://me:t0ps3cret@e6.example.com?secure=true", "e6data: a DSN begins with e6data:// in small letters, without quotes or white space before it"},
	{"JDBC:E6data://e6.example.com/user=me&password=t0ps3cret", "e6data: a DSN begins with e6data:// in small letters, without quotes or white space before it"},
	{`"e6data://me:t0ps3cret@e6.example.com"`, "e6data: a DSN begins with e6data:// in small letters, without quotes or white space before it"},
	{" e6data://me:t0ps3cret@e6.example.com", "e6data: a DSN begins with e6data:// in small letters, without quotes or white space before it"},
	{"https://me:t0ps3cret@e6.example.com", "e6data: https:// begins the address of something else: write " + dsnForm},
	{"grpc://e6.example.com:80?password=t0ps3cret", "e6data: grpc:// begins the address of something else: write " + dsnForm},
	{"postgres://me:t0ps3cret@e6.example.com/sales", "e6data: a DSN begins with e6data:// (or jdbc:e6data://): write " + dsnForm},
	{"me:t0ps3cret@tcp(e6.example.com:443)/sales", "e6data: a DSN begins with e6data:// (or jdbc:e6data://): write " + dsnForm},
	{"e6.example.com:443", "e6data: a DSN begins with e6data:// (or jdbc:e6data://): write " + dsnForm},
	// Other drivers' words.
	{plain + "timeout=30s", unknown("timeout") + "write query_timeout, for a whole query, prepare_timeout or connect_timeout"},
	{plain + "statement_timeout=30s", unknown("statement_timeout") + "write query_timeout, as in query_timeout=30s"},
	{plain + "ssl=true", unknown("ssl") + "write secure=true for TLS"},
	{plain + "tls=skip-verify", unknown("tls") + "write secure=true for TLS"},
	{plain + "sslmode=require", unknown("sslmode") + "write secure=true for TLS"},
	{plain + "db=sales", unknown("db") + "write database, or put its name after the host: e6.example.com:443/sales"},
	{plain + "warehouse=etl", unknown("warehouse") + "write cluster_name"},
	{plain + "role=admin", unknown("role") + "there are no roles to choose; impersonate names a user on whose behalf to work"},
	{plain + "timezone=Asia/Kolkata", unknown("timezone") + "write loc, as in loc=Asia/Kolkata"},
	{plain + "parseTime=true", unknown("parseTime") + "leave it out: a time is a time.Time always, and loc sets its zone"},
	{plain + "pool_max_conns=10", unknown("pool_max_conns") + "leave it out and call SetMaxOpenConns of the sql.DB"},
	{plain + "application_name=etl", unknown("application_name") + "write user_agent"},
	{plain + "charset=utf8mb4", unknown("charset") + "leave it out: text is UTF-8 always"},
	{plain + "port=443", unknown("port") + "host and port come before the parameters: " + dsnForm},
	{plain + "pwd=t0ps3cret", unknown("pwd") + "write password, for the account's access token"},
	// Plaintext where TLS is spoken.
	{"e6data://me:t0ps3cret@e6.example.com:443/sales", port443},
	{"e6data://me:t0ps3cret@e6.example.com:443/sales?secure=false", port443},
	{"jdbc:e6data://e6.example.com:443/user=me&password=t0ps3cret", port443},
	// Parameters too early: what follows an "@" in one is no host, and is sent nothing.
	{"jdbc:e6data://h:80&user=me@x&password=t0ps3cret", early("&")},
	{"jdbc:e6data://h:80&password=t0ps3cret&user=me@example.com", early("&")},
	{"e6data://h:80&user=me&password=t0ps3cret", early("&")},
	{"e6data://h:443#user=t0ps3cret@example.com", early("#")},
	{"e6data://me:t0ps3cret&x@e6.example.com", early("&")},
	{"e6data://e6.example.com/user=me@example.com&password=t0ps3cret", `e6data: the DSN's database holds an "@", which is %40 there` + encoded},
	// Hosts and ports that are none.
	{"e6data://me:t0ps3cret", "e6data: the DSN's port is not a number from 1 to 65535" + encoded},
	{"e6data://e6.example.com:https?user=me&password=t0ps3cret", "e6data: the DSN's port is not a number from 1 to 65535" + encoded},
	{"e6data://me:t0ps3cret@", "e6data: the DSN's host is missing"},
	{"e6data://me:t0ps3cret@one.example.com,two.example.com", noHost},
	{"e6data://me:t0ps3cret@tcp(e6.example.com)", noHost},
	{"e6data://me:t0ps3cret@b\u00fccher.example", noHost},
	{"e6data://me:t0ps3cret@e6..example.com", "e6data: the DSN's host is not a host name: a host name has 1 to 63 characters between dots, and 253 in all"},
	{"e6data://me@eyJhbGciOi" + strings.Repeat("t0ps3cret", 9), "e6data: the DSN's host is not a host name: a host name has 1 to 63 characters between dots, and 253 in all"},
	{"e6data://me:t0ps3cret@::1", "e6data: the DSN's address is invalid: write host, host:port or, for IPv6, [address]:port" + encoded},
	// Secrets that fall apart, as they were not encoded: what follows is not shown.
	{"e6data://me:pa/t0ps3cret@e6.example.com", `e6data: the DSN's database holds an "@", which is %40 there` + encoded},
	{"e6data://me:p@ss?secure=t0ps3cret", `e6data: DSN parameter "secure": the value is not true or false`},
	{"e6data://me:p@ss?t0ps3cret", `e6data: unknown DSN parameter number 1 (in a value, "&" is %26): no known parameter is similar`},
	{"e6data://h?user=me&password=a&secure=t0ps3cret", `e6data: DSN parameter "secure": the value is not true or false`},
	{"e6data://h?user=me&password=a&catalog=lake&t0ps3cret=&secure=true", `e6data: unknown DSN parameter number 4 (in a value, "&" is %26): no known parameter is similar`},
	{"e6data://h?access_token=a&loc=t0ps3cret", `e6data: DSN parameter "loc": the value is not a time zone such as Asia/Kolkata or +05:30 (where the system has no zone database, import time/tzdata)`},
	{"e6data://me:t0ps3cret%2@e6.example.com", "e6data: the DSN's token is not percent-encoded"},
	// Slips of the keyboard, and names that are like none: no guess is better than
	// a wild one, and "token" never is one.
	{plain + "catalogue=lake", unknown("catalogue") + `do you mean "catalog"?`},
	{plain + "prefetch_byte=1MiB", unknown("prefetch_byte") + `do you mean "prefetch_bytes"?`},
	{plain + "tokn=t0ps3cret", unknown("tokn") + "no known parameter is similar"},
	{plain + "tokens=t0ps3cret", unknown("tokens") + "no known parameter is similar"},
	{plain + "wibble=1", unknown("wibble") + "no known parameter is similar"},
}

const (
	// plain is a DSN without a secret: what follows it may be shown.
	plain   = "e6data://me@e6.example.com?"
	dsnForm = "e6data://user:token@host:443/database?secure=true"
)

const (
	encoded = `; in user and token, any of "/?#%&;" is percent-encoded`
	noHost  = `e6data: the DSN's host is not a host name: a host name has letters, digits and any of "-_." (an international one is written as xn--...)`
)

func early(separator string) string {
	return `e6data: the DSN holds a "` + separator + `" before its first "/" or "?": parameters come after that` + encoded
}

func unknown(name string) string { return `e6data: unknown DSN parameter "` + name + `": ` }

const port443 = "e6data: port 443 expects TLS: set secure=true (or give the port of a server that speaks plaintext)"

const semicolon = `e6data: the DSN holds a ";", which is not allowed: use "&" between parameters, or %3B in a value`

func TestMistakesInDSNs(t *testing.T) {
	clearEnv(t)
	for _, test := range mistakesInDSNs {
		db, err := sql.Open("e6data", test.dsn)
		if err == nil {
			db.Close()
			t.Errorf("%s was accepted", test.dsn)
			continue
		}
		checkMistake(t, test.dsn, err, test.want)
	}
}

// checkMistake compares a mistake's message.
func checkMistake(t *testing.T, mistake string, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("%s:\n got %v\nwant %s", mistake, err, want)
	}
	if err != nil && strings.Contains(err.Error(), t0ps3cret) {
		t.Errorf("%s: the secret is shown: %v", mistake, err)
	}
}

// mistakesInConfigs are changes of a Config that is right, or a replacement.
var mistakesInConfigs = []struct {
	name   string
	change func(*e6data.Config)
	want   string
}{
	{"literal", func(c *e6data.Config) {
		*c = e6data.Config{Host: "e6.example.com", User: "me", Token: e6data.NewSecret(t0ps3cret), Secure: true}
	}, "e6data: the Config has no defaults: make it with NewConfig or ParseDSN, as in cfg := e6data.NewConfig(), and then set its fields"},
	{"URL", func(c *e6data.Config) { c.Host = "https://me:t0ps3cret@e6.example.com" }, hostIsURL},
	{"DSN", func(c *e6data.Config) { c.Host = "e6data://me:t0ps3cret@e6.example.com:443/sales" }, hostIsURL},
	{"host and port", func(c *e6data.Config) { c.Host = "e6.example.com:443" }, "e6data: the host holds a port: set Port instead"},
	{"user and host", func(c *e6data.Config) { c.Host = "me:t0ps3cret@e6.example.com" },
		strings.Replace(noHost, "DSN's host", "host", 1)},
	{"key in the certificate", func(c *e6data.Config) {
		c.ClientCert, c.ClientKey = "-----BEGIN PRIVATE KEY-----\nt0ps3cret\n-----END PRIVATE KEY-----", e6data.NewSecret("k")
	}, "e6data: client_cert holds the text of a private key, which must be in client_key"},
	{"a default that was undone", func(c *e6data.Config) { c.Channels = 0 }, `e6data: channels: "0" is not a number from 1 to 256`},
	{"nothing may be received", func(c *e6data.Config) { c.MaxRecvBytes = 0 }, `e6data: max_recv_bytes: "0" is neither -1 (no bound) nor a number of bytes above 0`},
	{"negative timeout", func(c *e6data.Config) { c.QueryTimeout = -time.Second }, `e6data: query_timeout: "-1s" is not a duration such as 30s or 5m`},
	{"seconds without a unit", func(c *e6data.Config) { c.QueryTimeout = 30 }, `e6data: query_timeout: "30ns" is less than a microsecond: a time.Duration has its unit, as 30*time.Second has`},
	{"port", func(c *e6data.Config) { c.Port = 65536 }, "e6data: port 65536 is out of range (1 to 65535)"},
	{"no host", func(c *e6data.Config) { c.Host = "" }, "e6data: the host is missing"},
	{"no credentials", func(c *e6data.Config) { c.User, c.Token = "", e6data.Secret{} }, "e6data: credentials are missing: give user and password (the access token), access_token, or client_id with client_secret and token_url, in the DSN or in the environment (E6DATA_USER, E6DATA_TOKEN, ...)"},
	{"no token", func(c *e6data.Config) { c.Token = e6data.Secret{} }, "e6data: user needs password, which is missing"},
	{"two ways to authenticate", func(c *e6data.Config) { c.AccessToken = e6data.NewSecret(t0ps3cret) }, "e6data: user and access_token contradict each other: they belong to two ways to authenticate"},
	{"Bearer and a token", func(c *e6data.Config) {
		c.User, c.Token, c.AccessToken = "", e6data.Secret{}, e6data.NewSecret("Bearer t0ps3cret")
	}, `e6data: access_token: the value holds other characters than printable ASCII without blanks: it is the token alone, with no "Bearer" before it`},
	{"certificate without its key", func(c *e6data.Config) { c.ClientCert = "cert.pem" }, "e6data: client_cert needs client_key"},
	{"certificate for plaintext", func(c *e6data.Config) { c.Secure, c.CACert = false, "ca.pem" }, "e6data: ca_cert needs secure=true"},
	{"mode", func(c *e6data.Config) { c.Params = "auto" }, `e6data: params: "auto" is none of client, server: the effect of a statement must not depend on a guess`},
	{"port 443", func(c *e6data.Config) { c.Secure, c.Port = false, 443 }, port443},
}

const hostIsURL = `e6data: Host must be a name only, not a URL: write Host: "e6.example.com", Port: 443, Secure: true; ParseDSN reads a DSN`

// goodConfig returns a Config without a mistake.
func goodConfig() *e6data.Config {
	cfg := e6data.NewConfig()
	cfg.Host, cfg.User, cfg.Token, cfg.Secure = "e6.example.com", "me", e6data.NewSecret(t0ps3cret), true
	return cfg
}

func TestMistakesInConfigs(t *testing.T) {
	clearEnv(t)
	for _, test := range mistakesInConfigs {
		cfg := goodConfig()
		test.change(cfg)
		_, err := e6data.NewConnector(cfg)
		checkMistake(t, test.name, err, test.want)
	}
}

// mistakesInQueries are statements, arguments and options that do not go
// together. Nothing of them is executed.
var mistakesInQueries = []struct {
	query string
	args  []any
	want  string
}{
	// Statements.
	{"", nil, "e6data: line 1:1 (byte 0): the statement is empty"},
	{"SELECT 1; SELECT 2", nil, "e6data: line 1:11 (byte 10): a second statement begins here: a call takes one statement"},
	{"SELECT 'it''s", nil, "e6data: line 1:8 (byte 7): the string that begins here does not end"},
	{"SELECT 1 /* no end", nil, "e6data: line 1:10 (byte 9): the comment that begins here does not end"},
	// Arguments.
	{"SELECT ?", nil, "e6data: argument 1: it is missing: the statement has 1 placeholder"},
	{"SELECT ?", []any{1, 2}, "e6data: argument 2: it is not used: the statement has 1 placeholder"},
	{"SELECT :id", []any{7}, "e6data: argument 1: it has no name, but the statement's placeholders do: give it by sql.Named(\"id\", ...), or write ? in the place of :id"},
	{"SELECT :id", []any{sql.Named("ID", 7)}, "e6data: argument :ID: it is not used in the statement, where the name is :id"},
	{"SELECT :id", []any{sql.Named("id", 7), sql.Named("id", 8)}, "e6data: argument :id: it is given twice"},
	{"SELECT ?", []any{sql.Named("id", 7)}, "e6data: argument :id: it is not used: the statement's placeholders are like ?, which take arguments without a name"},
	{"SELECT ?, :id", []any{7, sql.Named("id", 7)}, "e6data: argument :id: the statement has both ? and :id as placeholders: use one kind"},
	{"SELECT 1 WHERE a IN (?)", []any{[]int{}}, "e6data: argument 1: an empty slice (type []int): an IN list has at least one member"},
	{"SELECT 1 WHERE a = ?", []any{[]int{1, 2}}, "e6data: argument 1: a slice (type []int) is for a member of an IN list, as in: x IN (?)"},
	{"SELECT ?", []any{math.NaN()}, "e6data: argument 1: NaN and infinities have no literal"},
	{"SELECT ?", []any{"t0ps3cret\xff"}, "e6data: argument 1: the string is not valid UTF-8 at byte 9; give binary data as []byte"},
	{"SELECT ?", []any{"t0ps3cret\x00"}, "e6data: argument 1: the string has a NUL character at byte 9; give binary data as []byte"},
	{"SELECT ?", []any{struct{ Secret string }{t0ps3cret}}, "e6data: argument 1: no literal for a value of type struct { Secret string }"},
	{"SELECT ?", []any{map[string]string{"a": t0ps3cret}}, "e6data: argument 1: no literal for a value of type map[string]string"},
	{"SELECT ?", []any{func() {}}, "e6data: argument 1: no literal for a value of type func()"},
	{"SELECT ?", []any{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, "e6data: argument 1: a time in the year 10000 has no literal: 0 to 9999 have"},
	{"SELECT ?", []any{sql.Out{Dest: new(int)}}, "sql: converting argument $1 type: e6data: the engine has no output parameters (sql.Out)"},
	// Options.
	{"SELECT 1", []any{e6data.QueryOption{}}, "e6data: a QueryOption that no function of this package made"},
	{"SELECT 1", []any{e6data.QueryTag("*/ DROP TABLE t -- ")}, `e6data: QueryTag "*/ DROP TABLE t -- " cannot stand in a comment`},
	{"SELECT 1", []any{e6data.QueryTag("two\nlines")}, `e6data: QueryTag "two\nlines" cannot stand in a comment`},
	{"SELECT ?", []any{e6data.NoCache()}, "e6data: argument 1: it is missing: the statement has 1 placeholder"},
}

func TestMistakesInQueries(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	db := openDB(t, srv)
	for _, test := range mistakesInQueries {
		rows, err := db.QueryContext(t.Context(), test.query, test.args...)
		if err == nil {
			rows.Close()
		}
		checkMistake(t, test.query, err, test.want)
	}
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("%d statements were sent", n)
	}
}

// mistakesInOptions are options of a connector that contradict its Config.
var mistakesInOptions = []struct {
	name   string
	change func(*e6data.Config)
	option e6data.Option
	want   string
}{
	{"TLS configuration for plaintext", func(c *e6data.Config) { c.Secure = false }, e6data.WithTLSConfig(&tls.Config{}), "e6data: WithTLSConfig needs secure=true"},
	{"two TLS configurations", func(c *e6data.Config) { c.TLSConfig = "mine" }, e6data.WithTLSConfig(&tls.Config{}), `e6data: there is tls_config "mine" and WithTLSConfig: use one of them`},
	{"token source beside a token", func(*e6data.Config) {}, e6data.WithTokenSource(indiscreet{t0ps3cret}), "e6data: WithTokenSource and user contradict each other: they are two ways to authenticate"},
	{"token source for plaintext", func(c *e6data.Config) {
		c.Secure, c.User, c.Token = false, "", e6data.Secret{}
	}, e6data.WithTokenSource(indiscreet{t0ps3cret}), "e6data: WithTokenSource needs secure=true: over plaintext anyone could read the access token (a loopback host may do without)"},
	{"TLS configuration that nobody registered", func(c *e6data.Config) { c.TLSConfig = "mine" }, e6data.WithLogger(nil), `e6data: no tls_config "mine" is registered, none is: call RegisterTLSConfig before the connector is made`},
	{"certificate that is not there", func(c *e6data.Config) { c.CACert = "no/such.pem" }, e6data.WithLogger(nil), `e6data: ca_cert: file "no/such.pem": no such file or directory`},
	{"key that is not there", func(c *e6data.Config) {
		c.ClientCert, c.ClientKey = "-----BEGIN CERTIFICATE-----", e6data.NewSecret(t0ps3cret)
	}, e6data.WithLogger(nil), "e6data: client_key: its file cannot be read: no such file or directory"},
}

func TestMistakesInOptions(t *testing.T) {
	clearEnv(t)
	for _, test := range mistakesInOptions {
		cfg := goodConfig()
		test.change(cfg)
		_, err := e6data.NewConnector(cfg, test.option)
		checkMistake(t, test.name, err, test.want)
	}
}
