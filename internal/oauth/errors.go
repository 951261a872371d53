package oauth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Error describes why a token endpoint returned no token. Of the endpoint's
// answer it holds only the status and an error code that the standard defines.
type Error struct {
	// Host is the endpoint's host. It is empty for the application's
	// TokenSource.
	Host string
	// Status is the HTTP status, or 0 if there was no answer.
	Status int
	// Code is an error code of RFC 6749, such as invalid_client, or empty.
	Code string
	// Refused reports whether the endpoint refused the client. Another attempt
	// would fail too.
	Refused bool
	// Problem describes the failure in this package's words.
	Problem string
	// Err is a failure of the network, or nil.
	Err error

	again bool // another attempt may succeed
	// pause is the time until the next request to the endpoint; 0 means
	// keepFailure.
	pause time.Duration
}

// The pauses after an answer of a token endpoint.
const (
	// pauseRefused follows a refusal of the client. Only a change of the
	// configuration cures it.
	pauseRefused = 30 * time.Second
	// pauseTooMany follows 429 without a Retry-After.
	pauseTooMany = 5 * time.Second
	// maxRetryAfter bounds the pause that a Retry-After asks for.
	maxRetryAfter = 60 * time.Second
)

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("token endpoint")
	if e.Host != "" {
		b.WriteString(" " + e.Host)
	}
	b.WriteString(": ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "HTTP status %d", e.Status)
		if e.Code != "" {
			b.WriteString(" " + e.Code)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Problem)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.pause > 0 {
		fmt.Fprintf(&b, "; the driver sends no further request for %v", e.pause)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// registered holds the error codes of RFC 6749, sections 5.2 and 4.1.2.1.
var registered = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
	"invalid_scope", "access_denied", "unsupported_response_type", "server_error", "temporarily_unavailable",
}

const problemMalformed = "its answer holds no valid bearer token"

// describe returns an Error for the error of an exchange. It keeps the cause
// only if the cause cannot quote the answer. Some errors of net/http and
// encoding/json quote it, and oauth2.RetrieveError holds all of it.
func describe(ctx context.Context, err error) *Error {
	if retrieve, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return refusedBy(retrieve)
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		return &Error{Status: r.status, Problem: r.err.Error()}
	}
	if ctx.Err() != nil {
		return &Error{Problem: fmt.Sprintf("no answer within %v", exchangeTimeout)}
	}
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &Error{Problem: "its certificate was not accepted", Err: cert}
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return &Error{Problem: "it does not speak TLS"}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return &Error{Problem: "it cannot be reached", Err: op, again: true}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Problem: "the connection was closed before the answer was complete", again: true}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return &Error{Problem: "no answer in time", again: true}
	}
	return &Error{Problem: problemMalformed}
}

func refusedBy(r *oauth2.RetrieveError) *Error {
	e := &Error{Problem: "it returned no token"}
	if r.Response != nil {
		e.Status = r.Response.StatusCode
	}
	if slices.Contains(registered, r.ErrorCode) {
		e.Code = r.ErrorCode
	}
	switch {
	case e.Status >= 500:
		e.again, e.pause = true, retryAfter(r.Response, 0)
	case e.Status == http.StatusTooManyRequests:
		e.pause = retryAfter(r.Response, pauseTooMany)
	case e.Status == http.StatusRequestTimeout:
	default:
		e.Refused, e.pause = true, pauseRefused
		e.Problem = "it refused the client: check the URL, client id, secret, scope and the way they are sent"
	}
	return e
}

// retryAfter returns the pause of an answer's Retry-After, in whole seconds from 1
// to 60. If the answer has no valid Retry-After (RFC 9110), it returns without.
func retryAfter(r *http.Response, without time.Duration) time.Duration {
	text := r.Header.Get("Retry-After")
	var after time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		after = time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		after = time.Until(at)
	} else {
		return without
	}
	after += time.Second - 1 // round up
	return min(max(after.Truncate(time.Second), keepFailure), maxRetryAfter)
}

// checkToken returns an Error if a token cannot be sent as a bearer token.
func checkToken(t *oauth2.Token) *Error {
	if t == nil || !CheckToken(t.AccessToken) || t.Type() != "Bearer" {
		return &Error{Problem: problemMalformed}
	}
	return nil
}

// askTokenSource calls the application's TokenSource. It returns the
// application's error, unless that error quotes a token endpoint's answer.
func askTokenSource(ts oauth2.TokenSource) (*oauth2.Token, error) {
	t, err := ts.Token()
	if err != nil {
		if retrieve, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
			return nil, refusedBy(retrieve)
		}
		return nil, fmt.Errorf("the token source: %w", err)
	}
	if checkToken(t) != nil {
		return nil, errors.New("the token source returned no bearer token that can be sent")
	}
	return t, nil
}
