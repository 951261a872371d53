package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Stats are the server's books at one moment.
type Stats struct {
	// Calls is the number of calls that arrived. Refused is the number of those that the
	// proxy answered. InFlight is the number of those that have no answer yet.
	Calls, Refused, InFlight int
	// Sessions is the number of sessions that authenticate returned.
	Sessions int
	// Prepared is the number of queries that were prepared. Executed is the number of
	// those that were executed, with or without success.
	Prepared, Executed int
	// Cleared is the number of queries that clear or clearOrCancelQuery ended. Cancelled
	// is the number of queries that cancelQuery ended. A query that was cancelled and
	// then cleared is in both.
	Cleared, Cancelled int
	// Open is the number of queries that are prepared and neither cleared nor cancelled.
	Open int
	// Orphaned is the number of queries whose prepare answer was lost, to a fault or
	// because the client had left. No client can clear such a query, so that it is not
	// in Open.
	Orphaned int
	// DoubleCleared is the number of calls that cleared a query which was cleared
	// already, or cancelled one which was cleared or cancelled already. A call does not
	// count if the answer to the first one was lost, to a fault or because the client
	// had left.
	DoubleCleared int
	// PastEnd is the number of calls for a batch after the end of the result.
	PastEnd int
	// Connections is the number of open TCP connections.
	Connections int
	// Violations describes the calls that no correct driver makes, in the order in
	// which they arrived. It holds at most the first 1,000.
	Violations []string
}

type books struct {
	calls, refused, inFlight, sessions, prepared, executed int
	cleared, cancelled, open, orphaned, conns              int
	double, pastEnd                                        int
	violations                                             []string
	openOn                                                 map[string]int // by colour, with those being prepared
}

func (b *books) count(colour string, delta int) {
	if b.openOn == nil {
		b.openOn = map[string]int{}
	}
	b.openOn[colour] += delta
}

const maxViolations = 1000

// Stats returns the books. The caller owns them.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats()
}

func (s *Server) stats() Stats {
	b := &s.books
	return Stats{
		Calls: b.calls, Refused: b.refused, InFlight: b.inFlight, Sessions: b.sessions,
		Prepared: b.prepared, Executed: b.executed, Cleared: b.cleared, Cancelled: b.cancelled,
		Open: b.open, Orphaned: b.orphaned, DoubleCleared: b.double, PastEnd: b.pastEnd, Connections: b.conns,
		Violations: slices.Clone(b.violations),
	}
}

// Balanced returns nil when every prepared query was cleared or cancelled, none of them
// twice, no batch was requested after the end of its result, no call is in flight and
// there are no violations. Otherwise its error lists all that is wrong, with the ids and
// SQL of the open queries. [Config.Compat] allows a second clear and requests after the
// end. A driver may clear a query after the driver's call has returned: use
// [Server.WaitBalanced] then.
func (s *Server) Balanced() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.balanced()
}

func (s *Server) balanced() error {
	b := &s.books
	var errs []error
	if b.open > 0 {
		var open []*query
		for _, q := range s.queries {
			if !q.released() {
				open = append(open, q)
			}
		}
		slices.SortFunc(open, func(a, b *query) int { return strings.Compare(a.id, b.id) })
		var text strings.Builder
		for _, q := range open[:min(len(open), 10)] {
			fmt.Fprintf(&text, "\n\t%s (%s): %s", q.id, q.state, q.sql)
		}
		if len(open) > 10 {
			fmt.Fprintf(&text, "\n\tand %d more", len(open)-10)
		}
		errs = append(errs, fmt.Errorf("enginetest: %d queries neither cleared nor cancelled:%s", len(open), text.String()))
	}
	if b.double > 0 && !s.cfg.Compat {
		errs = append(errs, fmt.Errorf("enginetest: queries were cleared or cancelled again %d times", b.double))
	}
	if b.pastEnd > 0 && !s.cfg.Compat {
		errs = append(errs, fmt.Errorf("enginetest: batches were requested after the end of their result %d times", b.pastEnd))
	}
	if b.inFlight > 0 {
		errs = append(errs, fmt.Errorf("enginetest: %d calls are in flight", b.inFlight))
	}
	if len(b.violations) > 0 {
		errs = append(errs, fmt.Errorf("enginetest: %d violations:\n\t%s", len(b.violations), strings.Join(b.violations, "\n\t")))
	}
	return errors.Join(errs...)
}

// Wait waits until cond returns true, and returns nil then. cond is called at once and
// after every change of the books; it may call methods of the server. Wait returns an
// error when ctx ends or the server is closed first.
func (s *Server) Wait(ctx context.Context, cond func(Stats) bool) error {
	for {
		s.mu.Lock()
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed, now := s.changed, s.stats()
		s.mu.Unlock()
		if cond(now) {
			return nil
		}
		select {
		case <-changed:
		case <-s.closed:
			// The condition may hold because of Close.
			if cond(s.Stats()) {
				return nil
			}
			return errors.New("enginetest: the server was closed before the condition held")
		case <-ctx.Done():
			return fmt.Errorf("enginetest: waiting for the condition: %w", ctx.Err())
		}
	}
}

// WaitBalanced waits until no query is open and no call is in flight, or until ctx ends.
// It returns the error of [Server.Balanced] at that moment, nil if there is none.
func (s *Server) WaitBalanced(ctx context.Context) error {
	err := s.Wait(ctx, func(b Stats) bool { return b.Open == 0 && b.InFlight == 0 })
	if balance := s.Balanced(); balance != nil {
		return balance
	}
	if ctx.Err() != nil {
		return err
	}
	return nil
}

// noteConns adds delta to the number of open connections.
func (s *Server) noteConns(delta int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.books.conns += delta
	s.notify()
}

// violation returns the answer to a call that no correct driver makes, and enters the
// call in the books. It does not enter a call whose client has left already: such a call
// may be handled out of order. s.mu is held.
func (s *Server) violation(ctx context.Context, c *call, code codes.Code, format string, args ...any) error {
	if ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	msg := fmt.Sprintf(format, args...)
	if len(s.books.violations) < maxViolations {
		s.books.violations = append(s.books.violations, c.Method+": "+msg)
	}
	return status.Error(code, msg)
}
