package e6data

import (
	"sync"
	"time"
)

// QueryState is what is known about a query at one moment.
type QueryState struct {
	// ID is the engine's id of the query; empty until it is prepared.
	ID string
	// Planner is the address of the planner that has the query.
	Planner string
	// Strategy is the deployment colour that it runs on.
	Strategy string
	// Tag is the one given with [QueryTag].
	Tag string
	// Phase is what is going on, or where the query ended.
	Phase Phase
	// Start is when the driver began to work on the query.
	Start time.Time
	// Prepared, Executed, Described and FirstBatch are how long after Start the
	// answers to these calls had come, and Ended how long after Start the query was
	// over; 0 where that has not happened. Where the result of a submitted query is
	// fetched, Start is when that began.
	Prepared, Executed, Described, FirstBatch, Ended time.Duration
	// Rows, Batches and Bytes are what was fetched so far. The application may have
	// read less.
	Rows, Batches, Bytes int64
	// RowsPromised is the engine's count of the result's rows; 0 or less where it
	// does not know.
	RowsPromised int64
	// Retries is how many calls were made again.
	Retries int
	// Done tells that the query is over: read to its end and closed, given up, or
	// failed.
	Done bool
	// Err is what the query failed with, if it did.
	Err error
	// Analysis is what the engine says about the query, such as whether the result
	// came from its cache, where [QueryInfo.Analyze] asks for it.
	Analysis *ExplainAnalysis
}

// QueryInfo watches a query: see [CaptureQuery]. The zero value is ready for use.
// It is safe for concurrent use, also while the query runs.
type QueryInfo struct {
	// Analyze asks the engine about the query before that is cleared, unless it has
	// failed, at the cost of one more call, which takes Config.CleanupTimeout at
	// most. Set it before the query.
	Analyze bool

	mu sync.Mutex
	r  *record
}

// State returns what is known now; the zero value before the query.
func (i *QueryInfo) State() QueryState {
	i.mu.Lock()
	r := i.r
	i.mu.Unlock()
	if r == nil {
		return QueryState{}
	}
	return r.get()
}

func (i *QueryInfo) watch(r *record) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.r = r
}

// preparing, prepared, executes, executed and described note how far the query
// is. One that is begun anew keeps the id that it had until it has another.

// Progress is how far a query has come: see [OnProgress].
type Progress struct {
	// QueryID is the engine's id of the query; empty until it is prepared.
	QueryID string
	// Phase is what is going on.
	Phase Phase
	// Elapsed is the time since the driver began to work on the query.
	Elapsed time.Duration
	// Rows and Bytes are what was fetched so far.
	Rows, Bytes int64
	// RowsKnown is how many rows the result has, as far as the engine has said: the
	// rows that it has computed, while it executes. 0 is not known.
	RowsKnown int64
	// Done tells that this is the last call.
	Done bool
}

func (s *QueryState) progress(computed int64) Progress {
	p := Progress{
		QueryID: s.ID, Phase: s.Phase, Elapsed: time.Since(s.Start), Rows: s.Rows, Bytes: s.Bytes,
		RowsKnown: max(s.RowsPromised, computed, 0), Done: s.Done,
	}
	if s.Done {
		p.Elapsed = s.Ended
	}
	return p
}
