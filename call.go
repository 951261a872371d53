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

// route says to which engine a call goes and for which query. A query has one of
// its own, which never changes: it is pinned to the colour and planner that
// accepted it.
type route struct {
	channel *channel
	headers metadata.MD
	// state is the strategy under which the call is made; a response's
	// new_strategy and a 456 count for this state only.
	state   strategy.State
	queryID string
}

// planner returns the way to the planner that holds a query.
func (r route) planner(queryID, engineIP string) route {
	headers := r.headers.Copy()
	headers.Set(plannerHeader, engineIP)
	r.headers = headers
	r.queryID = queryID
	return r
}

// call is one RPC of the driver's.
type call struct {
	phase  Phase
	route  route
	method string
	req    proto.Message
	resp   any // a message, or a *batch.Batch
	// replacement: the session was opened because another one was denied in this
	// very operation.
	replacement bool
	// uncounted: the call consumes rows of a result of unknown size.
	uncounted bool
	began     time.Time
	watch     watch
	opts      []grpc.CallOption // watch as an option, made once
}

// probing reports whether the call is to find out which colour is live.
func (k *call) probing() bool { return k.phase == PhaseConnect && k.route.state.Generation == 0 }

// answer is what responses tell besides what was asked for.
type answer struct {
	session, newStrategy string
	queryID, planner     string
	bytes                int64 // of result chunks, else of the message
}

// read returns what the call's response tells.
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

// caller makes calls: it adds the headers and tokens, tells the strategy entry and
// the observers of the outcome, and makes failures into *Error. It is safe for
// concurrent use.
type caller struct {
	cfg *Config
	observer
	entry      *strategy.Entry
	handshakes handshakes
	headers    [3]metadata.MD // of calls that belong to no query, by strategy.Color
	// secrets replaces what must not be seen in the engine's messages.
	secrets *strings.Replacer
	// tokens gives the access tokens of OAuth, nil without it. It lives as long as
	// the channels and is not changed while there are connections.
	tokens *oauth.Source
}

// setHeaders makes the headers that Config says.
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

// route returns the way to the given colour, for calls that belong to no query.
func (c *caller) route(channel *channel, state strategy.State) route {
	return route{channel: channel, headers: c.headers[state.Color], state: state}
}

// call makes one RPC, and one more where the engine refuses the access token and
// policy allows that. It is the one door that every RPC goes through. The headers
// that ctx may carry for other gRPC services are not sent. A context that has ended
// sends nothing.
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

// transmit makes the call.
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

// tellStrategy tells the strategy entry what a failed call shows about its colour.
// An announced colour that has never answered and is down is left for the colour
// before, where the call executes nothing; so is a colour that is down and that the
// entry has left meanwhile, for another call has told it so.
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

// announce notes new_strategy, in an answer about a query or none: new queries go
// to that colour from now on. What is neither blue nor green is ignored (docs/protocol.md,
// section 3).
func (c *caller) announce(ctx context.Context, from strategy.State, name, queryID string) {
	if color, ok := strategy.Parse(name); ok && c.entry.Announce(from, color) {
		c.logChange(ctx, slog.LevelDebug, "the engine announces "+color.String(), "strategy", from.Color.String(), "query_id", queryID)
	}
}

// withToken makes the call with an access token, where the configuration has one:
// once, and, where the engine refuses the token and policy allows it, once more with
// another.
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

// watch is the codec of one call, and knows by that whether the call may have left
// this process: no engine can act on a request that was never encoded. gRPC's codes
// and texts prove nothing, and neither does silence, since an interceptor may have
// called gRPC without the call's options.
type watch struct{ seen, encoded uint32 } // used atomically; a call is copied before it is made

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

// Name is called by gRPC before it does anything else for the call. It returns
// nothing, so that the content type is plain application/grpc.
func (w *watch) Name() string {
	atomic.StoreUint32(&w.seen, 1)
	return ""
}

// Marshal encodes a request.
func (w *watch) Marshal(v any) (mem.BufferSlice, error) {
	atomic.StoreUint32(&w.encoded, 1)
	return protobuf.Marshal(v)
}

// Unmarshal decodes a response, a batch into memory that is reused.
func (w *watch) Unmarshal(data mem.BufferSlice, v any) error {
	if b, ok := v.(*batch.Batch); ok {
		return b.Read(data)
	}
	return protobuf.Unmarshal(data, v)
}
