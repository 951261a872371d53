package simulation

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/wire"
)

// opKey is the context key of the id of the op for which a call is made.
type opKey struct{}

// rpc is one call of the driver.
type rpc struct {
	of       *account
	class    class
	n        int // the number of the call among those of the op and class
	method   string
	req      any
	color    color
	planner  string
	session  string
	query    *query
	fault    fault
	there    time.Duration
	back     time.Duration
	arrives  bool // the call reaches the engine even if the context ends on its way
	never    bool // no answer comes
	first    bool // the engine reports the deadline of the context before the context ends
	encoding encoding.CodecV2
}

// classOf returns the class of a method.
var classOf = map[string]class{
	wire.QueryEngineService_Authenticate_FullMethodName:         authenticate,
	wire.QueryEngineService_PrepareStatement_FullMethodName:     prepare,
	wire.QueryEngineService_PrepareStatementV2_FullMethodName:   prepare,
	wire.QueryEngineService_ExecuteStatement_FullMethodName:     execute,
	wire.QueryEngineService_ExecuteStatementV2_FullMethodName:   execute,
	wire.QueryEngineService_GetResultMetadata_FullMethodName:    describe,
	wire.QueryEngineService_GetNextResultBatch_FullMethodName:   fetch,
	wire.QueryEngineService_GetNextResultBatchV2_FullMethodName: fetch,
	wire.QueryEngineService_ClearOrCancelQuery_FullMethodName:   clearing,
	wire.QueryEngineService_HealthCheck_FullMethodName:          health,
	wire.ClusterService_Status_FullMethodName:                   clusterStatus,
	wire.ClusterService_Resume_FullMethodName:                   clusterResume,
	wire.QueryEngineService_CancelQuery_FullMethodName:          killing,
}

// invoke is the interceptor that takes the place of gRPC's transport.
func (d *deployment) invoke(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, _ grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if d.s.Setup.Ready {
		cc.Connect()
	}
	c := d.begin(ctx, method, req)
	for _, o := range opts {
		if forced, ok := o.(grpc.ForceCodecV2CallOption); ok {
			c.encoding = forced.CodecV2
		}
	}
	if d.broken != nil {
		return d.broken.carry(ctx, d, c, reply)
	}
	return d.carry(ctx, c, reply)
}

// begin records a call, and decides what happens to it.
func (d *deployment) begin(ctx context.Context, method string, req any) *rpc {
	md, _ := metadata.FromOutgoingContext(ctx)
	header := func(key string) string {
		if v := md.Get(key); len(v) > 0 {
			return v[0]
		}
		return ""
	}
	c := &rpc{class: classOf[method], method: method, req: req, planner: header("plannerip")}
	id, _ := ctx.Value(opKey{}).(int)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := c.color.UnmarshalText([]byte(header("strategy"))); err != nil || c.color == noColor {
		d.violate("headers", "a call of %s has the strategy %q", method, header("strategy"))
		c.color = blue
	}
	if (header("authorization") != "") != d.s.Setup.OAuth {
		d.violate("headers", "a call of %s has the authorization %q", method, header("authorization"))
	}
	if d.closed {
		d.violate("closed", "a call of %s was made after Close", method)
	}
	c.of = d.accounts[id]
	c.n = c.of.calls[c.class]
	c.of.calls[c.class]++
	if r, ok := req.(interface{ GetSessionId() string }); ok {
		c.session = r.GetSessionId()
	}
	if r, ok := req.(interface{ GetQueryId() string }); ok {
		c.query = d.queries[r.GetQueryId()]
		d.checkQuery(c, r.GetQueryId())
	}
	c.fault = d.takeFault(c.class)
	chance := mix(d.s.Seed, uint64(id), uint64(c.class), uint64(c.n))
	const most = 4 << 20 // nanoseconds, about 4 ms
	c.there, c.back = time.Duration(1000+chance%most), time.Duration(1000+chance>>24%most)
	c.arrives, c.first = chance>>60&1 == 0, chance>>61&1 == 0
	switch c.fault {
	case silent:
		c.fault, c.never = noFault, true
	case slow:
		c.fault = noFault
		c.back += time.Second
	}
	return c
}

// checkQuery checks a call about a query. d.mu is held.
func (d *deployment) checkQuery(c *rpc, id string) {
	q := c.query
	switch {
	case q == nil:
		d.violate("headers", "a call of %s is about %q, which was never prepared", c.method, id)
		return
	case q.acknowledged && !q.mayFollow(c.class):
		d.violate("cleared", "a call of %s about %s, which is cleared", c.method, q.id)
	case q.color != c.color:
		d.violate("pinned", "a call of %s about %s of %v went to %v", c.method, q.id, q.color, c.color)
	case q.planner != c.planner:
		d.violate("pinned", "a call of %s about %s on %s went to %q", c.method, q.id, q.planner, c.planner)
	case c.class == killing: // concurrent with the reader's calls
		return
	case q.inFlight > 0:
		d.violate("in flight", "a call of %s about %s while another is in flight", c.method, q.id)
	case q.session != "" && q.session != c.session:
		d.violate("session", "a call of %s about %s has not the session of the last answer", c.method, q.id)
	}
	q.inFlight++
	if c.class == clearing {
		q.clears++
	}
}

// deadAfter is the time after which gRPC considers a silent connection dead. It is the
// sum of Config.KeepaliveTime and Config.KeepaliveTimeout.
const deadAfter = 50 * time.Second

// mayFollow reports whether a call may follow the end of a query. A reader may make a
// call before it learns of a Cancel. A submitted query is no concern of the connection
// that submitted it, so that its reader and a Cancel do not know of each other.
func (q *query) mayFollow(c class) bool {
	switch {
	case q.of.op.Kind == opSubmit:
		return q.killed || c == killing
	case q.killed:
		return c != clearing && c != killing
	}
	return false
}

// carry carries a call to the deployment, and the answer back.
func (d *deployment) carry(ctx context.Context, c *rpc, reply any) error {
	answer, err := d.deliver(ctx, c, reply)
	d.end(c, answer, err)
	return err
}

// deliver does what carry does, and returns the answer if it arrived.
func (d *deployment) deliver(ctx context.Context, c *rpc, reply any) (proto.Message, error) {
	c.encoding.Name()
	if c.fault == unsent {
		if err := sleep(ctx, c.there); err != nil {
			return nil, c.stop(err)
		}
		return nil, status.Error(codes.Unavailable, "connection error: desc = \"transport: Error while dialing\"")
	}
	request, err := c.encoding.Marshal(c.req)
	if err != nil {
		return nil, err
	}
	request.Free()
	if err := sleep(ctx, c.there); err != nil {
		if c.arrives {
			_, _ = d.act(c)
		}
		return nil, c.stop(err)
	}
	answer, err := d.act(c)
	if c.never {
		if err := sleep(ctx, deadAfter); err != nil {
			return nil, c.stop(err)
		}
		c.fault = unanswered
		return nil, d.failure(unanswered)
	}
	if err := c.wait(ctx); err != nil {
		return nil, c.stop(err)
	}
	if err != nil {
		return nil, err
	}
	arrived := answer
	if d.broken != nil {
		arrived = d.broken.curtail(c, answer)
	}
	b, err := proto.Marshal(arrived)
	if err != nil {
		return nil, err
	}
	return answer, c.encoding.Unmarshal(mem.BufferSlice{mem.SliceBuffer(b)}, reply)
}

// wait waits until the answer arrives. It returns the error of ctx if ctx ends before,
// or if the engine, which has the same deadline, ends the call before.
func (c *rpc) wait(ctx context.Context) error {
	const early = 20 * time.Millisecond
	deadline, ok := ctx.Deadline()
	if left := time.Until(deadline) - early; ok && c.first && left > 0 && left < c.back {
		if err := sleep(ctx, left); err != nil {
			return err
		}
		return context.DeadlineExceeded
	}
	return sleep(ctx, c.back)
}

// stop records that the context of a call has ended with err, and returns gRPC's error.
func (c *rpc) stop(err error) error {
	c.fault = ended
	return status.FromContextError(err).Err()
}

// sleep waits for d. It returns the error of ctx if ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	if ctx.Done() == nil {
		time.Sleep(d)
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end records the end of a call. answer is nil if no answer arrived.
func (d *deployment) end(c *rpc, answer proto.Message, err error) {
	d.note("op %d %s %v%s: %v", c.of.op.ID, c.class, c.color, c.about(), c.outcome(err))
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.query != nil && c.class != killing {
		c.query.inFlight--
	}
	if err != nil && status.Code(err) != codes.Unimplemented {
		d.disturbed = true
		if c.query != nil && (c.fault == denied || c.fault == quoted) {
			c.query.session = "" // the driver may use another one
		}
		t := touch{d.now(), c.class, c.fault, c.of.executed > 0}
		c.of.touches = append(c.of.touches, t)
		switch c.class {
		case authenticate, health, clusterStatus, clusterResume:
			d.common = append(d.common, t)
		}
	}
	switch {
	case c.class == killing:
		c.query.killed = c.query.killed || err == nil
		c.query.acknowledged = c.query.acknowledged || err == nil
	case c.class == clearing:
		c.query.lastClear = c.fault
		c.query.acknowledged = err == nil
	case err != nil:
		return
	case c.class == authenticate:
		d.opened[c.color]++
	case c.class == prepare:
		c.query = d.queries[answer.(*wire.PrepareStatementResponse).GetQueryId()]
		c.query.known = true
	}
	if err != nil {
		return
	}
	if r, ok := answer.(interface{ GetSessionId() string }); ok && c.query != nil && r.GetSessionId() != "" {
		c.query.session = r.GetSessionId()
	}
	if r, ok := answer.(interface{ GetNewStrategy() string }); ok && r.GetNewStrategy() != "" && d.heardOf == noColor {
		d.heardOf, d.heard = d.announced, d.now()
	}
}

func (c *rpc) about() string {
	if c.query == nil {
		return ""
	}
	return " " + c.query.id
}

func (c *rpc) outcome(err error) string {
	if err == nil {
		return "ok"
	}
	return c.fault.String() + ", " + err.Error()
}
