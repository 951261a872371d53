package otele6data

import (
	"context"
	"errors"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/thriftrows"
)

// classes holds the values of error.type in the order of precedence: an
// execution with an unknown outcome comes before a timeout.
var classes = []struct {
	err  error
	name string
}{
	{e6data.ErrAmbiguousExecution, "ambiguous_execution"},
	{e6data.ErrIncompleteResult, "incomplete_result"},
	{e6data.ErrQueryCancelled, "query_cancelled"},
	{context.DeadlineExceeded, "timeout"},
	{context.Canceled, "cancelled"},
	{e6data.ErrAuthentication, "authentication"},
	{e6data.ErrTokenUnavailable, "token_unavailable"},
	{e6data.ErrWrongStrategy, "wrong_strategy"},
	{e6data.ErrSessionExpired, "session_expired"},
	{e6data.ErrClusterSuspended, "cluster_suspended"},
	{e6data.ErrTLS, "tls"},
	{e6data.ErrNotRunning, "not_running"},
	{errors.ErrUnsupported, "unsupported"},
}

// errorType returns the class of an error: one of classes, a gRPC code, or the
// Go type of the cause.
func errorType(err error) attribute.KeyValue {
	for _, c := range classes {
		if errors.Is(err, c.err) {
			return semconv.ErrorTypeKey.String(c.name)
		}
	}
	var malformed *thriftrows.FormatError
	if errors.As(err, &malformed) {
		return semconv.ErrorTypeKey.String("malformed_result")
	}
	if name := statusCode(err); name != "" {
		return semconv.ErrorTypeKey.String(name)
	}
	var e *e6data.Error
	if errors.As(err, &e) {
		err = e.Err // nil is ErrorTypeOther
	}
	return semconv.ErrorType(err)
}

// statusCode returns the gRPC code of an answer in gRPC's spelling, such as
// INVALID_ARGUMENT. It returns "" if there was no answer.
func statusCode(err error) string {
	var e *e6data.Error
	if !errors.As(err, &e) || e.Code == codes.OK {
		return ""
	}
	return code.Code(e.Code).String()
}

// appendError appends the attributes of an error.
func appendError(attrs []attribute.KeyValue, err error) []attribute.KeyValue {
	if err == nil {
		return attrs
	}
	return appendText(append(attrs, errorType(err)), semconv.DBResponseStatusCodeKey, statusCode(err))
}

// outline describes an error without the texts of the engine or of other
// packages.
func outline(err error) string {
	var e *e6data.Error
	if !errors.As(err, &e) {
		return errorType(err).Value.AsString()
	}
	parts := []string{string(e.Phase)}
	if e.Kind != nil && !errors.Is(e.Kind, e6data.ErrSQL) { // for ErrSQL the code is more precise
		parts = append(parts, e.Kind.Error())
	} else {
		parts = append(parts, errorType(err).Value.AsString())
	}
	return strings.Join(parts, ": ")
}
