package router

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Frontend serves a router on a port of 127.0.0.1 and can be reloaded like a
// proxy: a new server takes new connections, and the old server ends its
// connections in an orderly way (GOAWAY) when their calls have ended.
type Frontend struct {
	lis     net.Listener
	conns   chan net.Conn // accepted, for the current server
	handler http.Handler
	options Options

	mu       sync.Mutex
	current  *http.Server
	serving  sync.WaitGroup
	draining sync.WaitGroup
	closed   chan struct{}
}

// Options are the limits of a [Frontend].
type Options struct {
	// Idle is the time after which a connection without calls is closed.
	// Default: no limit.
	Idle time.Duration
	// Streams is the number of calls that a connection may have in flight.
	// Default: 250.
	Streams int
}

// Serve starts a frontend. The caller must call Close.
func Serve(h http.Handler, o Options) (*Frontend, error) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &Frontend{lis: lis, conns: make(chan net.Conn), handler: h, options: o, closed: make(chan struct{})}
	f.serving.Go(func() {
		for {
			c, err := lis.Accept()
			if err != nil {
				return // closed
			}
			select {
			case f.conns <- c:
			case <-f.closed:
				_ = c.Close()
			}
		}
	})
	f.Reload(context.Background())
	return f, nil
}

// Addr returns the frontend's address.
func (f *Frontend) Addr() string { return f.lis.Addr().String() }

// Reload starts a new server. The old server ends its connections when their
// calls have ended, at the latest when ctx ends.
func (f *Frontend) Reload(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.current
	srv := &http.Server{
		Handler: f.handler, Protocols: Cleartext(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: f.options.Idle,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: f.options.Streams},
	}
	f.current = srv
	f.serving.Go(func() { _ = srv.Serve(&share{f: f, closed: make(chan struct{})}) })
	if old == nil {
		return
	}
	f.draining.Go(func() {
		if old.Shutdown(ctx) != nil {
			_ = old.Close()
		}
	})
}

// WaitDrained waits until the old servers have ended.
func (f *Frontend) WaitDrained() { f.draining.Wait() }

// Close ends all connections.
func (f *Frontend) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.closed)
	_ = f.lis.Close()
	_ = f.current.Close()
	f.draining.Wait()
	f.serving.Wait()
}

// share is a server's share of the listener.
type share struct {
	f      *Frontend
	once   sync.Once
	closed chan struct{}
}

func (s *share) Accept() (net.Conn, error) {
	select {
	case c := <-s.f.conns:
		return c, nil
	case <-s.closed:
		return nil, errors.New("the server is closed")
	}
}

func (s *share) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *share) Addr() net.Addr { return s.f.lis.Addr() }
