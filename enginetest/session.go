package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/e6data/e6data-go/wire"
)

// The strategies (colours) of a blue/green deployment, as in the strategy header.
const (
	Blue  = "blue"
	Green = "green"
)

// colors is the deployment's state.
type colors struct {
	live      []string
	announced string
}

// route returns the colour that a call with this strategy header goes to, and reports
// whether that colour is live. A call without the header goes to the live colour if there
// is exactly one; the vendor's OAuth clients rely on that (docs/protocol.md, section 12).
func (c *colors) route(header string) (color string, ok bool) {
	if header == "" && len(c.live) == 1 {
		return c.live[0], true
	}
	return header, slices.Contains(c.live, header)
}

// session is a session that authenticate returned. It belongs to the colour that
// answered the call.
type session struct {
	color string
	user  string
	query *query // the only query that the session serves; nil if it serves any
}

// SetLive sets the live colours; without arguments no colour is live. A call whose
// strategy header names a colour that is not live is answered 456, and the engine never
// gets it. A call without the header goes to the live colour if there is exactly one;
// otherwise it is answered 456. Sessions and queries of a colour remain when the colour
// is no longer live.
func (s *Server) SetLive(live ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.colors.live = slices.Clone(live)
	s.notify()
}

// Announce makes every later response of either colour have this colour as its
// new_strategy; with "" responses have none. Announce does not change which colours are
// live. Responses without such a field (docs/protocol.md, section 2) do not change.
func (s *Server) Announce(color string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.colors.announced = color
}

// Switch moves the deployment from one live colour to another, as a real one does: both are live and
// each answer announces the new colour, until the queries on the old one have ended. Then the new one is
// live alone. If ctx ends first, the queries that are left on the old colour are cut off, and Switch
// returns an error. The same holds if the server is closed.
func (s *Server) Switch(ctx context.Context, from, to string) error {
	s.SetLive(from, to)
	s.Announce(to)
	// No call to the old colour is admitted between the last look and the switch.
	done := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.books.openOn[from] > 0 {
			return false
		}
		s.colors = colors{live: []string{to}}
		return true
	}
	err := s.Wait(ctx, func(Stats) bool { return done() })
	if err != nil {
		s.SetLive(to)
		s.Announce("")
	}
	return err
}

// ExpireSessions makes every session unknown: a call with such a session is answered
// INTERNAL "Access denied". Queries remain, and continue with a new session of their
// colour.
func (s *Server) ExpireSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
	for _, q := range s.queries {
		q.session, q.previous = "", ""
	}
}

// SetRotateSessions switches [Config.RotateSessions].
func (s *Server) SetRotateSessions(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rotate = on
	if !on {
		for _, q := range s.queries {
			q.session, q.previous = "", ""
		}
	}
}

// admit does the work of the proxy: it returns the answer to a call that must not reach
// the engine, nil for other calls.
func (s *Server) admit(c *call) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if err != nil {
			c.Refused = true
			s.books.refused++
		}
	}()
	color, ok := s.colors.route(c.Strategy)
	switch {
	case ok:
		c.colour = color
	case s.cfg.Compat:
		return status.Error(codes.Unknown, "status: 456")
	default:
		return status.Errorf(codes.Unknown, "status: 456, strategy %q is not live", c.Strategy)
	}
	if want := s.cfg.ClusterName; want != "" && header(c.Header, "cluster-name") != want {
		return status.Error(codes.Unimplemented, "No cluster-name header or unknown cluster")
	}
	if s.cluster.state != ClusterActive && strings.HasPrefix(c.FullMethod, "/QueryEngineService/") {
		return status.Error(codes.Unavailable, "status: 503, cluster is suspended")
	}
	if strings.HasPrefix(c.Method, "prepareStatement") {
		c.preparing = true
		s.books.count(c.colour, 1)
	}
	return nil
}

// authorize checks the bearer token of an OAuth deployment.
func (s *Server) authorize(c *call) error {
	if s.cfg.Bearer == nil {
		return nil
	}
	token, ok := strings.CutPrefix(header(c.Header, "authorization"), "Bearer ")
	if !ok || !s.cfg.Bearer(token) {
		return status.Error(codes.Unauthenticated, "the bearer token is missing or not valid")
	}
	return nil
}

// newSession makes a session of a colour and returns its id. s.mu is held.
func (s *Server) newSession(color, user string, q *query) string {
	s.seq.session++
	id := fmt.Sprintf("session-%s%s-%06d", s.cfg.Mark, color, s.seq.session)
	s.sessions[id] = &session{color: color, user: user, query: q}
	return id
}

// session returns the session with the id that a call has. q is the query that the call
// is about, nil if it is about none. s.mu is held.
func (s *Server) session(c *call, id string, q *query, how use) (*session, error) {
	if id == "" && s.cfg.Bearer != nil {
		if q == nil || q.session == "" || how != runs {
			return &session{color: c.colour}, nil
		}
	}
	ses := s.sessions[id]
	switch {
	case ses == nil:
		return nil, status.Error(codes.Internal, "Access denied")
	case ses.color != c.colour:
		return nil, status.Errorf(codes.Internal, "Access denied: the session is unknown on %s", c.colour)
	case q != nil && how == runs && q.session != "" && q.session != id,
		ses.query != nil && how == runs && ses.query != q:
		return nil, status.Error(codes.Internal, "Access denied: the session was replaced by a later response")
	}
	return ses, nil
}

func (e *engine) Authenticate(ctx context.Context, r *wire.AuthenticateRequest) (*wire.AuthenticateResponse, error) {
	s := e.s
	if s.cfg.Bearer != nil {
		return nil, status.Error(codes.Unauthenticated, "this cluster takes bearer tokens, not passwords")
	}
	// Bad credentials are an empty session without an error (docs/protocol.md, section 3).
	if r.GetUser() != s.cfg.User || r.GetPassword() != s.cfg.Token {
		return &wire.AuthenticateResponse{}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.books.sessions++
	s.notify()
	return &wire.AuthenticateResponse{SessionId: s.newSession(callOf(ctx).colour, r.GetUser(), nil)}, nil
}

func (e *engine) HealthCheck(context.Context, *wire.HealthCheckRequest) (*wire.HealthCheckResponse, error) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	if !e.s.healthy {
		return nil, status.Error(codes.Unimplemented, "method healthCheck not implemented")
	}
	return &wire.HealthCheckResponse{}, nil
}

// decorate sets new_strategy and a rotated session in a response before it is sent.
func (s *Server) decorate(ctx context.Context, c *call, resp any) {
	m, ok := resp.(proto.Message)
	if !ok || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.colors.announced != "" {
		setText(m, "new_strategy", s.colors.announced)
	}
	q := c.query
	if !s.rotate || q == nil || q.released() || useOf(c.Method) != runs {
		return
	}
	delete(s.sessions, q.previous)
	q.previous, q.session = q.session, s.newSession(q.colour, q.user, q)
	if old := s.sessions[q.previous]; old == nil || old.query != q {
		q.previous = "" // the connection's session: it must not be deleted
	}
	setText(m, "sessionId", q.session)
}

// setText sets a string field of m, if m has that field.
func setText(m proto.Message, field protoreflect.Name, value string) {
	if f := m.ProtoReflect().Descriptor().Fields().ByName(field); f != nil {
		m.ProtoReflect().Set(f, protoreflect.ValueOfString(value))
	}
}
