package chaos

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// drop leaves a result without closing it, so that the driver clears it after a
// garbage collection. It uses the driver's own rows, because an unclosed [sql.Rows]
// would keep its connection from the pool for ever.
func (w *worker) drop() {
	st := w.next()
	ctx := context.Background()
	if w.rand.IntN(2) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = w.patient()
		defer cancel()
	}
	read := readRaw
	if w.rand.IntN(2) == 0 {
		read = readNative
	}
	limit, began := w.rand.IntN(st.rows+1), time.Now()
	conn, err := w.db.Conn(ctx)
	n, wrong := 0, ""
	if err == nil {
		n, wrong, err = read(ctx, conn, st, limit)
		_ = conn.Close()
	}
	w.judge(ctx, st, began, n, err, wrong)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropped = append(w.dropped, st.id)
}

// readRaw reads a number of rows of a statement and leaves the rest.
func readRaw(ctx context.Context, conn *sql.Conn, st statement, limit int) (n int, wrong string, err error) {
	order := st.order()
	err = conn.Raw(func(raw any) error {
		rows, err := raw.(driver.QueryerContext).QueryContext(ctx, st.text(), nil)
		if err != nil {
			return err
		}
		values := make([]driver.Value, len(rows.Columns()))
		var row scanned
		for n < limit && wrong == "" {
			err := rows.Next(values)
			if errors.Is(err, io.EOF) {
				if n != len(order) {
					wrong = fmt.Sprintf("%d rows of %d without an error", n, len(order))
				}
				return nil
			}
			if err != nil {
				return err
			}
			if err := row.take(values); err != nil {
				return err
			}
			if diff := row.diff(st, order[n]); diff != "" {
				wrong = fmt.Sprintf("row %d: %s", n, diff)
			}
			n++
		}
		return nil
	})
	return n, wrong, err
}

// take converts a row's values, as Scan does.
func (s *scanned) take(values []driver.Value) error {
	return errors.Join(s.id.Scan(values[0]), s.tag.Scan(values[1]), s.amount.Scan(values[2]), s.flag.Scan(values[3]))
}

// readNative reads the batches up to a number of rows and leaves the rest.
func readNative(ctx context.Context, conn *sql.Conn, st statement, limit int) (n int, wrong string, err error) {
	order := st.order()
	err = e6data.UseConn(ctx, conn, func(c *e6data.Conn) error {
		batches, err := c.Query(ctx, st.text())
		if err != nil {
			return err
		}
		for n < limit && batches.Next() {
			n += batches.Batch().NumRows()
		}
		if n > len(order) || n < limit && batches.Err() == nil && n != len(order) {
			wrong = fmt.Sprintf("%d rows of %d", n, len(order))
		}
		return batches.Err()
	})
	return n, wrong, err
}

// collect runs the garbage collector until the dropped rows are cleared, except
// those that cannot be cleared.
func (r *run) collect() {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		runtime.GC()
		if !slices.ContainsFunc(r.ledger.uncleared(r.dropped), func(q entry) bool { return r.unclearable(q) == leaked }) {
			break
		}
	}
	r.tally["dropped without Close"] = len(r.dropped)
	r.tally["dropped and not cleared"] = len(r.ledger.uncleared(r.dropped))
}

// Rows that are not closed are cleared when the garbage collector frees them.
func TestDroppedRows(t *testing.T) {
	for _, test := range []struct {
		name string
		drop func(ctx context.Context, conn *sql.Conn, st statement) error
	}{
		{"of database/sql", func(ctx context.Context, conn *sql.Conn, st statement) error {
			rows, err := conn.QueryContext(ctx, st.text())
			if err == nil && !rows.Next() {
				err = errors.Join(errors.New("no rows"), rows.Err())
			}
			return err
		}},
		{"of the driver", func(ctx context.Context, conn *sql.Conn, st statement) error {
			_, _, err := readRaw(ctx, conn, st, 1)
			return err
		}},
		{"batches", func(ctx context.Context, conn *sql.Conn, st statement) error {
			_, _, err := readNative(ctx, conn, st, 1)
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newServer(t, enginetest.Config{})
			srv.HandleFunc(serve)
			db := open(t, srv)
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var raw driver.Conn
			if err := conn.Raw(func(c any) error { raw = c.(driver.Conn); return nil }); err != nil {
				t.Fatal(err)
			}
			// database/sql would wait for ever for rows that it cannot close.
			defer raw.Close()
			for id := range uint64(3) {
				if err := test.drop(context.Background(), conn, statement{id: id, rows: 100, batch: 10, twice: -1}); err != nil {
					t.Fatal(err)
				}
			}
			for end := time.Now().Add(30 * time.Second); srv.Stats().Open > 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
				runtime.GC()
			}
			balance(t, srv)
		})
	}
}
