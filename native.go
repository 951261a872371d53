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

// Conn is a connection with what database/sql has no name for. It is valid, and
// for one goroutine's use, during the call of [UseConn] that gave it.
type Conn struct{ cn *conn }

// UseConn calls f with a connection of db, which is one of:
//
//   - an *[sql.DB], an *[sql.Conn], or a library's type around one: whatever has a
//     method Conn(context.Context) that returns an *sql.Conn or the library's own
//     connection, such as *sqlx.DB and *bun.DB, or a method Raw(func(any) error) error,
//     such as *sqlx.Conn and bun.Conn;
//   - a *[Connector], see [Connector.UseConn].
//
// A tracing or metrics driver may be wrapped around this one. Its connections have a
// method Raw, WrappedConn or Conn that returns a [driver.Conn], or they pass on Ping with its
// context; such a Ping sends nothing, but the wrapper may record it.
//
// The connection is f's alone until f returns.
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

// UseConn opens a connection, calls f with it and closes it: it needs no pool. A
// connection costs no more here than in a pool, since the connector keeps the channels
// and sessions. Close the connector when it is not used any more.
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

// Query runs a statement whose result is read column by column. Its arguments are
// those of [database/sql.DB.QueryContext], with each [QueryOption] among them. The
// caller closes the result, before it leaves f of [UseConn].
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

// arguments numbers the arguments of a query, as database/sql does, and takes the
// options out.
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

// Batches is a result that is read batch by batch, each column by column, with
// no value boxed. It is not safe for concurrent use.
type Batches struct {
	rows  *rows
	batch *thriftrows.Batch
}

// Columns describes the columns. The slice must not be changed.
func (b *Batches) Columns() []thriftrows.Column { return b.rows.meta.Columns }

// QueryID is the engine's id of the query.
func (b *Batches) QueryID() string { return b.rows.q.queryID }

// Handle names the query for calls about it, by this connection or another.
func (b *Batches) Handle() QueryHandle { return b.rows.q.handle() }

// Next moves to the next batch and tells whether there is one; after the last,
// or a failure, see Err. A batch has one row at least, and 65,536 at most.
func (b *Batches) Next() bool {
	for !b.batch.Next() {
		chunk, err := b.rows.nextChunk()
		if err != nil {
			return false
		}
		b.batch.Reset(chunk)
	}
	return true
}

// Batch is the current batch, valid until the next call of Next or Close.
func (b *Batches) Batch() *thriftrows.Batch { return b.batch }

// Err returns what ended the result, nil when all of it was read.
func (b *Batches) Err() error {
	if errors.Is(b.rows.err, io.EOF) {
		return nil
	}
	return b.rows.err
}

// All iterates over the batches and closes the result. An error, with a nil
// batch, is the last that it yields.
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

// Close ends the query on the engine. It may be called again.
func (b *Batches) Close() error { return b.rows.Close() }

// Format hides the session from fmt.
func (nc Conn) Format(f fmt.State, verb rune) { nc.cn.Format(f, verb) }
