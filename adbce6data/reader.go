package adbce6data

import (
	"context"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// reader is the result of a statement. Its errors are in ADBC's form.
type reader struct {
	result     array.RecordReader
	cancel     context.CancelCauseFunc
	references atomic.Int64
}

var _ array.RecordReader = (*reader)(nil)

// newReader returns a reader of a result, which it releases. cancel ends the context of
// the query.
func newReader(result array.RecordReader, cancel context.CancelCauseFunc) *reader {
	r := &reader{result: result, cancel: cancel}
	r.references.Store(1)
	return r
}

// Retain adds a reference to the reader.
func (r *reader) Retain() { r.references.Add(1) }

// Release removes a reference. The last one ends the query.
func (r *reader) Release() {
	if r.references.Add(-1) == 0 {
		r.result.Release()
		r.cancel(nil)
	}
}

// Schema returns the schema of the records.
func (r *reader) Schema() *arrow.Schema { return r.result.Schema() }

// Next moves to the next record and reports whether there is one.
func (r *reader) Next() bool { return r.result.Next() }

// RecordBatch returns the current record. It is valid until the next call of Next.
func (r *reader) RecordBatch() arrow.RecordBatch { return r.result.RecordBatch() }

// Record returns the current record.
//
// Deprecated: call RecordBatch.
func (r *reader) Record() arrow.RecordBatch { return r.RecordBatch() }

// Err returns the error that ended the result before its last row, or nil.
func (r *reader) Err() error { return failed(r.result.Err()) }
