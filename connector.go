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
	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/thriftrows"
)

// Connector is what the connections of a pool share: Config.Channels gRPC
// channels, the knowledge of the live colour, sessions, credentials and time zones.
// It is safe for concurrent use. Close it when no more connections are to be opened
// ([sql.DB.Close] does): the channels end with the last connection.
type Connector struct {
	driver driver.Driver
	caller
	channels
	sessions sessions
	// tls is what WithTLSConfig gave, and then what Secure connections use.
	tls *tls.Config
	// ahead bounds what all results fetch ahead together.
	ahead budget
	// resumePoll is how often a cluster that wakes up is asked for its state.
	resumePoll time.Duration
	zones      thriftrows.Zones
	// lacksV2 remembers that the engine has no V2 batches, for BatchV2Auto.
	lacksV2 atomic.Bool
	// running holds every *query between prepare and close that has a reader in
	// this process, by its id.
	running sync.Map
	// tokenSource makes a source of the application's, if it gave one. It is a
	// function because fmt would print the other.
	tokenSource func() *oauth.Source
	// dialOptions are the application's own.
	dialOptions []grpc.DialOption
	// unusable is why Connect must fail, for the empty DSN.
	unusable error
	switches switches
}

// switches are what tests set otherwise.
type switches struct {
	maxEmptyChunks int
	poison         bool // overwrite a batch's memory once its reader has moved on
	idleAfter      time.Duration
}

// testHooks are set by tests, and nil otherwise.
var testHooks struct {
	// connector sees every new connector after its options.
	connector func(*Connector)
	// errorText gets the text of an error whenever somebody asks for it.
	errorText func(text string)
}

var (
	_ driver.Connector = (*Connector)(nil)
	_ io.Closer        = (*Connector)(nil)
)

// Option sets what a [Config] cannot say.
type Option func(*Connector)

// WithTLSConfig makes Secure connections use a copy of cfg instead of the
// system's certificate authorities and no client certificate. Without Secure it
// is an error. What the Config says about TLS comes on top of it, but for
// TLSConfig, which cannot be set at the same time. TLS versions below 1.2 are not
// spoken.
func WithTLSConfig(cfg *tls.Config) Option {
	return func(c *Connector) { c.tls = cfg.Clone() }
}

// WithLogger has the connector log to log:
//
//   - Warn: what went wrong without failing a query, and what is not safe about
//     the configuration;
//   - Info: moves to the other colour, resumes, refused tokens;
//   - Debug: new sessions, and news about the live colour; and, with
//     Config.Debug, every call with its method, code, duration, colour, planner,
//     query id and bytes, every query, and whatever is done again.
//
// The environment variable E6DATA_STRATEGY_LOG_LEVEL (DEBUG, INFO, WARNING,
// ERROR, CRITICAL) sets the lowest level at which changes of colour, session and
// cluster are logged: INFO, or DEBUG with Config.Debug. SQL text, and what is
// wrong with a statement or a value, which may quote it, are logged with
// Config.LogStatements only, and no secret ever.
//
// Without a logger, or with nil, nothing is logged, but with Config.Debug to
// standard error, and to [slog.Default] the warning that credentials for a host
// are sent in plaintext.
func WithLogger(log *slog.Logger) Option {
	return func(c *Connector) {
		if log != nil {
			c.log = log
		}
	}
}

// WithResumePoll sets how often a suspended cluster that is being resumed is
// asked for its state, whatever [Config.ResumePoll] says (docs/protocol.md, section 7).
func WithResumePoll(d time.Duration) Option {
	return func(c *Connector) { c.resumePoll = d }
}

// WithDialOptions adds options to those with which the driver makes its gRPC
// channels: a stats handler for tracing, interceptors, a dialer. They come after
// the driver's own, which stay in force; where gRPC keeps one value only, such
// as transport credentials or keepalive parameters, the given one counts.
//
// An option must not make calls anew: no interceptor that retries or hedges, and
// no service config with a retry policy. Such a call may execute a statement twice
// or lose rows, and the driver cannot see it. Interceptors should hand on the
// context that they get: a call whose context does not reach gRPC is never taken
// for unsent, so that it is not repeated after a failure.
func WithDialOptions(opts ...grpc.DialOption) Option {
	return func(c *Connector) { c.dialOptions = append(c.dialOptions, opts...) }
}

// NewConnector returns a connector for [sql.OpenDB]. It keeps a copy of cfg and
// connects to nothing yet. Credentials that cfg lacks are taken from the
// environment, see [ParseDSN]. The files that cfg names are read: the certificate
// authorities once, the client certificate and its key again for each TLS
// handshake, so that they can be replaced while the program runs. A cfg that
// cannot be right is an error.
func NewConnector(cfg *Config, opts ...Option) (*Connector, error) {
	if cfg == nil {
		return nil, errors.New("e6data: NewConnector without a Config")
	}
	if err := new(Config).readEnvSettings(); err != nil {
		return nil, err // NewConfig passed over it
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

// Connect opens a connection. Where the connector has a session that no connection
// uses, that is all. Otherwise it finds the live colour, if that is not known, and
// authenticates. A suspended cluster is not woken: the connection gets its session
// when a query needs it. Errors are of type *[Error].
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	cn, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	return cn, nil
}

// connect is Connect, with the driver's own type.
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

// Close lets the channels end as soon as the last connection is closed, and waits
// for queries that are being cleared in the background, for Config.CleanupTimeout
// at most. Connect fails from then on.
func (c *Connector) Close() error {
	closed := c.close()
	// What is not cleared by then was logged, and is no fault of the connections.
	_ = c.Shutdown(context.Background())
	return closed
}

// Shutdown is Close with a context: it waits for queries that are being cleared in
// the background until ctx ends or Config.CleanupTimeout has passed, and returns an
// error when some were left then. It may be called again. Close the connections
// first ([sql.DB.Close] does): Shutdown does not end queries that are read.
func (c *Connector) Shutdown(ctx context.Context) error {
	if c.unusable != nil {
		return nil
	}
	closed := c.close()
	ctx, cancel := withTimeout(ctx, "cleanup_timeout", c.cfg.CleanupTimeout)
	defer cancel()
	return errors.Join(c.waitForBackground(ctx), closed)
}

// close makes Connect fail, and ends the channels that nobody uses.
func (c *Connector) close() error {
	c.mu.Lock()
	c.closed = true
	unused := c.takeUnused()
	c.mu.Unlock()
	return closeChannels(unused)
}

// Format writes where the connector leads, for every verb. Secrets are in it, or
// one of the application's own, in a token source.
func (c *Connector) Format(f fmt.State, _ rune) {
	if c.cfg == nil {
		_, _ = io.WriteString(f, "e6data without a DSN")
		return
	}
	_, _ = io.WriteString(f, "e6data at "+c.cfg.address())
}
