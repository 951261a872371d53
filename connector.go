package e6data

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"io"
	"log/slog"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/thriftrows"
)

// Connector is what the connections of a pool share: one gRPC channel, the
// knowledge of the live colour, credentials and time zones. It is safe for
// concurrent use. Close it when no more connections are to be opened
// ([sql.DB.Close] does): the channel ends with its last connection.
type Connector struct {
	driver driver.Driver
	cfg    *Config
	tls    *tls.Config
	entry  *strategy.Entry
	log    *slog.Logger
	// resumePoll is how often a cluster that wakes up is asked for its state.
	resumePoll time.Duration
	headers    [3]metadata.MD // of calls that belong to no query, by strategy.Color
	zones      thriftrows.Zones
	// lacksV2 remembers that the engine has no V2 batches, for BatchV2Auto.
	lacksV2 atomic.Bool
	// maxEmptyChunks is the constant, and poison false, but in tests.
	maxEmptyChunks int
	poison         bool
	// unusable is why Connect must fail, for the empty DSN.
	unusable error

	mu      sync.Mutex
	channel *grpc.ClientConn // nil before the first and after the last connection
	conns   int
	closed  bool
}

var (
	_ driver.Connector = (*Connector)(nil)
	_ io.Closer        = (*Connector)(nil)
)

// Limits of the engine's own connectors (WIRE.md section 1).
const (
	keepaliveTime    = 30 * time.Second
	keepaliveTimeout = 900 * time.Second
	maxSendBytes     = 300 << 20
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
// system's certificate authorities and no client certificate.
func WithTLSConfig(cfg *tls.Config) Option {
	return func(c *Connector) { c.tls = cfg.Clone() }
}

// WithLogger has the connector log: switches, renewed sessions and resumes, as
// level Info, and what went wrong without failing a query, as Warn. Nil is
// silent, as is the default. No SQL text and no secret is logged.
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

// NewConnector returns a connector for [sql.OpenDB]. It keeps a copy of cfg and
// connects to nothing yet.
func NewConnector(cfg *Config, opts ...Option) (*Connector, error) {
	if cfg == nil {
		return nil, errors.New("e6data: NewConnector without a Config")
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &Connector{driver: &Driver{}, cfg: cfg.Clone(), maxEmptyChunks: maxEmptyChunks, resumePoll: resumePoll, log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(c)
	}
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
	channel, err := c.acquire()
	if err != nil {
		return nil, err
	}
	cn := &conn{c: c, channel: channel}
	if _, err := cn.currentSession(ctx); err != nil {
		_ = c.release()
		return nil, err
	}
	return cn, nil
}

// Close lets the channel end as soon as the last connection is closed. Connect
// fails from then on.
func (c *Connector) Close() error {
	c.mu.Lock()
	c.closed = true
	channel := c.takeIdle()
	c.mu.Unlock()
	return closeChannel(channel)
}

// acquire counts a connection and returns the channel, which is made for the
// first one.
func (c *Connector) acquire() (*grpc.ClientConn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errors.New("e6data: the connector is closed")
	}
	if c.channel == nil {
		channel, err := c.dial()
		if err != nil {
			return nil, err
		}
		c.channel = channel
	}
	c.conns++
	return c.channel, nil
}

// release takes back what acquire gave.
func (c *Connector) release() error {
	c.mu.Lock()
	c.conns--
	channel := c.takeIdle()
	c.mu.Unlock()
	return closeChannel(channel)
}

// takeIdle takes the channel out when nobody needs it any more. The caller
// holds mu.
func (c *Connector) takeIdle() *grpc.ClientConn {
	if !c.closed || c.conns > 0 {
		return nil
	}
	channel := c.channel
	c.channel = nil
	return channel
}

func closeChannel(channel *grpc.ClientConn) error {
	if channel == nil {
		return nil
	}
	return channel.Close()
}

func (c *Connector) dial() (*grpc.ClientConn, error) {
	creds := insecure.NewCredentials()
	if c.cfg.Secure {
		creds = credentials.NewTLS(c.tls)
	}
	return grpc.NewClient(c.cfg.address(),
		grpc.WithTransportCredentials(creds),
		grpc.WithDisableServiceConfig(),
		grpc.WithStatsHandler(sentWatch{}),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connWindow),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(math.MaxInt),
			grpc.MaxCallSendMsgSize(maxSendBytes),
		),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time:                keepaliveTime,
			Timeout:             keepaliveTimeout,
			PermitWithoutStream: true,
		}),
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
	)
}
