package e6data

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"
)

// envVar is an environment variable that replaces a missing parameter.
type envVar struct {
	name  string
	param string // "" if the setting has no parameter
	doc   string // for the README
	set   func(*Config, string) error
}

// envSettings are the variables that NewConfig reads.
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

// envCredentials are the variables that NewConnector reads for credentials that the
// Config lacks.
var envCredentials = []envVar{
	{"E6DATA_USER", "user", "", mustParam("user").set},
	{"E6DATA_PASSWORD", "password", "", mustParam("password").set},
	{"E6DATA_TOKEN", "password", "another name for `E6DATA_PASSWORD`", mustParam("password").set},
	{"E6DATA_ACCESS_TOKEN", "access_token", "", mustParam("access_token").set},
	{"E6DATA_CLIENT_ID", "client_id", "", mustParam("client_id").set},
	{"E6DATA_CLIENT_SECRET", "client_secret", "", mustParam("client_secret").set},
	{"E6DATA_TOKEN_URL", "token_url", "", mustParam("token_url").set},
}

// readEnv sets the value of an environment variable. An empty variable counts as not
// set.
func (cfg *Config) readEnv(e *envVar) error {
	v := os.Getenv(e.name)
	if v == "" {
		return nil
	}
	if err := e.set(cfg, v); err != nil {
		p := &param{}
		if e.param != "" {
			p = mustParam(e.param)
		}
		return fmt.Errorf("e6data: environment variable %s: %s %w", e.name, p.shown(v, true), err)
	}
	return nil
}

// readEnvSettings sets the defaults from the environment, and returns the first
// error.
func (cfg *Config) readEnvSettings() error {
	var first error
	for i := range envSettings {
		first = cmp.Or(first, cfg.readEnv(&envSettings[i]))
	}
	return first
}

// withEnvCredentials returns a copy of cfg, with the credentials that cfg lacks from
// the environment. If cfg selects a method, the environment completes it. Otherwise
// the environment selects one.
func (cfg *Config) withEnvCredentials() (*Config, error) {
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
	full := cfg.Clone()
	m, err := cfg.authMethod()
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
		if p := mustParam(name); !cfg.has(name) && env.has(name) {
			if err := cmp.Or(conflicts[name], p.set(full, p.text(env))); err != nil {
				return nil, err
			}
		}
	}
	return full, nil
}

// dsnVariable is the environment variable that ConfigFromEnv reads.
const dsnVariable = "E6DATA_DSN"

// ConfigFromEnv returns the Config of the DSN in the environment variable
// E6DATA_DSN; see [ParseDSN]. It returns an error if the variable is not set or is
// empty. No other function of this package reads the variable, so an application
// uses it only if it calls ConfigFromEnv.
func ConfigFromEnv() (*Config, error) {
	dsn := os.Getenv(dsnVariable)
	if dsn == "" {
		return nil, errors.New("e6data: the environment variable " + dsnVariable + " is not set: write " + dsnForm + " into it")
	}
	cfg, err := ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w (the DSN comes from the environment variable %s)", err, dsnVariable)
	}
	return cfg, nil
}

// strategyLogLevel is the environment variable for the lowest level at which changes
// of colour, session and cluster are logged (docs/protocol.md, section 11).
const strategyLogLevel = "E6DATA_STRATEGY_LOG_LEVEL"

// changeLevels are the values of strategyLogLevel, with the names of Python's
// logging.
var changeLevels = map[string]slog.Level{
	"DEBUG": slog.LevelDebug, "INFO": slog.LevelInfo, "WARN": slog.LevelWarn, "WARNING": slog.LevelWarn,
	"ERROR": slog.LevelError, "CRITICAL": slog.LevelError + 4,
}
