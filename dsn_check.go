package e6data

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// validate returns an error if cfg cannot be used. Missing credentials are not an
// error here.
func (cfg *Config) validate() error {
	if cfg.bare() {
		return errors.New("e6data: the Config has no defaults: make it with NewConfig or ParseDSN, as in cfg := e6data.NewConfig(), and then set its fields")
	}
	if cfg.Host == "" {
		return errors.New("e6data: the host is missing")
	}
	if err := checkHost(cfg.Host); err != nil {
		// The error does not show the host, because it may be a DSN with secrets.
		host, port, _ := net.SplitHostPort(cfg.Host)
		_, noNumber := strconv.Atoi(port)
		switch {
		case strings.Contains(cfg.Host, "://"):
			return errors.New(`e6data: Host must be a name only, not a URL: write Host: "e6.example.com", Port: 443, Secure: true; ParseDSN reads a DSN`)
		case noNumber == nil && checkHost(host) == nil:
			return errors.New("e6data: the host holds a port: set Port instead")
		}
		return fmt.Errorf("e6data: the host %w", err)
	}
	if cfg.Port < 0 || cfg.Port > 65535 {
		return fmt.Errorf("e6data: port %d is out of range (1 to 65535)", cfg.Port)
	}
	// A field is valid if a DSN could have set it.
	var scratch Config
	for i := range params {
		p := &params[i]
		v := p.text(cfg)
		if v == "" {
			continue
		}
		if err := p.set(&scratch, v); err != nil {
			return fmt.Errorf("e6data: %s: %s %w", p.name, p.shown(v, true), err)
		}
	}
	return cmp.Or(cfg.checkTLS(), cfg.checkCredentials())
}

// bare reports whether cfg lacks the defaults: fields are 0 that must not be 0.
func (cfg *Config) bare() bool {
	return cfg.Channels == 0 && cfg.MaxRecvBytes == 0 && cfg.MaxSendBytes == 0 && cfg.KeepaliveTimeout == 0
}

// shown returns the value v for an error.
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

// checkHost returns an error if host is not a valid host name or address. The error
// continues a sentence that begins with the host. The driver does not look up an
// invalid name, because a secret could reach the name server.
func checkHost(host string) error {
	if host == "" {
		return errors.New("is missing")
	}
	if strings.Contains(host, ":") && !strings.Contains(host, "@") {
		if ip, err := netip.ParseAddr(host); err != nil || strings.ContainsFunc(ip.Zone(), notOfAName) {
			return errors.New("is not an IPv6 address")
		}
		return nil
	}
	if strings.ContainsFunc(host, notOfAName) {
		return errors.New(`is not a host name: a host name has letters, digits and any of "-_." (an international one is written as xn--...)`)
	}
	const longest, longestLabel = 253, 63
	name := strings.TrimSuffix(host, ".")
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > longestLabel || len(name) > longest {
			return errors.New("is not a host name: a host name has 1 to 63 characters between dots, and 253 in all")
		}
	}
	return nil
}

// has reports whether a setting differs from its zero value.
func (cfg *Config) has(name string) bool {
	switch name {
	case "insecure_skip_verify":
		return cfg.InsecureSkipVerify
	case "client_auth_method": // its default does not select a way to authenticate
		return cfg.ClientAuthMethod != "" && cfg.ClientAuthMethod != ClientAuthBasic
	}
	return mustParam(name).text(cfg) != ""
}

// firstOf returns the first of the names that cfg has.
func (cfg *Config) firstOf(names ...string) (string, bool) {
	for _, name := range names {
		if cfg.has(name) {
			return name, true
		}
	}
	return "", false
}

func (cfg *Config) checkTLS() error {
	if name, ok := cfg.firstOf("ca_cert", "client_cert", "client_key", "server_name", "tls_config", "insecure_skip_verify"); ok && !cfg.Secure {
		return fmt.Errorf("e6data: %s needs secure=true", name)
	}
	if name, ok := cfg.firstOf("ca_cert", "insecure_skip_verify"); ok && cfg.TLSConfig != "" {
		return fmt.Errorf("e6data: tls_config and %s contradict each other: the registered configuration has the authorities to trust", name)
	}
	for _, name := range []string{"ca_cert", "client_cert"} {
		if holdsKey(mustParam(name).text(cfg)) { // fmt and other code would show the key
			return fmt.Errorf("e6data: %s holds the text of a private key, which must be in client_key", name)
		}
	}
	switch {
	case !cfg.Secure && cfg.Port == 443 && !isLoopback(cfg.Host):
		return errors.New("e6data: port 443 expects TLS: set secure=true (or give the port of a server that speaks plaintext)")
	case cfg.ClientCert != "" && cfg.ClientKey.IsZero():
		return errors.New("e6data: client_cert needs client_key")
	case !cfg.ClientKey.IsZero() && cfg.ClientCert == "":
		return errors.New("e6data: client_key needs client_cert")
	case cfg.InsecureSkipVerify && cfg.CACert != "":
		return errors.New("e6data: insecure_skip_verify and ca_cert contradict each other: without verifying, authorities are of no use")
	}
	return nil
}

// authMethod is a way to authenticate.
type authMethod struct {
	// params are the parameters that only this method uses. A parameter that is set
	// selects the method.
	params []string
	// needs are the parameters that must be set.
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

// authMethod returns the way to authenticate that cfg selects, nil for none.
func (cfg *Config) authMethod() (*authMethod, error) {
	var chosen *authMethod
	by := ""
	for i := range authMethods {
		name, ok := cfg.firstOf(authMethods[i].params...)
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

func (cfg *Config) checkCredentials() error {
	m, err := cfg.authMethod()
	if m == nil {
		return err
	}
	for _, name := range m.needs {
		if cfg.has(name) {
			continue
		}
		given, _ := cfg.firstOf(m.params...)
		return fmt.Errorf("e6data: %s needs %s, which is missing", given, name)
	}
	if !m.oauth {
		return nil
	}
	given, _ := cfg.firstOf(m.params...)
	return cfg.checkOAuth(given)
}

// checkOAuth returns an error if cfg cannot be used with OAuth. given is the name of
// the parameter that selected OAuth.
func (cfg *Config) checkOAuth(given string) error {
	switch {
	case !cfg.Secure && !isLoopback(cfg.Host):
		return fmt.Errorf("e6data: %s needs secure=true: over plaintext anyone could read the access token (a loopback host may do without)", given)
	case cfg.Impersonate != "":
		return fmt.Errorf("e6data: impersonate and %s contradict each other: impersonation is asked for with user and password", given)
	}
	return nil
}

// errNoCredentials is the error of NewConnector if there are no credentials.
var errNoCredentials = errors.New("e6data: credentials are missing: give user and password (the access token), access_token, " +
	"or client_id with client_secret and token_url, in the DSN or in the environment (E6DATA_USER, E6DATA_TOKEN, ...)")

func notOfAName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
}

// isLoopback reports whether host certainly is this computer, so that data that is
// sent to it does not leave the computer. The only such name is localhost, in this
// spelling. For any other name, including a.localhost, Go asks the proxy of
// HTTPS_PROXY or a name server.
func isLoopback(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost"
}
