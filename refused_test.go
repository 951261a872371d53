package e6data_test

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// The engine's error about a statement is ErrSQL in every phase, and has the line and
// column that the text names. The message is not longer for that.
func TestRefusedStatement(t *testing.T) {
	t.Parallel()
	const text = "From line 2, column 8 to line 2, column 14: Column 'nothing' not found"
	for method, phase := range map[string]e6data.Phase{
		"prepareStatement": e6data.PhasePrepare, "executeStatement": e6data.PhaseExecute,
		"getResultMetadata": e6data.PhaseMetadata, "getNextResultBatch": e6data.PhaseFetch,
	} {
		for _, code := range []codes.Code{
			codes.Internal, codes.InvalidArgument, codes.Unknown, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied,
			codes.FailedPrecondition, codes.OutOfRange, codes.ResourceExhausted,
		} {
			t.Run(fmt.Sprint(method, code), func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{})
				srv.Handle("q", ids(50, 10))
				fault := srv.Inject(enginetest.Fault{Method: method, Err: status.Error(code, text)})
				_, err := readIDs(t.Context(), openDB(t, srv), "q")
				e, ok := errors.AsType[*e6data.Error](err)
				if !ok || !errors.Is(err, e6data.ErrSQL) || e.Phase != phase || e.Code != code || e.Line != 2 || e.Column != 8 {
					t.Fatalf("error %#v", err)
				}
				id := ""
				if e.QueryID != "" {
					id = " query " + e.QueryID
				}
				if want := fmt.Sprintf("e6data: %s%s (blue): %v: %s", phase, id, code, text); err.Error() != want {
					t.Errorf("message %q, want %q", err, want)
				}
				if fault.Hits() != 1 {
					t.Errorf("sent %d times", fault.Hits())
				}
			})
		}
	}
}

// An error that is not the engine's error about the statement is not ErrSQL.
func TestOtherErrorsAreNotErrSQL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault enginetest.Fault
		param string
		query string
	}{
		{"credentials", enginetest.Fault{Method: "authenticate", Err: status.Error(codes.PermissionDenied, "no")}, "", "q"},
		{"the session", enginetest.Fault{Method: "authenticate", Err: status.Error(codes.NotFound, "no")}, "", "q"},
		{"the token", enginetest.Fault{Method: "prepareStatement", Err: status.Error(codes.Unauthenticated, "no")}, "", "q"},
		{"another code", enginetest.Fault{Method: "executeStatement", Err: status.Error(codes.Aborted, "no")}, "", "q"},
		{"a lost answer", enginetest.Fault{Method: "executeStatement", Err: status.Error(codes.Internal, "stream terminated by RST_STREAM with error code: INTERNAL_ERROR")}, "", "q"},
		{"no message", enginetest.Fault{Method: "prepareStatement", Err: status.Error(codes.Unknown, "")}, "", "q"},
		{"a denied batch", enginetest.Fault{Method: "getNextResultBatch", Err: status.Error(codes.Internal, "Access denied")}, "", "q"},
		{"a large answer", enginetest.Fault{Method: "none"}, "max_recv_bytes=1KiB", "large"},
		{"a large statement", enginetest.Fault{Method: "none"}, "max_send_bytes=1KiB", fmt.Sprintf("SELECT '%02000d'", 1)},
		{"a statement that is not UTF-8", enginetest.Fault{Method: "none"}, "", "SELECT '\xff'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newUncheckedEngine(t, enginetest.Config{})
			srv.Handle("q", ids(50, 10))
			srv.Handle("large", ids(5000, 5000))
			srv.Inject(test.fault)
			var params []string
			if test.param != "" {
				params = append(params, test.param)
			}
			_, err := readIDs(t.Context(), openDB(t, srv, params...), test.query)
			if err == nil || errors.Is(err, e6data.ErrSQL) {
				t.Errorf("error %v", err)
			}
		})
	}
}
