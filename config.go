package e6data

import (
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Config holds the settings of a connector: how to reach an engine and how to use
// it. Make a Config with [NewConfig] or [ParseDSN], which set the defaults named
// here. The zero value lacks them, and [NewConnector] refuses it. Each field has a
// DSN parameter of the same name, such as max_attempts for MaxAttempts; see
// [ParseDSN]. A printed Config shows no secret. A Config must not be changed while
// another goroutine uses it.
type Config struct {
	// Host is the engine's name or address. Required.
	Host string
	// Port is the engine's port. Default: 0, which means 443 if Secure is true, else
	// 80.
	Port int
	// User is the e-mail address of the account.
	User string
	// Token is the account's access token. Its DSN parameter is password. If no
	// credentials are set, NewConnector takes them from the environment.
	Token Secret
	// Impersonate is the user on whose behalf User works. Default: none.
	Impersonate string

	// Database is the default schema.
	Database string
	// Catalog is the default catalog. Default: the engine's own default catalog.
	Catalog string
	// ClusterName names the cluster to use if several clusters share the endpoint.
	ClusterName string

	// Secure turns on TLS. Default: false. If the driver sends credentials without
	// TLS to a host that is not a loopback host, it logs a warning. The warning goes
	// to the connector's log or, if there is none, once for each host to
	// [slog.Default]. Port 443 without Secure is an error, except for loopback
	// hosts.
	Secure bool
	// CACert is a file of certificate authorities in PEM form, or the PEM text
	// itself. Default: the system's authorities.
	CACert string
	// ClientCert is the client's certificate for mutual TLS: a PEM file or the PEM
	// text itself, without a key. It requires ClientKey.
	ClientCert string
	// ClientKey is the key of ClientCert: a PEM file or the PEM text itself.
	ClientKey Secret
	// ServerName is the name that the server's certificate must have. Default: Host.
	ServerName string
	// TLSConfig is the name of a configuration that was registered with
	// [RegisterTLSConfig].
	TLSConfig string
	// InsecureSkipVerify accepts any certificate. Default: false. For tests only.
	InsecureSkipVerify bool

	// AccessToken is an OAuth 2.0 access token. The driver sends it as it is and
	// does not renew it.
	AccessToken Secret
	// ClientID is the OAuth 2.0 client for the client credentials grant.
	ClientID string
	// ClientSecret is the secret of ClientID.
	ClientSecret Secret
	// TokenURL is the token endpoint for ClientID: an https URL, or an http URL of a
	// loopback host. Put no secret into its query: a printed Config hides the query,
	// but other code that reads the field may show it.
	TokenURL string
	// OAuthScope is the scope of the tokens. Default: none.
	OAuthScope string
	// ClientAuthMethod selects how ClientID and ClientSecret are sent. Default:
	// ClientAuthBasic. Another value without a ClientID is an error.
	ClientAuthMethod ClientAuth

	// ConnectTimeout bounds each attempt to open a connection, from the socket to
	// the session. The resume of a cluster does not count. Default: 30s. 0 is no
	// bound.
	ConnectTimeout time.Duration
	// PrepareTimeout bounds the preparing of a query, including its wait in the
	// engine's queue. Default: 600s. 0 is no bound.
	PrepareTimeout time.Duration
	// QueryTimeout bounds a query from its start to its last row. Default: 0, no
	// bound.
	QueryTimeout time.Duration
	// CleanupTimeout bounds the clearing of a query on the engine, which goes on
	// after the caller's context has ended. While the engine is unreachable or
	// suspended, the driver repeats Clear and Cancel until this time has passed.
	// Default: 10s. 0 is no bound; then MaxAttempts bounds these repetitions.
	CleanupTimeout time.Duration
	// AutoResume resumes a suspended cluster and waits for it. Default: true.
	AutoResume bool
	// ResumeTimeout bounds the wait for a suspended cluster. Default: 300s. 0 is no
	// bound.
	ResumeTimeout time.Duration
	// ResumePoll is the time between two polls of a cluster that is being resumed.
	// Default: 5s. [WithResumePoll] takes precedence.
	ResumePoll time.Duration
	// MaxAttempts bounds how often the driver makes a call, including the first
	// time. The driver repeats a call only if that cannot execute a statement twice.
	// Default: 5, or the value of the environment variable
	// E6DATA_MAX_RETRY_ATTEMPTS. CleanupTimeout, and not MaxAttempts, bounds the
	// clearing of a query. A query whose cluster was resumed for it is always tried
	// once more.
	MaxAttempts int
	// StrategyTTL is how long the driver trusts the known live colour without a
	// successful call. Default: 300s, or the seconds in the environment variable
	// E6DATA_STRATEGY_CACHE_TIMEOUT. 0 is for ever.
	StrategyTTL time.Duration

	// KeepaliveTime is the time without traffic after which the driver pings a
	// channel. Default: 30s. Minimum: 10s. 0 turns pings off.
	KeepaliveTime time.Duration
	// KeepaliveTimeout bounds the wait for the answer to a ping. Default: 20s.
	KeepaliveTimeout time.Duration
	// KeepaliveWithoutCalls also pings while no call is under way. Default: true.
	KeepaliveWithoutCalls bool
	// MaxRecvBytes bounds the size of an answer in bytes. Default: -1, which means
	// no bound for an uncompressed answer, and 256 MiB after decompression for a
	// compressed one.
	MaxRecvBytes int
	// MaxSendBytes bounds the size of a request in bytes. Default: 300 MiB. -1 is no
	// bound.
	MaxSendBytes int
	// Channels is the number of gRPC channels that the connections share. Default:
	// 1.
	Channels int
	// Compression is "gzip" to compress requests and accept compressed answers.
	// Default: empty, no compression; then a compressed answer is an error.
	Compression string
	// UserAgent is put before the driver's own name in the user-agent header.
	UserAgent string

	// PrefetchBytes bounds the result bytes that each query fetches ahead of the
	// application. At least one batch is fetched ahead, whatever its size. Default:
	// 16 MiB. 0 turns fetching ahead off.
	PrefetchBytes int64
	// PrefetchTotal bounds the bytes that all queries of a Connector together fetch
	// ahead. Each query may still fetch one batch ahead. Default: 256 MiB.
	PrefetchTotal int64
	// ResultBatchV2 selects whether one call fetches several chunks. Default:
	// BatchV2Off.
	ResultBatchV2 BatchV2
	// Params selects whether the driver or the engine puts arguments into a
	// statement. Default: ParamsClient.
	Params ParamsMode
	// Loc is the location for the wall clock of TIMESTAMP and DATETIME values, and
	// of arguments of type time.Time. Default: UTC, which nil also means. A value
	// that was read and is used as an argument finds its row again. The exception is
	// a wall clock that Loc skips when its clocks go forward: it is read as a time
	// one hour away. A DATE is midnight UTC in every Loc; use [Date] to pass it as
	// an argument.
	Loc *time.Location
	// Transactions selects the behaviour of Begin, because the engine has no
	// transactions. Default: TransactionsOff.
	Transactions TransactionMode
	// Cache lets the engine answer from its result cache. Default: true.
	Cache bool

	// Debug logs every call and every change of session, colour and cluster.
	// Default: false.
	Debug bool
	// LogStatements logs SQL text, including its arguments, and the engine's error
	// messages, which may quote SQL text. Default: false.
	LogStatements bool
}

// ClientAuth selects how an OAuth 2.0 client identifies itself to the token
// endpoint.
type ClientAuth string

const (
	// ClientAuthBasic sends the client's id and secret in the Authorization header.
	ClientAuthBasic ClientAuth = "basic"
	// ClientAuthPost sends the client's id and secret in the request's body.
	ClientAuthPost ClientAuth = "post"
)

// ParamsMode selects where a query's arguments are put into the statement.
type ParamsMode string

const (
	// ParamsClient makes the driver write arguments into the SQL text as literals,
	// as the vendor's connectors do.
	ParamsClient ParamsMode = "client"
	// ParamsServer sends arguments beside the SQL text, as parameters of the
	// engine's protocol. NULL and slices cannot be sent this way.
	ParamsServer ParamsMode = "server"
)

// BatchV2 selects when results are fetched with getNextResultBatchV2. That call
// returns several chunks (docs/protocol.md, section 3).
type BatchV2 string

const (
	// BatchV2Off never uses the call. The vendor's connectors have the same default,
	// and operators enable the call for each cluster.
	BatchV2Off BatchV2 = "off"
	// BatchV2Auto uses the call until an engine turns out to lack it. The Connector
	// remembers that.
	BatchV2Auto BatchV2 = "auto"
	// BatchV2On tries the call with every query. A query falls back if its planner
	// lacks the call.
	BatchV2On BatchV2 = "on"
)

// NewConfig returns a Config with the defaults. The environment may change some of
// them; see [ParseDSN]. NewConfig ignores a variable with an invalid value. ParseDSN
// and [NewConnector] return an error for it.
func NewConfig() *Config {
	c := builtIn()
	_ = c.readEnvSettings()
	return c
}

// builtIn returns a Config with the defaults of an empty environment.
func builtIn() *Config {
	return &Config{
		ClientAuthMethod:      ClientAuthBasic,
		ConnectTimeout:        30 * time.Second,
		PrepareTimeout:        600 * time.Second,
		CleanupTimeout:        10 * time.Second,
		AutoResume:            true,
		ResumeTimeout:         300 * time.Second,
		ResumePoll:            resumePoll,
		MaxAttempts:           5,
		StrategyTTL:           300 * time.Second,
		KeepaliveTime:         30 * time.Second,
		KeepaliveTimeout:      20 * time.Second,
		KeepaliveWithoutCalls: true,
		MaxRecvBytes:          -1,
		MaxSendBytes:          300 << 20,
		Channels:              1,
		PrefetchBytes:         16 << 20,
		PrefetchTotal:         256 << 20,
		ResultBatchV2:         BatchV2Off,
		Params:                ParamsClient,
		Transactions:          TransactionsOff,
		Cache:                 true,
	}
}

// Clone returns a copy that shares nothing with cfg.
func (cfg *Config) Clone() *Config {
	clone := *cfg
	return &clone
}

// address returns host:port.
func (cfg *Config) address() string {
	return net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.port()))
}

// port returns the port to connect to.
func (cfg *Config) port() int {
	switch {
	case cfg.Port != 0:
		return cfg.Port
	case cfg.Secure:
		return 443
	}
	return 80
}

// shown returns cfg without the secrets that its string fields may hold: the query
// of the token URL, and a private key in the text of a certificate.
func (cfg Config) shown() Config {
	if endpoint, _, ok := strings.Cut(cfg.TokenURL, "?"); ok {
		cfg.TokenURL = endpoint + "?" + redacted
	}
	for _, text := range []*string{&cfg.CACert, &cfg.ClientCert} {
		if holdsKey(*text) {
			*text = redacted
		}
	}
	return cfg
}

// holdsKey reports whether text holds a private key in PEM form.
func holdsKey(text string) bool { return strings.Contains(text, "PRIVATE KEY-----") }

// Format writes cfg without secrets, for every verb. The verbs %w and %p are
// mistakes: for them fmt does not call Format, and shows the fields that are not of
// type Secret.
func (cfg Config) Format(f fmt.State, verb rune) {
	type config Config
	format := "%+v"
	if verb == 'v' {
		format = fmt.FormatString(f, verb)
	}
	_, _ = fmt.Fprintf(f, format, config(cfg.shown()))
}

// MarshalJSON returns cfg as JSON without secrets.
func (cfg Config) MarshalJSON() ([]byte, error) {
	type config Config
	return json.Marshal(config(cfg.shown()))
}

// TransactionMode selects the behaviour of Begin, because the engine has no
// transactions.
type TransactionMode string

const (
	// TransactionsOff makes [database/sql.DB.Begin] fail with [ErrTransactions].
	TransactionsOff TransactionMode = "off"
	// TransactionsNoop is for libraries that begin a transaction for every
	// operation. Begin and Commit do nothing: each statement takes effect at once,
	// as without a transaction. Rollback fails with a [RollbackError] if a statement
	// was executed, because nothing can undo it. Isolation levels and read-only
	// transactions are errors.
	TransactionsNoop TransactionMode = "noop"
)

// resumePoll is the default time between two polls of a cluster that is being
// resumed (docs/protocol.md, section 7).
const resumePoll = 5 * time.Second
