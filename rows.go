package e6data

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"

	"github.com/e6data/e6data-go/thriftrows"
)

// rows is the result of one query, read batch by batch.
type rows struct {
	ctx     context.Context // the query's context, which ends with the rows
	caller  context.Context // the context from which ctx is derived
	q       *query
	meta    *thriftrows.Metadata
	columns []string
	few     [8]string // for the columns of a narrow result
	fetcher *fetcher
	cursor  *thriftrows.Cursor
	err     error // the result's end: io.EOF or a failure
	closed  bool
	// cleanup closes rows that become unreachable without Close.
	cleanup runtime.Cleanup
}

var (
	_ driver.Rows                           = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeLength           = (*rows)(nil)
	_ driver.RowsColumnTypeNullable         = (*rows)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*rows)(nil)
)

func newRows(caller, ctx context.Context, q *query, meta *thriftrows.Metadata) *rows {
	r := &rows{
		ctx:     ctx,
		caller:  caller,
		q:       q,
		meta:    meta,
		fetcher: newFetcher(ctx, q, len(meta.Columns), meta.RowCount),
		cursor:  thriftrows.NewCursor(&q.lk.c.zones, q.lk.c.cfg.Loc),
	}
	r.columns = r.few[:0]
	for _, c := range meta.Columns {
		r.columns = append(r.columns, c.Name)
	}
	r.cleanup = runtime.AddCleanup(r, closeDropped, r.fetcher)
	return r
}

// errDropped is the error of a query whose rows became unreachable without Close.
var errDropped = errors.New("the rows were dropped without Close")

// closeDropped ends the query of unreachable rows. It does not block the goroutine
// of the runtime that calls it.
func closeDropped(f *fetcher) {
	c := f.q.lk.c
	c.inBackground(f.q.channel, func() {
		f.stop()
		c.log.Warn("e6data: rows were dropped without Close", "query_id", f.q.queryID)
		f.q.finish(f.ctx, f.ctx, f.q.failed(PhaseFetch, nil, errDropped))
	})
}

// Columns returns the names of the columns, as the engine gives them.
func (r *rows) Columns() []string { return r.columns }

// Next reads a row, and fetches the next batch if necessary. Any error except io.EOF
// means that the result is incomplete.
func (r *rows) Next(dest []driver.Value) error {
	if err := r.nextRow(); err != nil {
		return err
	}
	if err := r.cursor.Values(dest); err != nil {
		return r.fail(err)
	}
	return nil
}

func (r *rows) nextRow() error {
	for r.err != nil || !r.cursor.Next() {
		if err := r.advance(); err != nil {
			return err
		}
	}
	return nil
}

// fail ends the result because of a value that cannot be decoded. The cursor stays
// on its row, which may be scanned again.
func (r *rows) fail(err error) error {
	r.err = wrap(PhaseFetch, r.q.route, err)
	return r.err
}

// advance moves the cursor before the next chunk.
func (r *rows) advance() error {
	chunk, err := r.nextChunk()
	if err == nil {
		r.cursor.Reset(chunk)
	}
	return err
}

// nextChunk returns the next chunk that has rows, valid until the following call.
func (r *rows) nextChunk() (*thriftrows.Chunk, error) {
	if r.err == nil && r.closed {
		r.err = errors.New("e6data: the rows are closed")
	}
	if r.err != nil {
		return nil, r.err
	}
	chunk, err := r.fetcher.next()
	r.err = err
	return chunk, err
}

// Close ends the query without waiting: the query is cleared in the background. The
// rows that were read are correct even if the query cannot be cleared, so that this
// is not an error.
func (r *rows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.cleanup.Stop()
	r.fetcher.stop()
	r.q.finish(r.caller, r.ctx, r.outcome())
	return nil
}

// outcome returns the error with which the query ended, or nil.
func (r *rows) outcome() error {
	if r.err != nil {
		return r.err
	}
	if err := r.q.cancelled(PhaseFetch); err != nil {
		return err
	}
	if r.caller.Err() == nil {
		return nil
	}
	return r.q.failed(PhaseFetch, nil, contextError(r.caller))
}

func (r *rows) columnType(i int) (thriftrows.VectorType, bool) {
	return thriftrows.ParseType(r.meta.Columns[i].Type)
}

var scanTypes = map[thriftrows.VectorType]reflect.Type{
	thriftrows.Boolean:     reflect.TypeFor[sql.NullBool](),
	thriftrows.Integer:     reflect.TypeFor[sql.NullInt32](),
	thriftrows.Long:        reflect.TypeFor[sql.NullInt64](),
	thriftrows.Float:       reflect.TypeFor[sql.NullFloat64](),
	thriftrows.Double:      reflect.TypeFor[sql.NullFloat64](),
	thriftrows.Decimal128:  reflect.TypeFor[sql.NullString](),
	thriftrows.String:      reflect.TypeFor[sql.NullString](),
	thriftrows.Array:       reflect.TypeFor[sql.NullString](),
	thriftrows.Map:         reflect.TypeFor[sql.NullString](),
	thriftrows.Struct:      reflect.TypeFor[sql.NullString](),
	thriftrows.Binary:      reflect.TypeFor[[]byte](),
	thriftrows.Date:        reflect.TypeFor[sql.NullTime](),
	thriftrows.Datetime:    reflect.TypeFor[sql.NullTime](),
	thriftrows.Timestamp:   reflect.TypeFor[sql.NullTime](),
	thriftrows.Int96:       reflect.TypeFor[sql.NullTime](),
	thriftrows.TimestampTZ: reflect.TypeFor[sql.NullTime](),
}

// ColumnTypeScanType returns a type into which every value of the column fits, NULL
// included.
func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	if t, ok := r.columnType(i); ok {
		if scan := scanTypes[t]; scan != nil {
			return scan
		}
	}
	return reflect.TypeFor[any]()
}

// ColumnTypeDatabaseTypeName returns the engine's name of the type in upper case,
// without parameters.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	return thriftrows.TypeName(r.meta.Columns[i].Type)
}

// ColumnTypeNullable returns true, true, because the metadata never rules out NULL.
func (r *rows) ColumnTypeNullable(int) (nullable, ok bool) { return true, true }

// ColumnTypeLength returns the length of CHAR(n) and VARCHAR(n), and math.MaxInt64
// for other types of variable length.
func (r *rows) ColumnTypeLength(i int) (int64, bool) {
	return thriftrows.TypeLength(r.meta.Columns[i].Type)
}

// ColumnTypePrecisionScale returns p and s of DECIMAL(p,s).
func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	return thriftrows.TypePrecisionScale(r.meta.Columns[i].Type)
}

func (r *rows) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "rows of query "+r.q.queryID) }
