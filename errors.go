package e6data

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What went wrong, for errors.Is. The error itself is an *[Error] that says
// where and carries the cause.
var (
	// ErrAuthentication: the engine refused user or token. Trying again does
	// not help.
	ErrAuthentication = errors.New("authentication failed")
	// ErrWrongStrategy: the deployment's colour that the query belongs to is no
	// longer live. Before a query was executed the driver moves to the live
	// colour by itself; this error means that it could not, or that the query
	// was already running there and is lost.
	ErrWrongStrategy = errors.New("the deployment colour is not live")
	// ErrSessionExpired: the engine no longer knows the session, and a new one
	// did not help.
	ErrSessionExpired = errors.New("the session has expired")
	// ErrClusterSuspended: the cluster is suspended.
	ErrClusterSuspended = errors.New("the cluster is suspended")
	// ErrIncompleteResult: the result ended, or the connection was lost, before
	// all rows were read. The rows that were read are right; the rest cannot be
	// asked for again. Run the query anew if it is safe to.
	ErrIncompleteResult = errors.New("the result is incomplete")
	// ErrAmbiguousExecution: the query was sent for execution and no answer
	// came. The engine may or may not have executed it; the driver does not
	// send it again. Find out by the query's effect before running it anew.
	ErrAmbiguousExecution = errors.New("the query may or may not have been executed")
	// ErrTransactions: the engine has no transactions.
	ErrTransactions = errors.New("e6data: transactions are not supported")
	// ErrArguments: the driver cannot send arguments with a statement.
	ErrArguments = errors.New("e6data: query arguments are not supported")
)

// Phase is a step in the life of a connection or query.
type Phase string

// The phases, in their order.
const (
	PhaseConnect  Phase = "connect"
	PhasePing     Phase = "ping"
	PhasePrepare  Phase = "prepare"
	PhaseExecute  Phase = "execute"
	PhaseMetadata Phase = "metadata"
	PhaseFetch    Phase = "fetch"
	PhaseClear    Phase = "clear"
)

// Error is a failure in talking to the engine. errors.Is finds the Err...
// variable that fits and the cause, such as [context.Canceled]; status.Code
// finds Code.
type Error struct {
	// Phase is what the driver was doing.
	Phase Phase
	// QueryID is the engine's id of the query; empty before it has one.
	QueryID string
	// Strategy is the deployment colour that was asked, "blue" or "green";
	// empty when none was known.
	Strategy string
	// Code is the gRPC code of the answer; codes.OK when the fault is not an
	// answer's, such as bytes that cannot be decoded.
	Code codes.Code
	// Message is the engine's own text, or what the driver found wrong. It
	// holds no secret of the configuration.
	Message string
	// Kind is one of the Err... variables, or nil: an SQL error, for one.
	Kind error
	// Err is the cause, or nil: a context's error, a *thriftrows.FormatError.
	Err error

	condition condition
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("e6data: ")
	b.WriteString(string(e.Phase))
	if e.QueryID != "" {
		fmt.Fprintf(&b, " query %s", e.QueryID)
	}
	if e.Strategy != "" {
		fmt.Fprintf(&b, " (%s)", e.Strategy)
	}
	if e.Kind != nil {
		fmt.Fprintf(&b, ": %v", e.Kind)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Code != codes.OK {
		fmt.Fprintf(&b, ": %v", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	return b.String()
}

// Unwrap returns Kind and Err, as far as they are set.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Kind != nil {
		errs = append(errs, e.Kind)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// GRPCStatus lets status.FromError and status.Code read the error.
func (e *Error) GRPCStatus() *status.Status {
	if e.Code == codes.OK {
		return status.New(codes.Unknown, e.Error())
	}
	return status.New(e.Code, e.Message)
}

// lost tells that a call was sent and nothing certain came back: the engine may
// have done what was asked.
func (e *Error) lost() bool {
	switch e.condition {
	case gaveUp:
		return true
	case noCondition, suspended:
		return e.Code == codes.Unavailable
	}
	return false
}

// condition is what an answer means for what to do next (WIRE.md section 6).
type condition uint8

const (
	noCondition condition = iota
	wrongStrategy
	sessionExpired
	suspended
	unimplemented
	gaveUp // the caller's context ended
)

var kinds = [...]error{wrongStrategy: ErrWrongStrategy, sessionExpired: ErrSessionExpired, suspended: ErrClusterSuspended, gaveUp: nil}

// conditionOf tells what an error that the driver made means.
func conditionOf(err error) condition {
	var e *Error
	if errors.As(err, &e) {
		return e.condition
	}
	return noCondition
}

// classify recognises a condition in a gRPC status, in the shapes in which it
// reaches a client (WIRE.md section 6).
func classify(s *status.Status) condition {
	msg := strings.ToLower(s.Message())
	switch s.Code() {
	case codes.Unknown, codes.InvalidArgument:
		if strings.Contains(msg, "status: 456") || strings.HasPrefix(msg, "unexpected http status code received from server: 456") {
			return wrongStrategy
		}
	case codes.Unavailable:
		if strings.Contains(msg, "status: 503") || strings.HasPrefix(msg, "unexpected http status code received from server: 503") {
			return suspended
		}
	case codes.Internal:
		if strings.Contains(msg, "access denied") {
			return sessionExpired
		}
	case codes.Unimplemented:
		return unimplemented
	}
	return noCondition
}

// contextError is the context's error, with its cause where it has another.
func contextError(ctx context.Context) error {
	err := ctx.Err()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}
