package enginetest

import (
	"context"
	"fmt"
	"math"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // for clients that compress; the driver may not be in this process
	"google.golang.org/grpc/metadata"

	"github.com/e6data/e6data-go/wire"
)

// Server is an e6data engine with its proxy and its cluster service. [Start] makes one
// for a test, [NewServer] makes one for other programs. Its methods are safe for
// concurrent use.
type Server struct {
	cfg     Config
	lis     *listener
	grpc    *grpc.Server
	serving sync.WaitGroup
	closed  chan struct{} // closed by Close
	closing sync.Once
	certPEM []byte

	mu       sync.Mutex
	script   script
	sessions map[string]*session
	queries  map[string]*query
	released []*query // in the order of release, so that the oldest are removed first
	colors   colors
	cluster  cluster
	catalogs []Catalog
	faults   []*Injected
	books    books
	record   recorder
	v2       v2
	rotate   bool
	healthy  bool          // healthCheck is implemented
	changed  chan struct{} // closed at the next change; nil if no goroutine waits
	seq      struct{ session, query, planner int }
}

// v2 is the configuration of getNextResultBatchV2.
type v2 struct {
	enabled bool
	chunks  int
}

// engine and clusterService have the RPC methods, so that Server does not export them.
type (
	engine struct {
		wire.UnimplementedQueryEngineServiceServer
		s *Server
	}
	clusterService struct {
		wire.UnimplementedClusterServiceServer
		s *Server
	}
)

var (
	_ wire.QueryEngineServiceServer = (*engine)(nil)
	_ wire.ClusterServiceServer     = (*clusterService)(nil)
)

// NewServer starts a server on [Config.Listen]. The caller must close it.
func NewServer(cfg Config) (*Server, error) {
	s := &Server{
		cfg:      cfg.withDefaults(),
		closed:   make(chan struct{}),
		sessions: map[string]*session{},
		queries:  map[string]*query{},
	}
	s.script.results = map[string]*program{}
	s.record.init(s.cfg.MaxCalls)
	s.cluster = cluster{state: ClusterActive, final: ClusterActive}
	s.v2 = v2{enabled: !s.cfg.DisableV2, chunks: s.cfg.V2Chunks}
	s.rotate, s.healthy = s.cfg.RotateSessions, !s.cfg.DisableHealthCheck
	s.SetLive(s.cfg.Live...)

	opts := []grpc.ServerOption{
		grpc.UnaryInterceptor(s.intercept),
		grpc.MaxRecvMsgSize(math.MaxInt32),
		grpc.MaxSendMsgSize(math.MaxInt32),
		grpc.WaitForHandlers(true),
		grpc.ForceServerCodecV2(newCodec()),
		grpc.KeepaliveEnforcementPolicy(*s.cfg.Pings),
	}
	if s.cfg.TLS {
		cert, certPEM, err := newCertificate()
		if err != nil {
			return nil, err
		}
		s.certPEM = certPEM
		opts = append(opts, grpc.Creds(credentials.NewServerTLSFromCert(&cert)))
	}
	lis, err := net.Listen("tcp", s.cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("enginetest: %w", err)
	}
	s.lis = newListener(lis, s.noteConns)
	s.grpc = grpc.NewServer(append(opts, s.cfg.ServerOptions...)...)
	wire.RegisterQueryEngineServiceServer(s.grpc, &engine{s: s})
	wire.RegisterClusterServiceServer(s.grpc, &clusterService{s: s})
	s.serving.Go(func() { _ = s.grpc.Serve(s.lis) })
	return s, nil
}

// Close stops the server at once: calls in flight end with an error, and connections are
// cut. Close returns when every call has ended, so that a script function or a [Fault.Do]
// that blocks delays it. Close may be called again. The books, the recorded calls and the
// scripts remain readable.
func (s *Server) Close() {
	s.closing.Do(func() { close(s.closed) })
	s.grpc.Stop()
	s.serving.Wait()
}

// DropConnections cuts every open connection. Clients may connect again.
func (s *Server) DropConnections() { s.lis.drop("") }

// SetV2 switches getNextResultBatchV2 on or off, and sets the largest number of chunks in
// a response. When it is off the server answers UNIMPLEMENTED, and the call consumes no
// chunk. With chunks <= 0 the largest number does not change.
func (s *Server) SetV2(enabled bool, chunks int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.v2.enabled = enabled
	if chunks > 0 {
		s.v2.chunks = chunks
	}
}

// SetHealthCheck switches healthCheck on or off. When it is off the server answers
// UNIMPLEMENTED.
func (s *Server) SetHealthCheck(enabled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.healthy = enabled
}

// intercept handles every call, in the steps that the package comment lists.
func (s *Server) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	md, _ := metadata.FromIncomingContext(ctx)
	c := s.begin(ctx, info.FullMethod, md, req)
	defer func() { s.finish(ctx, c, err) }()

	if err := s.admit(c); err != nil {
		return nil, err
	}
	if err := s.claim(ctx, c); err != nil {
		return nil, err
	}
	struck := s.strike(c)
	if err := s.suffer(ctx, struck, false); err != nil {
		return nil, err
	}
	if err := s.authorize(c); err != nil {
		return nil, err
	}
	resp, err = handler(context.WithValue(ctx, callKey{}, c), req)
	if err := s.suffer(ctx, struck, true); err != nil {
		return nil, err
	}
	if err == nil {
		s.decorate(ctx, c, resp)
	}
	return resp, err
}

type callKey struct{}

// callOf returns the call that a handler's context holds.
func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// notify wakes the goroutines that wait for a change. s.mu is held.
func (s *Server) notify() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}
