package e6data

import (
	"context"
	"time"
)

// Hook observes the driver's work, for tracing and metrics: see [WithHook]. Its
// methods are called by the goroutines that do the work, for several queries at the
// same time. The methods must be safe for concurrent use, and should return quickly.
// Embed [NoHook] to implement some of the methods only, and to stay compatible with
// later versions.
type Hook interface {
	// QueryStart is called before a query is prepared. It returns a child of ctx,
	// with which the query's calls are made.
	QueryStart(ctx context.Context, q QueryStart) context.Context
	// QueryEnd is called once for each QueryStart, with its context, when the query
	// is closed, abandoned or has failed. After that a call with the same context
	// clears the query on the engine in the background.
	QueryEnd(ctx context.Context, q QueryState)
	// CallStart is called before each call to the engine. It returns a child of ctx,
	// with which the call is made.
	CallStart(ctx context.Context, c CallStart) context.Context
	// CallEnd is called after each call, with the context of CallStart.
	CallEnd(ctx context.Context, c CallEnd)
	// Retry is called before a call is repeated, or a query is started again.
	Retry(ctx context.Context, r Retry)
	// Switch is called after this connector has moved to another colour.
	Switch(ctx context.Context, s Switch)
}

// NoHook is a [Hook] that does nothing.
type NoHook struct{}

var _ Hook = NoHook{}

// QueryStart returns ctx.
func (NoHook) QueryStart(ctx context.Context, _ QueryStart) context.Context { return ctx }

// QueryEnd does nothing.
func (NoHook) QueryEnd(context.Context, QueryState) {}

// CallStart returns ctx.
func (NoHook) CallStart(ctx context.Context, _ CallStart) context.Context { return ctx }

// CallEnd does nothing.
func (NoHook) CallEnd(context.Context, CallEnd) {}

// Retry does nothing.
func (NoHook) Retry(context.Context, Retry) {}

// Switch does nothing.
func (NoHook) Switch(context.Context, Switch) {}

// QueryStart describes a query that begins.
type QueryStart struct {
	// Statement is the SQL text as the application wrote it, without arguments. It
	// is empty if the result of a submitted query is fetched. It may contain
	// confidential literals.
	Statement string
	// Args is the number of arguments.
	Args int
	// Tag is the tag of [QueryTag].
	Tag string
	// Host, Port, Catalog and Schema are the destination of the query.
	Host            string
	Port            int
	Catalog, Schema string
}

// CallStart describes a call to the engine that begins.
type CallStart struct {
	// Phase is the purpose of the call.
	Phase Phase
	// Method is the full name of the gRPC method.
	Method string
	// QueryID is the id of the query that the call concerns, if any.
	QueryID string
	// Strategy is the colour that receives the call; empty if none is known.
	Strategy string
	// Host and Port are the engine's, as in the Config.
	Host string
	Port int
}

// CallEnd describes a call that has ended. After a prepare, its QueryID is the id of
// the new query.
type CallEnd struct {
	CallStart
	// Duration is the time that the call took.
	Duration time.Duration
	// Bytes is the size of the result chunks in the answer.
	Bytes int64
	// Err is the call's error, an *[Error], or nil.
	Err error
}

// Retry describes a repetition.
type Retry struct {
	// Phase is the phase that failed.
	Phase Phase
	// QueryID is the id of the query that the call concerned, if any.
	QueryID string
	// Reason is the condition that allows the repetition: "wrong strategy",
	// "no live colour", "colour down", "no status", "session expired",
	// "denial mentioned", "suspended", "not sent", "no answer",
	// "authentication unavailable", "stuck" or "token refused".
	Reason string
	// Try is the number of the next try, from 2.
	Try int
	// Err is the error of the failed try.
	Err error
	// Host and Port are the engine's, as in the Config.
	Host string
	Port int
}

// Switch describes a move from one colour to the other.
type Switch struct {
	// From is the colour that was live. The first colour that is found is not a
	// switch.
	From string
	// To is the colour that is live now.
	To string
	// Host and Port are the engine's, as in the Config.
	Host string
	Port int
}
