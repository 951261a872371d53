package arrowe6data

import (
	"context"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/thriftrows"
)

// Reader reads the result of a query as Arrow records. A record has the rows of a chunk
// of the engine, and at most 65,536. A record whose columns would need more than 256 MiB
// has fewer, but at least one.
//
// The caller must call Release. That closes the query, and gives the connection back.
// The records may be kept longer, and used by other goroutines. Their memory belongs to
// the allocator of [WithAllocator], and does not refer to the driver's. Retain and
// Release may be called by any goroutine, the other methods by one at a time; the last
// Release must not be concurrent with another method.
type Reader struct {
	references atomic.Int64
	batches    *e6data.Batches
	plan       *plan
	schema     *arrow.Schema
	width      int // of a row, without the bytes of texts
	arrays     []arrow.Array
	current    arrow.RecordBatch
	// ahead means that the current batch of batches is that of the next record.
	ahead bool
	ended bool
	err   error
}

var _ array.RecordReader = (*Reader)(nil)

// Query runs a statement and returns its result as Arrow records. db is what
// [e6data.UseConn] takes, or an *[e6data.Conn]. args are the arguments of the statement,
// and may include options of type [e6data.QueryOption] and [Option]. The reader holds a
// connection until it is released or the result has ended.
//
// The query ends with ctx: then the error of the reader is that of ctx.
func Query(ctx context.Context, db any, query string, args ...any) (*Reader, error) {
	opts, args := splitArguments(args)
	if _, err := newConfig(opts); err != nil {
		return nil, err
	}
	b, err := e6data.QueryBatches(ctx, db, query, args...)
	if err != nil {
		return nil, err
	}
	return NewReader(b, opts...)
}

// QueryConn is [Query] on a native connection. Release the reader before the function
// of [e6data.UseConn] returns.
func QueryConn(ctx context.Context, conn *e6data.Conn, query string, args ...any) (*Reader, error) {
	return Query(ctx, conn, query, args...)
}

// NewReader returns a reader of a result that nothing has been read of, such as that of
// [e6data.Conn.Fetch]. The reader closes the result. If NewReader fails, it has closed
// the result, too.
//
// The schema is that of [Schema]. If the metadata leave the type of a column open,
// NewReader reads the first batch to find it.
func NewReader(b *e6data.Batches, opts ...Option) (*Reader, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		_ = b.Close()
		return nil, err
	}
	p, err := newPlan(b.Columns(), cfg)
	if err != nil {
		_ = b.Close()
		return nil, err
	}
	r := &Reader{batches: b, plan: p, arrays: make([]arrow.Array, len(p.columns))}
	r.references.Store(1)
	if err := r.settle(); err != nil {
		_ = b.Close()
		return nil, err
	}
	r.schema = p.schema()
	for i := range p.columns {
		r.width += p.columns[i].width
	}
	return r, nil
}

// settle finds the types that the metadata leave open.
func (r *Reader) settle() error {
	open := false
	for i := range r.plan.columns {
		open = open || r.plan.columns[i].open
	}
	if !open {
		return nil
	}
	if r.ahead = r.batches.Next(); !r.ahead {
		return r.batches.Err()
	}
	for i := range r.plan.columns {
		col := &r.plan.columns[i]
		if err := col.settle(r.batches.Batch().Column(col.index), r.plan.cfg); err != nil {
			return r.failed(col, err)
		}
	}
	return nil
}

// Retain adds a reference to the reader.
func (r *Reader) Retain() { r.references.Add(1) }

// Release removes a reference. The last one releases the current record, closes the
// query on the engine, and gives the connection back.
func (r *Reader) Release() {
	if r.references.Add(-1) == 0 {
		r.dropCurrent()
		r.end(r.err)
	}
}

// Schema returns the schema of all records.
func (r *Reader) Schema() *arrow.Schema { return r.schema }

// QueryID returns the engine's id of the query.
func (r *Reader) QueryID() string { return r.batches.QueryID() }

// Handle returns the handle of the query, for calls about it on any connection.
func (r *Reader) Handle() e6data.QueryHandle { return r.batches.Handle() }

// RecordBatch returns the current record. It is valid until the next call of Next or
// the last Release, and longer for a caller that calls its Retain.
func (r *Reader) RecordBatch() arrow.RecordBatch { return r.current }

// Record returns the current record.
//
// Deprecated: call RecordBatch.
func (r *Reader) Record() arrow.RecordBatch { return r.current }

// Err returns the error that ended the result, or nil if the whole result was read. It
// is an *[e6data.Error]. If a value did not fit its column, the cause is a
// *[ColumnError].
func (r *Reader) Err() error { return r.err }

// Next moves to the next record, and reports whether there is one. If it returns false,
// Err returns the error, if any, and the query is closed.
func (r *Reader) Next() bool {
	r.dropCurrent()
	if r.ended {
		return false
	}
	if !r.ahead && !r.batches.Next() {
		r.end(r.batches.Err())
		return false
	}
	r.ahead = false
	batch := r.batches.Batch()
	r.shorten(batch)
	if err := r.read(batch); err != nil {
		r.end(err)
		return false
	}
	return true
}

func (r *Reader) dropCurrent() {
	if r.current != nil {
		r.current.Release()
		r.current = nil
	}
}

// end closes the query.
func (r *Reader) end(err error) {
	if r.ended {
		return
	}
	r.ended, r.err = true, err
	for i := range r.plan.columns {
		if d := r.plan.columns[i].dict; d != nil {
			d.release()
		}
	}
	_ = r.batches.Close() // what was read is right even if the connection has been closed
}

// maxRecordBytes bounds the memory of a record. A constant column of a few bytes may
// have any number of rows, and Arrow has memory for all of them.
const maxRecordBytes = 256 << 20

// shorten removes rows of the batch until its record is not too large.
func (r *Reader) shorten(batch *thriftrows.Batch) {
	for rows := int64(batch.NumRows()); rows > 1; rows = int64(batch.NumRows()) {
		size := rows * int64(r.width)
		for i := range r.plan.columns {
			size += batch.Column(r.plan.columns[i].index).TextSize()
		}
		if size <= maxRecordBytes {
			return
		}
		batch.Shorten(int(max(rows*maxRecordBytes/size, 1)))
		if int64(batch.NumRows()) == rows {
			batch.Shorten(int(rows / 2))
		}
	}
}

// read makes the record of a batch.
func (r *Reader) read(batch *thriftrows.Batch) error {
	rows := batch.NumRows()
	defer func() {
		for i, a := range r.arrays {
			if a != nil {
				a.Release()
				r.arrays[i] = nil
			}
		}
	}()
	for i := range r.plan.columns {
		col := &r.plan.columns[i]
		b := builder{mem: r.plan.cfg.mem, col: col, c: batch.Column(col.index), rows: rows}
		data, err := b.build()
		if err != nil {
			return r.failed(col, err)
		}
		r.arrays[i] = array.MakeFromData(data)
		data.Release()
	}
	r.current = array.NewRecordBatch(r.schema, r.arrays, int64(rows))
	return nil
}

// failed returns the error for a column that cannot be read.
func (r *Reader) failed(col *column, err error) error {
	return &e6data.Error{
		Phase:   e6data.PhaseFetch,
		QueryID: r.batches.QueryID(),
		Err:     &ColumnError{Column: col.index, Name: col.name, Type: col.word, Arrow: col.field.Type, Err: err},
	}
}
