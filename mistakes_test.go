package e6data_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
)

// t0ps3cret stands for every secret in the mistakes. No message shows it.
const t0ps3cret = "t0ps3cret"

// mistakesInDSNs are what people write who come from another driver, from a
// browser or from a shell, and what they read.
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
	{"e6data://me:t0ps3cret", "e6data: the DSN's port is no number from 1 to 65535" + encoded},
	{"e6data://e6.example.com:https?user=me&password=t0ps3cret", "e6data: the DSN's port is no number from 1 to 65535" + encoded},
	{"e6data://me:t0ps3cret@", "e6data: the DSN's host is missing"},
	{"e6data://me:t0ps3cret@one.example.com,two.example.com", noHost},
	{"e6data://me:t0ps3cret@tcp(e6.example.com)", noHost},
	{"e6data://me:t0ps3cret@b\u00fccher.example", noHost},
	{"e6data://me:t0ps3cret@e6..example.com", "e6data: the DSN's host is no host name: those have 1 to 63 characters between dots, and 253 in all"},
	{"e6data://me@eyJhbGciOi" + strings.Repeat("t0ps3cret", 9), "e6data: the DSN's host is no host name: those have 1 to 63 characters between dots, and 253 in all"},
	{"e6data://me:t0ps3cret@::1", "e6data: the DSN's address is none: it is host, host:port or, for IPv6, [address]:port" + encoded},
	// Secrets that fall apart, as they were not encoded: what follows is not shown.
	{"e6data://me:pa/t0ps3cret@e6.example.com", `e6data: the DSN's database holds an "@", which is %40 there` + encoded},
	{"e6data://me:p@ss?secure=t0ps3cret", `e6data: DSN parameter "secure": the value is not true or false`},
	{"e6data://me:p@ss?t0ps3cret", `e6data: unknown DSN parameter number 1 (in a value, "&" is %26): it is like no known one`},
	{"e6data://h?user=me&password=a&secure=t0ps3cret", `e6data: DSN parameter "secure": the value is not true or false`},
	{"e6data://h?user=me&password=a&catalog=lake&t0ps3cret=&secure=true", `e6data: unknown DSN parameter number 4 (in a value, "&" is %26): it is like no known one`},
	{"e6data://h?access_token=a&loc=t0ps3cret", `e6data: DSN parameter "loc": the value is no time zone such as Asia/Kolkata or +05:30 (where the system has no zone database, import time/tzdata)`},
	{"e6data://me:t0ps3cret%2@e6.example.com", "e6data: the DSN's token is not percent-encoded"},
	// Slips of the keyboard, and names that are like none: no guess is better than
	// a wild one, and "token" never is one.
	{plain + "catalogue=lake", unknown("catalogue") + `do you mean "catalog"?`},
	{plain + "prefetch_byte=1MiB", unknown("prefetch_byte") + `do you mean "prefetch_bytes"?`},
	{plain + "tokn=t0ps3cret", unknown("tokn") + "it is like no known one"},
	{plain + "tokens=t0ps3cret", unknown("tokens") + "it is like no known one"},
	{plain + "wibble=1", unknown("wibble") + "it is like no known one"},
}

const (
	// plain is a DSN without a secret: what follows it may be shown.
	plain   = "e6data://me@e6.example.com?"
	dsnForm = "e6data://user:token@host:443/database?secure=true"
)

const (
	encoded = `; in user and token, any of "/?#%&;" is percent-encoded`
	noHost  = `e6data: the DSN's host is no host name: those have letters, digits and any of "-_." (an international one is written as xn--...)`
)

func early(separator string) string {
	return `e6data: the DSN holds a "` + separator + `" before its first "/" or "?": parameters come after that` + encoded
}

func unknown(name string) string { return `e6data: unknown DSN parameter "` + name + `": ` }

const port443 = "e6data: port 443 is that of TLS: set secure=true (or give the port of a server that speaks plaintext)"

const semicolon = `e6data: the DSN holds a ";", which separates nothing: use "&" between parameters, or %3B in a value`

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
	}, "e6data: the Config has no defaults: make it with NewConfig or ParseDSN, and then set its fields: cfg := e6data.NewConfig(); cfg.Host = ..."},
	{"URL", func(c *e6data.Config) { c.Host = "https://me:t0ps3cret@e6.example.com" }, hostIsURL},
	{"DSN", func(c *e6data.Config) { c.Host = "e6data://me:t0ps3cret@e6.example.com:443/sales" }, hostIsURL},
	{"host and port", func(c *e6data.Config) { c.Host = "e6.example.com:443" }, "e6data: the host holds a port, which has a field of its own"},
	{"user and host", func(c *e6data.Config) { c.Host = "me:t0ps3cret@e6.example.com" },
		strings.Replace(noHost, "DSN's host", "host", 1)},
	{"key in the certificate", func(c *e6data.Config) {
		c.ClientCert, c.ClientKey = "-----BEGIN PRIVATE KEY-----\nt0ps3cret\n-----END PRIVATE KEY-----", e6data.NewSecret("k")
	}, "e6data: client_cert holds the text of a private key, which belongs in client_key"},
	{"port 443", func(c *e6data.Config) { c.Secure, c.Port = false, 443 }, port443},
}

const hostIsURL = `e6data: the Host is a URL, of which it is the name alone: Host: "e6.example.com", Port: 443, Secure: true; ParseDSN reads a DSN`

func TestMistakesInConfigs(t *testing.T) {
	clearEnv(t)
	for _, test := range mistakesInConfigs {
		cfg := e6data.NewConfig()
		cfg.Host, cfg.User, cfg.Token, cfg.Secure = "e6.example.com", "me", e6data.NewSecret(t0ps3cret), true
		test.change(cfg)
		_, err := e6data.NewConnector(cfg)
		checkMistake(t, test.name, err, test.want)
	}
}
