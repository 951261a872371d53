package e6data

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// channel is a gRPC channel with a count of its users: connections, queries, and
// work in the background.
type channel struct {
	*grpc.ClientConn
	conns int // the number of users that are connections
	users int // the channel is closed when this is 0 again
}

// looksAlive reports whether gRPC considers the channel's connection ready.
func (ch *channel) looksAlive() bool { return ch.GetState() == connectivity.Ready }

// isClosed reports whether the channel was closed.
func (ch *channel) isClosed() bool { return ch.GetState() == connectivity.Shutdown }

// channels holds the gRPC channels of a connector. The zero value has none. It is
// safe for concurrent use.
type channels struct {
	mu   sync.Mutex
	list []*channel // at most Config.Channels
	// retired holds the channels that are still in use, and that no new connection
	// gets.
	retired map[*channel]bool
	conns   int
	users   int
	closed  bool
	idle    *time.Timer // closes the channels after idleAfter without a user
	// background counts the work that outlives the call that started it. A goroutine
	// that waits for its end makes quiet, which is closed when background is 0.
	background int
	quiet      chan struct{}
}

// idleAfter is how long the channels of a connector without connections stay open.
// It exists because some wrappers never close the connector.
const idleAfter = 5 * time.Minute

var errClosed = &Error{Phase: PhaseConnect, Message: "the connector is closed"}

// acquire counts a connection and returns the channel with the fewest connections.
// It opens a new channel if all are in use and there are fewer than Config.Channels.
func (c *Connector) acquire() (*channel, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed
	}
	var least *channel
	for _, ch := range c.list {
		if least == nil || ch.conns < least.conns {
			least = ch
		}
	}
	if least == nil || least.conns > 0 && len(c.list) < c.cfg.Channels {
		cc, err := c.dial()
		if err != nil {
			return nil, &Error{Phase: PhaseConnect, Err: err}
		}
		if c.tokens == nil {
			c.tokens = c.acquireTokens()
		}
		least = &channel{ClientConn: cc}
		c.list = append(c.list, least)
	}
	if c.idle != nil {
		c.idle.Stop()
		c.idle = nil
	}
	least.conns++
	least.users++
	c.conns++
	c.users++
	return least, nil
}

// release undoes acquire.
func (c *Connector) release(ch *channel) error {
	c.mu.Lock()
	ch.conns--
	c.conns--
	c.mu.Unlock()
	return c.leave(ch)
}

// use counts another user of a channel that already has one.
func (c *Connector) use(ch *channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch.users++
	c.users++
}

// leave undoes use.
func (c *Connector) leave(ch *channel) error {
	c.mu.Lock()
	ch.users--
	c.users--
	unused := c.takeUnused()
	if c.retired[ch] && ch.users == 0 {
		delete(c.retired, ch)
		unused = append(unused, ch)
	}
	c.mu.Unlock()
	return closeChannels(unused)
}

// retire withdraws ch from new connections. ch is closed when its last user leaves.
func (c *Connector) retire(ch *channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range c.list {
		if other == ch {
			c.list = append(c.list[:i:i], c.list[i+1:]...)
			if c.retired == nil {
				c.retired = map[*channel]bool{}
			}
			c.retired[ch] = true
		}
	}
}

// takeUnused removes and returns the channels if the connector is closed and has no
// users. If the connector is open and has no users, it starts the idle timer. The
// caller holds mu.
func (c *Connector) takeUnused() []*channel {
	if c.users > 0 {
		return nil
	}
	if c.closed {
		return c.takeAll()
	}
	if c.idle == nil && len(c.list) > 0 {
		c.idle = time.AfterFunc(c.switches.idleAfter, c.closeIdle)
	}
	return nil
}

// closeIdle closes the channels if they had no user since the timer was set.
func (c *Connector) closeIdle() {
	c.mu.Lock()
	var unused []*channel
	if c.idle != nil && c.users == 0 {
		c.idle = nil
		unused = c.takeAll()
	}
	c.mu.Unlock()
	_ = closeChannels(unused) // nobody uses these channels, so nobody needs the error
}

// takeAll removes and returns all channels, and releases the source of tokens. The
// caller holds mu.
func (c *Connector) takeAll() []*channel {
	if c.idle != nil {
		c.idle.Stop()
		c.idle = nil
	}
	all := c.list
	c.list = nil
	if c.tokens != nil {
		c.tokens.Release()
		c.tokens = nil
	}
	return all
}

func closeChannels(list []*channel) error {
	var errs []error
	for _, ch := range list {
		errs = append(errs, ch.Close())
	}
	return errors.Join(errs...)
}

// inBackground runs f, which uses ch, on a new goroutine. Shutdown waits for f.
func (c *Connector) inBackground(ch *channel, f func()) {
	c.use(ch)
	c.mu.Lock()
	c.background++
	c.mu.Unlock()
	go c.runInBackground(ch, f)
}

func (c *Connector) runInBackground(ch *channel, f func()) {
	defer func() {
		_ = c.leave(ch)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.background--; c.background == 0 && c.quiet != nil {
			close(c.quiet)
			c.quiet = nil
		}
	}()
	f()
}

// waitForBackground waits until no work is left in the background.
func (c *Connector) waitForBackground(ctx context.Context) error {
	for {
		c.mu.Lock()
		left := c.background
		if left > 0 && c.quiet == nil {
			c.quiet = make(chan struct{})
		}
		quiet := c.quiet
		c.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-quiet:
		case <-ctx.Done():
			return fmt.Errorf("e6data: %d queries are still being cleared: %w", left, contextError(ctx))
		}
	}
}

// states returns the states of the channels.
func (c *channels) states() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var states []string
	for _, ch := range c.list {
		states = append(states, ch.GetState().String())
	}
	return states
}

// HTTP/2 flow-control windows, in bytes, of a stream and of a connection. With the
// defaults of 64 KiB a result chunk takes several round trips.
const (
	streamWindow = 16 << 20
	connWindow   = 16 << 20
)

// dial returns a gRPC channel. The channel connects when it is first used.
func (c *Connector) dial() (*grpc.ClientConn, error) {
	creds := insecure.NewCredentials()
	if c.cfg.Secure {
		creds = c.handshakes.credentials(c.tls)
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(unrefused{creds}),
		grpc.WithUserAgent(userAgent(c.cfg.UserAgent)),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connWindow),
		grpc.WithDefaultCallOptions(c.callOptions()...),
		// A deployment that restarts is back within seconds, so the delays are
		// short.
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
			Time:                c.pingEvery(),
			Timeout:             c.cfg.KeepaliveTimeout,
			PermitWithoutStream: c.cfg.KeepaliveWithoutCalls,
		}))
	}
	opts = append(opts, c.cfg.compressionOptions()...)
	return grpc.NewClient(c.target(), append(opts, c.dialOptions...)...)
}

// callOptions returns the options of every call.
func (c *Connector) callOptions() []grpc.CallOption {
	return []grpc.CallOption{
		grpc.MaxCallRecvMsgSize(limit(c.cfg.MaxRecvBytes)),
		grpc.MaxCallSendMsgSize(limit(c.cfg.MaxSendBytes)),
	}
}

// limit converts a size limit of the Config into one of gRPC.
func limit(bytes int) int {
	if bytes < 0 {
		return math.MaxInt
	}
	return bytes
}

// target returns the engine's address for gRPC. It includes the scheme, because a
// host name may look like a scheme.
func (c *Connector) target() string {
	return "dns:///" + strings.ReplaceAll(c.cfg.address(), "%", "%25")
}

// userAgent returns the application's and the driver's names for the user-agent
// header. gRPC appends its own name.
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

// peer returns the engine's address for errors, with the proxy in between, if any.
func (c *caller) peer() string {
	if proxy := c.httpProxy(); proxy != "" {
		return c.cfg.address() + " through the proxy " + proxy
	}
	return c.cfg.address()
}

// httpProxy returns the address of the proxy through which gRPC reaches the engine,
// without credentials. It returns "" if there is no proxy.
func (c *caller) httpProxy() string {
	proxy, err := httpproxy.FromEnvironment().ProxyFunc()(&url.URL{Scheme: "https", Host: c.cfg.address()})
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Host
}
