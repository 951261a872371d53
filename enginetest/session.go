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

// The colours of a blue/green deployment, as in the strategy header.
const (
	Blue  = "blue"
	Green = "green"
)

// colours is the deployment's state.
type colours struct {
	live      []string
	announced string
}

// route returns the colour that a call goes to, by its strategy header, and whether
// there is one. A call without the header goes to the live colour where there is only one,
// as OAuth clients of the vendor's expect (docs/protocol.md, section 12).
func (c *colours) route(header string) (colour string, ok bool) {
	if header == "" && len(c.live) == 1 {
		return c.live[0], true
	}
	return header, slices.Contains(c.live, header)
}

// session is what authenticate gave out. It belongs to the colour that did.
type session struct {
	colour string
	user   string
	query  *query // the only query it serves, nil when it serves any
}

// SetLive makes these the live colours; with none nothing is live. A call whose
// strategy header names another colour is answered 456 before the engine sees it, and so
// is a call without the header unless one colour is live, to which it goes then.
// Sessions and queries of a colour that is not live stay.
func (s *Server) SetLive(live ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.colours.live = slices.Clone(live)
	s.notify()
}

// Announce makes every response from now on carry colour as its new_strategy,
// whatever the colour is; "" ends that. It does not change what is live.
// Responses without such a field (docs/protocol.md, section 2) stay as they are.
func (s *Server) Announce(colour string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.colours.announced = colour
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
		s.colours = colours{live: []string{to}}
		return true
	}
	err := s.Wait(ctx, func(Stats) bool { return done() })
	if err != nil {
		s.SetLive(to)
		s.Announce("")
	}
	return err
}

// ExpireSessions makes every session unknown: calls with one are answered
// INTERNAL "Access denied". Queries stay, and go on with a new session of their
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

// admit is the proxy: it answers what must not reach the engine.
func (s *Server) admit(c *call) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if err != nil {
			c.Refused = true
			s.books.refused++
		}
	}()
	colour, ok := s.colours.route(c.Strategy)
	switch {
	case ok:
		c.colour = colour
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

// newSession gives out a session of a colour. s.mu is held.
func (s *Server) newSession(colour, user string, q *query) string {
	s.seq.session++
	id := fmt.Sprintf("session-%s%s-%06d", s.cfg.Mark, colour, s.seq.session)
	s.sessions[id] = &session{colour: colour, user: user, query: q}
	return id
}

// session finds the session that a call brings for q, or for no query in
// particular when q is nil. s.mu is held.
func (s *Server) session(c *call, id string, q *query, how use) (*session, error) {
	if id == "" && s.cfg.Bearer != nil {
		if q == nil || q.session == "" || how != runs {
			return &session{colour: c.colour}, nil
		}
	}
	ses := s.sessions[id]
	switch {
	case ses == nil:
		return nil, status.Error(codes.Internal, "Access denied")
	case ses.colour != c.colour:
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

// decorate writes new_strategy and a rotated session into a response that is
// about to be sent.
func (s *Server) decorate(ctx context.Context, c *call, resp any) {
	m, ok := resp.(proto.Message)
	if !ok || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.colours.announced != "" {
		setText(m, "new_strategy", s.colours.announced)
	}
	q := c.query
	if !s.rotate || q == nil || q.released() || useOf(c.Method) != runs {
		return
	}
	delete(s.sessions, q.previous)
	q.previous, q.session = q.session, s.newSession(q.colour, q.user, q)
	if old := s.sessions[q.previous]; old == nil || old.query != q {
		q.previous = "" // the connection's own: not ours to delete
	}
	setText(m, "sessionId", q.session)
}

// setText sets a string field of m, where m has it.
func setText(m proto.Message, field protoreflect.Name, value string) {
	if f := m.ProtoReflect().Descriptor().Fields().ByName(field); f != nil {
		m.ProtoReflect().Set(f, protoreflect.ValueOfString(value))
	}
}
