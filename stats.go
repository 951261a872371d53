package e6data

import (
	"context"
	"errors"
	"sync/atomic"
)

// Stats holds the counters of a connector: see [Connector.Stats]. The counters are
// read one after the other, so that sums may differ slightly while the connector
// works.
type Stats struct {
	// Channels holds the state of each open gRPC channel: IDLE, CONNECTING, READY or
	// TRANSIENT_FAILURE.
	Channels []string
	// Connections is the number of open connections.
	Connections int
	// SessionsOpened counts the sessions that the engine gave. SessionsRenewed
	// counts those of them that replaced a denied session.
	SessionsOpened, SessionsRenewed uint64
	// Running is the number of queries that run, or whose rows are not closed.
	Running int64
	// Queries counts the queries that have ended. A Submit and a Fetch count as one
	// each.
	Queries QueryCounts
	// Retries counts repetitions by the Reason of [Retry].
	Retries map[string]uint64
	// Switches counts the moves from one colour to the other.
	Switches uint64
	// Resumes counts the waits for a suspended cluster.
	Resumes uint64
	// Rows, Batches and Bytes count what was fetched.
	Rows, Batches, Bytes uint64
	// BatchesAhead and BytesAhead are the batches that were fetched and not read
	// yet, and their bytes.
	BatchesAhead, BytesAhead int64
}

// QueryCounts counts queries by their outcome. Each query has one outcome.
type QueryCounts struct {
	// Succeeded counts queries whose rows were closed without an error, at their end
	// or before.
	Succeeded uint64
	// Cancelled counts queries that a context, a timeout of the Config or a cancel
	// ended, even if it is unknown whether they were executed.
	Cancelled uint64
	// Incomplete counts queries that failed with ErrIncompleteResult.
	Incomplete uint64
	// Ambiguous counts queries that failed with ErrAmbiguousExecution because an
	// answer was lost, and not because of a context's end.
	Ambiguous uint64
	// Failed counts queries that failed with another error.
	Failed uint64
}

// counters holds the counters that Stats reads.
type counters struct {
	opened, renewed                                     atomic.Uint64
	running                                             atomic.Int64
	succeeded, cancelled, incomplete, ambiguous, failed atomic.Uint64
	retries                                             [numConditions]atomic.Uint64
	switches, resumes                                   atomic.Uint64
	rows, batches, bytes                                atomic.Uint64
	batchesAhead, bytesAhead                            atomic.Int64
}

// outcome returns the counter for a query that ended with err.
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

// Stats returns the connector's counters. It is cheap and safe for concurrent use.
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

// Total returns the number of queries that have ended.
func (q QueryCounts) Total() uint64 {
	return q.Succeeded + q.Cancelled + q.Incomplete + q.Ambiguous + q.Failed
}
