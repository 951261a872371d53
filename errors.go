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

// The kinds of errors, for errors.Is. The error itself is an *[Error], which holds
// the phase and the cause.
var (
	// ErrAuthentication: the engine refused the user or token, or the token endpoint
	// refused the OAuth client. Another try does not help.
	ErrAuthentication = errors.New("authentication failed")
	// ErrTokenUnavailable: the driver could not get an OAuth access token, because
	// the token endpoint or the application's token source failed. A later try may
	// help.
	ErrTokenUnavailable = errors.New("no access token is available")
	// ErrWrongStrategy: the colour of the query is no longer live. Before a query is
	// executed, the driver moves it to the live colour. This error means that the
	// driver could not move the query, or that the query was already running and is
	// lost.
	ErrWrongStrategy = errors.New("the deployment colour is not live")
	// ErrSessionExpired: the engine does not know the session any more. The driver
	// could not repeat the call with a new session, or a new session was of no use.
	ErrSessionExpired = errors.New("the session has expired")
	// ErrUnknownCluster: the deployment has no cluster with the name in
	// Config.ClusterName, or it requires a name and the Config has none. Correct
	// cluster_name in the DSN.
	ErrUnknownCluster = errors.New("the deployment does not know the cluster")
	// ErrClusterSuspended: the cluster is suspended.
	ErrClusterSuspended = errors.New("the cluster is suspended")
	// ErrIncompleteResult: the result ended, or the connection was lost, before all
	// rows were read. The rows that were read are correct. The driver cannot request
	// the others. Run the query again if that is safe.
	ErrIncompleteResult = errors.New("the result is incomplete")
	// ErrAmbiguousExecution: the driver sent the query for execution and received no
	// answer. The engine may or may not have executed the query. The driver does not
	// send it again. Check the effect of the query before you run it again.
	ErrAmbiguousExecution = errors.New("the query may or may not have been executed")
	// ErrTLS: the TLS handshake failed, and the call was not sent. The message names
	// the cure. errors.As finds the cause if the driver received it, such as an
	// [crypto/x509.UnknownAuthorityError], [crypto/x509.HostnameError] or
	// [crypto/x509.CertificateInvalidError].
	ErrTLS = errors.New("the TLS handshake failed")
	// ErrQueryCancelled: [Conn.Cancel], [Conn.Clear] or another client of the engine
	// cancelled the query. The rows that were read are correct. A statement that
	// changes data may have changed some: check its effect.
	ErrQueryCancelled = errors.New("the query was cancelled")
	// ErrNotRunning: the query is closed already, or no connection of this
	// [Connector] runs it.
	ErrNotRunning = errors.New("the query is not running")
	// ErrSQL: the engine refused the statement. [Error].Message is the engine's
	// reason. The statement reached the engine, so running the same text again does
	// not help. Rows that were read before are correct.
	ErrSQL = errors.New("the engine refused the statement")
	// ErrTransactions: the engine has no transactions; see [Config].Transactions.
	// The error also is [errors.ErrUnsupported].
	ErrTransactions error = unsupported("e6data: transactions are not supported")
)

// Phase is a step of a connection or a query.
type Phase string

// The phases of a query in their order; then the resume of a cluster, catalog calls
// and dry runs, and the calls that watch and cancel a query.
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

// Error is the failure of a call to the engine. errors.Is finds its Kind, one of the
// Err... variables, and its cause, such as [context.Canceled]. status.Code returns
// Code. An Error must not be changed.
type Error struct {
	// Phase is the step that failed.
	Phase Phase
	// QueryID is the engine's id of the query; empty if it has none yet.
	QueryID string
	// Strategy is the colour that the call was sent to, "blue" or "green"; empty if
	// no colour was known.
	Strategy string
	// Code is the gRPC code of the answer. It is codes.OK if no answer caused the
	// error, as with bytes that cannot be decoded.
	Code codes.Code
	// Message is the engine's own text, or the driver's description of the fault. It
	// holds no secret of the configuration.
	Message string
	// Kind is one of the Err... variables, or [errors.ErrUnsupported] if the engine
	// lacks the method, or nil.
	Kind error
	// Line and Column are the first place in the statement that the engine's text
	// names, from 1, if Kind is ErrSQL; 0 if it names none. The place is in the
	// statement that was sent, including a query tag and the arguments that the
	// driver wrote into it.
	Line, Column int
	// Err is the cause, such as a context's error or a *thriftrows.FormatError, or
	// nil.
	Err error

	condition condition
	elapsed   time.Duration // until the caller's context ended; 0 if unknown
}

// Error returns a text with the phase, the query's id, the colour, the cause and the
// message.
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
	if e.Kind != nil && !errors.Is(e.Kind, ErrSQL) { // the text of a refused statement is more exact
		fmt.Fprintf(&b, ": %v", e.Kind)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	e.writeAnswer(&b, ": ")
	return b.String()
}

// writeAnswer writes the engine's answer, if there is one.
func (e *Error) writeAnswer(b *strings.Builder, before string) {
	if e.Code != codes.OK {
		fmt.Fprintf(b, "%s%v", before, e.Code)
		before = ": "
	}
	if e.Message != "" {
		b.WriteString(before + e.Message)
	}
}

// doings describes each phase, for the text of an error after a context has ended.
var doings = map[Phase]string{
	PhaseConnect: "connecting", PhasePing: "pinging", PhasePrepare: "preparing", PhaseExecute: "executing",
	PhaseMetadata: "reading the result's columns", PhaseFetch: "fetching", PhaseClear: "clearing",
	PhaseResume: "waiting for the cluster to resume", PhaseCatalog: "reading the catalog", PhaseStatus: "reading the query's state",
	PhaseExplain: "reading the query's plan", PhaseCancel: "cancelling",
}

// gaveUpText returns the text of the error of a context that has ended. It leaves
// out gRPC's text, which only repeats that the context has ended.
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

// causeText returns the text of the cause in a context's error, without the texts of
// the context's own errors.
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

// roundElapsed rounds d to a few significant digits.
func roundElapsed(d time.Duration) time.Duration {
	unit := time.Microsecond
	for unit*1000 <= d {
		unit *= 10
	}
	return d.Round(unit)
}

// Unwrap returns Kind and Err, without nils.
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

// GRPCStatus returns the status for status.FromError and status.Code.
func (e *Error) GRPCStatus() *status.Status {
	if e.Code == codes.OK {
		return status.New(codes.Unknown, e.Error())
	}
	return status.New(e.Code, e.Message)
}
