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
	// Calls is how many calls arrived, Refused how many of them the proxy
	// answered, InFlight how many are not answered yet.
	Calls, Refused, InFlight int
	// Sessions is how many sessions authenticate gave out.
	Sessions int
	// Prepared is how many queries were prepared, Executed how many of them were
	// executed, with or without success.
	Prepared, Executed int
	// Cleared counts the queries that clear or clearOrCancelQuery ended,
	// Cancelled those that cancelQuery ended. A query that was cancelled and then
	// cleared is in both.
	Cleared, Cancelled int
	// Open is how many queries are prepared and neither cleared nor cancelled.
	Open int
	// Orphaned is how many queries were prepared in vain: the answer was lost to
	// a fault, or to a client that had left. No client can clear them, so that
	// they are not in Open.
	Orphaned int
	// DoubleCleared is how often a query was cleared after it had been cleared, or
	// cancelled after it had been cleared or cancelled. Doing so again does not
	// count where the first answer was lost to a fault or to a client that had left.
	DoubleCleared int
	// PastEnd is how many calls for a batch came after the end of the result.
	PastEnd int
	// Connections is how many TCP connections are open.
	Connections int
	// Violations tell what no correct driver does, in the order it happened: at
	// most the first 1,000.
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

// Balanced returns nil when every prepared query was cleared or cancelled, none
// twice, no batch was asked for after the end, no call is in flight and nothing was
// violated; else an error that tells all of that, with the open queries' ids and SQL.
// With [Config.Compat] queries may be cleared twice and batches asked for after the
// end. A driver may clear a query after its caller went on: see [Server.WaitBalanced].
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
		errs = append(errs, fmt.Errorf("enginetest: batches were asked for after the end of their result %d times", b.pastEnd))
	}
	if b.inFlight > 0 {
		errs = append(errs, fmt.Errorf("enginetest: %d calls are in flight", b.inFlight))
	}
	if len(b.violations) > 0 {
		errs = append(errs, fmt.Errorf("enginetest: %d violations:\n\t%s", len(b.violations), strings.Join(b.violations, "\n\t")))
	}
	return errors.Join(errs...)
}

// Wait returns nil as soon as cond holds. It is asked now and after every
// change of the books, and may call methods of the server. When ctx ends or the
// server is closed first, the error says so.
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
			// Close may have been what brought the condition about.
			if cond(s.Stats()) {
				return nil
			}
			return errors.New("enginetest: the server was closed before the condition held")
		case <-ctx.Done():
			return fmt.Errorf("enginetest: waiting for the condition: %w", ctx.Err())
		}
	}
}

// WaitBalanced waits until no query is open and no call in flight, and returns
// what [Server.Balanced] then says; also when ctx ends first.
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

// noteConns notes connections that were opened or closed.
func (s *Server) noteConns(delta int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.books.conns += delta
	s.notify()
}

// violation answers a call that no correct driver makes, and enters it in the
// books; unless the client has left already, for such calls may be handled out
// of order. s.mu is held.
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
