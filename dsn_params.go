package e6data

import (
	"slices"
	"strings"
	"time"
)

// param is a parameter of a DSN.
type param struct {
	name string
	// field is the name of its field in Config.
	field string
	// aliases are its names in the vendor's connectors.
	aliases []alias
	// doc is its meaning, for the README.
	doc string
	// secret reports whether errors must not show the value.
	secret bool
	// ahead reports whether FormatDSN writes the value before the parameters.
	ahead bool
	kind
}

// alias is another name for a param.
type alias struct {
	name string // in the vendor's spelling
	set  func(*Config, string) error
}

// allNames returns the names of p in the form of normalName, its own name first.
func (p *param) allNames() []string {
	names := []string{p.name}
	for _, a := range p.aliases {
		names = append(names, normalName(a.name))
	}
	return names
}

// setter returns the function that parses a value given under name.
func (p *param) setter(name string) func(*Config, string) error {
	for _, a := range p.aliases {
		if a.set != nil && normalName(a.name) == name {
			return a.set
		}
	}
	return p.set
}

// normalName converts the name of a parameter to the form in which names are
// compared: lower case, with "_" for "-".
func normalName(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// findParam returns the parameter with the given normal name or alias.
func findParam(name string) (*param, bool) {
	for i := range params {
		if slices.Contains(params[i].allNames(), name) {
			return &params[i], true
		}
	}
	return nil, false
}

// mustParam is findParam for the names in this package's code. It panics for others.
func mustParam(name string) *param {
	p, ok := findParam(name)
	if !ok {
		panic("e6data: no parameter " + name)
	}
	return p
}

func also(names ...string) []alias {
	out := make([]alias, len(names))
	for i, name := range names {
		out[i].name = name
	}
	return out
}

// params are the parameters of a DSN, in the order in which FormatDSN writes them
// and the README lists them.
var params = []param{
	{
		name: "user", field: "User", aliases: also("username"), ahead: true,
		doc:  "e-mail address of the account; usually before the host",
		kind: text(func(c *Config) *string { return &c.User }),
	},
	{
		name: "password", field: "Token", aliases: also("token"), ahead: true, secret: true,
		doc:  "the account's access token; usually before the host",
		kind: secret(func(c *Config) *Secret { return &c.Token }),
	},
	{
		name: "database", field: "Database", aliases: also("schema"), ahead: true,
		doc:  "default schema; usually the path",
		kind: text(func(c *Config) *string { return &c.Database }),
	},
	{
		name: "catalog", field: "Catalog",
		doc:  "default catalog; if empty, the engine's own",
		kind: text(func(c *Config) *string { return &c.Catalog }),
	},
	{
		name: "cluster_name", field: "ClusterName", aliases: also("cluster-uuid"),
		doc:  "name of the cluster, if several share the endpoint",
		kind: header(func(c *Config) *string { return &c.ClusterName }),
	},
	{
		name: "secure", field: "Secure",
		doc:  "turns on TLS; otherwise plaintext",
		kind: boolean(func(c *Config) *bool { return &c.Secure }),
	},
	{
		name: "ca_cert", field: "CACert", aliases: also("ssl_cert"),
		doc:  "file of certificate authorities (PEM), or the PEM text itself; by default the system's",
		kind: text(func(c *Config) *string { return &c.CACert }),
	},
	{
		name: "client_cert", field: "ClientCert",
		doc:  "the client's own certificate (PEM file or text), with `client_key`",
		kind: text(func(c *Config) *string { return &c.ClientCert }),
	},
	{
		name: "client_key", field: "ClientKey", secret: true,
		doc:  "the key of `client_cert` (PEM file or text)",
		kind: secret(func(c *Config) *Secret { return &c.ClientKey }),
	},
	{
		name: "server_name", field: "ServerName",
		doc:  "the name in the server's certificate; by default the host",
		kind: text(func(c *Config) *string { return &c.ServerName }),
	},
	{
		name: "tls_config", field: "TLSConfig",
		doc:  "name of a configuration given to `RegisterTLSConfig`; not with `ca_cert` or `insecure_skip_verify`",
		kind: text(func(c *Config) *string { return &c.TLSConfig }),
	},
	{
		name: "insecure_skip_verify", field: "InsecureSkipVerify",
		doc:  "accept any certificate; for tests only",
		kind: boolean(func(c *Config) *bool { return &c.InsecureSkipVerify }),
	},
	{
		name: "access_token", field: "AccessToken", secret: true,
		doc:  "OAuth 2.0 access token, used as it is",
		kind: bearerToken(func(c *Config) *Secret { return &c.AccessToken }),
	},
	{
		name: "client_id", field: "ClientID",
		doc:  "OAuth 2.0 client for the client credentials grant, with `client_secret` and `token_url`",
		kind: text(func(c *Config) *string { return &c.ClientID }),
	},
	{
		name: "client_secret", field: "ClientSecret", secret: true,
		doc:  "the secret of `client_id`",
		kind: secret(func(c *Config) *Secret { return &c.ClientSecret }),
	},
	{
		name: "token_url", field: "TokenURL", secret: true, // its query may hold a secret
		doc:  "token endpoint for `client_id`: https, or a loopback host",
		kind: tokenURL(),
	},
	{
		name: "oauth_scope", field: "OAuthScope",
		doc:  "the scope of the tokens",
		kind: text(func(c *Config) *string { return &c.OAuthScope }),
	},
	{
		name: "client_auth_method", field: "ClientAuthMethod",
		doc:  "how `client_id` and `client_secret` are sent: `basic`, in the Authorization header, or `post`, in the body",
		kind: choice(func(c *Config) *ClientAuth { return &c.ClientAuthMethod }, ClientAuthBasic, ClientAuthPost),
	},
	{
		name: "impersonate", field: "Impersonate", aliases: also("userNameForImpersonation"),
		doc:  "the user on whose behalf `user` works",
		kind: text(func(c *Config) *string { return &c.Impersonate }),
	},
	{
		name: "auto_resume", field: "AutoResume",
		doc:  "resume a suspended cluster and wait for it",
		kind: boolean(func(c *Config) *bool { return &c.AutoResume }),
	},
	{
		name: "resume_timeout", field: "ResumeTimeout",
		aliases: []alias{{"grpc_auto_resume_timeout_seconds", duration(func(c *Config) *time.Duration { return &c.ResumeTimeout }, time.Second, minTimeout).set}},
		doc:     "bounds the wait for a suspended cluster; 0 is no bound",
		kind:    duration(func(c *Config) *time.Duration { return &c.ResumeTimeout }, 0, minTimeout),
	},
	{
		name: "resume_poll", field: "ResumePoll",
		doc:  "time between two polls of a cluster that is being resumed",
		kind: positiveDuration(func(c *Config) *time.Duration { return &c.ResumePoll }, 0),
	},
	{
		name: "prepare_timeout", field: "PrepareTimeout",
		aliases: []alias{{"grpc_prepare_timeout", duration(func(c *Config) *time.Duration { return &c.PrepareTimeout }, time.Second, minTimeout).set}},
		doc:     "bounds the preparing of a query, including its wait in the queue; 0 is no bound",
		kind:    duration(func(c *Config) *time.Duration { return &c.PrepareTimeout }, 0, minTimeout),
	},
	{
		name: "query_timeout", field: "QueryTimeout",
		doc:  "bounds a query from its start to its last row; 0 is no bound",
		kind: duration(func(c *Config) *time.Duration { return &c.QueryTimeout }, 0, minTimeout),
	},
	{
		name: "cleanup_timeout", field: "CleanupTimeout",
		doc:  "bounds the clearing of a query on the engine; 0 is no bound",
		kind: duration(func(c *Config) *time.Duration { return &c.CleanupTimeout }, 0, minTimeout),
	},
	{
		name: "connect_timeout", field: "ConnectTimeout",
		doc:  "bounds each attempt to open a connection, from the socket to the session, without the resume of a cluster; 0 is no bound",
		kind: duration(func(c *Config) *time.Duration { return &c.ConnectTimeout }, 0, minTimeout),
	},
	{
		name: "keepalive_time", field: "KeepaliveTime",
		aliases: []alias{{"keepalive_time_ms", duration(func(c *Config) *time.Duration { return &c.KeepaliveTime }, time.Millisecond, minKeepaliveTime).set}},
		doc:     "time without traffic before a channel is pinged, at least 10 s; 0 turns pings off",
		kind:    duration(func(c *Config) *time.Duration { return &c.KeepaliveTime }, 0, minKeepaliveTime),
	},
	{
		name: "keepalive_timeout", field: "KeepaliveTimeout",
		aliases: []alias{{"keepalive_timeout_ms", positiveDuration(func(c *Config) *time.Duration { return &c.KeepaliveTimeout }, time.Millisecond).set}},
		doc:     "bounds the wait for the answer to a ping",
		kind:    positiveDuration(func(c *Config) *time.Duration { return &c.KeepaliveTimeout }, 0),
	},
	{
		name: "keepalive_without_calls", field: "KeepaliveWithoutCalls", aliases: also("keepalive_permit_without_calls"),
		doc:  "also ping while no call is under way",
		kind: boolean(func(c *Config) *bool { return &c.KeepaliveWithoutCalls }),
	},
	{
		name: "max_recv_bytes", field: "MaxRecvBytes", aliases: also("max_receive_message_length"),
		doc:  "bounds an answer's size; -1 is no bound, or 256 MiB for a compressed answer",
		kind: size(func(c *Config) *int { return &c.MaxRecvBytes }, sizeLimit),
	},
	{
		name: "max_send_bytes", field: "MaxSendBytes", aliases: also("max_send_message_length"),
		doc:  "bounds a request's size; -1 is no bound",
		kind: size(func(c *Config) *int { return &c.MaxSendBytes }, sizeLimit),
	},
	{
		name: "channels", field: "Channels",
		doc:  "number of gRPC channels that the connections share, each with its own socket",
		kind: integer(func(c *Config) *int { return &c.Channels }, 1, 256),
	},
	{
		name: "prefetch_bytes", field: "PrefetchBytes",
		doc:  "result bytes that each query fetches ahead, at least one batch; 0 turns fetching ahead off",
		kind: size(func(c *Config) *int64 { return &c.PrefetchBytes }, sizeAmount),
	},
	{
		name: "prefetch_total", field: "PrefetchTotal",
		doc:  "result bytes that all queries of a connector fetch ahead, at least one batch each",
		kind: size(func(c *Config) *int64 { return &c.PrefetchTotal }, sizeAmount),
	},
	{
		name: "result_batch_v2", field: "ResultBatchV2", aliases: also("enable_result_batch_v2"),
		doc:  "several chunks in one call: `off`; `auto`, until an engine lacks it; `on` (or `true`), tried with each query",
		kind: batchV2(),
	},
	{
		name: "params", field: "Params",
		doc:  "where a query's arguments are put into the statement: `client`, as literals, or `server`",
		kind: paramsMode(),
	},
	{
		name: "loc", field: "Loc",
		doc:  "the zone of the wall clock in TIMESTAMP, DATETIME and `time.Time` arguments: an IANA name, an offset such as `+05:30`, or `Local`",
		kind: location(func(c *Config) **time.Location { return &c.Loc }),
	},
	{
		name: "transactions", field: "Transactions",
		doc:  "the engine has no transactions. `off`: `Begin` fails. `noop`: `Begin` and `Commit` do nothing, and `Rollback` fails if a statement was executed",
		kind: choice(func(c *Config) *TransactionMode { return &c.Transactions }, TransactionsOff, TransactionsNoop),
	},
	{
		name: "strategy_ttl", field: "StrategyTTL",
		doc:  "how long the known live colour is trusted without a successful call; 0 is for ever",
		kind: duration(func(c *Config) *time.Duration { return &c.StrategyTTL }, 0, 0),
	},
	{
		name: "max_attempts", field: "MaxAttempts", aliases: also("max_retries"),
		doc:  "bounds how often a call is made, including the first time; see [Retries](#retries)",
		kind: integer(func(c *Config) *int { return &c.MaxAttempts }, 0, anyInt),
	},
	{
		name: "cache", field: "Cache",
		aliases: []alias{{"shouldNotCache", func(c *Config, v string) error {
			b, err := parseBool(v)
			c.Cache = !b
			return err
		}}},
		doc:  "let the engine answer from its result cache (`shouldNotCache` is the opposite)",
		kind: boolean(func(c *Config) *bool { return &c.Cache }),
	},
	{
		name: "compression", field: "Compression",
		doc:  "compress messages both ways: `gzip`, or `none`",
		kind: compression(),
	},
	{
		name: "user_agent", field: "UserAgent",
		doc:  "put before the driver's own name in the user-agent header",
		kind: header(func(c *Config) *string { return &c.UserAgent }),
	},
	{
		name: "debug", field: "Debug",
		doc:  "log every call and every change of session, colour and cluster",
		kind: boolean(func(c *Config) *bool { return &c.Debug }),
	},
	{
		name: "log_statements", field: "LogStatements",
		doc:  "log SQL text, including arguments, and the engine's error messages, which may quote SQL text",
		kind: boolean(func(c *Config) *bool { return &c.LogStatements }),
	},
}
