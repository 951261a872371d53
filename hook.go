package e6data

import (
	"context"
	"time"
)

// Hook is told what the driver does, for tracing and metrics: see [WithHook]. Its
// methods are called by whoever does the work, for several queries at once, and
// should return quickly. Embed [NoHook] to implement only some, and to be ready
// for more.
type Hook interface {
	// QueryStart is called before a query is prepared. The query's calls are made
	// with the context that it returns, a child of ctx.
	QueryStart(ctx context.Context, q QueryStart) context.Context
	// QueryEnd is called once for each QueryStart, with its context, when the query
	// is over: closed, given up, or failed. It is cleared on the engine afterwards, in
	// the background, by a call with its context.
	QueryEnd(ctx context.Context, q QueryState)
	// CallStart is called before each call to the engine. The call is made with the
	// context that it returns, a child of ctx.
	CallStart(ctx context.Context, c CallStart) context.Context
	// CallEnd is called after each call, with the context of CallStart.
	CallEnd(ctx context.Context, c CallEnd)
	// Retry is called before a call is made again, or a query begun anew.
	Retry(ctx context.Context, r Retry)
	// Switch is called when this connector has moved to another colour.
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
	// Statement is the SQL text as the application wrote it, without arguments;
	// empty where the result of a submitted query is fetched. It may hold literals
	// that are nobody else's business.
	Statement string
	// Args is the number of arguments.
	Args int
	// Tag is the one given with [QueryTag].
	Tag string
	// Host, Port, Catalog and Schema are where the query goes.
	Host            string
	Port            int
	Catalog, Schema string
}

// CallStart describes a call to the engine that begins.
type CallStart struct {
	// Phase is what the call is for.
	Phase Phase
	// Method is the full gRPC method.
	Method string
	// QueryID is the query that the call is about, if any.
	QueryID string
	// Strategy is the colour that is asked; empty when none is known.
	Strategy string
	// Host and Port are the engine's, as in the Config.
	Host string
	Port int
}

// CallEnd describes a call that has ended. Its QueryID is also that of a query
// that the call has prepared.
type CallEnd struct {
	CallStart
	// Duration is how long it took.
	Duration time.Duration
	// Bytes is the size of the result chunks in the answer.
	Bytes int64
	// Err is why it failed, as an *[Error]; nil when it did not.
	Err error
}

// Retry describes that something is done again.
type Retry struct {
	// Phase is what failed.
	Phase Phase
	// QueryID is the query that the call was about, if any.
	QueryID string
	// Reason is the condition that allows it: "wrong strategy", "no live colour",
	// "colour down", "no status", "session expired", "denial mentioned", "suspended",
	// "not sent", "no answer", "authentication unavailable", "stuck" or "token refused".
	Reason string
	// Try is which try comes next, from 2.
	Try int
	// Err is what failed.
	Err error
	// Host and Port are the engine's, as in the Config.
	Host string
	Port int
}

// Switch describes a move from one colour to the other.
type Switch struct {
	// From is the colour that was live. The first that is found is no switch.
	From string
	// To is the colour that is live now.
	To string
	// Host and Port are the engine's, as in the Config.
	Host string
	Port int
}
