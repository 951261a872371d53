package e6data

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"io"
	"log/slog"
	"math"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // registers the compressor of Config.Compression
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	"github.com/e6data/e6data-go/internal/oauth"
	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/thriftrows"
)

// Connector is what the connections of a pool share: Config.Channels gRPC
// channels, the knowledge of the live colour, credentials and time zones. It is
// safe for concurrent use. Close it when no more connections are to be opened
// ([sql.DB.Close] does): the channels end with the last connection.
type Connector struct {
	driver driver.Driver
	cfg    *Config
	// tls is what WithTLSConfig gave, and then what Secure connections use.
	tls        *tls.Config
	handshakes handshakes
	entry      *strategy.Entry
	observer
	// resumePoll is how often a cluster that wakes up is asked for its state.
	resumePoll time.Duration
	headers    [3]metadata.MD // of calls that belong to no query, by strategy.Color
	zones      thriftrows.Zones
	// lacksV2 remembers that the engine has no V2 batches, for BatchV2Auto.
	lacksV2 atomic.Bool
	// running holds every *query between prepare and close that has a reader in
	// this process, by its id.
	running sync.Map
	// maxEmptyChunks is the constant, and poison false, but in tests.
	maxEmptyChunks int
	poison         bool
	// tokenSource makes a source of the application's, if it gave one. It is a
	// function because fmt would print the other.
	tokenSource func() *oauth.Source
	// unusable is why Connect must fail, for the empty DSN.
	unusable error

	// dialOptions are the application's own.
	dialOptions []grpc.DialOption
	// secrets replaces what must not be seen in the engine's messages.
	secrets *strings.Replacer

	mu       sync.Mutex
	channels []*channel // as many as connections have asked for, up to Config.Channels
	conns    int
	closed   bool
	// tokens gives the access tokens of OAuth, nil without it. It lives as long as
	// channels and is not changed while there are connections.
	tokens *oauth.Source
}

// channel is a gRPC channel and the number of connections that use it.
type channel struct {
	*grpc.ClientConn
	conns int // guarded by Connector.mu
}

var (
	_ driver.Connector = (*Connector)(nil)
	_ io.Closer        = (*Connector)(nil)
)

// HTTP/2 flow-control windows, in bytes. Both count: with the defaults of 64
// KiB a result chunk takes several round trips.
const (
	streamWindow = 16 << 20
	connWindow   = 16 << 20
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
// standard error.
func WithLogger(log *slog.Logger) Option {
	return func(c *Connector) {
		if log != nil {
			c.log = log
		}
	}
}

// WithResumePoll sets how often a suspended cluster that is being resumed is
// asked for its state, instead of every 5 seconds (WIRE.md section 7).
func WithResumePoll(d time.Duration) Option {
	return func(c *Connector) { c.resumePoll = d }
}

// WithDialOptions adds options to those with which the driver makes its gRPC
// channels: a stats handler for tracing, interceptors, a dialer. They come after
// the driver's own, which stay in force; where gRPC keeps one value only, such
// as transport credentials or keepalive parameters, the given one counts.
func WithDialOptions(opts ...grpc.DialOption) Option {
	return func(c *Connector) { c.dialOptions = append(c.dialOptions, opts...) }
}

// attend sees every new connector after its options: the tests set it, to listen
// to all that connectors tell.
var attend func(*Connector)

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
	c := &Connector{driver: &Driver{}, maxEmptyChunks: maxEmptyChunks, resumePoll: resumePoll}
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
	c.secrets = redactor(string(c.cfg.Token), string(c.cfg.AccessToken), string(c.cfg.ClientSecret), string(c.cfg.ClientKey))
	c.setUp(c.cfg.Debug)
	if attend != nil {
		attend(c)
	}
	if c.tls, err = c.cfg.tlsConfig(c.tls, c.log); err != nil {
		return nil, err
	}
	c.warnOfTransport()
	cluster := strings.ToLower(c.cfg.ClusterName)
	c.entry = strategy.Shared().Entry(strategy.Key{Endpoint: c.cfg.address(), Cluster: cluster})
	for color := range c.headers {
		md := metadata.MD{}
		if name := strategy.Color(color).String(); name != "" {
			md.Set(strategyHeader, name)
		}
		if cluster != "" {
			md.Set(clusterHeader, cluster)
		}
		c.headers[color] = md
	}
	return c, nil
}

// Driver returns the connector's driver.
func (c *Connector) Driver() driver.Driver { return c.driver }

// Connect opens a connection: it finds the live colour, if that is not known,
// and authenticates. Errors are of type *[Error].
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.unusable != nil {
		return nil, c.unusable
	}
	ch, err := c.acquire()
	if err != nil {
		return nil, err
	}
	cn := &conn{c: c, shared: ch, channel: ch.ClientConn}
	if _, err := cn.currentSession(ctx); err != nil {
		_ = c.release(ch)
		return nil, err
	}
	return cn, nil
}

// Close lets the channels end as soon as the last connection is closed. Connect
// fails from then on.
func (c *Connector) Close() error {
	c.mu.Lock()
	c.closed = true
	idle := c.takeIdle()
	c.mu.Unlock()
	return c.end(idle)
}

// acquire counts a connection and returns the channel with the fewest, a new
// one where there may be more and each is in use.
func (c *Connector) acquire() (*channel, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, &Error{Phase: PhaseConnect, Message: "the connector is closed"}
	}
	var least *channel
	for _, ch := range c.channels {
		if least == nil || ch.conns < least.conns {
			least = ch
		}
	}
	if least == nil || least.conns > 0 && len(c.channels) < c.cfg.Channels {
		cc, err := c.dial()
		if err != nil {
			return nil, &Error{Phase: PhaseConnect, Err: err}
		}
		if len(c.channels) == 0 {
			c.tokens = c.acquireTokens()
		}
		least = &channel{ClientConn: cc}
		c.channels = append(c.channels, least)
	}
	least.conns++
	c.conns++
	return least, nil
}

// release takes back what acquire gave.
func (c *Connector) release(ch *channel) error {
	c.mu.Lock()
	ch.conns--
	c.conns--
	idle := c.takeIdle()
	c.mu.Unlock()
	return c.end(idle)
}

// takeIdle takes the channels out when nobody needs them any more. The caller
// holds mu.
func (c *Connector) takeIdle() []*channel {
	if !c.closed || c.conns > 0 {
		return nil
	}
	idle := c.channels
	c.channels = nil
	return idle
}

// end closes the channels that takeIdle took out, and gives back the source of
// tokens.
func (c *Connector) end(channels []*channel) error {
	if len(channels) == 0 {
		return nil
	}
	if c.tokens != nil {
		c.tokens.Release()
	}
	var errs []error
	for _, ch := range channels {
		errs = append(errs, ch.Close())
	}
	return errors.Join(errs...)
}

// target is the name under which gRPC finds the engine. The scheme is spelt out
// since a host may be called like one.
func (c *Connector) target() string {
	return "dns:///" + strings.ReplaceAll(c.cfg.address(), "%", "%25")
}

// userAgent is what comes before gRPC's own name in the user-agent header.
func userAgent(application string) string {
	name := "e6data-go"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/e6data/e6data-go" && m.Version != "" && m.Version[0] == 'v' {
				name += "/" + m.Version
			}
		}
	}
	return strings.TrimSpace(application + " " + name)
}

// limit is a size limit as gRPC takes it.
func limit(bytes int) int {
	if bytes < 0 {
		return math.MaxInt
	}
	return bytes
}

// callOptions are those of every call.
func (c *Connector) callOptions() []grpc.CallOption {
	opts := []grpc.CallOption{
		grpc.MaxCallRecvMsgSize(limit(c.cfg.MaxRecvBytes)),
		grpc.MaxCallSendMsgSize(limit(c.cfg.MaxSendBytes)),
	}
	if c.cfg.Compression != "" {
		opts = append(opts, grpc.UseCompressor(c.cfg.Compression))
	}
	return opts
}

func (c *Connector) dial() (*grpc.ClientConn, error) {
	creds := insecure.NewCredentials()
	if c.cfg.Secure {
		creds = c.handshakes.credentials(c.tls)
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithUserAgent(userAgent(c.cfg.UserAgent)),
		grpc.WithDisableServiceConfig(),
		grpc.WithStatsHandler(sentWatch{}),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connWindow),
		grpc.WithDefaultCallOptions(c.callOptions()...),
		// A deployment that restarts comes back within seconds: ask often.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay:  100 * time.Millisecond,
				Multiplier: 1.6,
				Jitter:     0.2,
				MaxDelay:   5 * time.Second,
			},
			MinConnectTimeout: 20 * time.Second,
		}),
	}
	if c.cfg.KeepaliveTime > 0 {
		opts = append(opts, grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time:                c.cfg.KeepaliveTime,
			Timeout:             c.cfg.KeepaliveTimeout,
			PermitWithoutStream: c.cfg.KeepaliveWithoutCalls,
		}))
	}
	return grpc.NewClient(c.target(), append(opts, c.dialOptions...)...)
}
