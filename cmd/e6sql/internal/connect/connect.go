// Package connect finds out which engine e6sql talks to, and with which credentials:
// from a DSN, flags, the environment, a file of profiles, a prompt, or an engine in the
// same process.
package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/profiles"
)

// dsnVariable has the DSN that is used where none is given.
const dsnVariable = "E6DATA_DSN"

// Flags are the command-line flags of a connection.
type Flags struct {
	Profile  string            `short:"p" placeholder:"NAME" predictor:"profile" help:"Use this profile of the file of profiles ($$E6DATA_CONFIG, or e6data/config.toml in the user's configuration directory)."`
	Host     string            `placeholder:"NAME" help:"Connect to this host."`
	Port     int               `placeholder:"N" help:"Connect to this port. Default: 443 with TLS, else 80."`
	User     string            `short:"u" placeholder:"EMAIL" help:"Log in as this user. The access token comes from $$E6DATA_TOKEN or from a prompt."`
	Password bool              `short:"W" help:"Ask for the access token, even if there is one."`
	Catalog  string            `placeholder:"NAME" help:"Start in this catalog."`
	Schema   string            `short:"s" placeholder:"NAME" help:"Start in this schema."`
	Cluster  string            `placeholder:"NAME" help:"Use this cluster, if several share the endpoint."`
	Secure   *bool             `negatable:"" help:"Use TLS. Default with --host: yes, except for this machine."`
	CACert   string            `name:"ca-cert" placeholder:"FILE" predictor:"file" help:"Trust the certificate authorities in this PEM file."`
	Param    map[string]string `placeholder:"NAME=VALUE" mapsep:"none" help:"Set any other parameter of a DSN. May be repeated."`
	Embedded bool              `help:"Start an engine in this process, with demo data and TPC-H's tables, and use that."`
	Scale    float64           `default:"0.01" placeholder:"FACTOR" help:"The scale factor of TPC-H with --embedded; 0 leaves its catalog out. Default: ${default}."`
}

// UsageError is the error for flags that contradict each other or lack something.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *UsageError) Unwrap() error { return e.Err }

func usage(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }

// Prompter asks the user for a secret, without an echo. It returns [ErrNoTerminal] if
// there is nobody to ask.
type Prompter func(ctx context.Context, question string) (string, error)

// Target is an engine to talk to. Close it after the sessions on it.
type Target struct {
	Config *e6data.Config
	// Source says where the address comes from, such as "profile prod".
	Source string
	stop   func()
}

// Close stops an embedded engine. Otherwise it does nothing.
func (t *Target) Close() {
	if t.stop != nil {
		t.stop()
	}
}

// Resolve returns the engine that the arguments name. The first of these that there is
// names it: --embedded, dsn, --profile, --host, E6DATA_DSN, and the file of profiles with
// E6DATA_PROFILE or its default. The other flags are applied on top. If a token is
// missing, ask is called. An error is a *[UsageError], or one of ask's context.
func Resolve(ctx context.Context, dsn string, f *Flags, ask Prompter) (*Target, error) {
	if f.Embedded {
		return embed(dsn, f)
	}
	t, err := f.base(ctx, dsn)
	if err != nil {
		return nil, err
	}
	if t.Config, err = f.apply(t.Config); err != nil {
		return nil, err
	}
	return t, f.credentials(ctx, t.Config, ask)
}

// base returns the configuration without the flags.
func (f *Flags) base(ctx context.Context, dsn string) (*Target, error) {
	if dsn != "" && f.Profile != "" {
		return nil, usage("a DSN and --profile exclude each other")
	}
	if dsn != "" {
		cfg, err := e6data.ParseDSN(dsn)
		if err != nil {
			return nil, &UsageError{err}
		}
		return &Target{Config: cfg, Source: "the DSN"}, nil
	}
	if f.Profile != "" {
		return loadProfile(ctx, f.Profile)
	}
	if f.Host != "" {
		cfg := e6data.NewConfig()
		cfg.Host = f.Host
		cfg.Secure = !isLoopback(f.Host)
		return &Target{Config: cfg, Source: "--host"}, nil
	}
	if os.Getenv(dsnVariable) != "" {
		cfg, err := e6data.ConfigFromEnv()
		if err != nil {
			return nil, &UsageError{err}
		}
		return &Target{Config: cfg, Source: dsnVariable}, nil
	}
	t, err := loadProfile(ctx, "")
	if errors.Is(err, profiles.ErrNotFound) && os.Getenv(profiles.NameVariable) == "" {
		return nil, usage("no engine is named: give a DSN, --host, --profile or --embedded, or set %s", dsnVariable)
	}
	return t, err
}

func loadProfile(ctx context.Context, name string) (*Target, error) {
	cfg, err := profiles.Load(ctx, name)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &UsageError{err}
	}
	name = cmp.Or(name, os.Getenv(profiles.NameVariable), "the default one")
	return &Target{Config: cfg, Source: "profile " + name}, nil
}

// ProfileNames returns the names in the file of profiles, and nothing if there is none.
func ProfileNames() []string {
	path, err := profiles.Path()
	if err != nil {
		return nil
	}
	file, err := profiles.Open(path)
	if err != nil {
		return nil
	}
	return file.Names()
}

// apply returns the configuration with the flags.
func (f *Flags) apply(cfg *e6data.Config) (*e6data.Config, error) {
	cfg = cfg.Clone()
	cfg.Host = cmp.Or(f.Host, cfg.Host)
	cfg.Port = cmp.Or(f.Port, cfg.Port)
	cfg.User = cmp.Or(f.User, cfg.User)
	cfg.Catalog = cmp.Or(f.Catalog, cfg.Catalog)
	cfg.Database = cmp.Or(f.Schema, cfg.Database)
	cfg.ClusterName = cmp.Or(f.Cluster, cfg.ClusterName)
	cfg.CACert = cmp.Or(f.CACert, cfg.CACert)
	if f.Secure != nil {
		cfg.Secure = *f.Secure
	}
	if f.Port < 0 || f.Port > 65535 {
		return nil, usage("--port %d: a port is from 1 to 65535", f.Port)
	}
	if len(f.Param) == 0 {
		return cfg, nil
	}
	return withParams(cfg, f.Param)
}

// withParams returns cfg with parameters of a DSN.
func withParams(cfg *e6data.Config, params map[string]string) (*e6data.Config, error) {
	u, err := url.Parse(cfg.FormatDSN())
	if err != nil {
		return nil, usage("the settings cannot be combined with --param") // err may show a secret
	}
	q := u.Query()
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if secretParam(name) {
			return nil, usage("--param %s: other users of this machine could see it: use a profile, or the environment", name)
		}
		q.Set(strings.ReplaceAll(strings.ToLower(name), "-", "_"), params[name])
	}
	u.RawQuery = q.Encode()
	merged, err := e6data.ParseDSN(u.String())
	if err != nil {
		return nil, &UsageError{fmt.Errorf("--param: %w", err)}
	}
	return merged, nil
}

// secretParam reports whether a parameter is a secret.
func secretParam(name string) bool {
	switch strings.ReplaceAll(strings.ToLower(name), "-", "_") {
	case "password", "token", "access_token", "client_secret":
		return true
	}
	return false
}

// credentials asks for the token if cfg and the environment lack it.
func (f *Flags) credentials(ctx context.Context, cfg *e6data.Config, ask Prompter) error {
	if !f.Password && hasCredentials(cfg) {
		return nil
	}
	if cfg.User == "" {
		cfg.User = os.Getenv("E6DATA_USER")
	}
	if cfg.User == "" {
		return usage("no user is named: give --user, or set E6DATA_USER and E6DATA_TOKEN")
	}
	token, err := ask(ctx, fmt.Sprintf("Access token of %s at %s: ", cfg.User, cfg.Host))
	if errors.Is(err, ErrNoTerminal) {
		return usage("the access token of %s is missing, and there is no terminal to ask for it: set E6DATA_TOKEN", cfg.User)
	}
	if err != nil {
		return err
	}
	if token == "" {
		return usage("no access token was given")
	}
	cfg.Token = e6data.NewSecret(token)
	return nil
}

// hasCredentials reports whether a token, or what gets one, is in cfg or in the
// environment.
func hasCredentials(cfg *e6data.Config) bool {
	if !cfg.Token.IsZero() || !cfg.AccessToken.IsZero() || cfg.ClientID != "" {
		return true
	}
	variables := []string{"E6DATA_TOKEN", "E6DATA_PASSWORD"}
	if cfg.User == "" {
		variables = append(variables, "E6DATA_ACCESS_TOKEN", "E6DATA_CLIENT_ID")
	}
	return slices.ContainsFunc(variables, func(name string) bool { return os.Getenv(name) != "" })
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Address returns the engine's host and port.
func Address(cfg *e6data.Config) string {
	port := cfg.Port
	if port == 0 {
		port = 80
		if cfg.Secure {
			port = 443
		}
	}
	return net.JoinHostPort(strings.Trim(cfg.Host, "[]"), strconv.Itoa(port))
}
