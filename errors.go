package e6data

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What went wrong, for errors.Is. The error itself is an *[Error] that says
// where and carries the cause.
var (
	// ErrAuthentication: the engine refused user or token, or the token endpoint
	// the OAuth client. Trying again does not help.
	ErrAuthentication = errors.New("authentication failed")
	// ErrTokenUnavailable: no OAuth access token could be had, because the token
	// endpoint or the application's token source failed. Trying again later may
	// help.
	ErrTokenUnavailable = errors.New("no access token is available")
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
	// ErrTLS: no TLS connection could be made, and the call was not sent. The
	// message says what to do; errors.As finds the cause where the driver saw it,
	// such as an [crypto/x509.UnknownAuthorityError], [crypto/x509.HostnameError]
	// or [crypto/x509.CertificateInvalidError].
	ErrTLS = errors.New("the TLS handshake failed")
	// ErrQueryCancelled: the query was cancelled by [Conn.Cancel] or
	// [Conn.Clear] on a connection of the same [Connector]. The rows that were read
	// are right. What a statement that changes data had done by then, only its
	// effect tells.
	ErrQueryCancelled = errors.New("the query was cancelled")
	// ErrNotRunning: the query has been closed already, or no connection of this
	// [Connector] runs it.
	ErrNotRunning = errors.New("the query is not running")
	// ErrTransactions: the engine has no transactions.
	ErrTransactions = errors.New("e6data: transactions are not supported")
)

// Phase is a step in the life of a connection or query.
type Phase string

// The phases of a query in their order; waking a cluster; browsing catalogs and
// dry runs; and watching and cancelling a query.
const (
	PhaseConnect  Phase = "connect"
	PhasePing     Phase = "ping"
	PhasePrepare  Phase = "prepare"
	PhaseExecute  Phase = "execute"
	PhaseMetadata Phase = "metadata"
	PhaseFetch    Phase = "fetch"
	PhaseClear    Phase = "clear"
	PhaseResume   Phase = "resume"
	PhaseCatalog  Phase = "catalog"
	PhaseStatus   Phase = "status"
	PhaseExplain  Phase = "explain"
	PhaseCancel   Phase = "cancel"
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
	// Kind is one of the Err... variables; [errors.ErrUnsupported] where the
	// engine lacks the method; or nil: an SQL error, for one.
	Kind error
	// Err is the cause, or nil: a context's error, a *thriftrows.FormatError.
	Err error

	condition condition
	sent      bool // the call left this process
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
	if overhear != nil {
		overhear(b.String())
	}
	return b.String()
}

// overhear is told the text of an error whenever somebody asks for it: the tests
// set it.
var overhear func(text string)

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
	return e.condition == gaveUp || e.condition == noAnswer || e.condition == suspended
}

// condition is what an answer means for what to do next (WIRE.md section 6).
type condition uint8

const (
	noCondition condition = iota
	wrongStrategy
	sessionExpired
	suspended
	unimplemented
	unsent   // the call did not leave this process
	noAnswer // the call was sent; its answer was lost on the way
	gaveUp   // the caller's context ended
	// tlsFailed: the call did not leave this process, because server and driver
	// do not accept each other; the next moment will not change that.
	tlsFailed
	tokenRefused // OAuth: the engine did not accept the access token

	numConditions
)

var conditionNames = [numConditions]string{
	"none", "wrong strategy", "session expired", "suspended", "unimplemented", "not sent", "no answer", "gave up", "TLS failed",
	"token refused",
}

func (c condition) String() string { return conditionNames[c] }

var kinds = [numConditions]error{
	wrongStrategy: ErrWrongStrategy, sessionExpired: ErrSessionExpired, suspended: ErrClusterSuspended,
	unimplemented: errors.ErrUnsupported, tlsFailed: ErrTLS, tokenRefused: ErrAuthentication,
}

// conditionOf tells what an error that the driver made means.
func conditionOf(err error) condition {
	var e *Error
	if errors.As(err, &e) {
		return e.condition
	}
	return noCondition
}

// How grpc-go renders what is no answer of the engine's; pinned by
// TestWhatGRPCMakesOfAProxysAnswers.
const (
	httpStatusPrefix = "unexpected http status code received from server: "
	receivedTooMuch  = "grpc: received message larger than max"
	unpackedTooMuch  = "grpc: received message after decompression larger than max"
)

// lostPrefixes begin grpc-go's texts, in lower case, about an answer that broke off
// or that it could not read. Whatever the answer said is lost.
var lostPrefixes = [...]string{
	"stream terminated by rst_stream with error code: ",
	"grpc: failed to ", // unmarshal, decompress
	"grpc: compressed flag set with identity or empty encoding",
	"grpc: decompressor is not installed",
	"grpc: received unexpected payload format",
	"transport: malformed ", // grpc-status, or another header
	"peer header list size exceeded limit",
	"cardinality violation: received no response message",
	"cardinality violation: expected <eof> for non server-streaming",
}

// illegible tells that a message, in lower case, begins in such a way.
func illegible(msg string) bool {
	return slices.ContainsFunc(lostPrefixes[:], func(p string) bool { return strings.HasPrefix(msg, p) })
}

// tooLarge tells that an answer exceeds Config.MaxRecvBytes.
func tooLarge(s *status.Status) bool {
	return s.Code() == codes.ResourceExhausted &&
		(strings.HasPrefix(s.Message(), receivedTooMuch) || strings.HasPrefix(s.Message(), unpackedTooMuch))
}

// classify recognises a condition in a gRPC status, in the shapes in which it
// reaches a client (WIRE.md section 6). sent tells whether the call left this
// process.
func classify(s *status.Status, sent bool) condition {
	msg := strings.ToLower(s.Message())
	if rest, ok := strings.CutPrefix(msg, httpStatusPrefix); ok {
		// A proxy answered. What follows the status may quote its page, so
		// nothing else is looked for; 404 is no UNIMPLEMENTED of the engine's.
		switch {
		case strings.HasPrefix(rest, "456"):
			return wrongStrategy
		case strings.HasPrefix(rest, "503"):
			return suspended
		}
		return noAnswer
	}
	if illegible(msg) || mute(s) {
		return noAnswer
	}
	switch s.Code() {
	case codes.Unknown, codes.InvalidArgument:
		if strings.Contains(msg, "status: 456") {
			return wrongStrategy
		}
	case codes.Unavailable:
		switch {
		case strings.Contains(msg, "status: 503"):
			return suspended
		case !sent:
			return unsent
		}
		return noAnswer
	case codes.Canceled, codes.DeadlineExceeded:
		if !sent {
			return unsent
		}
		return noAnswer
	case codes.Internal:
		if strings.Contains(msg, "access denied") {
			return sessionExpired
		}
	case codes.Unimplemented:
		return unimplemented
	}
	return noCondition
}

// mute tells that a proxy claimed to speak gRPC and gave no status: what it
// wanted to say is lost. WIRE.md section 6 tells the first form, and that of a
// bounded receive size, where four letters of the proxy's text are taken for a
// size; without a bound it is one of the others.
func mute(s *status.Status) bool {
	switch s.Code() {
	case codes.ResourceExhausted:
		const fourBlanks = 0x20202020
		var size, bound int64
		n, _ := fmt.Sscanf(s.Message(), receivedTooMuch+" (%d vs. %d)", &size, &bound)
		return n == 2 && size >= fourBlanks
	case codes.Unknown:
		return s.Message() == ""
	case codes.Internal:
		return s.Message() == "unexpected EOF" || s.Message() == "server closed the stream without sending trailers"
	}
	return false
}

// ended returns why ctx has ended, nil while it has not. A deadline that has
// passed counts: the engine and proxies know it, too, and what they make of it
// may be here before ctx's own timer has fired.
func ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return deadlineError(ctx)
	}
	return nil
}

// contextError is the context's error, with its cause where it has another.
func contextError(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		err = deadlineError(ctx)
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}
