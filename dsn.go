package e6data

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config says how to reach an engine. Make one with [NewConfig] or [ParseDSN].
// Printing it shows no secret.
type Config struct {
	// Host is the engine's name or address. Required.
	Host string
	// Port is the engine's port; 0 stands for 443 when Secure, else 80.
	Port int
	// User is the e-mail address of the account.
	User string
	// Token is the account's access token.
	Token Secret
	// Database is the default schema.
	Database string
	// Catalog is the default catalog; without one the engine's own default
	// holds.
	Catalog string
	// ClusterName is the cluster to use behind an endpoint that serves several.
	ClusterName string
	// Secure turns TLS on, with the system's certificate authorities.
	Secure bool
	// PrefetchBytes bounds the result bytes that are fetched ahead of the
	// application, per query: 64 MiB in NewConfig and in a DSN. At least one batch
	// is fetched ahead, however large. 0 turns fetching ahead off.
	PrefetchBytes int64
	// ResultBatchV2 says whether to fetch several chunks a call. Empty is
	// BatchV2Off.
	ResultBatchV2 BatchV2
	// MaxRetries is how often a call is made at most, the first time included,
	// where the engine cannot have seen it or says that it did nothing: 5, or what
	// the environment variable E6DATA_MAX_RETRY_ATTEMPTS says.
	MaxRetries int
	// StrategyTTL is how long the live colour is taken to be known without any
	// successful call: 300 s, or the seconds in E6DATA_STRATEGY_CACHE_TIMEOUT. 0 is
	// for ever.
	StrategyTTL time.Duration
	// AutoResume wakes a suspended cluster and waits for it: true.
	AutoResume bool
	// ResumeTimeout bounds that wait: 300 s.
	ResumeTimeout time.Duration
	// PrepareTimeout bounds the preparing of a query, in which it may wait for its
	// turn: 600 s. 0 is no bound.
	PrepareTimeout time.Duration
	// QueryTimeout bounds a query from its start to its last row: 0, no bound.
	QueryTimeout time.Duration
	// CleanupTimeout bounds the clearing of a query on the engine, which goes on
	// after the caller's context has ended: 10 s.
	CleanupTimeout time.Duration
}

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

func (b BatchV2) valid() bool {
	return b == "" || b == BatchV2Off || b == BatchV2Auto || b == BatchV2On
}

const (
	dsnScheme            = "e6data"
	defaultPrefetchBytes = 64 << 20
)

// NewConfig returns a Config with the defaults, for which it reads the
// environment.
func NewConfig() *Config {
	return &Config{
		PrefetchBytes:  defaultPrefetchBytes,
		ResultBatchV2:  BatchV2Off,
		MaxRetries:     fromEnv("E6DATA_MAX_RETRY_ATTEMPTS", 5),
		StrategyTTL:    time.Duration(fromEnv("E6DATA_STRATEGY_CACHE_TIMEOUT", 300)) * time.Second,
		AutoResume:     true,
		ResumeTimeout:  300 * time.Second,
		PrepareTimeout: 600 * time.Second,
		CleanupTimeout: 10 * time.Second,
	}
}

// fromEnv is a number of 0 or more from the environment; what is none is as if
// it were not there.
func fromEnv(name string, otherwise int) int {
	n, err := strconv.Atoi(os.Getenv(name))
	if err != nil || n < 0 || n > 1<<30 {
		return otherwise
	}
	return n
}

// Clone returns a copy that shares nothing with c.
func (c *Config) Clone() *Config {
	clone := *c
	return &clone
}

// address is host:port.
func (c *Config) address() string {
	port := c.Port
	if port == 0 {
		port = 80
		if c.Secure {
			port = 443
		}
	}
	return net.JoinHostPort(c.Host, strconv.Itoa(port))
}

// validate tells what keeps c from being used.
func (c *Config) validate() error {
	switch {
	case c.Host == "":
		return errors.New("e6data: the host is missing")
	case strings.ContainsAny(c.Host, "/?#@[]% \t\r\n"):
		return fmt.Errorf("e6data: %q is no host name", c.Host)
	case c.Port < 0 || c.Port > 65535:
		return fmt.Errorf("e6data: port %d is out of range (1 to 65535)", c.Port)
	case c.User == "" || c.Token == "":
		return errors.New("e6data: user and access token are required")
	case c.PrefetchBytes < 0:
		return fmt.Errorf("e6data: prefetch_bytes of %d is negative", c.PrefetchBytes)
	case c.MaxRetries < 0:
		return fmt.Errorf("e6data: max_retries of %d is negative", c.MaxRetries)
	case !c.ResultBatchV2.valid():
		return fmt.Errorf("e6data: result_batch_v2 of %q is none of off, auto, on", c.ResultBatchV2)
	}
	return nil
}

// param is a DSN parameter.
type param struct {
	name string
	get  func(*Config) string // "" leaves it out
	set  func(*Config, string) error
}

func textParam(name string, field func(*Config) *string) param {
	return param{
		name: name,
		get:  func(c *Config) string { return *field(c) },
		set: func(c *Config, v string) error {
			*field(c) = v
			return nil
		},
	}
}

func boolParam(name string, field func(*Config) *bool) param {
	return param{
		name: name,
		get:  func(c *Config) string { return unlessDefault(c, field, strconv.FormatBool) },
		set: func(c *Config, v string) error {
			b, err := strconv.ParseBool(v)
			if err != nil {
				return fmt.Errorf("%q is not true or false", v)
			}
			*field(c) = b
			return nil
		},
	}
}

func durationParam(name string, field func(*Config) *time.Duration) param {
	return param{
		name: name,
		get:  func(c *Config) string { return unlessDefault(c, field, time.Duration.String) },
		set: func(c *Config, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil || d < 0 {
				return fmt.Errorf("%q is no duration such as 30s or 5m", v)
			}
			*field(c) = d
			return nil
		},
	}
}

func intParam(name string, field func(*Config) *int) param {
	return param{
		name: name,
		get:  func(c *Config) string { return unlessDefault(c, field, strconv.Itoa) },
		set: func(c *Config, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 {
				return fmt.Errorf("%q is no number of 0 or more", v)
			}
			*field(c) = n
			return nil
		},
	}
}

// unlessDefault formats a field of c, or returns "" where it has its default.
func unlessDefault[T comparable](c *Config, field func(*Config) *T, format func(T) string) string {
	v := *field(c)
	if v == *field(NewConfig()) {
		return ""
	}
	return format(v)
}

// params are the parameters of a DSN in the order in which FormatDSN writes
// them.
var params = []param{
	textParam("catalog", func(c *Config) *string { return &c.Catalog }),
	textParam("cluster_name", func(c *Config) *string { return &c.ClusterName }),
	boolParam("secure", func(c *Config) *bool { return &c.Secure }),
	{
		name: "prefetch_bytes",
		get: func(c *Config) string {
			return unlessDefault(c, func(c *Config) *int64 { return &c.PrefetchBytes }, func(n int64) string { return strconv.FormatInt(n, 10) })
		},
		set: func(c *Config, v string) (err error) {
			if c.PrefetchBytes, err = strconv.ParseInt(v, 10, 64); err != nil {
				return fmt.Errorf("%q is no number of bytes", v)
			}
			return nil
		},
	},
	{
		name: "result_batch_v2",
		get: func(c *Config) string {
			if c.ResultBatchV2 == BatchV2Off {
				return ""
			}
			return string(c.ResultBatchV2)
		},
		set: func(c *Config, v string) error {
			c.ResultBatchV2 = BatchV2(strings.ToLower(v))
			if v == "" || !c.ResultBatchV2.valid() {
				return fmt.Errorf("%q is none of off, auto, on", v)
			}
			return nil
		},
	},
	intParam("max_retries", func(c *Config) *int { return &c.MaxRetries }),
	durationParam("strategy_ttl", func(c *Config) *time.Duration { return &c.StrategyTTL }),
	boolParam("auto_resume", func(c *Config) *bool { return &c.AutoResume }),
	durationParam("resume_timeout", func(c *Config) *time.Duration { return &c.ResumeTimeout }),
	durationParam("prepare_timeout", func(c *Config) *time.Duration { return &c.PrepareTimeout }),
	durationParam("query_timeout", func(c *Config) *time.Duration { return &c.QueryTimeout }),
	durationParam("cleanup_timeout", func(c *Config) *time.Duration { return &c.CleanupTimeout }),
}

// ParseDSN reads
//
//	e6data://user:token@host:port/database?catalog=c&cluster_name=n&secure=true
//
// User and token are percent-encoded where they hold any of "/?#%", the user
// also where it holds ":". Parameter names may be written with "-" for "_". An
// unknown or repeated parameter is an error that names it. No error shows user
// or token.
func ParseDSN(dsn string) (*Config, error) {
	rest, ok := strings.CutPrefix(dsn, dsnScheme+"://")
	if !ok {
		return nil, fmt.Errorf("e6data: a DSN begins with %s://", dsnScheme)
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, database, _ := strings.Cut(rest, "/")
	c := NewConfig()
	if err := c.parseAuthority(authority); err != nil {
		return nil, err
	}
	var err error
	if c.Database, err = url.PathUnescape(database); err != nil {
		return nil, fmt.Errorf("e6data: the DSN's database is not percent-encoded: %w", err)
	}
	if err := c.parseParams(query); err != nil {
		return nil, err
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Config) parseAuthority(authority string) error {
	hostport := authority
	// The last @ ends the user's part: an e-mail address may be written plainly.
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		hostport = authority[at+1:]
		user, token, _ := strings.Cut(authority[:at], ":")
		var err error
		if c.User, err = url.PathUnescape(user); err != nil {
			return errors.New("e6data: the DSN's user is not percent-encoded")
		}
		token, err = url.PathUnescape(token)
		if err != nil {
			return errors.New("e6data: the DSN's token is not percent-encoded")
		}
		c.Token = Secret(token)
	}
	host, port, err := splitHostPort(hostport)
	if err != nil {
		return err
	}
	c.Host = host
	if port == "" {
		return nil
	}
	if c.Port, err = strconv.Atoi(port); err != nil || c.Port < 1 {
		return fmt.Errorf("e6data: %q is no port (1 to 65535)", port)
	}
	return nil
}

// splitHostPort is net.SplitHostPort with an optional port.
func splitHostPort(s string) (host, port string, err error) {
	if ip, ok := strings.CutPrefix(s, "["); ok {
		host, rest, ok := strings.Cut(ip, "]")
		if !ok || rest != "" && rest[0] != ':' {
			return "", "", fmt.Errorf("e6data: %q is no address", s)
		}
		return host, strings.TrimPrefix(rest, ":"), nil
	}
	host, port, _ = strings.Cut(s, ":")
	if strings.Contains(port, ":") {
		return "", "", fmt.Errorf("e6data: an IPv6 address stands in brackets: [%s]", s)
	}
	return host, port, nil
}

func (c *Config) parseParams(query string) error {
	seen := map[string]bool{}
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		written, err := url.QueryUnescape(rawName)
		if err != nil {
			return errors.New("e6data: a DSN parameter's name is not percent-encoded")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return fmt.Errorf("e6data: the value of DSN parameter %q is not percent-encoded", written)
		}
		name := strings.ReplaceAll(strings.ToLower(written), "-", "_")
		i := slices.IndexFunc(params, func(p param) bool { return p.name == name })
		if i < 0 {
			return fmt.Errorf("e6data: unknown DSN parameter %q, do you mean %q?", written, nearest(name))
		}
		if seen[name] {
			return fmt.Errorf("e6data: DSN parameter %q occurs twice", name)
		}
		seen[name] = true
		if err := params[i].set(c, value); err != nil {
			return fmt.Errorf("e6data: DSN parameter %q: %w", name, err)
		}
	}
	return nil
}

// nearest returns the known parameter with the smallest edit distance to name.
func nearest(name string) string {
	best, least := "", -1
	for _, p := range params {
		if d := distance(name, p.name); least < 0 || d < least {
			best, least = p.name, d
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// FormatDSN writes c as a DSN that [ParseDSN] reads back as an equal Config.
// It contains the token.
func (c *Config) FormatDSN() string {
	var b strings.Builder
	b.WriteString(dsnScheme + "://")
	if c.User != "" || c.Token != "" {
		b.WriteString(url.UserPassword(c.User, string(c.Token)).String())
		b.WriteByte('@')
	}
	if strings.Contains(c.Host, ":") {
		b.WriteString("[" + c.Host + "]")
	} else {
		b.WriteString(c.Host)
	}
	if c.Port != 0 {
		b.WriteString(":" + strconv.Itoa(c.Port))
	}
	b.WriteString("/" + url.PathEscape(c.Database))
	separator := byte('?')
	for _, p := range params {
		v := p.get(c)
		if v == "" {
			continue
		}
		b.WriteByte(separator)
		b.WriteString(p.name + "=" + url.QueryEscape(v))
		separator = '&'
	}
	return b.String()
}
