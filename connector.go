package e6data

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/e6data/e6data-go/internal/oauth"
	"github.com/e6data/e6data-go/internal/typed"
	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/thriftrows"
)

// Connector holds the state that a pool's connections share: Config.Channels gRPC
// channels, the known live colour, sessions, credentials and time zones. It is safe
// for concurrent use. Close it when no more connections will be opened;
// [sql.DB.Close] does so. The channels are closed with the last connection.
type Connector struct {
	driver driver.Driver
	caller
	channels
	sessions sessions
	// tls is the argument of WithTLSConfig, and later the complete configuration of
	// Secure connections.
	tls *tls.Config
	// ahead bounds the bytes that all results together fetch ahead.
	ahead budget
	// resumePoll is the time between two polls of a cluster that is being resumed.
	resumePoll time.Duration
	zones      thriftrows.Zones
	// plans are the plans of typed rows.
	plans typed.Cache
	// lacksV2 reports whether the engine has no V2 batches, for BatchV2Auto.
	lacksV2 atomic.Bool
	// running holds the queries that have a reader in this process, from prepare to
	// close: each *query by its id.
	running sync.Map
	// tokenSource returns the application's token source, or is nil. It is a
	// function because fmt prints the fields of a token source.
	tokenSource func() *oauth.Source
	// dialOptions holds the options of WithDialOptions.
	dialOptions []grpc.DialOption
	// unusable is the error of Connect for the empty DSN, else nil.
	unusable error
	switches switches
}

// switches are settings that only tests change.
type switches struct {
	maxEmptyChunks int
	poison         bool // overwrite a batch's memory when its reader has moved on
	idleAfter      time.Duration
}

// testHooks is set by tests only.
var testHooks struct {
	// connector is called with every new connector after its options are set.
	connector func(*Connector)
	// errorText is called with the text of an error each time Error returns it.
	errorText func(text string)
}

var (
	_ driver.Connector = (*Connector)(nil)
	_ io.Closer        = (*Connector)(nil)
)

// Option sets something that a [Config] has no field for.
type Option func(*Connector)

// WithTLSConfig sets the TLS configuration of Secure connections to a copy of cfg.
// Without it the driver uses the system's certificate authorities and no client
// certificate. The TLS fields of the Config are applied on top of cfg.
// Config.TLSConfig must be empty. It is an error if Secure is false. TLS versions
// below 1.2 are never used.
func WithTLSConfig(cfg *tls.Config) Option {
	return func(c *Connector) { c.tls = cfg.Clone() }
}

// WithLogger sets the logger of the connector. The levels are:
//
//   - Warn: problems that did not fail a query, and unsafe settings;
//   - Info: moves to the other colour, resumes of a cluster, refused tokens;
//   - Debug: new sessions and news about the live colour. With Config.Debug also
//     every query, every repetition, and every call with its method, code, duration,
//     colour, planner, query id and bytes.
//
// The environment variable E6DATA_STRATEGY_LOG_LEVEL (DEBUG, INFO, WARNING, ERROR or
// CRITICAL) sets the lowest level at which changes of colour, session and cluster
// are logged. Default: INFO, or DEBUG with Config.Debug.
//
// SQL text is logged with Config.LogStatements only. So are errors in a statement or
// a value, because they may quote it. No secret is ever logged.
//
// Without a logger, or with nil, the driver logs nothing, with two exceptions. With
// Config.Debug it logs to standard error. A warning about credentials that are sent
// in plaintext goes to [slog.Default].
func WithLogger(log *slog.Logger) Option {
	return func(c *Connector) {
		if log != nil {
			c.log = log
		}
	}
}

// WithResumePoll sets the time between two polls of a cluster that is being resumed.
// It takes precedence over [Config.ResumePoll] (docs/protocol.md, section 7).
func WithResumePoll(d time.Duration) Option {
	return func(c *Connector) { c.resumePoll = d }
}

// WithDialOptions adds options for the driver's gRPC channels, such as a stats
// handler for tracing, interceptors or a dialer. They are applied after the driver's
// own options, which stay in force. If gRPC keeps only one value of an option, such
// as transport credentials or keepalive parameters, the given value replaces the
// driver's. Other transport credentials also remove the driver's protection from
// proxies that reset streams with REFUSED_STREAM although the engine has handled the
// call (docs/protocol.md, section 6).
//
// An option must not repeat calls: no interceptor may retry or hedge, and no service
// config may have a retry policy. A repeated call may execute a statement twice or
// lose rows, and the driver cannot detect it. Interceptors should pass on the
// context that they receive. If gRPC does not receive a call's context, the driver
// never treats the call as unsent, and does not repeat it after a failure.
func WithDialOptions(opts ...grpc.DialOption) Option {
	return func(c *Connector) { c.dialOptions = append(c.dialOptions, opts...) }
}

// NewConnector returns a connector for [sql.OpenDB]. It copies cfg, and does not
// connect yet. Credentials that cfg lacks are taken from the environment; see
// [ParseDSN]. NewConnector reads the file of certificate authorities once. The files
// of the client certificate and its key are read again for each TLS handshake, so
// that they can be replaced while the program runs. A nil or invalid cfg is an error.
func NewConnector(cfg *Config, opts ...Option) (*Connector, error) {
	if cfg == nil {
		return nil, errors.New("e6data: NewConnector without a Config")
	}
	if err := new(Config).readEnvSettings(); err != nil {
		return nil, err // NewConfig ignored this error
	}
	c := &Connector{driver: &Driver{}, resumePoll: cfg.ResumePoll, switches: switches{maxEmptyChunks: maxEmptyChunks, idleAfter: idleAfter}}
	for _, opt := range opts {
		opt(c)
	}
	var err error
	if c.cfg, err = c.credentials(cfg); err != nil {
		return nil, err
	}
	if err := c.cfg.validate(); err != nil {
		return nil, err
	}
	c.secrets = redactor(c.cfg.Token.Reveal(), c.cfg.AccessToken.Reveal(), c.cfg.ClientSecret.Reveal(), c.cfg.ClientKey.Reveal())
	c.ahead.limit = c.cfg.PrefetchTotal
	c.setUp(c.cfg.Debug)
	if testHooks.connector != nil {
		testHooks.connector(c)
	}
	if c.tls, err = c.cfg.tlsConfig(c.tls, c.log); err != nil {
		return nil, err
	}
	c.warnOfTransport()
	c.entry = strategy.Shared().Entry(c.deployment())
	c.setHeaders()
	return c, nil
}

// Driver returns the connector's driver.
func (c *Connector) Driver() driver.Driver { return c.driver }

// Connect opens a connection. If the connector has a session that no connection
// uses, Connect takes it and makes no call. Otherwise Connect authenticates, after
// it has found the live colour if that is not known. Connect does not resume a
// suspended cluster: the connection gets its session when a query needs one. Errors
// are of type *[Error].
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	cn, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	return cn, nil
}

// connect is Connect with the concrete type.
func (c *Connector) connect(ctx context.Context) (*conn, error) {
	if c.unusable != nil {
		return nil, c.unusable
	}
	ch, err := c.acquire()
	if err != nil {
		return nil, err
	}
	cn := &conn{link: &link{c: c, ch: ch}}
	err = cn.startOver(ctx, start{once: true}, func(session) error { return nil })
	if err != nil && conditionOf(err) != suspended {
		_ = cn.Close()
		return nil, err
	}
	return cn, nil
}

// Close makes Connect fail from now on, and closes the channels with the last
// connection. Close waits for queries that are being cleared in the background, for
// at most Config.CleanupTimeout.
func (c *Connector) Close() error {
	closed := c.close()
	// The error concerns queries that were not cleared in time. They were logged,
	// and the connections are closed.
	_ = c.Shutdown(context.Background())
	return closed
}

// Shutdown is Close with a context. It waits for queries that are being cleared in
// the background, until ctx ends or Config.CleanupTimeout has passed. It returns an
// error if some are not cleared then. It may be called again. Close the connections
// first; [sql.DB.Close] does so. Shutdown does not end queries whose rows are still
// being read.
func (c *Connector) Shutdown(ctx context.Context) error {
	if c.unusable != nil {
		return nil
	}
	closed := c.close()
	ctx, cancel := withTimeout(ctx, "cleanup_timeout", c.cfg.CleanupTimeout)
	defer cancel()
	return errors.Join(c.waitForBackground(ctx), closed)
}

// close makes Connect fail, and closes the channels without users.
func (c *Connector) close() error {
	c.mu.Lock()
	c.closed = true
	unused := c.takeUnused()
	c.mu.Unlock()
	return closeChannels(unused)
}

// Format writes the engine's address, for every verb. It keeps the Connector's
// secrets out of fmt's output.
func (c *Connector) Format(f fmt.State, _ rune) {
	if c.cfg == nil {
		_, _ = io.WriteString(f, "e6data without a DSN")
		return
	}
	_, _ = io.WriteString(f, "e6data at "+c.cfg.address())
}
