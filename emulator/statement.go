//go:build cgo

package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// statement is a prepared statement and, after its execution, its result. It has a connection
// of its own until it is closed.
type statement struct {
	d       *database
	ask     enginetest.Query
	sql     rewritten
	kind    duckdb.StatementType
	params  []parameter
	parsing time.Duration
	forget  func() bool // ends the wait for the database's end

	mu       sync.Mutex
	conn     *conn
	prepared duckdb.PreparedStatement
	calls    int  // how often DuckDB was called
	busy     bool // it is being called
	closed   bool
	gone     chan struct{} // closed with the statement

	run
	caching
}

// run is the execution of a statement. One call at a time uses result and failure; mu guards
// the other fields.
type run struct {
	result  *result
	values  []*wire.ParameterValue
	started time.Time
	waited  time.Duration // in the queue
	took    time.Duration // from start to the end of the result
	ended   bool
	rows    int64 // read so far
	failure error // of the result, which ends it
}

var _ enginetest.Statement = (*statement)(nil)

// supported are the kinds of statements that may be executed, and whether the connection is clean
// after them.
var supported = map[duckdb.StatementType]bool{
	duckdb.StatementTypeSelect: true, duckdb.StatementTypeInsert: true, duckdb.StatementTypeUpdate: true,
	duckdb.StatementTypeDelete: true, duckdb.StatementTypeMergeInto: true, duckdb.StatementTypeExplain: true,
	duckdb.StatementTypeCreate: false, duckdb.StatementTypeCreateFunc: false, duckdb.StatementTypeAlter: false,
	duckdb.StatementTypeDrop: false,
}

// Prepare checks a statement.
func (d *database) Prepare(ctx context.Context, q enginetest.Query) (enginetest.Statement, error) {
	st, err := d.prepare(ctx, q)
	if err != nil {
		d.cfg.Logger.DebugContext(ctx, "statement refused", "sql", q.SQL, "error", err)
		return nil, err
	}
	return st, nil
}

// DryRun prepares a statement, drops it and returns its plan as JSON.
func (d *database) DryRun(ctx context.Context, q enginetest.Query) (string, error) {
	st, err := d.prepare(ctx, q)
	if err != nil {
		return "", err
	}
	defer st.Close()
	return st.explain()
}

func (d *database) prepare(ctx context.Context, q enginetest.Query) (_ *statement, err error) {
	if err := ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	if q.Catalog == "" && d.cfg.RequireCatalog {
		return nil, internal("Catalog is not set: there is no default catalog")
	}
	started := time.Now()
	sql, err := d.rewrite(q.SQL)
	if err != nil {
		return nil, err
	}
	if at := strings.IndexByte(sql.text, 0); at >= 0 {
		return nil, placed(&sql, at, "a statement cannot have the character U+0000")
	}
	conn, err := d.connect(d.place(q.Catalog, q.Schema))
	if err != nil {
		return nil, err
	}
	st := &statement{d: d, ask: q, sql: sql, conn: conn, gone: make(chan struct{})}
	d.using.Add(1)
	st.forget = context.AfterFunc(d.gone, st.shut)
	defer func() {
		if err != nil {
			st.Close()
		}
	}()
	if duckdb.Prepare(conn.duckdb, sql.text, &st.prepared) == duckdb.StateError {
		return nil, engineError(&sql, duckdb.PrepareError(st.prepared))
	}
	if err := st.check(); err != nil {
		return nil, err
	}
	st.parsing = time.Since(started)
	return st, nil
}

// place returns the place that a call names. The defaults complete it.
func (d *database) place(catalog, schema string) place {
	return place{cmp.Or(catalog, d.cfg.Catalog), cmp.Or(schema, d.cfg.Engine.Database)}
}

// check refuses a statement that the emulator cannot execute, and finds the parameters.
func (st *statement) check() error {
	st.kind = duckdb.PreparedStatementType(st.prepared)
	// DuckDB makes SELECTs of some PRAGMAs.
	if _, ok := supported[st.kind]; !ok || st.sql.keyword == "PRAGMA" {
		return fmt.Errorf("emulator: the statement %.30s is not supported", st.sql.keyword)
	}
	st.params = parametersOf(st.prepared)
	for i := range duckdb.PreparedStatementColumnCount(st.prepared) {
		typ := duckdb.PreparedStatementColumnLogicalType(st.prepared, i)
		err := unresolved(describe(typ))
		duckdb.DestroyLogicalType(&typ)
		if err != nil {
			return fmt.Errorf("column %q: %w", duckdb.PreparedStatementColumnName(st.prepared, i), err)
		}
	}
	return nil
}

// unresolved drops the error about a type that depends on a parameter.
func unresolved(t *kind, err error) error {
	if err != nil && t != nil && t.open {
		return nil
	}
	return err
}

// call calls DuckDB on the statement's connection, one call at a time. When ctx ends or the
// statement is closed, the call is interrupted. Its error is then that of ctx, or
// [enginetest.ErrCancelled].
func (st *statement) call(ctx context.Context, f func() error) error {
	st.mu.Lock()
	if st.closed {
		st.mu.Unlock()
		return enginetest.ErrCancelled
	}
	st.busy = true
	st.calls++
	n := st.calls
	st.mu.Unlock()

	stop := context.AfterFunc(ctx, func() { st.interrupt(n) })
	err := f()
	stop()

	st.mu.Lock()
	defer st.mu.Unlock()
	st.busy = false
	if st.closed {
		go st.free()
		return enginetest.ErrCancelled
	}
	if err != nil && ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	return err
}

// interrupt interrupts call n, if that is still running.
func (st *statement) interrupt(n int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.busy && st.calls == n {
		duckdb.Interrupt(st.conn.duckdb)
	}
}

// stopped reports whether a call should not go on. An interrupt has no effect before a query
// of DuckDB's begins.
func (st *statement) stopped(ctx context.Context) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.closed || ctx.Err() != nil
}

// Close interrupts the running call, and frees the statement in the background.
func (st *statement) Close() {
	st.forget()
	st.shut()
}

func (st *statement) shut() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return
	}
	st.closed = true
	close(st.gone)
	if st.busy {
		duckdb.Interrupt(st.conn.duckdb) // and call frees it
		return
	}
	go st.free()
}

// free frees the statement. No call is running, and none follows.
func (st *statement) free() {
	defer st.d.using.Done()
	clean := supported[st.kind] && (st.result == nil || st.result.over)
	if st.result != nil {
		st.result.free()
	}
	duckdb.DestroyPrepare(&st.prepared)
	st.d.release(st.conn, clean)
}

// Execute waits for the statement's turn, and runs it until its first rows are there.
func (st *statement) Execute(ctx context.Context, o enginetest.Execution) (executed bool, err error) {
	st.mu.Lock()
	st.started, st.values = time.Now(), o.Params
	st.mu.Unlock()
	if st.d.cfg.Cache && st.fromCache(o) {
		return true, nil
	}
	if st.kind != duckdb.StatementTypeSelect && st.kind != duckdb.StatementTypeExplain {
		defer st.d.cache.empty()
	}
	done, err := st.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	err = st.call(ctx, func() error { return st.execute(ctx) })
	st.d.cfg.Logger.DebugContext(ctx, "statement executed", "sql", st.ask.SQL, "took", time.Since(st.started), "error", err)
	return err == nil, err
}

// execute runs the statement until its first rows are there, inside of a call.
func (st *statement) execute(ctx context.Context) error {
	r := &result{json: st.d.cfg.JSON, zone: st.d.cfg.Zone, batch: st.d.cfg.BatchRows}
	if text, err := st.begin(ctx, r); text != "" || err != nil {
		r.free()
		if err != nil {
			return err
		}
		return st.cause(ctx, text)
	}
	st.mu.Lock()
	st.result = r
	st.mu.Unlock()
	if err := r.describe(); err != nil {
		return err
	}
	if st.kind == duckdb.StatementTypeSelect {
		r.mix = newShuffler(st.d.cfg.Shuffle, st.sql.text, r)
	}
	return nil
}

// begin begins an execution, whose result r is. text is DuckDB's error.
func (st *statement) begin(ctx context.Context, r *result) (text string, err error) {
	var pending duckdb.PendingResult
	defer duckdb.DestroyPending(&pending)
	if err := st.plan(st.values, &pending); err != nil {
		return "", err
	}
	if st.stopped(ctx) {
		// DuckDB's threads run the query since it was planned. Without an interrupt they go on,
		// and the connection's next statement waits for them.
		duckdb.Interrupt(st.conn.duckdb)
		return "", errStopped
	}
	if duckdb.ExecutePending(pending, &r.duckdb) == duckdb.StateError {
		return duckdb.ResultError(&r.duckdb), nil
	}
	return "", nil
}

// turn waits until the statement may execute. done ends its turn.
func (st *statement) turn(ctx context.Context) (done func(), err error) {
	if st.d.slots == nil {
		return func() {}, nil
	}
	select {
	case st.d.slots <- struct{}{}:
	case <-st.gone:
		return nil, enginetest.ErrCancelled
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	st.mu.Lock()
	st.waited = time.Since(st.started)
	st.mu.Unlock()
	return func() { <-st.d.slots }, nil
}

// Metadata describes the result.
func (st *statement) Metadata(context.Context) ([]byte, error) {
	if st.from != nil {
		return st.from.metadata, nil
	}
	return st.result.metadata()
}

const (
	// An answer with data is sent when it has this size, or after this time.
	enoughBytes = 4 << 20
	enoughTime  = 20 * time.Millisecond
)

// Batches returns the next chunks.
func (st *statement) Batches(ctx context.Context, r enginetest.BatchRequest) (out enginetest.Batches, err error) {
	if st.from != nil {
		return st.keptBatches(r), nil
	}
	err = st.call(ctx, func() error {
		if st.failure != nil {
			return st.failure
		}
		for began, size := time.Now(), 0; len(out.Chunks) < r.Max; {
			b, rows, err := st.result.next()
			if err != nil {
				return st.failed(ctx, err)
			}
			if b == nil {
				out.End = len(out.Chunks) == 0 || r.V2
				return nil
			}
			st.note(rows)
			out.Chunks = append(out.Chunks, b)
			if size += len(b); size >= enoughBytes || time.Since(began) >= enoughTime {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return enginetest.Batches{}, err
	}
	if out.End {
		st.mu.Lock()
		st.ended, st.took = true, time.Since(st.started)
		st.mu.Unlock()
	}
	return out, st.keepBatch(out)
}

// note counts rows that were read.
func (st *statement) note(rows int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.rows += int64(rows)
}

// failed returns the engine's error for an error of the result, inside of a call. Such an error
// ends the result: later calls return it, too.
func (st *statement) failed(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*rawError](err); ok {
		st.result.free()
		st.failure = st.cause(ctx, e.text)
		return st.failure
	}
	return err
}

// Status reports the rows that were read, or processed while the first ones are computed.
func (st *statement) Status(context.Context) (done bool, rows int64, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return false, 0, enginetest.ErrCancelled
	}
	done = st.result != nil || st.from != nil
	if rows = st.rows; rows == 0 && st.busy {
		p := duckdb.QueryProgress(st.conn.duckdb)
		_, processed, _ := duckdb.QueryProgressTypeMembers(&p)
		rows = int64(processed)
	}
	return done, rows, nil
}

// internal returns an error with the code of an engine's errors about statements.
func internal(text string) error { return status.Error(codes.Internal, text) }
