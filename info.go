package e6data

import (
	"sync"
	"time"
)

// QueryState is a snapshot of the facts about a query.
type QueryState struct {
	// ID is the engine's id of the query; empty until it is prepared.
	ID string
	// Planner is the address of the planner that has the query.
	Planner string
	// Strategy is the colour that the query runs on, "blue" or "green".
	Strategy string
	// Tag is the tag of [QueryTag].
	Tag string
	// Phase is the current phase, or the one in which the query ended.
	Phase Phase
	// Start is when the driver began to work on the query.
	Start time.Time
	// Prepared, Executed, Described and FirstBatch are the times from Start to the
	// answers of these calls. Ended is the time from Start to the query's end. A
	// time is 0 until the event has happened. If the result of a submitted query is
	// fetched, Start is the start of Fetch.
	Prepared, Executed, Described, FirstBatch, Ended time.Duration
	// Rows, Batches and Bytes count what was fetched so far. The application may
	// have read less.
	Rows, Batches, Bytes int64
	// RowsPromised is the engine's count of the result's rows. It is 0 or less if
	// the engine does not know the count.
	RowsPromised int64
	// Retries is the number of repeated calls.
	Retries int
	// Done reports whether the query has ended: it was read and closed, abandoned,
	// or has failed.
	Done bool
	// Err is the error with which the query failed, or nil.
	Err error
	// Analysis holds the engine's facts about the query, such as whether the result
	// came from its cache. It is nil unless [QueryInfo.Analyze] is set.
	Analysis *ExplainAnalysis
}

// QueryInfo observes a query: see [CaptureQuery]. The zero value is ready for use.
// It is safe for concurrent use, also while the query runs.
type QueryInfo struct {
	// Analyze requests the engine's facts about the query before the query is
	// cleared, unless it has failed. This costs one more call, which takes at most
	// Config.CleanupTimeout. Set it before the query starts.
	Analyze bool

	mu sync.Mutex
	r  *record
}

// State returns the current state, or the zero value before the query has started.
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

// preparing, prepared, executes, executed and described record the query's progress.
// A query that is started again keeps its old id until it has a new one.

// Progress is the progress of a query: see [OnProgress].
type Progress struct {
	// QueryID is the engine's id of the query; empty until it is prepared.
	QueryID string
	// Phase is the current phase.
	Phase Phase
	// Elapsed is the time since the driver began to work on the query.
	Elapsed time.Duration
	// Rows and Bytes count what was fetched so far.
	Rows, Bytes int64
	// RowsKnown is the number of the result's rows that the engine has reported.
	// While the query executes, it is the number of rows computed so far. 0 is
	// unknown.
	RowsKnown int64
	// Done reports whether this is the last call.
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
