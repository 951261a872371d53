package report_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/report"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
)

func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := "SELECT " + strings.Repeat("x", 200) + " FROM t"
	for _, c := range []struct {
		statement    string
		line, column int
		want         string
	}{
		{"SELECT nam", 1, 8, "    1 | SELECT nam\n      |        ^\n"},
		{"SELECT nam", 1, 11, "    1 | SELECT nam\n      |           ^\n"},
		{"SELECT nam", 1, 12, ""},
		{"SELECT nam", 0, 0, ""},
		{"SELECT nam", 2, 1, ""},
		{"a\nb\r\nc\nd\ne", 4, 1, "    2 | b\n    3 | c\n    4 | d\n      | ^\n"},
		{"SELECT '日本', x", 1, 14, "    1 | SELECT '日本', x\n      |                ^\n"},
		{"\tx", 1, 2, "    1 |  x\n      |  ^\n"},
		{"a\x1b[31mb", 1, 7, "    1 | a\ufffd[31mb\n      |       ^\n"},
		{long, 1, 209, "    1 | …" + strings.Repeat("x", 93) + " FROM t\n      | " + strings.Repeat(" ", 95) + "^\n"},
		{long, 1, 8, "    1 | SELECT " + strings.Repeat("x", 93) + "…\n      |        ^\n"},
	} {
		if got := report.Excerpt(c.statement, c.line, c.column); got != c.want {
			t.Errorf("%q, %d:%d:\n%s, want\n%s", c.statement, c.line, c.column, got, c.want)
		}
	}
}

// FuzzExcerpt checks that no statement and no place make a line that commands a
// terminal, and that the caret is in the picture.
func FuzzExcerpt(f *testing.F) {
	f.Add("SELECT\n\t'日本', x", 2, 5)
	f.Add(strings.Repeat("\x1b\xff", 300), 1, 250)
	f.Add("\r\n\r", -1, 1<<30)
	f.Fuzz(func(t *testing.T, statement string, line, column int) {
		got := report.Excerpt(statement, line, column)
		if got != "" && strings.Count(got, "^\n") == 0 || strings.ContainsAny(got, "\x1b\t\x00\r") {
			t.Errorf("%q", got)
		}
	})
}

func TestError(t *testing.T) {
	t.Parallel()
	refused := &e6data.Error{Phase: e6data.PhasePrepare, QueryID: "q1", Strategy: "blue", Code: codes.Internal, Message: "Column 'nam'\x1b[2J not found", Kind: e6data.ErrSQL}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"statement", &session.Error{Statement: "SELECT nam", Line: 1, Column: 8, QueryID: "q1", Err: refused},
			"error: Column 'nam'\\x1b[2J not found\n    1 | SELECT nam\n      |        ^\nquery: q1, phase prepare, blue, Internal\n"},
		{"plain", errors.New("no"), "error: no\n"},
		{"cancelled", fmt.Errorf("no: %w", context.Canceled), "error: no: context canceled\n"},
		{"network", &net.OpError{Op: "dial", Err: errors.New("refused")}, "error: dial: refused\ncure:  e6sql doctor shows where the connection fails\n"},
		{"job", session.ErrNoJob, "error: there is no such job\ncure:  \\jobs lists the jobs\n"},
	} {
		if got := report.Error(c.err); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.name, got, c.want)
		}
	}
}

// Every kind of error of the driver has a cure, except the one that the engine's own text
// explains.
func TestHints(t *testing.T) {
	t.Parallel()
	for _, kind := range []error{
		e6data.ErrAuthentication, e6data.ErrTokenUnavailable, e6data.ErrUnknownCluster, e6data.ErrClusterSuspended, e6data.ErrIncompleteResult,
		e6data.ErrAmbiguousExecution, e6data.ErrTLS, e6data.ErrQueryCancelled, errors.ErrUnsupported,
	} {
		err := &session.Error{Err: &e6data.Error{Phase: e6data.PhaseFetch, Kind: kind}}
		if report.Hint(err) == "" || !strings.Contains(report.Error(err), "\ncure:  ") {
			t.Errorf("%v has no cure", kind)
		}
	}
	for _, err := range []error{
		&e6data.Error{Phase: e6data.PhaseConnect, Code: codes.Unavailable},
		&e6data.Error{Phase: e6data.PhaseConnect, Code: codes.DeadlineExceeded, Err: context.DeadlineExceeded},
	} {
		if !strings.Contains(report.Hint(err), "e6sql doctor") {
			t.Errorf("%v: %q", err, report.Hint(err))
		}
	}
	if got := report.Hint(&e6data.Error{Phase: e6data.PhasePrepare, Kind: e6data.ErrSQL, Code: codes.Internal}); got != "" {
		t.Errorf("%q", got)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	state := e6data.QueryState{
		ID: "q1", Strategy: "green", Rows: 1234, Bytes: 5 << 20, Retries: 2,
		Prepared: 20 * time.Millisecond, Executed: 1520 * time.Millisecond, Described: 1521 * time.Millisecond, Ended: 3 * time.Second,
	}
	for _, c := range []struct {
		sum  session.Summary
		want string
	}{
		{session.Summary{QueryState: state, Keyword: "SELECT", HasResult: true, Written: 1234, Total: 1234, Affected: -1, Elapsed: 3 * time.Second},
			"1234 rows, 5.00 MiB, 3.00 s (prepare 20 ms, execute 1.50 s, describe 1 ms, fetch 1.48 s), 2 repeated calls, green, query q1"},
		{session.Summary{Keyword: "INSERT", Affected: 1, Elapsed: time.Millisecond}, "INSERT 1 row, 1 ms"},
		{session.Summary{Keyword: "CREATE", Affected: -1, Elapsed: 2 * time.Minute}, "CREATE, 2 m 0 s"},
		{session.Summary{QueryState: e6data.QueryState{ID: "q", Prepared: time.Second}, HasResult: true, Affected: -1, Elapsed: time.Second}, "0 rows, 1.00 s (prepare 1.00 s), query q"},
	} {
		if got := report.Summary(&c.sum); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
