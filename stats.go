package e6data

import (
	"context"
	"errors"
	"sync/atomic"
)

// Stats is what a connector has done so far: see [Connector.Stats]. Its fields
// are read one after the other, so that sums may be off by what happens
// meanwhile.
type Stats struct {
	// Channels are the states of the gRPC channels that are open: IDLE, CONNECTING,
	// READY, TRANSIENT_FAILURE.
	Channels []string
	// Connections is how many connections are open.
	Connections int
	// SessionsOpened counts the sessions that the engine gave, SessionsRenewed
	// those among them that replaced one that the engine had denied.
	SessionsOpened, SessionsRenewed uint64
	// Running is how many queries run or have rows to be closed.
	Running int64
	// Queries counts those that are over. To submit a query and to fetch its result
	// count as one each.
	Queries QueryCounts
	// Retries counts what was done again, by reason as in [Retry].
	Retries map[string]uint64
	// Switches counts the moves from one colour to the other.
	Switches uint64
	// Resumes counts how often a suspended cluster was waited for.
	Resumes uint64
	// Rows, Batches and Bytes were fetched.
	Rows, Batches, Bytes uint64
	// BatchesAhead and BytesAhead lie fetched and unread.
	BatchesAhead, BytesAhead int64
}

// QueryCounts counts queries by their outcome; each has one.
type QueryCounts struct {
	// Succeeded are those whose rows were closed without an error, read to the end
	// or not.
	Succeeded uint64
	// Cancelled are those that were given up, by a context, a timeout of the
	// Config, or a cancel, whatever that leaves unknown about the query.
	Cancelled uint64
	// Incomplete are those with ErrIncompleteResult.
	Incomplete uint64
	// Ambiguous are those with ErrAmbiguousExecution that were not given up: the
	// answer was lost on the way.
	Ambiguous uint64
	// Failed are those with any other error.
	Failed uint64
}

// counters is what Stats reads.
type counters struct {
	opened, renewed                                     atomic.Uint64
	running                                             atomic.Int64
	succeeded, cancelled, incomplete, ambiguous, failed atomic.Uint64
	retries                                             [numConditions]atomic.Uint64
	switches, resumes                                   atomic.Uint64
	rows, batches, bytes                                atomic.Uint64
	batchesAhead, bytesAhead                            atomic.Int64
}

// outcome is the counter of queries that ended with err.
func (s *counters) outcome(err error) *atomic.Uint64 {
	switch {
	case err == nil:
		return &s.succeeded
	case conditionOf(err) == gaveUp, errors.Is(err, ErrQueryCancelled),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &s.cancelled
	case errors.Is(err, ErrAmbiguousExecution):
		return &s.ambiguous
	case errors.Is(err, ErrIncompleteResult):
		return &s.incomplete
	}
	return &s.failed
}

// Stats returns what the connector has done so far. It is cheap, and safe for
// concurrent use.
func (c *Connector) Stats() Stats {
	n := &c.stats
	s := Stats{
		SessionsOpened: n.opened.Load(), SessionsRenewed: n.renewed.Load(),
		Running: n.running.Load(),
		Queries: QueryCounts{
			Succeeded: n.succeeded.Load(), Cancelled: n.cancelled.Load(), Incomplete: n.incomplete.Load(),
			Ambiguous: n.ambiguous.Load(), Failed: n.failed.Load(),
		},
		Retries:  map[string]uint64{},
		Switches: n.switches.Load(), Resumes: n.resumes.Load(),
		Rows: n.rows.Load(), Batches: n.batches.Load(), Bytes: n.bytes.Load(),
		BatchesAhead: n.batchesAhead.Load(), BytesAhead: n.bytesAhead.Load(),
	}
	for i := range n.retries {
		if count := n.retries[i].Load(); count > 0 {
			s.Retries[condition(i).String()] = count
		}
	}
	s.Channels = c.states()
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Connections = c.conns
	return s
}

// Total is the number of queries that are over.
func (q QueryCounts) Total() uint64 {
	return q.Succeeded + q.Cancelled + q.Incomplete + q.Ambiguous + q.Failed
}
