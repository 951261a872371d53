package e6data

import (
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Config says how to reach an engine, and how to use it. Make one with
// [NewConfig] or [ParseDSN]: both set the defaults named here, which the zero
// value has not, so that [NewConnector] does not take it. Each field has a DSN parameter of the same name, such as
// max_attempts for MaxAttempts; see [ParseDSN]. Printing a Config shows no secret.
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

	// Secure turns TLS on: false. Without it credentials for another host than a
	// loopback one are warned about, in the connector's log or, without one, once a
	// host in that of [slog.Default]; with Port 443 they are an error.
	Secure bool
	// CACert is a file of certificate authorities in PEM form, or their PEM text
	// itself; empty stands for the system's.
	CACert string
	// ClientCert is the client's certificate for mutual TLS: a PEM file, or the PEM
	// text itself, without a key in it. It needs ClientKey.
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
	// TokenURL is where tokens for ClientID are issued: https, or loopback. Put no
	// secret into its query, which a Config hides from fmt but not from all else.
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
	// MaxAttempts is one for these, too.
	CleanupTimeout time.Duration
	// AutoResume wakes a suspended cluster and waits for it: true.
	AutoResume bool
	// ResumeTimeout bounds that wait: 300 s. 0 is no bound.
	ResumeTimeout time.Duration
	// ResumePoll is how often a cluster that wakes up is asked for its state: 5 s.
	// [WithResumePoll] takes precedence.
	ResumePoll time.Duration
	// MaxAttempts is how often a call is made at most, the first time included,
	// where the engine cannot have seen it or says that it did nothing: 5, or what
	// the environment variable E6DATA_MAX_RETRY_ATTEMPTS says. It does not bound the
	// clearing of a query, see CleanupTimeout, nor keep a query from being tried once
	// more when its cluster was woken for it.
	MaxAttempts int
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

	// PrefetchBytes bounds the result bytes that are fetched ahead of the
	// application, per query: 16 MiB. At least one batch is fetched ahead, however
	// large. 0 turns fetching ahead off.
	PrefetchBytes int64
	// PrefetchTotal bounds the same for all queries of a Connector together: 256 MiB.
	// At least one batch is fetched ahead for each of them.
	PrefetchTotal int64
	// ResultBatchV2 says whether to fetch several chunks a call: BatchV2Off.
	ResultBatchV2 BatchV2
	// Params says who puts arguments into a statement: ParamsClient.
	Params ParamsMode
	// Loc is the location whose wall clock TIMESTAMP and DATETIME values show, both
	// where they are read and where a time.Time is an argument: UTC, for which nil
	// stands. What was read finds its row again, except a wall clock that Loc skips
	// when its clocks go forward, which is read as a time an hour away. A DATE is
	// midnight UTC in any Loc; as an argument it is [Date] of that.
	Loc *time.Location
	// Transactions says what the beginning of a transaction does, which the engine has
	// none of: TransactionsOff.
	Transactions TransactionMode
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
// several chunks a call (docs/protocol.md, section 3).
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

// address is host:port.
func (cfg *Config) address() string {
	return net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.port()))
}

// port is the port to connect to.
func (cfg *Config) port() int {
	switch {
	case cfg.Port != 0:
		return cfg.Port
	case cfg.Secure:
		return 443
	}
	return 80
}

// shown is cfg without what may be secret in the fields of other types: the query
// of the token URL, and a key in the same text as its certificate.
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

// holdsKey tells that a text holds a private key in PEM form.
func holdsKey(text string) bool { return strings.Contains(text, "PRIVATE KEY-----") }

// Format shows no secret, whatever the verb. For %w and %p, which are mistakes, fmt
// does not ask for it, and shows the fields that are no Secret as they are.
func (cfg Config) Format(f fmt.State, verb rune) {
	type config Config
	format := "%+v"
	if verb == 'v' {
		format = fmt.FormatString(f, verb)
	}
	_, _ = fmt.Fprintf(f, format, config(cfg.shown()))
}

// MarshalJSON shows no secret.
func (cfg Config) MarshalJSON() ([]byte, error) {
	type config Config
	return json.Marshal(config(cfg.shown()))
}
