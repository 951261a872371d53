package e6data

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/strategy"
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

// announcer is a response that may carry new_strategy.
type announcer interface{ GetNewStrategy() string }

// call sends one RPC and hears what the answer says about the deployment.
func (c *Connector) call(ctx context.Context, phase Phase, r route, method string, req proto.Message, resp any, opts ...grpc.CallOption) error {
	if err := c.invoke(ctx, phase, r, method, req, resp, opts...); err != nil {
		return err
	}
	c.entry.Confirm(r.state)
	if a, ok := resp.(announcer); ok && a.GetNewStrategy() != "" {
		c.announce(r.state, a.GetNewStrategy())
	}
	return nil
}

// invoke is the one door that every RPC goes through: it sends the headers and
// makes failures into *Error. The headers that the caller's context may carry
// for other gRPC services are not sent.
func (c *Connector) invoke(ctx context.Context, phase Phase, r route, method string, req proto.Message, resp any, opts ...grpc.CallOption) error {
	var sent atomic.Bool
	rpc := context.WithValue(metadata.NewOutgoingContext(ctx, r.headers), sentKey{}, &sent)
	err := r.channel.Invoke(rpc, method, req, resp, opts...)
	if err != nil {
		return c.failure(ctx, phase, r, err, sent.Load())
	}
	return nil
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

// announce hears new_strategy: new queries go to that colour from now on. What
// is neither blue nor green is ignored (WIRE.md section 3).
func (c *Connector) announce(from strategy.State, name string) {
	if color, ok := strategy.Parse(name); ok {
		c.entry.Announce(from, color)
	}
}

// failure makes an *Error of what gRPC returned.
func (c *Connector) failure(ctx context.Context, phase Phase, r route, err error, sent bool) *Error {
	s := status.Convert(err)
	e := &Error{
		Phase:     phase,
		QueryID:   r.queryID,
		Strategy:  r.state.Color.String(),
		Code:      s.Code(),
		Message:   c.redact(s.Message()),
		condition: classify(s, sent),
		sent:      sent,
	}
	if mute(s) && (phase == PhaseConnect || phase == PhasePing || phase == PhasePrepare) {
		e.condition = wrongStrategy // nothing was executed: the other colour may answer
	}
	switch {
	case ctx.Err() != nil:
		e.condition, e.Err = gaveUp, contextError(ctx)
	case s.Code() == codes.DeadlineExceeded && hasDeadline(ctx):
		// The engine knows the deadline, too, and may notice it first.
		e.condition, e.Err = gaveUp, context.DeadlineExceeded
	case s.Code() == codes.Unauthenticated:
		e.Kind = ErrAuthentication
	default:
		e.Kind = kinds[e.condition]
	}
	e.judge()
	if e.condition == wrongStrategy {
		c.entry.Invalidate(r.state)
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
		e.Err, e.Kind = e.Kind, ErrIncompleteResult
	}
}

func hasDeadline(ctx context.Context) bool {
	_, ok := ctx.Deadline()
	return ok
}

// redact keeps the token out of messages, should the engine repeat it.
func (c *Connector) redact(msg string) string {
	if c.cfg.Token == "" {
		return msg
	}
	return strings.ReplaceAll(msg, string(c.cfg.Token), redacted)
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
