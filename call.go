package e6data

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/internal/oauth"
	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// Request headers (WIRE.md section 1).
const (
	strategyHeader = "strategy"
	clusterHeader  = "cluster-name"
	plannerHeader  = "plannerip"
)

// route says to whom a call goes and on whose behalf. A query has one of its
// own, which never changes: it is pinned to the colour and planner that
// accepted it.
type route struct {
	channel *grpc.ClientConn
	headers metadata.MD
	// state is the strategy under which the call is made; a response's
	// new_strategy and a 456 count for this state only.
	state   strategy.State
	queryID string
}

// route returns the way to the given colour, for calls that belong to no query.
func (c *Connector) route(channel *grpc.ClientConn, state strategy.State) route {
	return route{channel: channel, headers: c.headers[state.Color], state: state}
}

// planner returns the way to the planner that holds a query.
func (r route) planner(queryID, engineIP string) route {
	headers := r.headers.Copy()
	headers.Set(plannerHeader, engineIP)
	r.headers = headers
	r.queryID = queryID
	return r
}

// subject is the query that a call is about, or that its answer names, and the
// query's planner.
func (r route) subject(resp any) (queryID, planner string) {
	if p, ok := resp.(*wire.PrepareStatementResponse); ok {
		return p.GetQueryId(), p.GetEngineIP()
	}
	return r.queryID, strings.Join(r.headers.Get(plannerHeader), "")
}

// announcer is a response that may carry new_strategy.
type announcer interface{ GetNewStrategy() string }

// call sends one RPC and hears what the answer says about the deployment.
func (c *Connector) call(ctx context.Context, phase Phase, r route, method string, req proto.Message, resp any, opts ...grpc.CallOption) error {
	if err := c.invoke(ctx, phase, r, method, req, resp, opts...); err != nil {
		return err
	}
	c.entry.Confirm(r.state)
	if a, ok := resp.(announcer); ok && a.GetNewStrategy() != "" {
		queryID, _ := r.subject(resp)
		c.announce(ctx, r.state, a.GetNewStrategy(), queryID)
	}
	return nil
}

// invoke is the one door that every RPC goes through: it sends the headers and
// makes failures into *Error. The headers that the caller's context may carry
// for other gRPC services are not sent.
func (c *Connector) invoke(ctx context.Context, phase Phase, r route, method string, req proto.Message, resp any, opts ...grpc.CallOption) error {
	if c.tokens == nil {
		return c.send(ctx, phase, r, nil, method, req, resp, opts...)
	}
	return c.bear(ctx, phase, r, func(grant *oauth.Grant) error {
		return c.send(ctx, phase, r, grant, method, req, resp, opts...)
	})
}

// send makes the call, with a bearer token where there is one.
func (c *Connector) send(ctx context.Context, phase Phase, r route, grant *oauth.Grant, method string, req proto.Message, resp any, opts ...grpc.CallOption) error {
	if c.hook == nil && !c.cfg.Debug {
		return c.transmit(ctx, phase, r, grant, method, req, resp, opts...)
	}
	return c.observed(ctx, phase, r, method, resp, func(ctx context.Context) error {
		return c.transmit(ctx, phase, r, grant, method, req, resp, opts...)
	})
}

func (c *Connector) transmit(ctx context.Context, phase Phase, r route, grant *oauth.Grant, method string, req proto.Message, resp any, opts ...grpc.CallOption) error {
	var sent atomic.Bool
	rpc := context.WithValue(metadata.NewOutgoingContext(ctx, r.headers), sentKey{}, &sent)
	if grant != nil {
		rpc = metadata.AppendToOutgoingContext(rpc, authorizationHeader, grant.Header())
	}
	err := r.channel.Invoke(rpc, method, req, resp, opts...)
	if err == nil {
		return nil
	}
	s := status.Convert(err)
	cond, message := classify(s, sent.Load()), c.redact(s.Message(), grant, req)
	if grant != nil && refusesToken(s, cond, req) {
		cond, message = tokenRefused, c.cfg.address()+" refused the access token: "+message
	}
	return c.failure(ctx, phase, r, s, cond, message, sent.Load())
}

// sentKey is the context key of an atomic.Bool that tells whether a call left
// this process.
type sentKey struct{}

// sentWatch is the stats handler that sets it. Only this is proof that the
// engine cannot have seen a call that failed: gRPC's codes and texts are not.
type sentWatch struct{}

var _ stats.Handler = sentWatch{}

func (sentWatch) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (sentWatch) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (sentWatch) HandleConn(context.Context, stats.ConnStats)                       {}

func (sentWatch) HandleRPC(ctx context.Context, s stats.RPCStats) {
	if _, ok := s.(*stats.OutHeader); !ok {
		return
	}
	if sent, ok := ctx.Value(sentKey{}).(*atomic.Bool); ok {
		sent.Store(true)
	}
}

// announce hears new_strategy, in an answer about a query or none: new queries go
// to that colour from now on. What is neither blue nor green is ignored (WIRE.md
// section 3).
func (c *Connector) announce(ctx context.Context, from strategy.State, name, queryID string) {
	if color, ok := strategy.Parse(name); ok && c.entry.Announce(from, color) {
		c.change(ctx, slog.LevelDebug, "the engine announces "+color.String(), "strategy", from.Color.String(), "query_id", queryID)
	}
}

// failure makes an *Error of what gRPC returned.
func (c *Connector) failure(ctx context.Context, phase Phase, r route, s *status.Status, cond condition, message string, sent bool) *Error {
	e := &Error{
		Phase:     phase,
		QueryID:   r.queryID,
		Strategy:  r.state.Color.String(),
		Code:      s.Code(),
		Message:   message,
		condition: cond,
		sent:      sent,
	}
	if e.condition == unsent {
		c.explainConnection(e, s.Message())
	}
	if tooLarge(s) {
		e.Message += ": max_recv_bytes is " + formatSize(int64(c.cfg.MaxRecvBytes))
		if phase == PhaseExecute || phase == PhaseMetadata || phase == PhaseFetch {
			e.condition = noAnswer // what was asked for was done, and the answer is lost
		}
	}
	switch phase {
	case PhaseConnect, PhasePing, PhasePrepare, PhaseCatalog, PhaseResume:
		if mute(s) {
			e.condition = wrongStrategy // nothing was executed: the other colour may answer
		}
	}
	gone := ended(ctx)
	switch {
	case gone != nil:
		e.condition, e.Err = gaveUp, gone
	case s.Code() == codes.DeadlineExceeded && hasDeadline(ctx):
		// The engine knows the deadline, too, and may notice it first.
		e.condition, e.Err = gaveUp, deadlineError(ctx)
	case s.Code() == codes.Unauthenticated:
		e.Kind = ErrAuthentication
	default:
		e.Kind = kinds[e.condition]
	}
	e.judge()
	if e.condition == wrongStrategy && c.entry.Invalidate(r.state) {
		c.change(ctx, slog.LevelDebug, "the colour is not live any more", "strategy", e.Strategy, "query_id", e.QueryID)
	}
	return e
}

// judge says what a failure means for the query: whether it may have been
// executed, and whether rows of its result are lost.
func (e *Error) judge() {
	switch {
	case e.Phase == PhaseExecute && e.lost() && e.sent:
		if e.Err == nil {
			e.Err = e.Kind
		}
		e.Kind = ErrAmbiguousExecution
	case (e.Phase == PhaseMetadata || e.Phase == PhaseFetch) && e.condition != gaveUp &&
		(e.lost() || e.condition == unsent || e.Kind != nil):
		if e.Err == nil {
			e.Err = e.Kind
		} else if e.Kind != nil {
			e.Err = fmt.Errorf("%w: %w", e.Kind, e.Err)
		}
		e.Kind = ErrIncompleteResult
	}
}

func hasDeadline(ctx context.Context) bool {
	_, ok := ctx.Deadline()
	return ok
}

// redact keeps the secrets, and the token and session of the call, out of
// messages, should the engine repeat them.
func (c *Connector) redact(msg string, grant *oauth.Grant, req proto.Message) string {
	msg = c.secrets.Replace(msg)
	if grant != nil {
		msg = redactor(grant.Secret()).Replace(msg)
	}
	if r, ok := req.(interface{ GetSessionId() string }); ok {
		msg = redactor(r.GetSessionId()).Replace(msg)
	}
	return msg
}

// wrap puts an error that no answer carried into an *Error; one that already
// is an *Error stays as it is.
func wrap(phase Phase, r route, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Phase: phase, QueryID: r.queryID, Strategy: r.state.Color.String(), Err: err}
}
