package e6data

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Config says how to reach an engine, and how to use it. Make one with
// [NewConfig] or [ParseDSN]: both set the defaults named here, which the zero
// value has not. Each field has a DSN parameter of the same name, such as
// max_retries for MaxRetries; see [ParseDSN]. Printing a Config shows no secret.
type Config struct {
	// Host is the engine's name or address. Required.
	Host string
	// Port is the engine's port; 0 stands for 443 when Secure, else 80.
	Port int
	// User is the e-mail address of the account.
	User string
	// Token is the account's access token: the DSN parameter password. Where no
	// credentials are set NewConnector takes those of the environment.
	Token Secret
	// Impersonate is the user on whose behalf User works; empty for none.
	Impersonate string

	// Database is the default schema.
	Database string
	// Catalog is the default catalog; without one the engine's own default
	// holds.
	Catalog string
	// ClusterName is the cluster to use behind an endpoint that serves several.
	ClusterName string

	// Secure turns TLS on: false.
	Secure bool
	// CACert is a file of certificate authorities in PEM form, or their PEM text
	// itself; empty stands for the system's.
	CACert string
	// ClientCert is the client's certificate for mutual TLS: a PEM file, or the PEM
	// text itself. It needs ClientKey.
	ClientCert string
	// ClientKey is the key of ClientCert: a PEM file, or the PEM text itself.
	ClientKey Secret
	// ServerName is the name in the server's certificate; empty stands for Host.
	ServerName string
	// TLSConfig is the name of a configuration given to [RegisterTLSConfig].
	TLSConfig string
	// InsecureSkipVerify accepts any certificate: false. For tests only.
	InsecureSkipVerify bool

	// AccessToken is an OAuth 2.0 access token, to be used as it is until it
	// expires.
	AccessToken Secret
	// ClientID is the OAuth 2.0 client for the client credentials grant.
	ClientID string
	// ClientSecret is the secret of ClientID.
	ClientSecret Secret
	// TokenURL is where tokens for ClientID are issued: https, or loopback.
	TokenURL string
	// OAuthScope is the scope to ask for; empty for none.
	OAuthScope string
	// ClientAuthMethod says how ClientID and ClientSecret are sent: ClientAuthBasic.
	// Another is an error where there is no ClientID.
	ClientAuthMethod ClientAuth

	// ConnectTimeout bounds each attempt to open a connection, from the socket to
	// the session: 30 s. Waking a cluster is not counted. 0 is no bound.
	ConnectTimeout time.Duration
	// PrepareTimeout bounds the preparing of a query, in which it may wait for its
	// turn: 600 s. 0 is no bound.
	PrepareTimeout time.Duration
	// QueryTimeout bounds a query from its start to its last row: 0, no bound.
	QueryTimeout time.Duration
	// CleanupTimeout bounds the clearing of a query on the engine, which goes on
	// after the caller's context has ended: 10 s. While the engine cannot be reached
	// or is suspended, that is tried for as long, and so is Cancel. 0 is no bound; then
	// MaxRetries is one for these, too.
	CleanupTimeout time.Duration
	// AutoResume wakes a suspended cluster and waits for it: true.
	AutoResume bool
	// ResumeTimeout bounds that wait: 300 s. 0 is no bound.
	ResumeTimeout time.Duration
	// MaxRetries is how often a call is made at most, the first time included,
	// where the engine cannot have seen it or says that it did nothing: 5, or what
	// the environment variable E6DATA_MAX_RETRY_ATTEMPTS says. It does not bound the
	// clearing of a query, see CleanupTimeout, nor keep a query from being tried once
	// more when its cluster was woken for it.
	MaxRetries int
	// StrategyTTL is how long the live colour is taken to be known without any
	// successful call: 300 s, or the seconds in E6DATA_STRATEGY_CACHE_TIMEOUT. 0 is
	// for ever.
	StrategyTTL time.Duration

	// KeepaliveTime is how long a channel is silent before it is pinged: 30 s, and
	// 10 s at least. 0 turns pings off.
	KeepaliveTime time.Duration
	// KeepaliveTimeout is how long the answer to a ping is awaited: 20 s.
	KeepaliveTimeout time.Duration
	// KeepaliveWithoutCalls pings while no call is on its way, too: true.
	KeepaliveWithoutCalls bool
	// MaxRecvBytes bounds an answer's size: -1, no bound, but for compressed answers,
	// of which -1 takes up to 256 MiB each after decompression.
	MaxRecvBytes int
	// MaxSendBytes bounds a request's size: 300 MiB. -1 is no bound.
	MaxSendBytes int
	// Channels is how many gRPC channels the connections share: 1.
	Channels int
	// Compression is how requests, and so answers, are compressed: "gzip", or empty
	// for not at all. Then a compressed answer is an error.
	Compression string
	// UserAgent comes before the driver's own name in the user-agent header.
	UserAgent string

	// PrefetchBytes bounds the memory of what is fetched ahead of the
	// application, per query: 64 MiB. At least one batch is fetched ahead, however
	// large. 0 turns fetching ahead off.
	PrefetchBytes int64
	// ResultBatchV2 says whether to fetch several chunks a call: BatchV2Off.
	ResultBatchV2 BatchV2
	// Params says who puts arguments into a statement: ParamsClient.
	Params ParamsMode
	// Loc is the location whose wall clock TIMESTAMP and DATETIME values show: UTC,
	// for which nil stands.
	Loc *time.Location
	// Cache lets the engine answer from its result cache: true.
	Cache bool

	// Debug logs every call and every change of session, colour and cluster: false.
	Debug bool
	// LogStatements lets SQL text, with the arguments in it, into the log, and the
	// engine's error messages, which may quote it: false.
	LogStatements bool
}

// ClientAuth says how an OAuth 2.0 client names itself to the token endpoint.
type ClientAuth string

const (
	// ClientAuthBasic sends the client's id and secret in the Authorization header.
	ClientAuthBasic ClientAuth = "basic"
	// ClientAuthPost sends them in the request's body.
	ClientAuthPost ClientAuth = "post"
)

// ParamsMode says who puts the arguments of a query into the statement.
type ParamsMode string

const (
	// ParamsClient renders arguments as literals into the SQL text, as the
	// vendor's connectors do.
	ParamsClient ParamsMode = "client"
	// ParamsServer sends them beside the text, as the engine's parameters. NULL
	// and slices cannot be sent so.
	ParamsServer ParamsMode = "server"
)

// BatchV2 says when results are fetched with getNextResultBatchV2, which brings
// several chunks a call (WIRE.md section 3).
type BatchV2 string

const (
	// BatchV2Off never uses it, as in the vendor's own connectors, whose
	// operators enable it per cluster.
	BatchV2Off BatchV2 = "off"
	// BatchV2Auto tries it, and remembers for the Connector when an engine lacks
	// it.
	BatchV2Auto BatchV2 = "auto"
	// BatchV2On tries it with every query; one whose planner lacks it falls back.
	BatchV2On BatchV2 = "on"
)

const (
	dsnPrefix = "e6data://"
	jdbc      = "jdbc:"
)

// NewConfig returns a Config with the defaults, some of which the environment
// may change (see [ParseDSN]). A variable that cannot be read is passed over
// here and told by ParseDSN and [NewConnector].
func NewConfig() *Config {
	c := builtIn()
	_ = c.readEnvSettings()
	return c
}

// builtIn is a Config with the defaults of an empty environment.
func builtIn() *Config {
	return &Config{
		ClientAuthMethod:      ClientAuthBasic,
		ConnectTimeout:        30 * time.Second,
		PrepareTimeout:        600 * time.Second,
		CleanupTimeout:        10 * time.Second,
		AutoResume:            true,
		ResumeTimeout:         300 * time.Second,
		MaxRetries:            5,
		StrategyTTL:           300 * time.Second,
		KeepaliveTime:         30 * time.Second,
		KeepaliveTimeout:      20 * time.Second,
		KeepaliveWithoutCalls: true,
		MaxRecvBytes:          -1,
		MaxSendBytes:          300 << 20,
		Channels:              1,
		PrefetchBytes:         64 << 20,
		ResultBatchV2:         BatchV2Off,
		Params:                ParamsClient,
		Cache:                 true,
	}
}

// Clone returns a copy that shares nothing with c.
func (c *Config) Clone() *Config {
	clone := *c
	return &clone
}

// address is host:port.
func (c *Config) address() string {
	return net.JoinHostPort(c.Host, strconv.Itoa(c.port()))
}

// port is the port to connect to.
func (c *Config) port() int {
	switch {
	case c.Port != 0:
		return c.Port
	case c.Secure:
		return 443
	}
	return 80
}

// ParseDSN reads
//
//	e6data://user:token@host:port/database?catalog=c&cluster_name=n&secure=true
//	jdbc:e6data://host:port/database=d&catalog=c&user=u&password=token
//
// the latter with or without a "?" after the slash. The README lists the
// parameters, which are the fields of [Config], and the names that the vendor's
// connectors have for them. In names, letter case makes no difference, nor does
// "-" for "_". Values are encoded as in any URL, only that in the jdbc form a "+"
// stands for itself. User and token are percent-encoded where they hold any of
// "/?#%", the user also where it holds ":". Durations are Go's, as in 30s; sizes
// are bytes, or have a unit: 64MiB is 1<<26 bytes, 64MB 64 million.
//
// A parameter that is unknown, given twice (also under two names), wrong, or in
// contradiction to another is an error that names it. No error shows user, token
// or any other secret.
//
// Environment variables are defaults below the DSN. E6DATA_MAX_RETRY_ATTEMPTS and
// E6DATA_STRATEGY_CACHE_TIMEOUT (seconds) are in the Config that is returned;
// E6DATA_STRATEGY_LOG_LEVEL is for [WithLogger]. Credentials are not: [NewConnector] completes
// what the Config lacks with E6DATA_USER, E6DATA_PASSWORD or E6DATA_TOKEN,
// E6DATA_ACCESS_TOKEN, E6DATA_CLIENT_ID, E6DATA_CLIENT_SECRET and
// E6DATA_TOKEN_URL, as far as they belong to the way to authenticate that the
// Config chooses, or chooses one by them. A variable that cannot be read is an
// error.
func ParseDSN(dsn string) (*Config, error) {
	c := builtIn()
	if err := c.readEnvSettings(); err != nil {
		return nil, err
	}
	rest, isJDBC := strings.CutPrefix(dsn, jdbc)
	rest, ok := strings.CutPrefix(rest, dsnPrefix)
	if !ok {
		return nil, fmt.Errorf("e6data: a DSN begins with %s (or %s%s)", dsnPrefix, jdbc, dsnPrefix)
	}
	if strings.TrimRight(rest, " \t\r\n") != rest {
		return nil, errors.New("e6data: the DSN ends with white space, such as the line break of a file; what belongs to a value is percent-encoded")
	}
	p := dsnParser{cfg: c, given: map[string]string{}, unescape: url.QueryUnescape}
	if isJDBC {
		p.unescape = url.PathUnescape
	}
	if err := p.parse(rest, isJDBC); err != nil {
		return nil, err
	}
	full, err := c.withEnvCredentials()
	if err != nil {
		return nil, err
	}
	if err := full.validate(); err != nil {
		return nil, err
	}
	return c, nil
}

// dsnParser reads a DSN into cfg. Where a token was not encoded, its pieces can
// turn up anywhere before an "@": nothing is shown that an "@" follows.
type dsnParser struct {
	cfg *Config
	// given tells for each parameter that was given under what name.
	given    map[string]string
	unescape func(string) (string, error) // of parameters
}

// encodingHint follows where an unencoded token is the likely reason.
const encodingHint = `; in user and token, any of "/?#%" is percent-encoded`

// parse reads what follows the scheme.
func (p *dsnParser) parse(s string, isJDBC bool) error {
	end := strings.IndexAny(s, "/?")
	if end < 0 {
		end = len(s)
	}
	authority, rest := s[:end], strings.TrimPrefix(s[end:], "/")
	path, query, hasQuery := strings.Cut(rest, "?")
	if isJDBC && strings.Contains(path, "=") {
		if hasQuery {
			return errors.New(`e6data: in a jdbc DSN, "?" comes before all parameters or not at all, and is %3F in a value`)
		}
		path, query = "", path
	}
	if strings.Contains(path, "@") {
		return errors.New(`e6data: the DSN's database holds an "@", which is %40 there` + encodingHint)
	}
	if err := p.parseAuthority(authority, strings.Contains(rest, "@")); err != nil {
		return err
	}
	if err := p.parsePath(path); err != nil {
		return err
	}
	return p.parseParams(query)
}

// parsePath reads the database.
func (p *dsnParser) parsePath(path string) error {
	if path == "" {
		return nil
	}
	if strings.Contains(path, "=") {
		return errors.New(`e6data: the DSN's database holds a "=", which is %3D there: parameters come after a "?"`)
	}
	if strings.Contains(path, "/") {
		return errors.New(`e6data: the DSN's database holds a "/", which is %2F there: nothing but parameters comes after it`)
	}
	database, err := url.PathUnescape(path)
	if err != nil {
		return errors.New("e6data: the DSN's database is not percent-encoded")
	}
	return p.setAhead("database", "the path", database)
}

// setAhead sets a parameter that stands before the others.
func (p *dsnParser) setAhead(name, where, value string) error {
	if value == "" {
		return nil
	}
	p.given[name] = where
	if err := mustParam(name).set(p.cfg, value); err != nil {
		return fmt.Errorf("e6data: the DSN's %s %w", name, err)
	}
	return nil
}

// parseAuthority reads user, token, host and port. late tells that an "@"
// follows.
func (p *dsnParser) parseAuthority(authority string, late bool) error {
	hostport, shown := authority, false
	// The last @ ends the user's part: an e-mail address may be written plainly.
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		hostport, shown = authority[at+1:], !late
		user, token, _ := strings.Cut(authority[:at], ":")
		user, err := url.PathUnescape(user)
		if err != nil {
			return errors.New("e6data: the DSN's user is not percent-encoded")
		}
		if token, err = url.PathUnescape(token); err != nil {
			return errors.New("e6data: the DSN's token is not percent-encoded")
		}
		const where = "the part before the host"
		if err := p.setAhead("user", where, user); err != nil {
			return err
		}
		if err := p.setAhead("password", where, token); err != nil {
			return err
		}
	}
	quoted := func(s string) string {
		if shown {
			return " " + strconv.Quote(s)
		}
		return ""
	}
	host, port, ok := splitHostPort(hostport)
	if !ok {
		return fmt.Errorf("e6data: the DSN's address%s is none: it is host, host:port or, for IPv6, [address]:port", quoted(hostport))
	}
	if err := checkHost(host); err != nil {
		if host != "" {
			host = quoted(host)
		}
		return fmt.Errorf("e6data: the DSN's host%s %w", host, err)
	}
	p.cfg.Host = host
	if port == "" {
		return nil
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		if port = quoted(port); port == "" {
			return errors.New("e6data: the DSN's port is no number from 1 to 65535" + encodingHint)
		}
		return fmt.Errorf("e6data: the DSN's port%s is no number from 1 to 65535", port)
	}
	p.cfg.Port = n
	return nil
}

// splitHostPort is net.SplitHostPort with an optional port. The zone of an IPv6
// address is percent-encoded.
func splitHostPort(s string) (host, port string, ok bool) {
	if ip, bracketed := strings.CutPrefix(s, "["); bracketed {
		host, rest, closed := strings.Cut(ip, "]")
		if !closed || rest != "" && rest[0] != ':' || !strings.Contains(host, ":") {
			return "", "", false
		}
		host, err := url.PathUnescape(host)
		return host, strings.TrimPrefix(rest, ":"), err == nil
	}
	host, port, _ = strings.Cut(s, ":")
	return host, port, !strings.Contains(port, ":")
}

func (p *dsnParser) parseParams(query string) error {
	afterSecret := false // where what follows an "&" may belong to the secret
	for position := 1; query != ""; position++ {
		shown := !strings.Contains(query, "@")
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		known, err := p.parseParam(rawName, rawValue, position, shown, afterSecret)
		if err != nil {
			return err
		}
		afterSecret = known.secret
	}
	return nil
}

// parseParam reads the parameter at the given position, counted from 1. Unless
// shown, what is written is not repeated in errors, nor is an unknown name
// afterSecret.
func (p *dsnParser) parseParam(rawName, rawValue string, position int, shown, afterSecret bool) (*param, error) {
	written, err := p.unescape(rawName)
	if err != nil {
		return nil, fmt.Errorf("e6data: the name of DSN parameter number %d is not percent-encoded", position)
	}
	name := normalName(written)
	known, ok := findParam(name)
	if !ok {
		return nil, unknownParam(written, position, shown && !afterSecret)
	}
	value, err := p.unescape(rawValue)
	if err != nil {
		return nil, fmt.Errorf("e6data: the value of DSN parameter %q is not percent-encoded", name)
	}
	switch before := p.given[known.name]; before {
	case "":
		p.given[known.name] = name
	case name:
		return nil, fmt.Errorf("e6data: DSN parameter %q occurs twice", name)
	default:
		return nil, fmt.Errorf("e6data: DSN parameter %q is given already, by %s", name, before)
	}
	if err := known.setter(name)(p.cfg, value); err != nil {
		return nil, fmt.Errorf("e6data: DSN parameter %q: %s %w", name, known.shown(value, shown), err)
	}
	return known, nil
}

// FormatDSN writes c as a DSN that [ParseDSN] reads back as an equal Config, as
// far as c is valid. It contains the secrets of c. Of a location that has no
// known name, the offset is written.
func (c *Config) FormatDSN() string {
	var b strings.Builder
	b.WriteString(dsnPrefix)
	switch {
	case c.Token != "":
		b.WriteString(url.UserPassword(c.User, string(c.Token)).String() + "@")
	case c.User != "":
		b.WriteString(url.User(c.User).String() + "@")
	}
	if strings.Contains(c.Host, ":") {
		b.WriteString("[" + url.PathEscape(c.Host) + "]")
	} else {
		b.WriteString(c.Host)
	}
	if c.Port != 0 {
		b.WriteString(":" + strconv.Itoa(c.Port))
	}
	b.WriteString("/" + strings.NewReplacer("=", "%3D", "@", "%40").Replace(url.PathEscape(c.Database)))
	// What differs from one of the two is written, so that the DSN means the same
	// whether the environment says something or not.
	here, elsewhere := NewConfig(), builtIn()
	separator := byte('?')
	for i := range params {
		p := &params[i]
		v := p.text(c)
		if p.ahead || v == p.text(here) && v == p.text(elsewhere) {
			continue
		}
		b.WriteByte(separator)
		b.WriteString(p.name + "=" + url.QueryEscape(v))
		separator = '&'
	}
	return b.String()
}
