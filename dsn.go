package e6data

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	dsnPrefix = "e6data://"
	jdbc      = "jdbc:"
)

// ParseDSN parses a DSN and returns its Config:
//
//	e6data://user:token@host:port/database?catalog=c&cluster_name=n&secure=true
//	jdbc:e6data://host:port/database=d&catalog=c&user=u&password=token&secure=true
//
// In the second form a "?" may follow the slash. The common parameters are:
//
//	user, password      the account's e-mail address and access token
//	database            the default schema
//	catalog             the default catalog. Default: the engine's own.
//	cluster_name        the cluster, if several share the endpoint
//	secure              true turns on TLS. Default: false.
//	ca_cert             a PEM file of certificate authorities. Default: the system's.
//	access_token        an OAuth 2.0 access token
//	client_id           an OAuth 2.0 client, with client_secret and token_url
//	connect_timeout     bounds the opening of a connection. Default: 30s.
//	prepare_timeout     bounds the preparing of a query. Default: 600s.
//	query_timeout       bounds a query. Default: 0, no bound.
//	auto_resume         resumes a suspended cluster. Default: true.
//	resume_timeout      bounds the wait for that. Default: 300s.
//	max_attempts        bounds how often a call is made. Default: 5.
//	channels            the number of gRPC channels. Default: 1.
//	prefetch_bytes      bytes that a query fetches ahead. Default: 16MiB.
//	params              client or server: where arguments are put in. Default: client.
//	loc                 the zone for TIMESTAMP values. Default: UTC.
//	transactions        off or noop. Default: off.
//	debug               logs every call. Default: false.
//
// The default port is 443 with secure, else 80. Each field of [Config] has a
// parameter. The README lists all of them, with the names that the vendor's
// connectors use.
//
// Names ignore letter case, and "-" is the same as "_". Values are encoded as in a
// URL, except that a "+" in the jdbc form stands for itself. User and token must be
// percent-encoded if they contain any of "/?#%&;". The same is true for a ":" in the
// user. A ";" is %3B everywhere in a DSN. Durations are Go's, such as 30s. Sizes are
// bytes, or have a unit: 64MiB is 1<<26 bytes, 64MB is 64 million bytes.
//
// It is an error if a parameter is unknown, invalid, contradicts another, or is
// given twice, also under two names. The error names the parameter. No error shows
// the user, the token or another secret. Nor does an error show text that may be
// part of a secret that was not encoded: the host, the port, and values behind a
// secret.
//
// Environment variables are defaults for parameters that the DSN lacks. The Config
// that ParseDSN returns includes E6DATA_MAX_RETRY_ATTEMPTS and
// E6DATA_STRATEGY_CACHE_TIMEOUT (seconds). E6DATA_STRATEGY_LOG_LEVEL is for
// [WithLogger]. The Config does not include credentials from the environment.
// [NewConnector] adds those that the Config lacks: E6DATA_USER, E6DATA_PASSWORD or
// E6DATA_TOKEN, E6DATA_ACCESS_TOKEN, E6DATA_CLIENT_ID, E6DATA_CLIENT_SECRET and
// E6DATA_TOKEN_URL. It uses only the variables for the Config's way to authenticate.
// If the Config has no credentials, the variables select the way. A variable with an
// invalid value is an error.
func ParseDSN(dsn string) (*Config, error) {
	c := builtIn()
	if err := c.readEnvSettings(); err != nil {
		return nil, err
	}
	rest, isJDBC := strings.CutPrefix(dsn, jdbc)
	rest, ok := strings.CutPrefix(rest, dsnPrefix)
	if !ok {
		return nil, noPrefix(dsn)
	}
	if strings.TrimRight(rest, " \t\r\n") != rest {
		return nil, errors.New("e6data: the DSN ends with white space, such as the line break of a file; white space in a value must be percent-encoded")
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

// dsnForm is an example of a DSN for error texts.
const dsnForm = dsnPrefix + "user:token@host:443/database?secure=true"

// noPrefix returns the error for a text that does not begin as a DSN does. The error
// shows at most the text's scheme.
func noPrefix(dsn string) error {
	small := strings.ToLower(strings.Trim(dsn, "\"' \t\r\n"))
	scheme, _, hasScheme := strings.Cut(small, "://")
	switch {
	case strings.HasPrefix(strings.TrimPrefix(small, jdbc), dsnPrefix):
		return fmt.Errorf("e6data: a DSN begins with %s in small letters, without quotes or white space before it", dsnPrefix)
	case hasScheme && slices.Contains([]string{"http", "https", "grpc", "grpcs", "tcp", "dns"}, scheme):
		return fmt.Errorf("e6data: %s:// begins the address of something else: write %s", scheme, dsnForm)
	}
	return fmt.Errorf("e6data: a DSN begins with %s (or %s%s): write %s", dsnPrefix, jdbc, dsnPrefix, dsnForm)
}

// dsnParser parses a DSN into cfg. If a secret was not encoded, pieces of it can
// appear anywhere behind it, and before an "@". Therefore no error shows text that
// follows a secret or precedes an "@". No error ever shows host and port.
type dsnParser struct {
	cfg *Config
	// given maps each parameter that was given to the name under which it was given.
	given map[string]string
	// secret reports whether a secret has been parsed.
	secret   bool
	unescape func(string) (string, error) // for parameters
}

// errSemicolon is the error for a DSN with a ";". Other drivers separate parameters
// with it; here the text behind it would become part of a value.
var errSemicolon = errors.New(`e6data: the DSN holds a ";", which is not allowed: use "&" between parameters, or %3B in a value`)

// encodingHint is appended if an unencoded token is the likely cause.
const encodingHint = `; in user and token, any of "/?#%&;" is percent-encoded`

// parse parses the text after the scheme.
func (p *dsnParser) parse(s string, isJDBC bool) error {
	if strings.Contains(s, ";") {
		return errSemicolon
	}
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
	if err := p.parseAuthority(authority); err != nil {
		return err
	}
	if err := p.parsePath(path); err != nil {
		return err
	}
	return p.parseParams(query)
}

// parsePath parses the database.
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

// setAhead sets a parameter whose value stands before the parameters.
func (p *dsnParser) setAhead(name, where, value string) error {
	if value == "" {
		return nil
	}
	p.given[name] = where
	known := mustParam(name)
	p.secret = p.secret || known.secret
	if err := known.set(p.cfg, value); err != nil {
		return fmt.Errorf("e6data: the DSN's %s %w", name, err)
	}
	return nil
}

// parseAuthority parses user, token, host and port.
func (p *dsnParser) parseAuthority(authority string) error {
	// An "@" behind one of these characters is probably part of a parameter. The
	// text behind the "@" is then no host, and must not receive the credentials.
	if i := strings.IndexAny(authority, "&#"); i >= 0 {
		return fmt.Errorf(`e6data: the DSN holds a "%c" before its first "/" or "?": parameters come after that%s`, authority[i], encodingHint)
	}
	hostport := authority
	// The last "@" ends the user and token, so that an e-mail address needs no
	// encoding.
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		hostport = authority[at+1:]
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
	host, port, ok := splitHostPort(hostport)
	if !ok {
		return errors.New("e6data: the DSN's address is invalid: write host, host:port or, for IPv6, [address]:port" + encodingHint)
	}
	if err := checkHost(host); err != nil {
		return fmt.Errorf("e6data: the DSN's host %w", err)
	}
	p.cfg.Host = host
	if port == "" {
		return nil
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		return errors.New("e6data: the DSN's port is not a number from 1 to 65535" + encodingHint)
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
	for position := 1; query != ""; position++ {
		followed := strings.Contains(query, "@")
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		known, err := p.parseParam(rawName, rawValue, position, followed)
		if err != nil {
			return err
		}
		p.secret = p.secret || known.secret
	}
	return nil
}

// parseParam parses the parameter at the given position, counted from 1. followed
// reports whether an "@" is in the parameter or behind it.
func (p *dsnParser) parseParam(rawName, rawValue string, position int, followed bool) (*param, error) {
	written, err := p.unescape(rawName)
	if err != nil {
		return nil, fmt.Errorf("e6data: the name of DSN parameter number %d is not percent-encoded", position)
	}
	name := normalName(written)
	known, ok := findParam(name)
	if !ok {
		return nil, unknownParam(written, position, !p.secret, followed)
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
		return nil, fmt.Errorf("e6data: DSN parameter %q was already given by %s", name, before)
	}
	if err := known.setter(name)(p.cfg, value); err != nil {
		return nil, fmt.Errorf("e6data: DSN parameter %q: %s %w", name, known.shown(value, !p.secret && !followed), err)
	}
	return known, nil
}

// FormatDSN returns a DSN from which [ParseDSN] makes an equal Config, if cfg is
// valid. The DSN contains the secrets of cfg. A location without a known name is
// written as its offset.
func (cfg *Config) FormatDSN() string {
	var b strings.Builder
	b.WriteString(dsnPrefix)
	switch {
	case !cfg.Token.IsZero():
		b.WriteString(encodeUserinfo(url.UserPassword(cfg.User, cfg.Token.Reveal())) + "@")
	case cfg.User != "":
		b.WriteString(encodeUserinfo(url.User(cfg.User)) + "@")
	}
	if strings.Contains(cfg.Host, ":") {
		b.WriteString("[" + url.PathEscape(cfg.Host) + "]")
	} else {
		b.WriteString(cfg.Host)
	}
	if cfg.Port != 0 {
		b.WriteString(":" + strconv.Itoa(cfg.Port))
	}
	b.WriteString("/" + strings.NewReplacer("=", "%3D", "@", "%40").Replace(url.PathEscape(cfg.Database)))
	// FormatDSN writes each value that differs from one of the two, so that the DSN
	// has the same meaning with and without the environment variables.
	here, elsewhere := NewConfig(), builtIn()
	separator := byte('?')
	for i := range params {
		p := &params[i]
		v := p.text(cfg)
		if p.ahead || v == p.text(here) && v == p.text(elsewhere) {
			continue
		}
		b.WriteByte(separator)
		b.WriteString(p.name + "=" + url.QueryEscape(v))
		separator = '&'
	}
	return b.String()
}

// encodeUserinfo is u.String, with the characters encoded that ParseDSN does not
// accept.
func encodeUserinfo(u *url.Userinfo) string {
	return strings.NewReplacer("&", "%26", ";", "%3B").Replace(u.String())
}
