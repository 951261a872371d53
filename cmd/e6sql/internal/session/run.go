package session

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/internal/sqltext"
	"github.com/e6data/e6data-go/thriftrows"
)

// Sink takes a result. The writers of package output are sinks.
type Sink interface {
	// Begin is called once, before the first batch. The slice must not be changed.
	Begin(columns []thriftrows.Column) error
	// Write is called for each batch. The batch is valid during the call only.
	Write(batch *thriftrows.Batch) error
}

// Limited is a sink that shows only the first rows. Run stops reading when Full returns
// true, if the engine has reported how many rows the result has.
type Limited interface {
	Sink
	// Full reports whether the sink would only count further rows.
	Full() bool
}

// RunOptions observe a statement. The zero value observes nothing.
type RunOptions struct {
	// Progress, if not nil, is called at most ten times a second, on a goroutine of the
	// driver, and for the last time before Run returns.
	Progress func(e6data.Progress)
	// Analyze requests the engine's facts about the query: Summary.Analysis.
	Analyze bool
}

// Summary describes a statement that has ended.
type Summary struct {
	// QueryState has the query's id, its colour, the times by phase (from the query's
	// start), and the batches, rows and bytes that were fetched.
	e6data.QueryState
	// Keyword is the statement's verb in upper case, such as SELECT or INSERT.
	Keyword string
	// HasResult reports whether the sink's Begin was called.
	HasResult bool
	// Written is the number of rows that the sink took.
	Written int64
	// Total is the number of rows of the result. It is larger than Written if the sink
	// had enough before the end, and the engine has reported the number.
	Total int64
	// Affected is the number of rows that the statement changed. It is -1 if the engine
	// did not report it, and for statements that change no rows.
	Affected int64
	// Elapsed is the time from the call of Run to its end.
	Elapsed time.Duration
}

// SinkError is an error of the sink, such as a broken pipe. The statement itself did not
// fail.
type SinkError struct{ Err error }

func (e *SinkError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *SinkError) Unwrap() error { return e.Err }

// Error is a failed statement.
type Error struct {
	// Statement is the statement as it was sent, with the values of the variables: the
	// text that Line and Column refer to. It may be multi-line.
	Statement string
	// Line and Column are the place in Statement, in characters and from 1; 0 if unknown.
	Line, Column int
	// QueryID is the engine's id of the query, or "".
	QueryID string
	// Err is the driver's error.
	Err error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Run runs a statement and passes its result to sink. A sink of nil discards the result.
// Variables are passed as arguments for the names that the statement has.
//
// When ctx ends, Run returns at once, and the query is cleared on the engine in the
// background; Close waits for that. The summary is never nil; with an error it describes
// the query so far. An error is an *[Error] if the statement failed, or a *[SinkError].
func (s *Session) Run(ctx context.Context, statement string, sink Sink, o RunOptions) (*Summary, error) {
	begin := time.Now()
	sum := &Summary{Affected: -1}
	info := &e6data.QueryInfo{Analyze: o.Analyze}
	st, err := sqltext.Parse(statement)
	if err != nil {
		return sum, textError(statement, err)
	}
	sum.Keyword = st.Keyword()
	args := s.arguments(st)
	sent := s.rendered(st, args)
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err = s.connector.UseConn(ctx, func(c *e6data.Conn) error {
		batches, err := c.Query(ctx, statement, s.all(args, info, o)...)
		if err != nil {
			return err
		}
		return sum.pass(batches, sink, info, !st.ReturnsRows(), st.DML())
	})
	s.finish(sum, info, begin)
	if changesCatalog(st.Keyword()) {
		s.meta.Refresh()
	}
	return sum, failure(sent, sum.ID, causeOf(ctx, err), err)
}

// causeOf returns the cause of ctx. gRPC may report a deadline a moment before ctx ends.
func causeOf(ctx context.Context, err error) error {
	const moment = 50 * time.Millisecond
	if t, ok := ctx.Deadline(); ok && errors.Is(err, context.DeadlineExceeded) && time.Until(t) < moment {
		<-ctx.Done()
	}
	return context.Cause(ctx)
}

// bounded returns a context with the query timeout.
func (s *Session) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	d := s.Timeout()
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, d, &TimeoutError{After: d})
}

// TimeoutError is in the error of a query that took longer than the session's timeout.
type TimeoutError struct{ After time.Duration }

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("the query took longer than query_timeout (%v): raise it with \\set query_timeout or --query-timeout", e.After)
}

// Unwrap returns context.DeadlineExceeded.
func (e *TimeoutError) Unwrap() error { return context.DeadlineExceeded }

// arguments returns the variables that the statement has names for.
func (s *Session) arguments(st *sqltext.Statement) []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var args []any
	for _, name := range st.Names() {
		if v, ok := s.vars[name]; ok {
			args = append(args, sql.Named(name, v.Value))
		}
	}
	return args
}

// rendered returns the statement's text as the driver sends it.
func (s *Session) rendered(st *sqltext.Statement, args []any) string {
	values := make([]driver.NamedValue, 0, len(args))
	for i, arg := range args {
		named, _ := arg.(sql.NamedArg)
		values = append(values, driver.NamedValue{Name: named.Name, Ordinal: i + 1, Value: named.Value})
	}
	text, err := st.Render(values, s.cfg.Loc)
	if err != nil || s.cfg.Params == e6data.ParamsServer {
		return st.Text()
	}
	return text
}

// all returns the arguments and options of a query.
func (s *Session) all(args []any, info *e6data.QueryInfo, o RunOptions) []any {
	args = append(args, s.options()...)
	args = append(args, e6data.CaptureQuery(info))
	if o.Progress != nil {
		args = append(args, e6data.OnProgress(o.Progress))
	}
	return args
}

// finish completes the summary.
func (s *Session) finish(sum *Summary, info *e6data.QueryInfo, begin time.Time) {
	sum.QueryState = info.State()
	sum.Elapsed = time.Since(begin)
	if sum.Strategy == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.strategy = sum.Strategy
}

// pass reads the result into sink, and closes it. lazy is set for a statement that may
// have no result: then Begin is called with the first batch. changes is set for a
// statement whose result may be the number of rows that it changed.
func (sum *Summary) pass(batches *e6data.Batches, sink Sink, info *e6data.QueryInfo, lazy, changes bool) (err error) {
	defer func() {
		if closed := batches.Close(); err == nil {
			err = closed
		}
	}()
	if sink == nil {
		sink = discard{}
	}
	begin := func() error {
		if sum.HasResult {
			return nil
		}
		sum.HasResult = true
		if err := sink.Begin(batches.Columns()); err != nil {
			return &SinkError{err}
		}
		return nil
	}
	if !lazy {
		if err := begin(); err != nil {
			return err
		}
	}
	for batches.Next() {
		batch := batches.Batch()
		if changes && sum.count(batch) {
			continue
		}
		if err := begin(); err != nil {
			return err
		}
		if err := sink.Write(batch); err != nil {
			return &SinkError{err}
		}
		sum.Written += int64(batch.NumRows())
		sum.Total = sum.Written
		if limited, ok := sink.(Limited); ok && limited.Full() {
			if promised := info.State().RowsPromised; promised > sum.Written {
				sum.Total = promised
				return nil
			}
		}
	}
	return batches.Err()
}

// count reports whether the batch is the first one, and holds nothing but the number of
// changed rows.
func (sum *Summary) count(batch *thriftrows.Batch) bool {
	if sum.HasResult || sum.Affected >= 0 || batch.NumRows() != 1 || batch.NumColumns() != 1 {
		return false
	}
	values, nulls, err := batch.Column(0).Int64s()
	if err != nil || nulls.Any() || values[0] < 0 {
		return false
	}
	sum.Affected = values[0]
	return true
}

// discard is a sink that keeps nothing.
type discard struct{}

func (discard) Begin([]thriftrows.Column) error { return nil }
func (discard) Write(*thriftrows.Batch) error   { return nil }

// failure returns the error of a statement.
func failure(sent, id string, cause, err error) error {
	if err == nil {
		return nil
	}
	if sink, ok := errors.AsType[*SinkError](err); ok {
		return sink
	}
	if timeout, ok := errors.AsType[*TimeoutError](cause); ok && errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", timeout, err)
	}
	e := &Error{Statement: sent, QueryID: id, Err: err}
	if failed, ok := errors.AsType[*e6data.Error](err); ok {
		e.Line, e.Column = failed.Line, failed.Column
		if failed.QueryID != "" {
			e.QueryID = failed.QueryID
		}
	}
	return e
}

// textError returns the error of a text that is no statement.
func textError(statement string, err error) error {
	e := &Error{Statement: statement, Err: err}
	if syntax, ok := errors.AsType[*sqltext.SyntaxError](err); ok && syntax.Offset >= 0 && syntax.Offset <= len(statement) {
		e.Line, e.Column = sqltext.Place(statement, syntax.Offset)
	}
	return e
}

// changesCatalog reports whether a statement may change the catalogs' contents.
func changesCatalog(keyword string) bool {
	switch keyword {
	case "CREATE", "DROP", "ALTER", "ATTACH", "DETACH", "RENAME", "USE":
		return true
	}
	return false
}
