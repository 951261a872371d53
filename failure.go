package e6data

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/internal/oauth"
	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// condition is the meaning of a failed call for the next step (docs/protocol.md,
// section 6).
type condition uint8

const (
	noCondition condition = iota
	wrongStrategy
	sessionExpired
	suspended
	unimplemented
	unsent   // the call did not leave this process
	noAnswer // the call was sent; its answer was lost on the way
	gaveUp   // the caller's context has ended
	// tlsFailed: the call did not leave this process, because server and driver do
	// not accept each other. Another try will fail as well.
	tlsFailed
	tokenRefused // OAuth: the engine did not accept the access token
	// denialMentioned: "Access denied" stands inside the message. The session may
	// have expired, or the engine may report another problem, such as a file that it
	// cannot read.
	denialMentioned
	// denied: the engine refused a session that replaced a refused one. The error is
	// reported as the engine's answer.
	denied
	// credentialsRefused: authenticate was refused.
	credentialsRefused
	// mute: the answer has no status, or the engine threw an exception.
	mute
	// colorDown: an announced colour that has never answered is down. The strategy
	// entry has returned to the colour before it.
	colorDown
	unknownCluster
	// authUnavailable: the service that checks OAuth tokens in front of the engine
	// is down. The engine did not receive the call.
	authUnavailable
	// cancelledElsewhere: another client cancelled the query whose result is
	// fetched.
	cancelledElsewhere
	// stuck: no answer came within Config.ConnectTimeout on a channel that looked
	// alive. The next try uses another channel.
	stuck
	// noLiveColor: both colours answered 456.
	noLiveColor

	numConditions
)

var conditionNames = [numConditions]string{
	noCondition: "none", wrongStrategy: "wrong strategy", sessionExpired: "session expired", suspended: "suspended",
	unimplemented: "unimplemented", unsent: "not sent", noAnswer: "no answer", gaveUp: "gave up", tlsFailed: "TLS failed",
	tokenRefused: "token refused", denialMentioned: "denial mentioned", denied: "denied",
	credentialsRefused: "credentials refused", mute: "no status", colorDown: "colour down", unknownCluster: "unknown cluster",
	authUnavailable: "authentication unavailable", cancelledElsewhere: "cancelled", stuck: "stuck", noLiveColor: "no live colour",
}

func (c condition) String() string { return conditionNames[c] }

var kinds = [numConditions]error{
	wrongStrategy: ErrWrongStrategy, sessionExpired: ErrSessionExpired, suspended: ErrClusterSuspended,
	unimplemented: errors.ErrUnsupported, tlsFailed: ErrTLS, tokenRefused: ErrAuthentication,
	credentialsRefused: ErrAuthentication, colorDown: ErrWrongStrategy, unknownCluster: ErrUnknownCluster,
	cancelledElsewhere: ErrQueryCancelled, noLiveColor: ErrWrongStrategy,
}

// lost reports whether the engine may have done what the call asked for: the call
// was sent, and no answer proves the opposite.
func (c condition) lost() bool {
	return c == gaveUp || c == noAnswer || c == suspended || c == mute
}

// conditionOf returns the condition of an error that the driver made.
func conditionOf(err error) condition {
	if err == nil {
		return noCondition // without the cost of errors.As
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.condition
	}
	return noCondition
}

// verdict is the meaning of a failed call. It is complete before an *Error is made
// of it, and does not change afterwards.
type verdict struct {
	condition condition
	code      codes.Code
	message   string
	kind      error
	cause     error
}

// decideKind returns the meaning of a failed call's status. sent reports whether the
// call may have left this process; false is certain.
func (c *caller) decideKind(ctx context.Context, k *call, s *status.Status, sent bool, grant *oauth.Grant) verdict {
	v := verdict{code: s.Code(), condition: classify(k.phase, s, sent)}
	gone := ended(ctx)
	if gone == nil && s.Code() == codes.DeadlineExceeded {
		gone = almostEnded(ctx)
	}
	if gone != nil {
		v.condition, v.cause = gaveUp, gone
		if k.phase == PhaseExecute && sent {
			v.kind = ErrAmbiguousExecution
		}
		return v
	}
	v.message = c.redact(s.Message(), grant, k.req)
	c.decideAccess(k, s, &v, grant != nil)
	c.decideSession(k, s, &v)
	if v.condition == unsent {
		c.explainConnection(&v, s.Message())
		if v.cause == nil {
			v.message = "no connection to " + c.peer() + ": " + v.message
		}
	}
	if pingsRefused(s.Message()) {
		v.message += c.pingsRefused()
	}
	if tooLarge(s) && v.condition == noCondition {
		v.message += ": max_recv_bytes is " + formatSize(int64(c.cfg.MaxRecvBytes))
		if k.phase == PhaseExecute || k.phase == PhaseMetadata || k.phase == PhaseFetch {
			v.condition = noAnswer // the engine did the work, and the answer is lost
		}
	}
	v.kind = kinds[v.condition]
	if v.kind == nil && s.Code() == codes.Unauthenticated {
		v.kind = ErrAuthentication
	}
	v.decideLoss(k, sent)
	if v.refused(k, s, sent) {
		v.kind = ErrSQL
	}
	return v
}

// decideAccess recognises refused tokens and credentials, and adds the setting that
// may be wrong to the message.
func (c *caller) decideAccess(k *call, s *status.Status, v *verdict, bearer bool) {
	switch {
	case bearer && (s.Code() == codes.Unauthenticated || v.condition == sessionExpired && sessionOf(k.req) == ""):
		// The call brought no session, so that the denial can only concern the
		// token.
		v.condition, v.message = tokenRefused, c.cfg.address()+" refused the access token: "+v.message
	case k.method == wire.QueryEngineService_Authenticate_FullMethodName &&
		(v.condition == sessionExpired || s.Code() == codes.Unauthenticated || s.Code() == codes.PermissionDenied):
		v.condition, v.message = credentialsRefused, c.refusedCredentials()+": "+v.message
	case v.condition == unknownCluster:
		name := c.cfg.ClusterName
		if name == "" {
			v.message += ": set cluster_name"
		} else {
			v.message += fmt.Sprintf(": cluster_name is %q", name)
		}
	case v.condition == unimplemented && k.method == wire.QueryEngineService_GetDynamicParams_FullMethodName:
		v.message += ": params=server needs it, params=client does not"
	}
}

func (c *caller) refusedCredentials() string {
	return fmt.Sprintf("%s refused user %q or the access token", c.cfg.address(), c.cfg.User)
}

// decideSession decides what a denial of the session proves. If the message begins
// with the denial, the session has expired, and the engine refused the call before
// it did anything. For a batch of a result of unknown size the whole message must be
// the denial, because nothing else would show that a batch was consumed. If the
// session replaced a denied one, the denial proves nothing about sessions.
func (c *caller) decideSession(k *call, s *status.Status, v *verdict) {
	if v.condition != sessionExpired && v.condition != denialMentioned {
		return
	}
	switch {
	case k.replacement:
		v.condition = denied
	case k.uncounted && s.Message() != accessDenied:
		v.condition = denialMentioned
	}
}

// decideLoss decides whether the query may have been executed, and whether rows of
// its result are lost.
func (v *verdict) decideLoss(k *call, sent bool) {
	switch {
	case k.phase == PhaseExecute && v.condition.lost() && sent:
		v.become(ErrAmbiguousExecution)
	case k.phase == PhaseMetadata || k.phase == PhaseFetch:
		switch {
		case v.condition == cancelledElsewhere:
		case v.condition == denied:
			// An engine that lost the session, for example by a restart, has lost
			// the query.
			v.kind = ErrSessionExpired
			v.become(ErrIncompleteResult)
		case v.condition.lost(), v.condition == unsent, v.kind != nil, k.replacement,
			v.condition == denialMentioned && k.phase == PhaseFetch:
			v.become(ErrIncompleteResult)
		}
	}
}

// become sets the kind of the verdict. The kind before becomes part of the cause.
func (v *verdict) become(kind error) {
	switch {
	case v.cause == nil:
		v.cause = v.kind
	case v.kind != nil:
		v.cause = fmt.Errorf("%w: %w", v.kind, v.cause)
	}
	v.kind = kind
}

// fail returns the *Error for the verdict on k.
func (c *caller) fail(ctx context.Context, k *call, v verdict) *Error {
	e := &Error{
		Phase: k.phase, QueryID: k.route.queryID, Strategy: k.route.state.Color.String(),
		Code: v.code, Message: v.message, Kind: v.kind, Err: v.cause, condition: v.condition,
	}
	if k.probing() && v.condition != wrongStrategy && v.condition != mute {
		e.Strategy = "" // no colour is known yet
	}
	if errors.Is(v.kind, ErrSQL) {
		e.Line, e.Column = placeIn(v.message)
	}
	if v.condition == gaveUp {
		e.elapsed = elapsed(ctx, k.began)
	}
	return e
}

// noToken returns the error of a call that was not made, or not repeated, because no
// access token was available. code is that of the last answer.
func (c *caller) noToken(ctx context.Context, k *call, code codes.Code, err error) *Error {
	v := verdict{code: code, kind: ErrTokenUnavailable, cause: err}
	if gone := ended(ctx); gone != nil {
		return c.fail(ctx, k, verdict{code: code, condition: gaveUp, cause: gone})
	}
	if refused, ok := errors.AsType[*oauth.Error](err); ok && refused.Refused {
		v.kind = ErrAuthentication
	} else if k.phase == PhaseClear || k.phase == PhaseCancel {
		v.condition = unsent // a token may become available within cleanup_timeout
	}
	if k.phase == PhaseMetadata || k.phase == PhaseFetch {
		v.become(ErrIncompleteResult)
	}
	return c.fail(ctx, k, v)
}

// sessionOf returns the session id in a request.
func sessionOf(req proto.Message) string {
	if r, ok := req.(interface{ GetSessionId() string }); ok {
		return r.GetSessionId()
	}
	return ""
}

// redact replaces the secrets, and the token and session of the call, in a message
// of the engine.
func (c *caller) redact(msg string, grant *oauth.Grant, req proto.Message) string {
	msg = c.secrets.Replace(msg)
	if grant != nil {
		msg = redactor(grant.Secret()).Replace(msg)
	}
	return redactor(sessionOf(req)).Replace(msg)
}

// wrap returns err as an *Error. It is used for errors that no answer caused. An
// *Error is returned unchanged.
func wrap(phase Phase, r route, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Phase: phase, QueryID: r.queryID, Strategy: r.state.Color.String(), Err: err}
}

// interrupted returns err if the caller's context has not ended. Otherwise it
// returns an error that wraps both err and the context's error: the context ended
// before the call could be repeated.
func interrupted(ctx context.Context, err error) error {
	e, ok := errors.AsType[*Error](err)
	gone := ended(ctx)
	if !ok || gone == nil {
		return err
	}
	given := *e
	given.condition, given.Err, given.elapsed = gaveUp, gone, elapsed(ctx, time.Time{})
	if e.Err != nil {
		given.Err = fmt.Errorf("%w: %w", gone, e.Err)
	}
	return &given
}

// connectError converts the error of a detection to an *Error.
func connectError(err error) error {
	var cause *Error
	if !errors.As(err, &cause) {
		return &Error{Phase: PhaseConnect, Err: err} // the error of a waiter's context
	}
	if !errors.Is(err, strategy.ErrNoLiveColor) {
		return cause
	}
	return &Error{Phase: PhaseConnect, Code: cause.Code, Kind: ErrWrongStrategy, Err: err, condition: noLiveColor}
}
