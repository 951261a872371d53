// Package load runs many queries on a deployment concurrently. It checks every
// cell of every result and classifies the failures.
package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/integration/internal/synth"
)

// Class is the class of a failed query.
type Class string

// The classes.
const (
	Incomplete    Class = "incomplete result"   // e6data.ErrIncompleteResult, after some rows or none
	Ambiguous     Class = "ambiguous execution" // e6data.ErrAmbiguousExecution
	Connection    Class = "connection"          // the deployment could not be reached before the query was executed
	Deadline      Class = "deadline"            // the query's own deadline passed
	WrongStrategy Class = "wrong strategy"      // e6data.ErrWrongStrategy
	Untyped       Class = "untyped"             // something else than an *e6data.Error
	Suspended     Class = "cluster suspended"   // e6data.ErrClusterSuspended
	Other         Class = "other"               // an *e6data.Error that none of the above fits
)

// Classify returns the class of an error of the driver.
func Classify(err error) Class {
	var e *e6data.Error
	switch {
	case errors.Is(err, e6data.ErrIncompleteResult):
		return Incomplete
	case errors.Is(err, e6data.ErrAmbiguousExecution) && !errors.Is(err, context.DeadlineExceeded):
		return Ambiguous
	case errors.Is(err, context.DeadlineExceeded):
		return Deadline // database/sql may report it before the driver
	case !errors.As(err, &e):
		return Untyped
	case errors.Is(err, e6data.ErrWrongStrategy):
		return WrongStrategy
	case errors.Is(err, e6data.ErrClusterSuspended):
		return Suspended
	case e.Code == codes.Unavailable && (e.Phase == e6data.PhaseConnect || e.Phase == e6data.PhasePrepare || e.Phase == e6data.PhaseExecute):
		return Connection // an execute that may have arrived is Ambiguous
	}
	return Other
}

// Load describes a load.
type Load struct {
	DB *sql.DB
	// Connections is the number of concurrent queries.
	Connections int
	// Timeout is each query's deadline.
	Timeout time.Duration
	// Next returns the query that a connection runs next. Connections call it at the
	// same time.
	Next func() Query
}

// Running is a running load.
type Running struct {
	load  Load
	stop  chan struct{}
	once  sync.Once
	ended sync.WaitGroup

	mu     sync.Mutex
	report Report
}

// Report is the result of a load.
type Report struct {
	// Queries counts the started queries. OK counts those with all rows and
	// only correct rows.
	Queries, OK int
	Rows        int64
	// Wrong describes wrong rows, and results that ended early or late without
	// an error.
	Wrong []string
	// Failed counts the queries that failed, by class; Samples has some of their
	// errors.
	Failed  map[Class]int
	Samples map[Class][]string
	// Longest is the duration of the longest query until its rows were closed.
	// Slowest describes that query and its outcome.
	Longest time.Duration
	Slowest string
}

const maxSamples = 12

// ids counts the IDs of the queries of the process.
var ids atomic.Int64

// Start runs the load until Stop.
func (l Load) Start() *Running {
	r := &Running{load: l, stop: make(chan struct{})}
	r.report.Failed, r.report.Samples = map[Class]int{}, map[Class][]string{}
	for range l.Connections {
		r.ended.Go(r.connection)
	}
	return r
}

// Stop starts no further query, waits for those that run and returns the report.
func (r *Running) Stop() Report {
	r.once.Do(func() { close(r.stop) })
	r.ended.Wait()
	return r.report
}

// Report returns the report up to now, without samples.
func (r *Running) Report() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.report
	p.Wrong, p.Failed, p.Samples = slices.Clone(p.Wrong), maps.Clone(p.Failed), nil
	return p
}

func (r *Running) connection() {
	for {
		select {
		case <-r.stop:
			return
		default:
		}
		q := r.load.Next()
		began := time.Now()
		rows, wrong, err := r.load.query(q)
		r.note(q, rows, wrong, err, time.Since(began))
		if err != nil {
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (l Load) query(q Query) (rows int, wrong string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), l.Timeout)
	defer cancel()
	return q.Run(ctx, l.DB)
}

// NextID returns an ID that no query of the process has had.
func NextID() int64 { return ids.Add(1) }

// Check reads the rows [from, to) of q's result. If these include the last row,
// it also checks that the result ends there.
func Check(rows *sql.Rows, q synth.Query, from, to int) (n int, wrong string, err error) {
	for i := from; i < to; i++ {
		if !rows.Next() {
			if err := rows.Err(); err != nil {
				return n, "", err
			}
			return n, fmt.Sprintf("%s: ended without an error after %d rows", q, i), nil
		}
		var got synth.Row
		if err := rows.Scan(got.Dest()...); err != nil {
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				return n, "", err // the deadline passed between Next and Scan
			}
			return n, fmt.Sprintf("%s: row %d: %v", q, i, err), nil
		}
		if want := q.Row(i); !got.Equal(&want) {
			return n, fmt.Sprintf("%s: row %d is %v, want %v", q, i, got, want), nil
		}
		n++
	}
	if to == q.Rows {
		if rows.Next() {
			return n, fmt.Sprintf("%s: more rows than %d", q, to), nil
		}
		return n, "", rows.Err()
	}
	return n, "", nil
}

func (r *Running) note(q Query, rows int, wrong string, err error, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.report
	p.Queries++
	p.Rows += int64(rows)
	if took > p.Longest {
		p.Longest, p.Slowest = took, fmt.Sprintf("%s: %d rows, error: %v", q, rows, err)
	}
	switch {
	case wrong != "":
		p.Wrong = append(p.Wrong, wrong)
	case err != nil:
		class := Classify(err)
		p.Failed[class]++
		if len(p.Samples[class]) < maxSamples {
			p.Samples[class] = append(p.Samples[class],
				fmt.Sprintf("%v after %d rows and %v of %s", err, rows, took.Round(time.Millisecond), q))
		}
	default:
		p.OK++
	}
}

// Failures returns the number of failed queries of all classes.
func (p Report) Failures() int {
	n := 0
	for _, count := range p.Failed {
		n += count
	}
	return n
}

// Check returns an error if the report has wrong rows, or failures of classes
// that are not allowed.
func (p Report) Check(allowed ...Class) error {
	var errs []error
	if len(p.Wrong) > 0 {
		errs = append(errs, fmt.Errorf("%d WRONG RESULTS:\n\t%s", len(p.Wrong), strings.Join(p.Wrong[:min(len(p.Wrong), maxSamples)], "\n\t")))
	}
	for class, n := range p.Failed {
		if !slices.Contains(allowed, class) {
			errs = append(errs, fmt.Errorf("%d queries failed (%s), such as:\n\t%s", n, class, strings.Join(p.Samples[class], "\n\t")))
		}
	}
	if p.Queries == 0 {
		errs = append(errs, errors.New("no query ran"))
	}
	return errors.Join(errs...)
}

func (p Report) String() string {
	s := fmt.Sprintf("%d queries, %d whole, %d rows, the longest %v", p.Queries, p.OK, p.Rows, p.Longest.Round(time.Millisecond))
	for class, n := range p.Failed {
		s += fmt.Sprintf("; %s: %d", class, n)
	}
	return s
}
