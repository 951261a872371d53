package chaos

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// worker is one of the clients. It runs one query after another.
type worker struct {
	*run
	rand   *rand.Rand
	number uint64
	asked  uint64
	db     *sql.DB
}

// turn runs a query in one of the ways in which applications do.
func (w *worker) turn() {
	switch n := w.rand.IntN(100); {
	case n < 45:
		w.whole(w.db, w.patient)
	case n < 58:
		w.exec()
	case n < 68:
		w.first()
	case n < 76:
		w.part()
	case n < 79:
		w.drop()
	case n < 90:
		w.whole(w.db, w.impatient)
	case n < 97:
		w.several()
	default:
		w.ping()
	}
}

// next returns a new random statement. Its id differs from the ids of all
// workers.
func (w *worker) next() statement {
	w.asked++
	return randomStatement(w.rand, (w.number+1)<<32|w.asked)
}

// patient returns a context that ends only for a query that hangs.
func (w *worker) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), stuck)
}

// impatient returns a context that is cancelled, or whose deadline passes, at
// any moment.
func (w *worker) impatient() (context.Context, context.CancelFunc) {
	d := time.Duration(w.rand.Int64N(int64(60 * time.Millisecond)))
	if w.rand.IntN(2) == 0 {
		return context.WithTimeout(context.Background(), d)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t := time.AfterFunc(d, cancel)
	return ctx, func() { t.Stop(); cancel() }
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// whole reads all rows of a statement.
func (w *worker) whole(db queryer, patience func() (context.Context, context.CancelFunc)) {
	st := w.next()
	ctx, cancel := patience()
	defer cancel()
	began := time.Now()
	rows, err := db.QueryContext(ctx, st.text())
	if err != nil {
		w.judge(ctx, st, began, 0, err, "")
		return
	}
	n, wrong, err := read(rows, st, -1)
	w.judge(ctx, st, began, n, err, wrong)
}

// read reads and compares rows, and closes them. It reads at most limit rows if
// limit is not negative.
func read(rows *sql.Rows, st statement, limit int) (n int, wrong string, err error) {
	defer rows.Close()
	order := st.order()
	var row scanned
	for n != limit && rows.Next() {
		if wrong, err = check(rows, &row, st, order, n); wrong != "" || err != nil {
			return n, wrong, err
		}
		n++
	}
	if n == limit {
		return n, "", rows.Close()
	}
	if err := rows.Err(); err != nil {
		return n, "", err
	}
	if n != len(order) {
		wrong = fmt.Sprintf("%d rows of %d without an error", n, len(order))
	}
	return n, wrong, rows.Close()
}

// check compares the current row of rows with the n-th row of a statement. Scan
// also fails if the context has ended meanwhile.
func check(rows *sql.Rows, row *scanned, st statement, order []int, n int) (wrong string, err error) {
	if err := rows.Scan(row.dest()...); err != nil {
		return "", err
	}
	if n >= len(order) {
		return fmt.Sprintf("more than %d rows", len(order)), nil
	}
	if diff := row.diff(st, order[n]); diff != "" {
		return fmt.Sprintf("row %d: %s", n, diff), nil
	}
	return "", nil
}

func (w *worker) exec() {
	st := w.next()
	patience := w.patient
	if w.rand.IntN(5) == 0 {
		patience = w.impatient
	}
	ctx, cancel := patience()
	defer cancel()
	began := time.Now()
	result, err := w.db.ExecContext(ctx, st.text())
	wrong := ""
	if err == nil {
		_, announced := st.chunks()
		n, err := result.RowsAffected()
		if st.fails == atBatch {
			wrong = "no error of a statement whose result cannot be read"
		} else if known := announced > 0 || announced == 0 && st.rows == 0; known != (err == nil) || known && n != announced {
			wrong = fmt.Sprintf("%d rows affected, %v; the engine says %d", n, err, announced)
		}
	}
	w.judge(ctx, st, began, 0, err, wrong)
}

// first reads one row.
func (w *worker) first() {
	st := w.next()
	ctx, cancel := w.patient()
	defer cancel()
	began := time.Now()
	var row scanned
	err := w.db.QueryRowContext(ctx, st.text()).Scan(row.dest()...)
	wrong := ""
	order := st.order()
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = nil
		if len(order) > 0 {
			wrong = fmt.Sprintf("no rows, want %d", len(order))
		}
	case err != nil:
	case len(order) == 0:
		wrong = "a row, want none"
	default:
		wrong = row.diff(st, order[0])
	}
	w.judge(ctx, st, began, 1, err, wrong)
}

// part leaves a result before its end.
func (w *worker) part() {
	st := w.next()
	ctx, cancel := w.patient()
	defer cancel()
	began := time.Now()
	rows, err := w.db.QueryContext(ctx, st.text())
	if err != nil {
		w.judge(ctx, st, began, 0, err, "")
		return
	}
	n, wrong, err := read(rows, st, w.rand.IntN(st.rows+1))
	w.judge(ctx, st, began, n, err, wrong)
}

// several reads several results on one connection in turns.
func (w *worker) several() {
	ctx, cancel := w.patient()
	defer cancel()
	began := time.Now()
	conn, err := w.db.Conn(ctx)
	if err != nil {
		w.judge(ctx, w.next(), began, 0, err, "")
		return
	}
	defer conn.Close()
	type reading struct {
		st    statement
		rows  *sql.Rows
		order []int
		n     int
	}
	var open []*reading
	for range 2 + w.rand.IntN(2) {
		st := w.next()
		rows, err := conn.QueryContext(ctx, st.text())
		if err != nil {
			w.judge(ctx, st, began, 0, err, "")
			continue
		}
		open = append(open, &reading{st: st, rows: rows, order: st.order()})
	}
	var row scanned
	for len(open) > 0 {
		i := w.rand.IntN(len(open))
		r := open[i]
		wrong, more := "", false
		var err error
		for range 1 + w.rand.IntN(200) {
			if more = r.rows.Next(); !more {
				err = r.rows.Err()
				break
			}
			if wrong, err = check(r.rows, &row, r.st, r.order, r.n); wrong != "" || err != nil {
				break
			}
			r.n++
		}
		if more && wrong == "" && err == nil {
			continue
		}
		if err == nil && wrong == "" && r.n != len(r.order) {
			wrong = fmt.Sprintf("%d rows of %d without an error", r.n, len(r.order))
		}
		if closing := r.rows.Close(); err == nil {
			err = closing
		}
		w.judge(ctx, r.st, began, r.n, err, wrong)
		open = append(open[:i], open[i+1:]...)
	}
}

// ping pings the engine. The result is judged like that of an executed
// statement.
func (w *worker) ping() {
	ctx, cancel := w.patient()
	defer cancel()
	began := time.Now()
	if err := w.db.PingContext(ctx); err != nil {
		w.judge(ctx, w.next(), began, 0, err, "")
	}
}
