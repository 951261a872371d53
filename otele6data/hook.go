package otele6data

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/e6data/e6data-go"
)

// The attributes that the conventions do not define.
const (
	phaseKey    = attribute.Key("e6data.phase")
	strategyKey = attribute.Key("e6data.strategy")
	queryIDKey  = attribute.Key("e6data.query.id")
	tagKey      = attribute.Key("e6data.query.tag")
	plannerKey  = attribute.Key("e6data.planner.address")
	retriesKey  = attribute.Key("e6data.query.retries")
	batchesKey  = attribute.Key("e6data.response.batches")
	bytesKey    = attribute.Key("e6data.response.size")
	reasonKey   = attribute.Key("e6data.retry.reason")
	tryKey      = attribute.Key("e6data.retry.try")
	fromKey     = attribute.Key("e6data.strategy.from")
	toKey       = attribute.Key("e6data.strategy.to")
)

// Hook records traces and metrics of the driver's events. [New] returns one. A
// Hook is safe for concurrent use, also by several connectors.
type Hook struct {
	e6data.NoHook // ignores events of later versions of the driver

	tracer     trace.Tracer
	common     []attribute.KeyValue
	queryText  bool
	fetchSpans int64
	metrics    *metrics
	targets    targets
	phases     phases
}

var _ e6data.Hook = (*Hook)(nil)

// query is the state in the context of a query.
type query struct {
	start  time.Time
	span   trace.Span
	target *target
	polls  atomic.Int64 // number of fetch and status calls
}

// queryKey and callKey are context keys. Each hook has its own values.
type (
	queryKey struct{ h *Hook }
	callKey  struct{ h *Hook }
)

// QueryStart begins the query's span.
func (h *Hook) QueryStart(ctx context.Context, q e6data.QueryStart) context.Context {
	// The span and the recorded duration have the same start.
	s := &query{start: time.Now(), target: h.targets.get(h.common, &q)}
	opts := make([]trace.SpanStartOption, 0, 5)
	opts = append(opts, trace.WithSpanKind(trace.SpanKindClient), s.target.attributes, trace.WithTimestamp(s.start))
	if h.queryText && q.Statement != "" {
		opts = append(opts, trace.WithAttributes(semconv.DBQueryText(q.Statement)))
	}
	if q.Tag != "" {
		opts = append(opts, trace.WithAttributes(tagKey.String(q.Tag)))
	}
	ctx, s.span = h.tracer.Start(ctx, s.target.name, opts...)
	return context.WithValue(ctx, queryKey{h}, s)
}

// QueryEnd ends the query's span and records its metrics.
func (h *Hook) QueryEnd(ctx context.Context, q e6data.QueryState) {
	s, ok := ctx.Value(queryKey{h}).(*query)
	if !ok {
		return
	}
	// The call of QueryInfo.Analyze is between the query's end and this call.
	duration := q.Ended
	if duration == 0 {
		duration = time.Since(s.start)
	}
	h.metrics.query(ctx, s.target, duration, &q)
	if s.span.IsRecording() {
		attrs := make([]attribute.KeyValue, 0, 8)
		attrs = appendText(attrs, queryIDKey, q.ID)
		attrs = appendText(attrs, plannerKey, q.Planner)
		attrs = appendText(attrs, strategyKey, q.Strategy)
		attrs = append(attrs, semconv.DBResponseReturnedRowsKey.Int64(q.Rows), batchesKey.Int64(q.Batches), bytesKey.Int64(q.Bytes))
		if q.Retries > 0 {
			attrs = append(attrs, retriesKey.Int(q.Retries))
		}
		s.span.SetAttributes(attrs...)
		h.fail(s.span, q.Err)
	}
	s.span.End(trace.WithTimestamp(s.start.Add(duration)))
}

// CallStart begins the call's span, as a child of the query's.
func (h *Hook) CallStart(ctx context.Context, c e6data.CallStart) context.Context {
	s, inQuery := ctx.Value(queryKey{h}).(*query)
	if inQuery && polls(c.Phase) && s.polls.Add(1) > h.fetchSpans {
		// A nil value hides the span of a surrounding call.
		return context.WithValue(ctx, callKey{h}, nil)
	}
	ctx, span := h.startCall(ctx, inQuery, &c)
	return context.WithValue(ctx, callKey{h}, span)
}

// startCall begins a call's span. In a query its kind is INTERNAL, because only
// the query's span counts as a call to a database.
func (h *Hook) startCall(ctx context.Context, inQuery bool, c *e6data.CallStart, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	p := h.phases.get(h.common, c)
	kind := trace.SpanKindClient
	if inQuery {
		kind = trace.SpanKindInternal
	}
	ctx, span := h.tracer.Start(ctx, p.name, append(opts, trace.WithSpanKind(kind), p.attributes)...)
	if span.IsRecording() {
		attrs := append(make([]attribute.KeyValue, 0, 4), semconv.RPCSystemNameGRPC, semconv.RPCMethod(rpcMethod(c.Method)))
		attrs = appendText(attrs, queryIDKey, c.QueryID)
		attrs = appendText(attrs, strategyKey, c.Strategy)
		span.SetAttributes(attrs...)
	}
	return ctx, span
}

// CallEnd ends the call's span and records its duration.
func (h *Hook) CallEnd(ctx context.Context, c e6data.CallEnd) {
	h.metrics.call(ctx, h.phases.get(h.common, &c.CallStart), &c)
	span, ok := ctx.Value(callKey{h}).(trace.Span)
	if !ok {
		if c.Err == nil {
			return
		}
		// A failed call always has a span.
		_, inQuery := ctx.Value(queryKey{h}).(*query)
		_, span = h.startCall(ctx, inQuery, &c.CallStart, trace.WithTimestamp(time.Now().Add(-c.Duration)))
	}
	if span.IsRecording() {
		if c.Bytes > 0 {
			span.SetAttributes(bytesKey.Int64(c.Bytes))
		}
		h.fail(span, c.Err)
	}
	span.End()
}

// Retry counts a retry and adds an event to the span of the repeated call or
// query.
func (h *Hook) Retry(ctx context.Context, r e6data.Retry) {
	phase, reason := phaseKey.String(string(r.Phase)), reasonKey.String(snake(r.Reason))
	h.metrics.retries.Add(ctx, 1, h.with(r.Host, r.Port, phase, reason))
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		attrs := append(make([]attribute.KeyValue, 0, 5), phase, reason, tryKey.Int(r.Try))
		span.AddEvent("e6data.retry", trace.WithAttributes(appendError(attrs, r.Err)...))
	}
}

// Switch counts a switch and adds an event to the span of the call that
// detected it.
func (h *Hook) Switch(ctx context.Context, s e6data.Switch) {
	attrs := append(appendText(make([]attribute.KeyValue, 0, 2), fromKey, s.From), toKey.String(s.To))
	h.metrics.switches.Add(ctx, 1, h.with(s.Host, s.Port, attrs...))
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.AddEvent("e6data.switch", trace.WithAttributes(attrs...))
	}
}

// fail marks a span as failed if err is not nil. The engine's messages may
// quote the statement, so the span has them only if it has the statement.
func (h *Hook) fail(span trace.Span, err error) {
	if err == nil {
		return
	}
	description := err.Error()
	if !h.queryText {
		description = outline(err)
	}
	span.SetAttributes(appendError(make([]attribute.KeyValue, 0, 2), err)...)
	span.SetStatus(codes.Error, description)
}

// with returns the option for a measurement with the common attributes, the
// server's and the given ones.
func (h *Hook) with(host string, port int, attrs ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(set(append(appendServer(nil, host, port), h.common...), attrs...))
}

// polls reports whether a query may make many calls of the phase.
func polls(p e6data.Phase) bool { return p == e6data.PhaseFetch || p == e6data.PhaseStatus }

func appendText(attrs []attribute.KeyValue, key attribute.Key, value string) []attribute.KeyValue {
	if value == "" {
		return attrs
	}
	return append(attrs, key.String(value))
}
