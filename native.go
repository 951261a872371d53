package e6data

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/e6data/e6data-go/thriftrows"
)

// Conn is a native connection, with methods that database/sql lacks. [UseConn]
// passes it to a function. It is valid during that call only, and not safe for
// concurrent use.
type Conn struct{ cn *conn }

// UseConn calls f with a connection of db, which is one of:
//
//   - an *[sql.DB], an *[sql.Conn], or a library's type around one. Such a type has
//     a method Conn(context.Context) that returns an *sql.Conn or the library's own
//     connection, such as *sqlx.DB and *bun.DB, or a method Raw(func(any) error)
//     error, such as *sqlx.Conn and bun.Conn;
//   - a *[Connector]; see [Connector.UseConn].
//
// A tracing or metrics driver may be wrapped around this driver. Its connections
// must have a method Raw, WrappedConn or Conn that returns a [driver.Conn], or must
// pass on Ping with its context. Such a Ping sends nothing, but the wrapper may
// record it.
//
// Only f may use the connection until f returns. UseConn returns the error of f.
func UseConn(ctx context.Context, db any, f func(*Conn) error) (err error) {
	if c, ok := db.(*Connector); ok {
		return c.UseConn(ctx, f)
	}
	sc, giveBack, err := checkOut(ctx, db)
	if err != nil {
		return err
	}
	defer func() {
		if closed := giveBack(); err == nil {
			err = closed
		}
	}()
	return sc.Raw(func(raw any) error {
		cn, err := unwrap(ctx, raw)
		if err != nil {
			return err
		}
		return f(&Conn{cn})
	})
}

// UseConn opens a connection, calls f with it and closes it. It needs no pool. The
// connection is as cheap as one of a pool, because the connector keeps the channels
// and sessions. Close the connector when it is no longer used.
func (c *Connector) UseConn(ctx context.Context, f func(*Conn) error) (err error) {
	dc, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closed := dc.Close(); err == nil {
			err = closed
		}
	}()
	return f(&Conn{dc})
}

// Query runs a statement and returns its result, which is read column by column. The
// arguments are those of [database/sql.DB.QueryContext], and may include
// [QueryOption]s. The caller must close the result before f of [UseConn] returns.
func (nc *Conn) Query(ctx context.Context, query string, args ...any) (*Batches, error) {
	values, opts := arguments(args)
	req, err := nc.cn.bind(ctx, query, values, opts)
	if err != nil {
		return nil, err
	}
	r, err := nc.cn.query(ctx, req)
	if err != nil {
		return nil, err
	}
	return nc.batches(r), nil
}

// QueryBatches is [Conn.Query] on a connection of db, which the result holds until it
// is closed. db is what [UseConn] takes, or a *[Conn]. The caller must close the
// result.
func QueryBatches(ctx context.Context, db any, query string, args ...any) (*Batches, error) {
	l, err := borrow(ctx, db)
	if err != nil {
		return nil, err
	}
	var b *Batches
	err = l.alone(func() (err error) {
		b, err = (&Conn{l.cn}).Query(ctx, query, args...)
		return err
	})
	if err != nil {
		_ = l.giveBack()
		return nil, err
	}
	b.lease = l
	return b, nil
}

// arguments numbers the arguments of a query, as database/sql does, and returns the
// options among them separately.
func arguments(args []any) (values []driver.NamedValue, opts []QueryOption) {
	for _, arg := range args {
		nv := driver.NamedValue{Value: arg}
		if named, ok := arg.(sql.NamedArg); ok {
			nv.Name, nv.Value = named.Name, named.Value
		}
		if opt, ok := nv.Value.(QueryOption); ok {
			opts = append(opts, opt)
			continue
		}
		nv.Ordinal = len(values) + 1
		values = append(values, nv)
	}
	return values, opts
}

// Batches is a result that is read batch by batch, and each batch column by column.
// No value is boxed. It is not safe for concurrent use.
type Batches struct {
	rows  *rows
	batch *thriftrows.Batch
	lease *lease // the connection, if Close gives it back; else nil
}

// Columns describes the columns. The slice must not be changed.
func (b *Batches) Columns() []thriftrows.Column { return b.rows.meta.Columns }

// QueryID returns the engine's id of the query.
func (b *Batches) QueryID() string { return b.rows.q.queryID }

// Handle returns the handle of the query, for calls about it on any connection.
func (b *Batches) Handle() QueryHandle { return b.rows.q.handle() }

// Next moves to the next batch and reports whether there is one. If it returns
// false, Err returns the error, if any. A batch has from 1 to 65,536 rows.
func (b *Batches) Next() bool {
	for !b.batch.Next() {
		chunk, err := b.nextChunk()
		if err != nil {
			return false
		}
		b.batch.Reset(chunk)
	}
	return true
}

// nextChunk returns the next chunk, while nobody else uses the connection.
func (b *Batches) nextChunk() (chunk *thriftrows.Chunk, err error) {
	if b.lease == nil {
		return b.rows.nextChunk()
	}
	called := false
	closed := b.lease.alone(func() error {
		called = true
		chunk, err = b.rows.nextChunk()
		return nil
	})
	if !called { // the application has closed the connection
		return nil, b.rows.fail(closed)
	}
	return chunk, err
}

// Batch returns the current batch. It is valid until the next call of Next or Close.
func (b *Batches) Batch() *thriftrows.Batch { return b.batch }

// Err returns the error that ended the result, or nil if the whole result was read.
func (b *Batches) Err() error {
	if errors.Is(b.rows.err, io.EOF) {
		return nil
	}
	return b.rows.err
}

// All returns an iterator over the batches, which closes the result. An error is the
// last element, with a nil batch.
func (b *Batches) All() iter.Seq2[*thriftrows.Batch, error] {
	return func(yield func(*thriftrows.Batch, error) bool) {
		defer func() { _ = b.Close() }()
		for b.Next() {
			if !yield(b.batch, nil) {
				return
			}
		}
		if err := b.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// Close clears the query on the engine, and gives the connection back if the result
// is of [QueryBatches]. It may be called again.
func (b *Batches) Close() error {
	if b.lease == nil {
		return b.rows.Close()
	}
	l := b.lease
	b.lease = nil
	closed := false
	_ = l.alone(func() error {
		closed = true
		return b.rows.Close()
	})
	if !closed { // the application has closed the connection
		_ = b.rows.Close()
	}
	return l.giveBack()
}

// Format writes the engine's address, and keeps the session out of fmt's output.
func (nc Conn) Format(f fmt.State, verb rune) { nc.cn.Format(f, verb) }
