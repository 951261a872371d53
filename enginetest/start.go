package enginetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// balanceTimeout is how long [Start] waits at the end of the test for the queries that a
// driver clears in the background.
const balanceTimeout = 10 * time.Second

// Start is [NewServer] for a test. The test fails at once when the server cannot start.
// When the test and its subtests have ended, Start's cleanup function waits up to 10 s
// for the books to balance ([Server.WaitBalanced]); the test fails if they do not. Then
// it logs the calls ([Server.Log]) if the test has failed for any reason, and closes
// the server.
//
// Cleanup functions run in the reverse order of their registration. A pool that is opened
// after Start, and closed by t.Cleanup or defer, is closed before Start's function runs.
func Start(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.CheckAtEnd(t, s.Close)
	return s
}

// CheckAtEnd registers [Start]'s cleanup function for a server that was made in another way.
// The function calls closeServer at its end.
func (s *Server) CheckAtEnd(t testing.TB, closeServer func()) {
	t.Helper()
	t.Cleanup(func() {
		t.Helper()
		defer closeServer()
		ctx, cancel := context.WithTimeout(context.Background(), balanceTimeout)
		defer cancel()
		if err := s.WaitBalanced(ctx); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			s.Log(t)
		}
	})
}

// maxLogged is the number of calls that [Server.Log] shows.
const maxLogged = 100

// Log writes the books and the latest 100 recorded calls ([Server.Calls]) to t's log,
// each call with the time since the first recorded call and its statement.
func (s *Server) Log(t testing.TB) {
	t.Helper()
	calls, books := s.Calls(), s.Stats()
	var b strings.Builder
	fmt.Fprintf(&b, "enginetest: %d calls, %d of them refused by the proxy, %d in flight; %d sessions;"+
		" queries: %d prepared, %d executed, %d cleared, %d cancelled, %d open, %d orphaned",
		books.Calls, books.Refused, books.InFlight, books.Sessions,
		books.Prepared, books.Executed, books.Cleared, books.Cancelled, books.Open, books.Orphaned)
	first := max(len(calls)-maxLogged, 0)
	for _, c := range calls[first:] {
		fmt.Fprintf(&b, "\n\t+%v %v", c.Time.Sub(calls[0].Time).Round(time.Microsecond), c)
		if c.SQL != "" {
			fmt.Fprintf(&b, "  %.200q", c.SQL)
		}
	}
	t.Log(b.String())
}
