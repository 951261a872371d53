package e6data

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/internal/batch"
	"github.com/e6data/e6data-go/internal/oauth"
	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/thriftrows"
)

// WithHook sets the [Hook] of the connector. Without a Hook, or with nil, there is
// no cost.
func WithHook(h Hook) Option { return func(c *Connector) { c.hook = h } }

// observer logs a connector's work and calls its hook.
type observer struct {
	hook Hook // or nil
	log  *slog.Logger
	// silent reports whether nothing is logged.
	silent bool
	// changes is the lowest level at which changes of colour, session and cluster
	// are logged.
	changes slog.Level
	// color is the colour that was used last, for [Switch].
	color atomic.Uint32
	stats counters
}

// setUp completes the observer after the options were applied.
func (o *observer) setUp(debug bool) {
	o.changes = slog.LevelInfo
	if debug {
		o.changes = slog.LevelDebug
	}
	if level, ok := changeLevels[strings.ToUpper(os.Getenv(strategyLogLevel))]; ok {
		o.changes = level
	}
	switch {
	case o.log != nil:
	case debug:
		// Debug was requested explicitly, so the level of the default logger must
		// not hide it.
		o.log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	default:
		o.log, o.silent = slog.New(slog.DiscardHandler), true
	}
}

// logChange logs a change of colour, session or cluster.
func (o *observer) logChange(ctx context.Context, level slog.Level, msg string, attrs ...any) {
	if level >= o.changes {
		o.log.Log(ctx, level, "e6data: "+msg, attrs...)
	}
}

// noteColor records the colour on which queries run.
func (c *caller) noteColor(ctx context.Context, now strategy.Color) {
	was := strategy.Color(c.color.Swap(uint32(now)))
	if was == now {
		return
	}
	from, to := was.String(), now.String()
	if from == "" {
		c.logChange(ctx, slog.LevelDebug, "the live colour is "+to)
		return
	}
	c.stats.switches.Add(1)
	c.logChange(ctx, slog.LevelInfo, "moved from "+from+" to "+to)
	if c.hook != nil {
		c.hook.Switch(ctx, Switch{From: from, To: to, Host: c.cfg.Host, Port: c.cfg.port()})
	}
}

// withHooks makes a call with transmit, calls the hook before and after it, and logs
// the call.
func (c *caller) withHooks(ctx context.Context, k *call, grant *oauth.Grant) error {
	if c.hook == nil && !c.cfg.Debug {
		return c.transmit(ctx, k, grant)
	}
	done := CallEnd{CallStart: CallStart{
		Phase: k.phase, Method: k.method, QueryID: k.route.queryID, Strategy: k.route.state.Color.String(), Host: c.cfg.Host, Port: c.cfg.port(),
	}}
	if c.hook != nil {
		ctx = c.hook.CallStart(ctx, done.CallStart)
	}
	began := time.Now()
	err := c.transmit(ctx, k, grant)
	done.Duration = time.Since(began)
	if !errors.Is(context.Cause(ctx), errReaderLeft) {
		done.Err = err // otherwise the driver itself abandoned the call, and needs no answer
	}
	a := k.read()
	done.QueryID = a.queryID
	if _, ok := k.resp.(*batch.Batch); ok {
		done.Bytes = a.bytes
	}
	if c.hook != nil {
		c.hook.CallEnd(ctx, done)
	}
	if c.cfg.Debug {
		c.logCall(ctx, k, done, a)
	}
	return err
}

// logCall logs a call that has ended.
func (c *caller) logCall(ctx context.Context, k *call, done CallEnd, a answer) {
	size := done.Bytes
	if m, ok := k.resp.(proto.Message); ok {
		size = int64(proto.Size(m))
	}
	attrs := []any{
		"method", k.method[strings.LastIndexByte(k.method, '/')+1:], "code", status.Code(done.Err), "duration", done.Duration,
		"strategy", done.Strategy, "planner", a.planner, "query_id", done.QueryID, "bytes", size,
	}
	if done.Err != nil {
		attrs = append(attrs, "error", c.logged(done.Err))
	}
	c.log.DebugContext(ctx, "e6data: call", attrs...)
}

// logged returns err in the form in which it may be logged. The engine's message
// about a statement may quote the statement, and an error about a value may show the
// value. Both are left out unless Config.LogStatements is true. Messages of gRPC, a
// proxy or the driver do not concern the statement, and are kept.
func (c *caller) logged(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || c.cfg.LogStatements {
		return err
	}
	if format, ok := errors.AsType[*thriftrows.FormatError](e); ok {
		place := *format
		place.Msg = "the reason is logged with log_statements=true only"
		outline := *e
		outline.Err = &place
		return &outline
	}
	if e.Code == codes.OK {
		return err
	}
	switch e.Phase {
	case PhaseConnect, PhasePing, PhaseResume:
		return err
	}
	switch e.condition {
	case noCondition, sessionExpired, denialMentioned, denied, gaveUp:
		outline := *e
		outline.Message = "the engine's message is logged with log_statements=true only"
		return &outline
	}
	return err
}

// noteRetry records that a call is about to be repeated, or a query to be started
// again.
func (c *caller) noteRetry(ctx context.Context, phase Phase, try int, err error) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return
	}
	c.stats.retries[e.condition].Add(1)
	recordOf(ctx).update(func(s *QueryState, _ time.Duration) { s.Retries++ })
	if c.cfg.Debug {
		c.log.DebugContext(ctx, "e6data: again", "phase", phase, "reason", e.condition, "try", try, "query_id", e.QueryID, "error", c.logged(err))
	}
	if c.hook != nil {
		c.hook.Retry(ctx, Retry{
			Phase: phase, QueryID: e.QueryID, Reason: e.condition.String(), Try: try, Err: err, Host: c.cfg.Host, Port: c.cfg.port(),
		})
	}
}
