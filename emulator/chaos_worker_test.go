//go:build cgo

package emulator_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	e6data "github.com/e6data/e6data-go"
)

// chaosWorker runs one statement after another.
type chaosWorker struct {
	*chaos
	rand        *rand.Rand
	number      int
	asked       int64
	db          *sql.DB
	patientOnly bool
}

// chaosKinds has the kinds of statements, and how often each is run.
var chaosKinds = []struct {
	name   string
	weight int
	do     func(w *chaosWorker)
}{
	{"numbers", 8, (*chaosWorker).numbers},
	{"aggregate", 5, (*chaosWorker).aggregate},
	{"table", 8, (*chaosWorker).table},
	{"insert", 6, (*chaosWorker).insert},
	{"update", 4, (*chaosWorker).update},
	{"create", 2, (*chaosWorker).create},
	{"mistake", 2, (*chaosWorker).mistake},
	{"broken", 2, (*chaosWorker).broken},
	{"endless", 3, (*chaosWorker).endless},
}

func (w *chaosWorker) turn() {
	total := 0
	for _, k := range chaosKinds {
		total += k.weight
	}
	n := w.rand.IntN(total)
	for _, k := range chaosKinds {
		if n -= k.weight; n < 0 {
			k.do(w)
			return
		}
	}
}

// context returns a context that only a statement that hangs sees the end of, or one in three
// times a context that ends at any moment.
func (w *chaosWorker) context() (context.Context, context.CancelFunc) {
	if w.patientOnly || w.rand.IntN(3) > 0 {
		return context.WithTimeout(context.WithValue(context.Background(), patientKey{}, time.Now()), time.Minute)
	}
	return w.impatient()
}

// patientKey is the key of the time when a patient statement began.
type patientKey struct{}

func (w *chaosWorker) impatient() (context.Context, context.CancelFunc) {
	d := time.Duration(w.rand.Int64N(int64(60 * time.Millisecond)))
	if w.rand.IntN(2) == 0 {
		return context.WithTimeout(context.Background(), d)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t := time.AfterFunc(d, cancel)
	return ctx, func() { t.Stop(); cancel() }
}

// judge counts what became of a statement, and returns what it may have done. quoted is what the
// engine's own error has: the statement must fail with it; empty where there is none.
func (w *chaosWorker) judge(ctx context.Context, kind, quoted string, err error) effect {
	if err == nil {
		if quoted != "" {
			w.fail("%s: no error, want one with %q", kind, quoted)
		}
		w.count("ok " + kind)
		return once
	}
	if quoted != "" && errors.Is(err, e6data.ErrSQL) && strings.Contains(err.Error(), quoted) {
		w.count("ok " + kind)
		return nothing
	}
	// The engine may have noticed the deadline before the context has.
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		if began, ok := ctx.Value(patientKey{}).(time.Time); ok {
			w.fail("%s: it hangs since %v: %v", kind, time.Since(began), err)
		}
		w.count("gave up " + kind)
		return maybe
	}
	e, ok := errors.AsType[*e6data.Error](err)
	if !ok {
		w.fail("%s: an error of type %T: %v", kind, err, err)
		return maybe
	}
	class, effect, ok := promised(e)
	if !ok {
		w.fail("%s: an error that nobody promised: %v (%+v)", kind, err, *e)
	}
	w.count(class)
	return effect
}

// promised classifies an error: whether the driver documents it for what the weather does, and
// what it says about the statement.
func promised(e *e6data.Error) (class string, effect effect, ok bool) {
	effect = maybe
	switch e.Phase {
	case e6data.PhaseConnect, e6data.PhasePing, e6data.PhasePrepare, e6data.PhaseResume:
		effect = nothing
	}
	for _, kind := range []error{
		e6data.ErrWrongStrategy, e6data.ErrSessionExpired, e6data.ErrClusterSuspended,
		e6data.ErrAmbiguousExecution, e6data.ErrIncompleteResult,
	} {
		if errors.Is(e, kind) {
			return fmt.Sprintf("%s: %v", e.Phase, kind), effect, true
		}
	}
	class = fmt.Sprintf("%s: %v", e.Phase, e.Code)
	switch {
	case e.Kind == nil && e.Code == codes.Unavailable && e.Phase != e6data.PhaseExecute && e.Phase != e6data.PhaseFetch:
		return class, effect, true // nothing was executed, or the metadata cannot be had
	case e.Code == codes.Internal && strings.HasPrefix(e.Message, "Access denied"):
		// The session that replaced an expired one expired, too.
		return class + ", access denied", nothing, e.Phase == e6data.PhasePrepare || e.Phase == e6data.PhaseExecute
	}
	return class, effect, false
}

// query runs a SELECT. Its rows are given to check one by one, with the number of each; an error of
// check is a wrong row. All n rows must be there where the reader goes on to the end.
func (w *chaosWorker) query(kind string, n int, check func(i int, rows *sql.Rows) error, query string, args ...any) {
	ctx, cancel := w.context()
	defer cancel()
	rows, err := w.db.QueryContext(ctx, query, args...)
	if err != nil {
		w.judge(ctx, kind, "", err)
		return
	}
	defer rows.Close()
	limit := -1
	if w.rand.IntN(5) == 0 {
		limit = w.rand.IntN(n + 1)
	}
	i := 0
	for ; i != limit && rows.Next(); i++ {
		if err := check(i, rows); err != nil {
			if ctx.Err() == nil {
				w.fail("%s, row %d: %v", query, i, err)
			}
			return
		}
	}
	err = rows.Err()
	if err == nil && i != limit && i != n {
		w.fail("%s %v: %d rows without an error, want %d", query, args, i, n)
	}
	w.judge(ctx, kind, "", errors.Join(err, rows.Close()))
}

func (w *chaosWorker) numbers() {
	from, step := w.rand.Int64N(chaosNumbers), 1+w.rand.Int64N(9)
	factor, add := w.rand.Int64N(1000), w.rand.Int64N(1000)
	n := int((chaosNumbers - from + step - 1) / step)
	w.query("numbers", n, func(i int, rows *sql.Rows) error {
		var number, value int64
		var text string
		want := from + int64(i)*step
		if err := rows.Scan(&number, &value, &text); err != nil {
			return err
		}
		if number != want || value != want*factor+add || text != fmt.Sprint("n", want) {
			return fmt.Errorf("%d, %d, %q, want those of %d", number, value, text, want)
		}
		return nil
	}, fmt.Sprintf("SELECT i, i * %d + ? AS v, s FROM numbers WHERE i >= ? AND MOD(i - %d, %d) = 0 ORDER BY i", factor, from, step), add, from)
}

func (w *chaosWorker) aggregate() {
	from := w.rand.Int64N(chaosNumbers)
	to := from + 1 + w.rand.Int64N(chaosNumbers-from)
	w.query("aggregate", 1, func(_ int, rows *sql.Rows) error {
		var n, least, most int64
		var sum string
		if err := rows.Scan(&n, &sum, &least, &most); err != nil {
			return err
		}
		if n != to-from || sum != fmt.Sprint((to-from)*(from+to-1)/2) || least != from || most != to-1 {
			return fmt.Errorf("%d, %s, %d, %d for %d to %d", n, sum, least, most, from, to)
		}
		return nil
	}, "SELECT COUNT(*), SUM(i), MIN(i), MAX(i) FROM numbers WHERE i >= ? AND i < ?", from, to)
}

// table reads some rows of a table of random types.
func (w *chaosWorker) table() {
	table := w.tables[w.rand.IntN(len(w.tables))]
	from := w.rand.IntN(len(table.rows))
	rest := table.rows[from:]
	names := make([]string, len(table.columns))
	for c := range names {
		names[c] = fmt.Sprintf("c%d", c)
	}
	values, pointers := make([]any, len(names)), make([]any, len(names))
	for c := range values {
		pointers[c] = &values[c]
	}
	w.query("table", len(rest), func(i int, rows *sql.Rows) error {
		if i >= len(rest) {
			return errors.New("too many rows")
		}
		if err := rows.Scan(pointers...); err != nil {
			return err
		}
		for c, v := range values {
			if err := table.columns[c].differ(v, rest[i][c]); err != nil {
				return fmt.Errorf("column %d: %w", c, err)
			}
		}
		return nil
	}, fmt.Sprintf("SELECT %s FROM %s WHERE i >= ? ORDER BY i", strings.Join(names, ", "), table.name), from)
}

// next returns the number of a statement that changes data.
func (w *chaosWorker) next() int64 {
	w.asked++
	return int64(w.number+1)<<32 | w.asked
}

func insertedRows(id int64) int { return 1 + int(id%17) }

func (w *chaosWorker) insert() {
	ctx, cancel := w.context()
	defer cancel()
	id := w.next()
	r, err := w.db.ExecContext(ctx, "INSERT INTO ledger SELECT CAST(? AS BIGINT), i FROM numbers WHERE i < ?", id, insertedRows(id))
	if err == nil {
		if n, err := r.RowsAffected(); err != nil || n != int64(insertedRows(id)) {
			w.fail("INSERT of %d rows: %d, %v", insertedRows(id), n, err)
		}
	}
	e := w.judge(ctx, "insert", "", err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inserts[id] = e
}

func (w *chaosWorker) update() {
	ctx, cancel := w.context()
	defer cancel()
	_, err := w.db.ExecContext(ctx, "UPDATE counters SET n = n + 1 WHERE id = ?", w.number)
	if errors.Is(err, e6data.ErrSQL) && strings.Contains(err.Error(), "Conflict on update") {
		w.count("conflict with an update that was given up")
		return
	}
	e := w.judge(ctx, "update", "", err)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e {
	case once:
		w.updates[w.number].done++
	case maybe:
		w.updates[w.number].maybe++
	case nothing:
	}
}

// create makes a table of its own: a second execution would be refused, and no refusal is promised.
func (w *chaosWorker) create() {
	ctx, cancel := w.context()
	defer cancel()
	_, err := w.db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE made_%d (id BIGINT, name VARCHAR)", w.next()))
	w.judge(ctx, "create", "", err)
}

func (w *chaosWorker) mistake() {
	ctx, cancel := w.context()
	defer cancel()
	name := fmt.Sprintf("nope_%d", w.next())
	_, err := w.db.ExecContext(ctx, "SELECT "+name+" FROM numbers")
	w.judge(ctx, "mistake", name, err)
}

// broken reads a result in whose middle the engine fails.
func (w *chaosWorker) broken() {
	ctx, cancel := w.context()
	defer cancel()
	rows, err := w.db.QueryContext(ctx, "SELECT v FROM broken")
	if err == nil {
		defer rows.Close()
		for rows.Next() {
			var v int
			if err := rows.Scan(&v); err == nil && v != 1 {
				w.fail("broken: %d, want 1", v)
			}
		}
		err = rows.Err()
	}
	w.judge(ctx, "broken", "Could not convert string 'x'", err)
}

func (w *chaosWorker) endless() {
	ctx, cancel := w.impatient()
	defer cancel()
	_, err := w.db.ExecContext(ctx, "SELECT n FROM endless")
	if err == nil {
		w.fail("an endless statement has ended")
		return
	}
	w.judge(ctx, "endless", "", err)
}
