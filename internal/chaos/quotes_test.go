package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// failing is the call in which the engine fails a statement.
type failing int

const (
	nowhere failing = iota
	atExecute
	atMetadata
	atBatch
	atPrepare

	failings
)

func (f failing) String() string {
	return [...]string{"nowhere", "execute", "metadata", "fetch", "prepare"}[f]
}

func (f failing) phase() enginetest.Phase {
	return [...]enginetest.Phase{
		atExecute: enginetest.PhaseExecute, atMetadata: enginetest.PhaseMetadata, atBatch: enginetest.PhaseBatch,
		atPrepare: enginetest.PhasePrepare,
	}[f]
}

// quotes holds SQL errors that quote another error's text. At the beginning of a
// message that text would prove that the engine did not run the statement.
var quotes = []struct {
	code codes.Code
	text string
}{
	{codes.Internal, "com.amazonaws.services.s3.model.AmazonS3Exception: Access denied (Service: Amazon S3; Status Code: 403)"},
	{codes.Internal, "Access Denied: cannot select from table nation"},
	{codes.InvalidArgument, "line 1:8: cannot cast 'upstream status: 456' to INT"},
	{codes.Unknown, "cannot cast 'Status: 456' to INT"},
	{codes.Internal, "row 7: 'status: 503, cluster is suspended' is no number"},
	{codes.InvalidArgument, "'status: 503' is no number"},
	{codes.Internal, "the function failed: Received http2 header with status: 503"},
}

// ofStatement precedes the statement's id in the engine's errors.
const ofStatement = "(of statement "

// error returns the engine's error for the statement.
func (s statement) error() error {
	q := quotes[s.quote]
	return status.Errorf(q.code, "%s %s%d)", q.text, ofStatement, s.id)
}

// isQuoted reports whether err is the engine's error for the statement, unchanged.
// It also returns true for the error of a second request for the metadata with
// another session, because an engine that rotates sessions denies that.
func (s statement) isQuoted(err error) bool {
	var e *e6data.Error
	if s.fails == nowhere || !errors.As(err, &e) {
		return false
	}
	if s.fails == atMetadata && strings.Contains(quotes[s.quote].text, "Access denied") &&
		strings.HasPrefix(e.Message, "Access denied: the session was replaced") {
		return e.Phase == e6data.PhaseMetadata && errors.Is(e, e6data.ErrSessionExpired)
	}
	want := status.Convert(s.error())
	return e.Code == want.Code() && e.Phase == e6data.Phase(s.fails.String()) && strings.Contains(e.Message, want.Message()) &&
		!errors.Is(e, e6data.ErrWrongStrategy) && !errors.Is(e, e6data.ErrClusterSuspended)
}

// A connector executed a statement up to five times if its error quoted a denial.
// It also took a quoted proxy status for an answer about the deployment.
func TestQuotingErrorsExecuteOnce(t *testing.T) {
	t.Parallel()
	l := newLedger()
	srv := newServer(t, enginetest.Config{ServerOptions: []grpc.ServerOption{l.option()}})
	srv.HandleFunc(serve)
	db := open(t, srv)
	for quote, q := range quotes {
		for fails := nowhere + 1; fails < failings; fails++ {
			t.Run(fmt.Sprintf("%s at %v", q.text, fails), func(t *testing.T) {
				st := statement{id: uint64(fails)<<8 | uint64(quote), rows: 3, batch: 2, twice: -1, fails: fails, quote: quote}
				ctx, cancel := context.WithTimeout(t.Context(), stuck)
				defer cancel()
				if _, err := db.ExecContext(ctx, st.text()); !st.isQuoted(err) {
					t.Errorf("%v, want %v", err, st.error())
				}
				want := 1
				if fails == atPrepare {
					want = 0
				}
				if n := l.executions(st.id); n != want {
					t.Errorf("executed %d times, want %d", n, want)
				}
				balance(t, srv)
			})
		}
	}
	if n := srv.Stats().Refused; n != 0 {
		t.Errorf("%d calls went to a colour that is not live", n)
	}
}
