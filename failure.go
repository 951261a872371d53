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

// condition is what an answer means for what to do next (docs/protocol.md, section 6).
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
	// denialMentioned: "Access denied" stands inside the message. The session may
	// have expired, and the engine may as well tell of a file that it cannot read.
	denialMentioned
	// denied: the engine refused a session that was opened because another one
	// was refused. This is its answer.
	denied
	// credentialsRefused: authenticate was refused.
	credentialsRefused
	// mute: an answer without a status, or an exception in the engine.
	mute
	// colorDown: a colour that was announced does not answer, and has never
	// answered; the strategy entry has returned to the colour before.
	colorDown
	unknownCluster
	// authUnavailable: the service that checks OAuth tokens in front of the engine
	// is down. The engine has not seen the call.
	authUnavailable
	// cancelledElsewhere: somebody cancelled the query whose result is fetched.
	cancelledElsewhere
	// stuck: no answer came in Config.ConnectTimeout on a channel that looked
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

// lost reports whether a call under which c arose may have been done: it was sent,
// and nothing certain came back.
func (c condition) lost() bool {
	return c == gaveUp || c == noAnswer || c == suspended || c == mute
}

// conditionOf returns what an error that the driver made means.
func conditionOf(err error) condition {
	if err == nil {
		return noCondition // at no cost
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.condition
	}
	return noCondition
}

// verdict is what a failed call means. It is complete before an *Error is made of
// it, and no caller changes that.
type verdict struct {
	condition condition
	code      codes.Code
	message   string
	kind      error
	cause     error
}

// decideKind decides what the status of a failed call means. sent reports whether the
// call may have left this process: false is certain.
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
			v.condition = noAnswer // what was asked for was done, and the answer is lost
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

// decideAccess recognises refused tokens and credentials, and names the setting
// that may be wrong.
func (c *caller) decideAccess(k *call, s *status.Status, v *verdict, bearer bool) {
	switch {
	case bearer && (s.Code() == codes.Unauthenticated || v.condition == sessionExpired && sessionOf(k.req) == ""):
		// An engine that denies access to a call that brought no session can mean
		// nothing else.
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

// decideSession decides what a denial of the session proves. At the beginning of the
// message it proves that the session has expired, and that the call was refused
// before anything else was done. For a batch of a result of unknown size that is
// not enough, since nothing would tell of a batch that was consumed all the same:
// there the denial must be the whole message. A denial of a session that replaces
// a denied one proves nothing about sessions.
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
			// An engine that lost the session, by a restart, has lost the query.
			v.kind = ErrSessionExpired
			v.become(ErrIncompleteResult)
		case v.condition.lost(), v.condition == unsent, v.kind != nil, k.replacement,
			v.condition == denialMentioned && k.phase == PhaseFetch:
			v.become(ErrIncompleteResult)
		}
	}
}

// become makes kind the verdict's, and keeps what was known as the cause.
func (v *verdict) become(kind error) {
	switch {
	case v.cause == nil:
		v.cause = v.kind
	case v.kind != nil:
		v.cause = fmt.Errorf("%w: %w", v.kind, v.cause)
	}
	v.kind = kind
}

// fail makes the *Error of a verdict on k.
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

// noToken is the error of a call that was not made, or not again, because no
// access token could be had. code is that of the last answer.
func (c *caller) noToken(ctx context.Context, k *call, code codes.Code, err error) *Error {
	v := verdict{code: code, kind: ErrTokenUnavailable, cause: err}
	if gone := ended(ctx); gone != nil {
		return c.fail(ctx, k, verdict{code: code, condition: gaveUp, cause: gone})
	}
	if refused, ok := errors.AsType[*oauth.Error](err); ok && refused.Refused {
		v.kind = ErrAuthentication
	} else if k.phase == PhaseClear || k.phase == PhaseCancel {
		v.condition = unsent // there may be a token before cleanup_timeout is over
	}
	if k.phase == PhaseMetadata || k.phase == PhaseFetch {
		v.become(ErrIncompleteResult)
	}
	return c.fail(ctx, k, v)
}

// sessionOf returns the session that a request brings.
func sessionOf(req proto.Message) string {
	if r, ok := req.(interface{ GetSessionId() string }); ok {
		return r.GetSessionId()
	}
	return ""
}

// redact keeps the secrets, and the token and session of the call, out of
// messages, in case the engine repeats them.
func (c *caller) redact(msg string, grant *oauth.Grant, req proto.Message) string {
	msg = c.secrets.Replace(msg)
	if grant != nil {
		msg = redactor(grant.Secret()).Replace(msg)
	}
	return redactor(sessionOf(req)).Replace(msg)
}

// wrap puts an error that no answer carried into an *Error; one that already
// is an *Error stays as it is.
func wrap(phase Phase, r route, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Phase: phase, QueryID: r.queryID, Strategy: r.state.Color.String(), Err: err}
}

// interrupted returns err, or, if the caller's context has ended, an error in
// which both can be found: the context ended before the call could be made again.
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

// connectError makes an *Error of what a detection returned.
func connectError(err error) error {
	var cause *Error
	if !errors.As(err, &cause) {
		return &Error{Phase: PhaseConnect, Err: err} // a waiter's context
	}
	if !errors.Is(err, strategy.ErrNoLiveColor) {
		return cause
	}
	return &Error{Phase: PhaseConnect, Code: cause.Code, Kind: ErrWrongStrategy, Err: err, condition: noLiveColor}
}
