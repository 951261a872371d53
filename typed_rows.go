package e6data

import (
	"context"
	"errors"
	"reflect"

	"github.com/e6data/e6data-go/internal/typed"
	"github.com/e6data/e6data-go/thriftrows"
)

// typedQuery starts a query on a connection.
type typedQuery func(ctx context.Context, cn *conn) (*rows, typed.Options, error)

func statementOf(query string, args []any) typedQuery {
	return func(ctx context.Context, cn *conn) (*rows, typed.Options, error) {
		values, opts := arguments(args)
		req, err := cn.bind(ctx, query, values, opts)
		if err != nil {
			return nil, typed.Options{}, err
		}
		r, err := cn.query(ctx, req)
		return r, req.opts.fit, err
	}
}

func submittedAs(h QueryHandle, opts []QueryOption) typedQuery {
	return func(ctx context.Context, cn *conn) (*rows, typed.Options, error) {
		o, err := cn.c.options(ctx, opts)
		if err != nil {
			return nil, typed.Options{}, err
		}
		r, err := cn.fetch(ctx, h, opts)
		return r, o.fit, err
	}
}

// lease is a connection for the time of one result.
type lease struct {
	cn *conn
	// alone calls f while nobody else uses the connection, as database/sql does with a
	// call of its own. Between two calls others may use it: whoever iterates over rows on
	// an *sql.Conn may run further statements on it.
	alone    func(f func() error) error
	giveBack func() error
}

// borrow returns a connection of what Select takes.
func borrow(ctx context.Context, db any) (*lease, error) {
	none := func() error { return nil }
	direct := func(f func() error) error { return f() }
	switch db := db.(type) {
	case *Conn:
		if db == nil || db.cn == nil {
			return nil, errors.New("e6data: the *Conn is nil")
		}
		return &lease{db.cn, direct, none}, nil
	case *Connector:
		cn, err := db.connect(ctx)
		if err != nil {
			return nil, err
		}
		return &lease{cn, direct, cn.Close}, nil
	}
	sc, giveBack, err := checkOut(ctx, db)
	if err != nil {
		return nil, err
	}
	l := &lease{giveBack: giveBack, alone: func(f func() error) error {
		return sc.Raw(func(any) error { return f() })
	}}
	err = sc.Raw(func(raw any) (err error) {
		l.cn, err = unwrap(ctx, raw)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, giveBack())
	}
	return l, nil
}

// readTyped runs a query and calls read with its rows. It closes the query and gives
// the connection back, also when read panics.
func readTyped[T any](ctx context.Context, db any, q typedQuery, read func(*typedRows[T]) error) (err error) {
	l, err := borrow(ctx, db)
	if err != nil {
		return err
	}
	defer func() {
		if back := l.giveBack(); err == nil {
			err = back
		}
	}()
	r := &typedRows[T]{lease: l}
	var opts typed.Options
	err = l.alone(func() (err error) {
		r.rows, opts, err = q(ctx, l.cn)
		return err
	})
	if err != nil {
		return err
	}
	defer r.close()
	opts.Date, opts.Instant = reflect.TypeFor[Date](), reflect.TypeFor[TimestampTZ]()
	if r.plan, err = l.cn.c.plans.Plan(reflect.TypeFor[T](), r.rows.columns, opts); err != nil {
		if e, ok := errors.AsType[*typed.ShapeError](err); ok {
			return (*ShapeError)(e)
		}
		return err
	}
	r.batch = thriftrows.NewBatch(&l.cn.c.zones, l.cn.c.cfg.Loc)
	r.cells = cells{rows: r.rows}
	return read(r)
}

// typedRows is a result that is read into values of T, block by block.
type typedRows[T any] struct {
	*lease
	rows  *rows
	plan  *typed.Plan
	block *typed.Block[T]
	batch *thriftrows.Batch
	cells cells
	count int64 // of the rows that were read
	err   error
}

// next returns the next rows, some hundred at most, which are valid until the next
// call. After the last there is an error, io.EOF at the end of the result, which may come
// with rows.
func (r *typedRows[T]) next() ([]T, error) {
	if r.err == nil {
		r.err = r.advance()
	}
	if r.err != nil {
		return nil, r.err
	}
	rows, err := r.block.Fill(r.batch, &r.cells)
	r.err = fieldError(err, r.count)
	r.count += int64(len(rows))
	return rows, r.err
}

// fieldError returns an error of Fill as the type of this package. Its row counts from
// the row first of the result.
func fieldError(err error, first int64) error {
	if e, ok := err.(*typed.FieldError); ok { //nolint:errorlint // Fill wraps nothing around it
		e.Row += first
		return (*FieldError)(e)
	}
	return err
}

// advance moves to the next rows, and has a block for them.
func (r *typedRows[T]) advance() error {
	if r.rows.caller.Err() != nil {
		return r.gaveUp()
	}
	for !r.batch.NextRun(typed.BlockRows) {
		var chunk *thriftrows.Chunk
		var own error
		err := r.alone(func() error {
			chunk, own = r.rows.nextChunk()
			return own
		})
		if own != nil {
			return own
		}
		if err != nil { // the connection was closed
			return r.rows.fail(err)
		}
		r.batch.Reset(chunk)
		r.rows.cursor.Reset(chunk)
	}
	if n := r.batch.NumRows(); r.block == nil || r.block.Cap() < n {
		if r.block != nil {
			r.block.Release()
			n = typed.BlockRows
		}
		r.block = typed.NewBlock[T](r.plan, n)
	}
	return nil
}

// gaveUp ends the result because the caller's context has ended.
func (r *typedRows[T]) gaveUp() error {
	return r.rows.fail(r.rows.q.failed(PhaseFetch, nil, contextError(r.rows.caller)))
}

// expected is how many rows to make room for when some have come: as many as the engine
// announced, if it is not more than what a few batches hold.
func (r *typedRows[T]) expected() int64 {
	return min(max(r.rows.meta.RowCount, r.count), 1<<16)
}

// close ends the query.
func (r *typedRows[T]) close() {
	if r.cells.convert != nil {
		r.cells.convert.close()
	}
	if r.block != nil {
		r.block.Release()
	}
	closed := false
	_ = r.alone(func() error {
		closed = true
		return r.rows.Close()
	})
	if !closed { // the application has closed the connection
		_ = r.rows.Close()
	}
}
