package e6data_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestSubmitWaitFetch(t *testing.T) {
	t.Parallel()
	for _, rotate := range []bool{false, true} {
		for _, way := range fetching {
			t.Run(fmt.Sprint(rotate, way), func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{RotateSessions: rotate})
				srv.Handle("q", ids(90, 10).StatusPolls(3))
				h := submit(t, srv)
				db := openDB(t, srv, way)
				mustUseConn(t, db, func(c *e6data.Conn) error {
					var seen []e6data.QueryStatus
					s, err := c.Wait(t.Context(), h, func(s e6data.QueryStatus) { seen = append(seen, s) })
					if err != nil {
						return err
					}
					want := []e6data.QueryStatus{{Rows: 0}, {Rows: 30}, {Rows: 60}, {Done: true, Rows: 90}}
					if !slices.Equal(seen, want) || s != want[3] {
						t.Errorf("progress %v, then %v", seen, s)
					}
					var info e6data.QueryInfo
					result, err := c.Fetch(t.Context(), h, e6data.CaptureQuery(&info))
					if err != nil {
						return err
					}
					defer result.Close()
					if result.QueryID() != h.ID() || info.State().ID != h.ID() {
						t.Errorf("query %s, %+v", result.QueryID(), info.State())
					}
					if _, err := c.Fetch(t.Context(), h); err == nil {
						t.Error("two readers")
					}
					if _, err := c.Fetch(t.Context(), result.Handle()); err == nil {
						t.Error("two readers")
					}
					n := 0
					for batch, err := range result.All() {
						if err != nil {
							return err
						}
						n += batch.NumRows()
					}
					return wantRows(n, 90)
				})
				waitEnded(t, srv, 1, 0)
			})
		}
	}
}

func TestFetchRows(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	h := submit(t, srv)
	srv.ExpireSessions() // the handle's, too
	db := openDB(t, srv)
	var info e6data.QueryInfo
	rows, err := e6data.FetchRows(t.Context(), db, h, e6data.CaptureQuery(&info))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var id int
		if err := rows.Scan(&id); err != nil || id != n {
			t.Fatal(id, err)
		}
	}
	if err := errors.Join(rows.Err(), wantRows(n, 100)); err != nil {
		t.Error(err)
	}
	if s := info.State(); s.ID != h.ID() || s.Rows != 100 || !s.Done || s.Err != nil {
		t.Errorf("%+v", s)
	}
	waitEnded(t, srv, 1, 0)
	if _, err := e6data.FetchRows(t.Context(), db, e6data.QueryHandle{}); err == nil {
		t.Error("rows of no query")
	}
	if n := srv.Stats().Executed; n != 1 {
		t.Errorf("executed %d times", n)
	}
}

// A Fetch that fails does not end the query, and leaves it to be fetched again.
func TestFetchFails(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(10, 10))
	h := submit(t, srv)
	srv.Inject(enginetest.Fault{Method: "getResultMetadata", Times: 1, Err: status.Error(codes.Internal, "not now")})
	mustUseConn(t, openDB(t, srv), func(c *e6data.Conn) error {
		if _, err := c.Fetch(t.Context(), h); status.Code(err) != codes.Internal {
			t.Errorf("Fetch: %v", err)
		}
		if n := srv.Stats().Open; n != 1 {
			t.Errorf("%d queries are open", n)
		}
		result, err := c.Fetch(t.Context(), h)
		if err != nil {
			return err
		}
		return result.Close()
	})
	waitEnded(t, srv, 1, 0)
}

func TestClearAndCancelSubmitted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name               string
		end                func(*e6data.Conn, e6data.QueryHandle) error
		cleared, cancelled int
	}{
		{"clear", func(c *e6data.Conn, h e6data.QueryHandle) error { return c.Clear(context.Background(), h) }, 1, 0},
		{"cancel", func(c *e6data.Conn, h e6data.QueryHandle) error { return c.Cancel(context.Background(), h) }, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(10, 1))
			db := openDB(t, srv)
			mustUseConn(t, db, func(c *e6data.Conn) error { return test.end(c, submit(t, srv)) })
			waitEnded(t, srv, test.cleared, test.cancelled)

			// While it is being fetched.
			h := submit(t, srv)
			mustUseConn(t, db, func(c *e6data.Conn) error {
				result, err := c.Fetch(t.Context(), h)
				if err != nil {
					return err
				}
				defer result.Close()
				if err := test.end(c, h); err != nil {
					return err
				}
				if result.Next() || !errors.Is(result.Err(), e6data.ErrQueryCancelled) {
					t.Errorf("the reader got %v", result.Err())
				}
				return nil
			})
			waitEnded(t, srv, test.cleared, 1+test.cancelled)
		})
	}
}

func TestSubmitFails(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1, 1).Fail(enginetest.PhaseExecute, errors.New("division by zero")))
	srv.Handle("slow", ids(1, 1).Delay(enginetest.PhaseExecute, time.Hour))
	db := openDB(t, srv)
	mustUseConn(t, db, func(c *e6data.Conn) error {
		var e *e6data.Error
		if _, err := c.Submit(t.Context(), "q"); !errors.As(err, &e) || e.Phase != e6data.PhaseExecute || e.Message != "division by zero" {
			t.Errorf("Submit: %v", err)
		}
		var argument *e6data.ArgumentError
		if h, err := c.Submit(t.Context(), "q", 1); !errors.As(err, &argument) || !h.IsZero() {
			t.Errorf("with an argument too many: %v", err)
		}
		if _, err := c.Query(t.Context(), "q", 1); !errors.As(err, &argument) {
			t.Errorf("with an argument too many: %v", err)
		}
		if _, err := c.Submit(t.Context(), " ; "); err == nil {
			t.Error("nothing was submitted")
		}
		return nil
	})
	// Cancelled while the engine has not answered execute.
	submitted := make(chan error, 1)
	go func() {
		submitted <- useConn(t, db, func(c *e6data.Conn) error {
			_, err := c.Submit(t.Context(), "slow")
			return err
		})
	}()
	waitCalled(t, srv, "executeStatement", 2)
	mustUseConn(t, db, func(c *e6data.Conn) error {
		return c.CancelID(t.Context(), srv.CallsTo("executeStatement")[1].QueryID)
	})
	if err := <-submitted; !errors.Is(err, e6data.ErrQueryCancelled) {
		t.Errorf("Submit: %v", err)
	}
	waitEnded(t, srv, 1, 1)
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1, 1).StatusPolls(1<<30))
	h := submit(t, srv)
	mustUseConn(t, openDB(t, srv), func(c *e6data.Conn) error {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := c.Wait(ctx, h, func(e6data.QueryStatus) { cancel() })
		var e *e6data.Error
		if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Phase != e6data.PhaseStatus || e.QueryID != h.ID() {
			t.Errorf("Wait: %v", err)
		}
		if err := c.Clear(t.Context(), h); err != nil {
			return err
		}
		if _, err := c.Wait(t.Context(), h, nil); status.Code(err) != codes.Internal {
			t.Errorf("after Clear: %v", err)
		}
		return nil
	})
}
