package adbce6data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/apache/arrow-adbc/go/adbc"
	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/thriftrows"
)

// Keys of the details of an error. The value of each is text.
const (
	// DetailQueryID is the engine's id of the query.
	DetailQueryID = "e6data.query_id"
	// DetailPhase is the step that failed, such as execute; see [e6data.Phase].
	DetailPhase = "e6data.phase"
	// DetailStrategy is the colour that the call was sent to, blue or green.
	DetailStrategy = "e6data.strategy"
	// DetailKind is the text of the error's kind, such as that of
	// [e6data.ErrAmbiguousExecution].
	DetailKind = "e6data.kind"
	// DetailGRPCCode is the number of the gRPC code in the engine's answer. It is the
	// vendor code, too. In C, an error with details has no room for a vendor code.
	DetailGRPCCode = "e6data.grpc_code"
	// DetailPlace is the line and the column in the statement, as in 3:14.
	DetailPlace = "e6data.place"
)

// failure is an error in ADBC's form with its cause.
type failure struct {
	status adbc.Error
	cause  error
}

func (f *failure) Error() string { return f.status.Error() }

// Unwrap returns the error in ADBC's form, and the cause.
func (f *failure) Unwrap() []error { return []error{f.status, f.cause} }

// failed converts an error of the driver. It returns an error in ADBC's form
// unchanged, and nil for nil.
func failed(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[adbc.Error](err); ok {
		return err
	}
	code, state := classify(err)
	if errors.Is(err, e6data.ErrAmbiguousExecution) {
		state = "08007" // the outcome is unknown, also after a cancellation
	}
	e := adbc.Error{Msg: err.Error(), Code: code}
	copy(e.SqlState[:], state)
	if call, ok := errors.AsType[*e6data.Error](err); ok {
		e.VendorCode = int32(call.Code)
		e.Details = details(call)
	}
	return &failure{status: e, cause: err}
}

// details returns the facts of an error that ADBC has no field for.
func details(e *e6data.Error) []adbc.ErrorDetail {
	var list []adbc.ErrorDetail
	add := func(key, value string) {
		if value != "" {
			list = append(list, &adbc.TextErrorDetail{Name: key, Detail: value})
		}
	}
	add(DetailQueryID, e.QueryID)
	add(DetailPhase, string(e.Phase))
	add(DetailStrategy, e.Strategy)
	if e.Kind != nil {
		add(DetailKind, e.Kind.Error())
	}
	if e.Code != codes.OK {
		add(DetailGRPCCode, strconv.Itoa(int(e.Code)))
	}
	if e.Line > 0 {
		add(DetailPlace, fmt.Sprintf("%d:%d", e.Line, e.Column))
	}
	return list
}

// meanings maps errors to a status and a SQLSTATE. The first that matches counts. The
// status of ErrAmbiguousExecution is not StatusIO, because clients may repeat a call
// after that.
var meanings = []struct {
	is     error
	status adbc.Status
	state  string
}{
	{context.DeadlineExceeded, adbc.StatusTimeout, "HYT00"},
	{context.Canceled, adbc.StatusCancelled, "57014"},
	{e6data.ErrQueryCancelled, adbc.StatusCancelled, "57014"},
	{e6data.ErrAmbiguousExecution, adbc.StatusUnknown, "08007"},
	{e6data.ErrAuthentication, adbc.StatusUnauthenticated, "28000"},
	{e6data.ErrSQL, adbc.StatusInvalidArgument, "42000"},
	{e6data.ErrIncompleteResult, adbc.StatusIO, "08006"},
	{e6data.ErrTLS, adbc.StatusIO, "08001"},
	{e6data.ErrTokenUnavailable, adbc.StatusIO, "08001"},
	{e6data.ErrUnknownCluster, adbc.StatusNotFound, "08001"},
	{e6data.ErrClusterSuspended, adbc.StatusIO, "57P03"},
	{e6data.ErrWrongStrategy, adbc.StatusIO, "08006"},
	{e6data.ErrSessionExpired, adbc.StatusIO, "08006"},
	{errors.ErrUnsupported, adbc.StatusNotImplemented, "0A000"},
	{sql.ErrConnDone, adbc.StatusInvalidState, "08003"},
}

// classify returns the status and the SQLSTATE of an error of the driver.
func classify(err error) (adbc.Status, string) {
	call, isCall := errors.AsType[*e6data.Error](err)
	if isCall && call.Code == codes.PermissionDenied && errors.Is(call.Kind, e6data.ErrSQL) {
		return byCode(call.Code)
	}
	for _, m := range meanings {
		if errors.Is(err, m.is) {
			return m.status, m.state
		}
	}
	if _, ok := errors.AsType[*e6data.ArgumentError](err); ok {
		return adbc.StatusInvalidArgument, "07001"
	}
	if _, ok := errors.AsType[*e6data.SyntaxError](err); ok {
		return adbc.StatusInvalidArgument, "42601"
	}
	if _, ok := errors.AsType[*thriftrows.FormatError](err); ok {
		return adbc.StatusInternal, "08P01"
	}
	if isCall {
		return byCode(call.Code)
	}
	return adbc.StatusUnknown, ""
}

// byCode returns the status for the gRPC code of an answer that has no kind.
func byCode(code codes.Code) (adbc.Status, string) {
	switch code {
	case codes.PermissionDenied:
		return adbc.StatusUnauthorized, "42501"
	case codes.NotFound:
		return adbc.StatusNotFound, ""
	case codes.Unavailable:
		return adbc.StatusIO, "08001"
	case codes.DeadlineExceeded:
		return adbc.StatusTimeout, "HYT00"
	case codes.Canceled:
		return adbc.StatusCancelled, "57014"
	case codes.Unimplemented:
		return adbc.StatusNotImplemented, "0A000"
	}
	return adbc.StatusInternal, "HY000"
}

// status returns an error in ADBC's form, with a text of this package.
func status(code adbc.Status, sqlState, format string, args ...any) error {
	e := adbc.Error{Code: code, Msg: "adbce6data: " + fmt.Sprintf(format, args...)}
	copy(e.SqlState[:], sqlState)
	return e
}

func invalidState(format string, args ...any) error {
	return status(adbc.StatusInvalidState, "HY010", format, args...)
}

func notImplemented(format string, args ...any) error {
	return status(adbc.StatusNotImplemented, "0A000", format, args...)
}

func notFound(format string, args ...any) error {
	return status(adbc.StatusNotFound, "", format, args...)
}

// invalidArgument returns the error for a fault of the caller.
func invalidArgument(err error) error {
	e := adbc.Error{Code: adbc.StatusInvalidArgument, Msg: err.Error()}
	copy(e.SqlState[:], "HY000")
	return &failure{status: e, cause: err}
}

// unknownOption returns the error of setting an option that does not exist.
func unknownOption(key, of string) error {
	return notImplemented("%q is no option of %s", key, of)
}

// noOption returns the error of reading an option that does not exist.
func noOption(key, of string) error { return notFound("%q is no option of %s", key, of) }
