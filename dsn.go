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

// ParseDSN reads
//
//	e6data://user:token@host:port/database?catalog=c&cluster_name=n&secure=true
//	jdbc:e6data://host:port/database=d&catalog=c&user=u&password=token&secure=true
//
// the latter with or without a "?" after the slash. The README lists the
// parameters, which are the fields of [Config], and the names that the vendor's
// connectors have for them. In names, letter case makes no difference, nor does
// "-" for "_". Values are encoded as in any URL, only that in the jdbc form a "+"
// stands for itself. User and token are percent-encoded where they hold any of
// "/?#%&;", the user also where it holds ":". A ";" separates nothing, and is %3B
// wherever it stands. Durations are Go's, as in 30s; sizes
// are bytes, or have a unit: 64MiB is 1<<26 bytes, 64MB 64 million.
//
// A parameter that is unknown, given twice (also under two names), wrong, or in
// contradiction to another is an error that names it. No error shows user, token
// or any other secret, nor what may be a piece of one that was not encoded: host and
// port, and the values of parameters behind a secret.
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
		return nil, noPrefix(dsn)
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

// dsnForm is what to write as a DSN.
const dsnForm = dsnPrefix + "user:token@host:443/database?secure=true"

// noPrefix is the error for what does not begin as a DSN does. It shows nothing
// of it but a scheme.
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

// dsnParser reads a DSN into cfg. Where a secret was not encoded, its pieces can
// turn up anywhere behind it, and before an "@": nothing is shown that follows a
// secret, or that an "@" follows, and of host and port nothing ever.
type dsnParser struct {
	cfg *Config
	// given tells for each parameter that was given under what name.
	given map[string]string
	// secret tells that a secret has been read.
	secret   bool
	unescape func(string) (string, error) // of parameters
}

// errSemicolon is what a DSN with a ";" gets. Where other drivers' URLs have one
// between parameters, what follows it would become a piece of a value here.
var errSemicolon = errors.New(`e6data: the DSN holds a ";", which separates nothing: use "&" between parameters, or %3B in a value`)

// encodingHint follows where an unencoded token is the likely reason.
const encodingHint = `; in user and token, any of "/?#%&;" is percent-encoded`

// parse reads what follows the scheme.
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
	known := mustParam(name)
	p.secret = p.secret || known.secret
	if err := known.set(p.cfg, value); err != nil {
		return fmt.Errorf("e6data: the DSN's %s %w", name, err)
	}
	return nil
}

// parseAuthority reads user, token, host and port.
func (p *dsnParser) parseAuthority(authority string) error {
	// Behind one of these an "@" is likely one in a parameter, and what comes after it
	// no host: it would be sent what comes before.
	if i := strings.IndexAny(authority, "&#"); i >= 0 {
		return fmt.Errorf(`e6data: the DSN holds a "%c" before its first "/" or "?": parameters come after that%s`, authority[i], encodingHint)
	}
	hostport := authority
	// The last @ ends the user's part: an e-mail address may be written plainly.
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
		return errors.New("e6data: the DSN's address is none: it is host, host:port or, for IPv6, [address]:port" + encodingHint)
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
		return errors.New("e6data: the DSN's port is no number from 1 to 65535" + encodingHint)
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

// parseParam reads the parameter at the given position, counted from 1. followed
// tells that an "@" is in it or comes after it.
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
		return nil, fmt.Errorf("e6data: DSN parameter %q is given already, by %s", name, before)
	}
	if err := known.setter(name)(p.cfg, value); err != nil {
		return nil, fmt.Errorf("e6data: DSN parameter %q: %s %w", name, known.shown(value, !p.secret && !followed), err)
	}
	return known, nil
}

// FormatDSN writes cfg as a DSN that [ParseDSN] reads back as an equal Config, as
// far as cfg is valid. It contains the secrets of cfg. Of a location that has no
// known name, the offset is written.
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
	// What differs from one of the two is written, so that the DSN means the same
	// whether the environment says something or not.
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

// encodeUserinfo is u.String with what the standard library leaves as it is and
// ParseDSN does not take.
func encodeUserinfo(u *url.Userinfo) string {
	return strings.NewReplacer("&", "%26", ";", "%3B").Replace(u.String())
}
