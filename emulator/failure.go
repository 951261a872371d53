//go:build cgo

package emulator

import (
	"context"
	"errors"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// errStopped ends a call whose client has left, or whose statement was closed. The caller of
// [statement.call] does not see it.
var errStopped = errors.New("stopped")

// errUnknownFailure is the answer if the cause of a failure cannot be found.
var errUnknownFailure = internal("emulator: the statement failed in one of DuckDB's threads, which reported an interrupt in place of its error")

// maxCauseRuns is how often a failed statement is run again at most.
const maxCauseRuns = 5

// interrupted reports whether DuckDB's error is an interrupt.
func interrupted(text string) bool { return exceptionOf(text).Type == "INTERRUPT" }

// cause returns the error of a statement that has failed with DuckDB's text, inside of a
// call. A thread of DuckDB's that fails interrupts the other threads, and DuckDB may report
// the interrupt and not the failure. Then cause runs a SELECT again for its error only. Its
// rows are dropped.
func (st *statement) cause(ctx context.Context, text string) error {
	if !interrupted(text) || st.stopped(ctx) {
		return engineError(&st.sql, text)
	}
	if st.kind != duckdb.StatementTypeSelect || volatile(st.sql.text) {
		return errUnknownFailure
	}
	for range maxCauseRuns {
		text, err := st.drain(ctx)
		if err != nil {
			return err
		}
		if text == "" {
			break // the data have changed
		}
		if !interrupted(text) {
			return engineError(&st.sql, text)
		}
	}
	return errUnknownFailure
}

// drain runs the statement to its end and drops its rows. It returns DuckDB's error, or "".
func (st *statement) drain(ctx context.Context) (text string, err error) {
	r := &result{}
	defer r.free()
	if text, err = st.begin(ctx, r); text != "" || err != nil {
		return text, err
	}
	for {
		if st.stopped(ctx) {
			return "", errStopped
		}
		chunk := r.fetch()
		if chunk.Ptr == nil {
			return duckdb.ResultError(&r.duckdb), nil
		}
		duckdb.DestroyDataChunk(&chunk)
	}
}
