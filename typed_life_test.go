package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// SelectHandle reads a submitted query, once.
func TestSelectHandle(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(10, 3))
	h := submit(t, srv)
	db := openDB(t, srv)
	n := 0
	for row, err := range e6data.SelectHandle[struct{ Number sql.Null[int] }](t.Context(), db, h, e6data.AllowExtra(), e6data.AllowMissing()) {
		if err != nil || row.Number.Valid {
			t.Fatal(row, err)
		}
		n++
	}
	if n != 10 {
		t.Errorf("%d rows", n)
	}
	waitEnded(t, srv, 1, 0)
	for _, err := range e6data.SelectHandle[int](t.Context(), db, e6data.QueryHandle{}) {
		if err == nil {
			t.Error("a handle of nothing gave a row")
		}
	}
}

var errStop = errors.New("stop")

// However an iteration ends, the query is cleared and the pool has its only connection
// again.
func TestSelectEnds(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100_000, 100))
	srv.Handle("broken", enginetest.NewResult().Column("id", "LONG").BatchRows(100).FailAt(3, errStop).
		Generate(1000, func(i int) []any { return []any{i} }))
	db, _ := openOne(t, srv.DSN())
	for name, read := range map[string]func(ctx context.Context, cancel func()) error{
		"break": func(ctx context.Context, _ func()) error {
			for _, err := range e6data.Select[int](ctx, db, "q") {
				return err
			}
			return errors.New("no rows")
		},
		"panic": func(ctx context.Context, _ func()) (err error) {
			defer func() {
				if x, ok := recover().(error); !ok || !errors.Is(x, errStop) {
					err = fmt.Errorf("recovered %v", x)
				}
			}()
			for _, err := range e6data.Select[int](ctx, db, "q") {
				panic(errors.Join(err, errStop))
			}
			return nil
		},
		"cancelled": func(ctx context.Context, cancel func()) error {
			n := 0
			for _, err := range e6data.Select[int](ctx, db, "q") {
				if err != nil {
					if n != 50 || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "fetching") {
						return fmt.Errorf("%d rows, %w", n, err)
					}
					return nil
				}
				if n++; n == 50 {
					cancel()
				}
			}
			return errors.New("no error")
		},
		"failed": func(ctx context.Context, _ func()) error {
			n := 0
			for _, err := range e6data.Select[int](ctx, db, "broken") {
				var e *e6data.Error
				if err != nil {
					if n != 300 || !errors.As(err, &e) || e.Phase != e6data.PhaseFetch {
						return fmt.Errorf("%d rows, %w", n, err)
					}
					return nil
				}
				n++
			}
			return errors.New("no error")
		},
		"mismatched": func(ctx context.Context, _ func()) error {
			_, err := e6data.Collect[bool](ctx, db, "q")
			var field *e6data.FieldError
			if !errors.As(err, &field) || field.Row != 2 {
				return fmt.Errorf("error %w", err)
			}
			return nil
		},
		"never begun": func(ctx context.Context, cancel func()) error {
			cancel()
			_, err := e6data.Collect[int](ctx, db, "q")
			if !errors.Is(err, context.Canceled) {
				return fmt.Errorf("error %w", err)
			}
			return nil
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := read(ctx, cancel); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		if n, err := e6data.One[int](t.Context(), db, "q"); !errors.Is(err, e6data.ErrMultipleRows) {
			t.Errorf("after %s: %d, %v", name, n, err)
		}
	}
	if err := srv.WaitBalanced(within(t, 20*time.Second)); err != nil {
		t.Error(err)
	}
	if n := db.Stats().InUse; n != 0 {
		t.Errorf("%d connections are in use", n)
	}
}

// The body of an iteration on an *sql.Conn may run statements on the same connection,
// and close it.
func TestSelectOnConn(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 10))
	srv.Handle("SELECT 7", enginetest.NewResult().Column("n", "LONG").Row(7))
	conn, err := openDB(t, srv, "prefetch_bytes=0").Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for id, err := range e6data.Select[int](t.Context(), conn, "q") {
		if err != nil {
			t.Fatal(err)
		}
		if id != n {
			t.Fatalf("row %d is %d", n, id)
		}
		if n++; n%100 == 0 {
			if seven, err := e6data.One[int](t.Context(), conn, "SELECT 7"); err != nil || seven != 7 {
				t.Fatal(seven, err)
			}
		}
	}
	if n != 1000 {
		t.Errorf("%d rows", n)
	}
	n = 0
	for _, err = range e6data.Select[int](t.Context(), conn, "q") {
		if n++; n == 5 {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if n != 11 || !errors.Is(err, sql.ErrConnDone) {
		t.Errorf("%d rows, %v", n, err)
	}
	waitEnded(t, srv, 12, 0)
}

// Each iteration runs the query once, with its arguments and options.
func TestSelectArguments(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		return enginetest.NewResult().Column("text", "STRING").Row(q.SQL), nil
	})
	var info e6data.QueryInfo
	rows := e6data.Select[string](t.Context(), openDB(t, srv), "SELECT ?", e6data.CaptureQuery(&info), 42)
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("%d queries before the iteration", n)
	}
	for range 2 {
		for text, err := range rows {
			if err != nil || text != "SELECT 42" {
				t.Errorf("%q, %v", text, err)
			}
		}
	}
	if n := srv.Count("executeStatement") + srv.Count("executeStatementV2"); n != 2 {
		t.Errorf("executed %d times", n)
	}
	if s := info.State(); s.Rows != 1 {
		t.Errorf("%+v", s)
	}
}
