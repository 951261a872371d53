package e6data

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	encodingproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/internal/batch"
	"github.com/e6data/e6data-go/internal/oauth"
	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// Request headers (docs/protocol.md, section 1).
const (
	strategyHeader = "strategy"
	clusterHeader  = "cluster-name"
	plannerHeader  = "plannerip"
)

// route is the destination of a call: an engine, and the query that the call belongs
// to. Each query has its own route, which never changes: the query stays with the
// colour and the planner that accepted it.
type route struct {
	channel *channel
	headers metadata.MD
	// state is the strategy state under which the call is made. A new_strategy or a
	// 456 in the response applies to this state only.
	state   strategy.State
	queryID string
}

// planner returns the route to the planner that has the query.
func (r route) planner(queryID, engineIP string) route {
	headers := r.headers.Copy()
	headers.Set(plannerHeader, engineIP)
	r.headers = headers
	r.queryID = queryID
	return r
}

// call is one RPC of the driver.
type call struct {
	phase  Phase
	route  route
	method string
	req    proto.Message
	resp   any // a message, or a *batch.Batch
	// replacement reports whether the session replaces one that was denied in the
	// same operation.
	replacement bool
	// uncounted reports whether the call consumes rows of a result of unknown size.
	uncounted bool
	began     time.Time
	watch     watch
	opts      []grpc.CallOption // holds watch; allocated once
}

// probing reports whether the call is one that finds out which colour is live.
func (k *call) probing() bool { return k.phase == PhaseConnect && k.route.state.Generation == 0 }

// answer holds the parts of a response that every call looks at.
type answer struct {
	session, newStrategy string
	queryID, planner     string
	bytes                int64 // of the result chunks, or else of the message
}

// read returns those parts of the call's response.
func (k *call) read() answer {
	a := answer{queryID: k.route.queryID, planner: strings.Join(k.route.headers.Get(plannerHeader), "")}
	if r, ok := k.resp.(interface{ GetSessionId() string }); ok {
		a.session = r.GetSessionId()
	}
	if r, ok := k.resp.(interface{ GetNewStrategy() string }); ok {
		a.newStrategy = r.GetNewStrategy()
	}
	switch r := k.resp.(type) {
	case *wire.PrepareStatementResponse:
		a.queryID, a.planner = r.GetQueryId(), r.GetEngineIP()
	case *batch.Batch:
		a.bytes = r.Bytes()
	}
	return a
}

// caller makes calls. It adds headers and tokens, reports each outcome to the
// strategy entry and the observers, and turns failures into *Error. It is safe for
// concurrent use.
type caller struct {
	cfg *Config
	observer
	entry      *strategy.Entry
	handshakes handshakes
	headers    [3]metadata.MD // by strategy.Color, for calls that belong to no query
	// secrets replaces secrets in the engine's messages.
	secrets *strings.Replacer
	// tokens is the source of OAuth access tokens, nil without OAuth. It lives as
	// long as the channels, and does not change while there are connections.
	tokens *oauth.Source
}

// setHeaders makes the headers from the Config.
func (c *caller) setHeaders() {
	cluster := strings.ToLower(c.cfg.ClusterName)
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
}

// route returns the route to the given colour, for calls that belong to no query.
func (c *caller) route(channel *channel, state strategy.State) route {
	return route{channel: channel, headers: c.headers[state.Color], state: state}
}

// call makes one RPC. If the engine refuses the access token and policy allows it,
// call makes the RPC once more. Every RPC goes through call. Headers that ctx
// carries for other gRPC services are not sent. If ctx has ended, nothing is sent.
func (c *caller) call(ctx context.Context, k *call) error {
	k.began = time.Now()
	if gone := ended(ctx); gone != nil {
		return c.fail(ctx, k, verdict{condition: gaveUp, cause: gone})
	}
	err := c.withToken(ctx, k)
	if err != nil {
		return err
	}
	c.entry.Confirm(k.route.state)
	if a := k.read(); a.newStrategy != "" {
		c.announce(ctx, k.route.state, a.newStrategy, a.queryID)
	}
	return nil
}

// transmit sends the call and reads its answer.
func (c *caller) transmit(ctx context.Context, k *call, grant *oauth.Grant) error {
	w := &k.watch
	w.reset()
	if k.opts == nil {
		k.opts = []grpc.CallOption{grpc.ForceCodecV2(w)}
	}
	rpc := metadata.NewOutgoingContext(ctx, k.route.headers)
	if grant != nil {
		rpc = metadata.AppendToOutgoingContext(rpc, authorizationHeader, grant.Header())
	}
	err := k.route.channel.Invoke(rpc, k.method, k.req, k.resp, k.opts...)
	if err == nil {
		return nil
	}
	v := c.decideKind(ctx, k, status.Convert(err), w.maySent(), grant)
	c.tellStrategy(ctx, k, &v)
	return c.fail(ctx, k, v)
}

// tellStrategy reports to the strategy entry what a failed call shows about its
// colour. If the colour was announced, has never answered and is down, the entry
// returns to the colour before it, provided that the call executes nothing. If
// another call has already made the entry return, tellStrategy only sets the
// condition of v.
func (c *caller) tellStrategy(ctx context.Context, k *call, v *verdict) {
	early := k.phase == PhaseConnect || k.phase == PhasePing || k.phase == PhasePrepare || k.phase == PhaseCatalog
	switch v.condition {
	case mute:
		if !early && k.phase != PhaseResume {
			return
		}
		fallthrough
	case wrongStrategy:
		if c.entry.Invalidate(k.route.state) {
			c.logChange(ctx, slog.LevelDebug, "the colour is not live any more", "strategy", k.route.state.Color.String(), "query_id", k.route.queryID)
		}
	case noAnswer, suspended, stuck:
		if !early {
			return
		}
		if now, known := c.entry.Current(0); known && k.phase != PhaseConnect && now.Color != k.route.state.Color {
			v.condition = colorDown
		} else if c.entry.Retreat(k.route.state) {
			v.condition = colorDown
			c.logChange(ctx, slog.LevelDebug, "the announced colour is down", "strategy", k.route.state.Color.String(), "query_id", k.route.queryID)
		}
	}
}

// announce applies the new_strategy of an answer: new queries go to that colour from
// now on. queryID is empty if the answer belongs to no query. A name other than blue
// and green is ignored (docs/protocol.md, section 3).
func (c *caller) announce(ctx context.Context, from strategy.State, name, queryID string) {
	if color, ok := strategy.Parse(name); ok && c.entry.Announce(from, color) {
		c.logChange(ctx, slog.LevelDebug, "the engine announces "+color.String(), "strategy", from.Color.String(), "query_id", queryID)
	}
}

// withToken makes the call, with an access token if the configuration has one. If
// the engine refuses the token and policy allows it, withToken makes the call once
// more with a new token.
func (c *caller) withToken(ctx context.Context, k *call) error {
	if c.tokens == nil {
		return c.withHooks(ctx, k, nil)
	}
	grant, err := c.tokens.Token(ctx)
	if err != nil {
		return c.noToken(ctx, k, codes.OK, err)
	}
	err = c.withHooks(ctx, k, grant)
	if actionAfter(k.phase, err) != newToken {
		return err
	}
	c.logChange(ctx, slog.LevelInfo, "the engine refused the access token", "phase", string(k.phase), "query_id", k.route.queryID)
	grant, renewErr := c.tokens.Renew(ctx, grant)
	switch {
	case errors.Is(renewErr, oauth.ErrFixed):
		return err
	case renewErr != nil:
		return c.noToken(ctx, k, codes.Unauthenticated, renewErr)
	}
	c.noteRetry(ctx, k.phase, 2, err)
	return c.withHooks(ctx, k, grant)
}

// protobuf is gRPC's own codec.
var protobuf = encoding.GetCodecV2(encodingproto.Name)

// watch is the codec of one call. It records whether the request was encoded, and so
// whether the call may have left this process: no engine can act on a request that
// was never encoded. gRPC's codes and texts do not prove that a call was not sent. A
// watch that was never called does not prove it either, since an interceptor may
// have called gRPC without the call's options.
type watch struct{ seen, encoded uint32 } // accessed atomically; a call is copied before it is made

var _ encoding.CodecV2 = (*watch)(nil)

// maySent reports whether the call may have left this process.
func (w *watch) maySent() bool {
	return atomic.LoadUint32(&w.seen) == 0 || atomic.LoadUint32(&w.encoded) == 1
}

// reset makes w ready for a call.
func (w *watch) reset() {
	atomic.StoreUint32(&w.seen, 0)
	atomic.StoreUint32(&w.encoded, 0)
}

// Name is called by gRPC before any other method. It returns an empty name, so that
// the content type is plain application/grpc.
func (w *watch) Name() string {
	atomic.StoreUint32(&w.seen, 1)
	return ""
}

// Marshal encodes a request.
func (w *watch) Marshal(v any) (mem.BufferSlice, error) {
	atomic.StoreUint32(&w.encoded, 1)
	return protobuf.Marshal(v)
}

// Unmarshal decodes a response. It decodes a batch into memory that is reused.
func (w *watch) Unmarshal(data mem.BufferSlice, v any) error {
	if b, ok := v.(*batch.Batch); ok {
		return b.Read(data)
	}
	return protobuf.Unmarshal(data, v)
}
