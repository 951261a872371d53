package e6data

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// validate tells what keeps c from being used, but for credentials that are
// missing altogether.
func (c *Config) validate() error {
	if c.bare() {
		return errors.New("e6data: the Config has no defaults: make it with NewConfig or ParseDSN, as in cfg := e6data.NewConfig(), and then set its fields")
	}
	if c.Host == "" {
		return errors.New("e6data: the host is missing")
	}
	if err := checkHost(c.Host); err != nil {
		// The host is not shown: it may be a DSN, with all that is in one.
		host, port, _ := net.SplitHostPort(c.Host)
		_, noNumber := strconv.Atoi(port)
		switch {
		case strings.Contains(c.Host, "://"):
			return errors.New(`e6data: the Host is a URL, of which it is the name alone: Host: "e6.example.com", Port: 443, Secure: true; ParseDSN reads a DSN`)
		case noNumber == nil && checkHost(host) == nil:
			return errors.New("e6data: the host holds a port, which has a field of its own")
		}
		return fmt.Errorf("e6data: the host %w", err)
	}
	if c.Port < 0 || c.Port > 65535 {
		return fmt.Errorf("e6data: port %d is out of range (1 to 65535)", c.Port)
	}
	// A field is right when a DSN could have set it.
	var scratch Config
	for i := range params {
		p := &params[i]
		v := p.text(c)
		if v == "" {
			continue
		}
		if err := p.set(&scratch, v); err != nil {
			return fmt.Errorf("e6data: %s: %s %w", p.name, p.shown(v, true), err)
		}
	}
	return cmp.Or(c.checkTLS(), c.checkCredentials())
}

// bare tells that nothing gave c its defaults: what cannot be 0 is.
func (c *Config) bare() bool {
	return c.Channels == 0 && c.MaxRecvBytes == 0 && c.MaxSendBytes == 0 && c.KeepaliveTimeout == 0
}

// shown is a value as it may stand in an error.
func (p *param) shown(v string, harmless bool) string {
	if p.secret || !harmless {
		return "the value"
	}
	const longest = 100
	if len(v) > longest {
		return fmt.Sprintf("%q...", v[:longest])
	}
	return fmt.Sprintf("%q", v)
}

// checkHost says what is wrong with a host, as what follows it in a sentence. A
// host that is none is not asked a name server for: it may be a secret.
func checkHost(host string) error {
	if host == "" {
		return errors.New("is missing")
	}
	if strings.Contains(host, ":") && !strings.Contains(host, "@") {
		if ip, err := netip.ParseAddr(host); err != nil || strings.ContainsFunc(ip.Zone(), notOfAName) {
			return errors.New("is no IPv6 address")
		}
		return nil
	}
	if strings.ContainsFunc(host, notOfAName) {
		return errors.New(`is no host name: those have letters, digits and any of "-_." (an international one is written as xn--...)`)
	}
	const longest, longestLabel = 253, 63
	name := strings.TrimSuffix(host, ".")
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > longestLabel || len(name) > longest {
			return errors.New("is no host name: those have 1 to 63 characters between dots, and 253 in all")
		}
	}
	return nil
}

// has tells whether a setting has another value than nothing.
func (c *Config) has(name string) bool {
	switch name {
	case "insecure_skip_verify":
		return c.InsecureSkipVerify
	case "client_auth_method": // the default chooses nothing
		return c.ClientAuthMethod != "" && c.ClientAuthMethod != ClientAuthBasic
	}
	return mustParam(name).text(c) != ""
}

// firstOf returns the first of names that c has.
func (c *Config) firstOf(names ...string) (string, bool) {
	for _, name := range names {
		if c.has(name) {
			return name, true
		}
	}
	return "", false
}

func (c *Config) checkTLS() error {
	if name, ok := c.firstOf("ca_cert", "client_cert", "client_key", "server_name", "tls_config", "insecure_skip_verify"); ok && !c.Secure {
		return fmt.Errorf("e6data: %s needs secure=true", name)
	}
	if name, ok := c.firstOf("ca_cert", "insecure_skip_verify"); ok && c.TLSConfig != "" {
		return fmt.Errorf("e6data: tls_config and %s contradict each other: the registered configuration says whom to trust", name)
	}
	for _, name := range []string{"ca_cert", "client_cert"} {
		if holdsKey(mustParam(name).text(c)) { // where fmt and others would show it
			return fmt.Errorf("e6data: %s holds the text of a private key, which belongs in client_key", name)
		}
	}
	switch {
	case !c.Secure && c.Port == 443 && !isLoopback(c.Host):
		return errors.New("e6data: port 443 is that of TLS: set secure=true (or give the port of a server that speaks plaintext)")
	case c.ClientCert != "" && c.ClientKey.IsZero():
		return errors.New("e6data: client_cert needs client_key")
	case !c.ClientKey.IsZero() && c.ClientCert == "":
		return errors.New("e6data: client_key needs client_cert")
	case c.InsecureSkipVerify && c.CACert != "":
		return errors.New("e6data: insecure_skip_verify and ca_cert contradict each other: without verifying, authorities are of no use")
	}
	return nil
}

// authMethod is a way to authenticate.
type authMethod struct {
	// params are the parameters that belong to it alone; one that is given
	// chooses the method.
	params []string
	// needs are those that must be given.
	needs []string
	oauth bool
}

var authMethods = []authMethod{
	{params: []string{"user", "password"}, needs: []string{"user", "password"}},
	{params: []string{"access_token"}, needs: []string{"access_token"}, oauth: true},
	{
		params: []string{"client_id", "client_secret", "token_url", "oauth_scope", "client_auth_method"},
		needs:  []string{"client_id", "client_secret", "token_url"},
		oauth:  true,
	},
}

// authMethod returns the way to authenticate that c chooses, nil for none.
func (c *Config) authMethod() (*authMethod, error) {
	var chosen *authMethod
	by := ""
	for i := range authMethods {
		name, ok := c.firstOf(authMethods[i].params...)
		if !ok {
			continue
		}
		if chosen != nil {
			return nil, fmt.Errorf("e6data: %s and %s contradict each other: they belong to two ways to authenticate", by, name)
		}
		chosen, by = &authMethods[i], name
	}
	return chosen, nil
}

func (c *Config) checkCredentials() error {
	m, err := c.authMethod()
	if m == nil {
		return err
	}
	for _, name := range m.needs {
		if c.has(name) {
			continue
		}
		given, _ := c.firstOf(m.params...)
		return fmt.Errorf("e6data: %s needs %s, which is missing", given, name)
	}
	if !m.oauth {
		return nil
	}
	given, _ := c.firstOf(m.params...)
	return c.checkOAuth(given)
}

// checkOAuth tells what keeps c from being used with OAuth, for which given
// stands.
func (c *Config) checkOAuth(given string) error {
	switch {
	case !c.Secure && !isLoopback(c.Host):
		return fmt.Errorf("e6data: %s needs secure=true: over plaintext anyone could read the access token (a loopback host may do without)", given)
	case c.Impersonate != "":
		return fmt.Errorf("e6data: impersonate and %s contradict each other: impersonation is asked for with user and password", given)
	}
	return nil
}

// errNoCredentials is what NewConnector says where nothing names any.
var errNoCredentials = errors.New("e6data: credentials are missing: give user and password (the access token), access_token, " +
	"or client_id with client_secret and token_url, in the DSN or in the environment (E6DATA_USER, E6DATA_TOKEN, ...)")

// envVar is an environment variable that stands in for a parameter.
type envVar struct {
	name  string
	param string // "" for a setting that no parameter has
	doc   string // for the README
	set   func(*Config, string) error
}

// envSettings are read by NewConfig.
var envSettings = []envVar{
	{"E6DATA_MAX_RETRY_ATTEMPTS", "max_attempts", "", mustParam("max_attempts").set},
	{
		"E6DATA_STRATEGY_CACHE_TIMEOUT", "strategy_ttl", "seconds, or a duration such as `5m`",
		duration(func(c *Config) *time.Duration { return &c.StrategyTTL }, time.Second, 0).set,
	},
	{strategyLogLevel, "", "the lowest level at which changes of colour, session and cluster are logged: `DEBUG`, `INFO` (without `debug`, the default), `WARNING`, `ERROR`, `CRITICAL`", func(_ *Config, v string) error {
		if _, ok := changeLevels[strings.ToUpper(v)]; !ok {
			return errors.New("is none of DEBUG, INFO, WARNING, ERROR, CRITICAL")
		}
		return nil
	}},
}

// envCredentials are read by NewConnector where the Config lacks them.
var envCredentials = []envVar{
	{"E6DATA_USER", "user", "", mustParam("user").set},
	{"E6DATA_PASSWORD", "password", "", mustParam("password").set},
	{"E6DATA_TOKEN", "password", "another name for `E6DATA_PASSWORD`", mustParam("password").set},
	{"E6DATA_ACCESS_TOKEN", "access_token", "", mustParam("access_token").set},
	{"E6DATA_CLIENT_ID", "client_id", "", mustParam("client_id").set},
	{"E6DATA_CLIENT_SECRET", "client_secret", "", mustParam("client_secret").set},
	{"E6DATA_TOKEN_URL", "token_url", "", mustParam("token_url").set},
}

// readEnv sets what an environment variable says. One that is empty is as if it
// were not there.
func (c *Config) readEnv(e *envVar) error {
	v := os.Getenv(e.name)
	if v == "" {
		return nil
	}
	if err := e.set(c, v); err != nil {
		p := &param{}
		if e.param != "" {
			p = mustParam(e.param)
		}
		return fmt.Errorf("e6data: environment variable %s: %s %w", e.name, p.shown(v, true), err)
	}
	return nil
}

// readEnvSettings takes the defaults that the environment sets, and returns the
// first error.
func (c *Config) readEnvSettings() error {
	var first error
	for i := range envSettings {
		first = cmp.Or(first, c.readEnv(&envSettings[i]))
	}
	return first
}

// withEnvCredentials returns a copy of c with the credentials that it lacks
// from the environment. The method that c chooses holds: the environment
// completes it, or else chooses one itself.
func (c *Config) withEnvCredentials() (*Config, error) {
	env := &Config{}
	from := map[string]string{} // parameter -> variable
	conflicts := map[string]error{}
	for i := range envCredentials {
		e := &envCredentials[i]
		if os.Getenv(e.name) == "" {
			continue
		}
		was := mustParam(e.param).text(env)
		if err := env.readEnv(e); err != nil {
			return nil, err
		}
		if other := from[e.param]; other != "" && was != mustParam(e.param).text(env) {
			conflicts[e.param] = fmt.Errorf("e6data: environment variables %s and %s contradict each other", other, e.name)
		}
		from[e.param] = e.name
	}
	full := c.Clone()
	m, err := c.authMethod()
	if err != nil {
		return nil, err
	}
	if m == nil {
		if m, err = env.authMethod(); err != nil {
			return nil, fmt.Errorf("%w (they come from the environment)", err)
		}
	}
	if m == nil {
		return full, nil
	}
	for _, name := range m.params {
		if p := mustParam(name); !c.has(name) && env.has(name) {
			if err := cmp.Or(conflicts[name], p.set(full, p.text(env))); err != nil {
				return nil, err
			}
		}
	}
	return full, nil
}
