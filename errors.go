package e6data

import (
	"context"
	"errors"
	"fmt"
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
	// ErrSessionExpired: the engine no longer knows the session, and the call was
	// not repeated with a new one: that was not possible, or no longer of use.
	ErrSessionExpired = errors.New("the session has expired")
	// ErrUnknownCluster: the deployment has no cluster of the name that
	// Config.ClusterName gives, or wants a name and was given none. Correct
	// cluster_name in the DSN.
	ErrUnknownCluster = errors.New("the deployment does not know the cluster")
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
	// ErrQueryCancelled: the query was cancelled, by [Conn.Cancel] or
	// [Conn.Clear] or by another client of the engine. The rows that were read
	// are right. What a statement that changes data had done by then, only its
	// effect tells.
	ErrQueryCancelled = errors.New("the query was cancelled")
	// ErrNotRunning: the query has been closed already, or no connection of this
	// [Connector] runs it.
	ErrNotRunning = errors.New("the query is not running")
	// ErrSQL: the engine refused the statement, and says in [Error].Message why. That
	// is its own answer: the statement was not lost on the way, and running it again
	// as it is does not help. Rows that were read before are right.
	ErrSQL = errors.New("the engine refused the statement")
	// ErrTransactions: the engine has no transactions, see [Config].Transactions. It
	// is [errors.ErrUnsupported], too.
	ErrTransactions error = unsupported("e6data: transactions are not supported")
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
	// engine lacks the method; or nil.
	Kind error
	// Line and Column are the place in the statement that the engine's text names
	// first, from 1, where Kind is ErrSQL; 0 where it names none. The engine counts
	// in the statement as it was sent, with a query tag and with arguments that the
	// driver wrote into it.
	Line, Column int
	// Err is the cause, or nil: a context's error, a *thriftrows.FormatError.
	Err error

	condition condition
	elapsed   time.Duration // until the caller gave up, 0 where that is not known
}

func (e *Error) Error() string {
	text := "e6data: " + e.text()
	if listen := testHooks.errorText; listen != nil {
		listen(text)
	}
	return text
}

func (e *Error) text() string {
	if e.condition == gaveUp && (errors.Is(e.Err, context.DeadlineExceeded) || errors.Is(e.Err, context.Canceled)) {
		return e.gaveUpText()
	}
	var b strings.Builder
	b.WriteString(string(e.Phase))
	if e.QueryID != "" {
		fmt.Fprintf(&b, " query %s", e.QueryID)
	}
	if e.Strategy != "" {
		fmt.Fprintf(&b, " (%s)", e.Strategy)
	}
	if e.Kind != nil && !errors.Is(e.Kind, ErrSQL) { // whose text says more
		fmt.Fprintf(&b, ": %v", e.Kind)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	e.writeAnswer(&b, ": ")
	return b.String()
}

// writeAnswer writes what the engine answered, if anything.
func (e *Error) writeAnswer(b *strings.Builder, before string) {
	if e.Code != codes.OK {
		fmt.Fprintf(b, "%s%v", before, e.Code)
		before = ": "
	}
	if e.Message != "" {
		b.WriteString(before + e.Message)
	}
}

// doings say in an error what was going on when the caller gave up.
var doings = map[Phase]string{
	PhaseConnect: "connecting", PhasePing: "pinging", PhasePrepare: "preparing", PhaseExecute: "executing",
	PhaseMetadata: "reading the result's columns", PhaseFetch: "fetching", PhaseClear: "clearing",
	PhaseResume: "waiting for the cluster to resume", PhaseCatalog: "reading the catalog", PhaseStatus: "reading the query's state",
	PhaseExplain: "reading the query's plan", PhaseCancel: "cancelling",
}

// gaveUpText is the text of an error of a context that has ended. What gRPC makes
// of that is not shown: the context's end is the one fact.
func (e *Error) gaveUpText() string {
	var b strings.Builder
	var setting *timeoutError
	switch {
	case errors.As(e.Err, &setting):
		fmt.Fprintf(&b, "timed out after %s (%s)", formatDuration(setting.d), setting.setting)
	case !errors.Is(e.Err, context.DeadlineExceeded):
		b.WriteString("cancelled")
	case e.elapsed > 0:
		fmt.Fprintf(&b, "timed out after %v", roundElapsed(e.elapsed))
	default:
		b.WriteString("timed out")
	}
	b.WriteString(" while " + doings[e.Phase])
	switch {
	case e.QueryID != "" && e.Strategy != "":
		fmt.Fprintf(&b, " (query %s, %s)", e.QueryID, e.Strategy)
	case e.QueryID != "":
		fmt.Fprintf(&b, " (query %s)", e.QueryID)
	case e.Strategy != "":
		fmt.Fprintf(&b, " (%s)", e.Strategy)
	}
	if cause := causeText(e.Err); cause != "" {
		b.WriteString("; the cause is: " + cause)
	}
	switch {
	case e.Message != "" && e.Code != codes.OK:
		e.writeAnswer(&b, "; the last answer was: ")
	case e.Message != "":
		b.WriteString("; " + e.Message)
	}
	if e.Kind != nil {
		fmt.Fprintf(&b, "; %v", e.Kind)
	}
	if errors.Is(e.Kind, ErrAmbiguousExecution) {
		b.WriteString(": find out by its effect before you run it again")
	}
	return b.String()
}

// causeText is the text of what an error of a context wraps besides the context's
// own errors.
func causeText(err error) string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return ""
		}
		return err.Error()
	}
	var texts []string
	for _, part := range joined.Unwrap() {
		if text := causeText(part); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ": ")
}

// roundElapsed leaves as many digits of d as mean something to a reader.
func roundElapsed(d time.Duration) time.Duration {
	unit := time.Microsecond
	for unit*1000 <= d {
		unit *= 10
	}
	return d.Round(unit)
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
