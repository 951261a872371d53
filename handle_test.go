package e6data_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// A query that would take an hour ends at once, in whatever phase it is, also
// where the engine keeps the call that is under way.
func TestCancelFromAnotherConnection(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method string
		result       *enginetest.Result
		hang         bool
	}{
		{"execute", "executeStatement", ids(100, 10).Delay(enginetest.PhaseExecute, time.Hour), false},
		{"metadata", "getResultMetadata", ids(100, 10).Delay(enginetest.PhaseMetadata, time.Hour), false},
		{"fetch", "getNextResultBatch", ids(100, 10).Delay(enginetest.PhaseBatch, time.Hour), false},
		{"execute hangs", "executeStatement", ids(100, 10), true},
		{"metadata hangs", "getResultMetadata", ids(100, 10), true},
		{"fetch hangs", "getNextResultBatch", ids(100, 10), true},
	} {
		for _, way := range fetching {
			t.Run(test.name+" "+way, func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{})
				srv.Handle("q", test.result)
				db := openDB(t, srv, way)
				if test.hang {
					// Left hanging until the client gives the call up.
					srv.Inject(enginetest.Fault{Method: test.method, Hang: true})
				}
				read := make(chan error, 1)
				go func() {
					n, err := readIDs(t.Context(), db, "q")
					read <- errors.Join(err, wantRows(n, 0))
				}()
				waitCalled(t, srv, test.method, 1)
				id := srv.CallsTo("executeStatement")[0].QueryID
				mustUseConn(t, db, func(c *e6data.Conn) error {
					h, ok := c.Handle(id)
					if !ok || h.ID() != id {
						t.Errorf("handle %v", h)
					}
					return c.CancelID(within(t, time.Minute), id)
				})
				err := <-read
				if !errors.Is(err, e6data.ErrQueryCancelled) || errors.Is(err, e6data.ErrIncompleteResult) {
					t.Errorf("the reader got %v", err)
				}
				var e *e6data.Error
				if !errors.As(err, &e) || e.QueryID != id || e.Strategy != "blue" {
					t.Errorf("error %#v", e)
				}
				waitEnded(t, srv, 0, 1)
			})
		}
	}
}

// A result that was cancelled never ends as if it were whole.
func TestCancelledResultIsNotReadOn(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	db := openDB(t, srv)
	mustUseConn(t, db, func(c *e6data.Conn) error {
		result, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		defer result.Close()
		if !result.Next() {
			t.Fatal(result.Err())
		}
		waitCalled(t, srv, "getNextResultBatch", 11) // all lies ready
		mustUseConn(t, db, func(other *e6data.Conn) error { return other.Cancel(t.Context(), result.Handle()) })
		if result.Next() || !errors.Is(result.Err(), e6data.ErrQueryCancelled) {
			t.Errorf("after Cancel: %v", result.Err())
		}
		if _, err := c.Status(t.Context(), result.Handle()); !errors.Is(err, e6data.ErrQueryCancelled) {
			t.Errorf("status: %v", err)
		}
		return nil
	})
	waitEnded(t, srv, 0, 1)
}

func TestCancelAgainAndTooLate(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	mustUseConn(t, openDB(t, srv), func(c *e6data.Conn) error {
		result, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		h := result.Handle()
		for range 2 {
			if err := c.Cancel(t.Context(), h); err != nil {
				t.Error(err)
			}
		}
		if n := srv.Count("cancelQuery"); n != 1 {
			t.Errorf("cancelled %d times", n)
		}
		if err := result.Close(); err != nil {
			t.Error(err)
		}
		if err := c.CancelID(t.Context(), h.ID()); !errors.Is(err, e6data.ErrNotRunning) {
			t.Errorf("by id after Close: %v", err)
		}

		result, err = c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		if err := result.Close(); err != nil {
			t.Error(err)
		}
		calls := srv.Stats().Calls
		if err := c.Cancel(t.Context(), result.Handle()); !errors.Is(err, e6data.ErrNotRunning) {
			t.Errorf("after Close: %v", err)
		}
		if _, err := c.Status(t.Context(), result.Handle()); !errors.Is(err, e6data.ErrNotRunning) {
			t.Errorf("status after Close: %v", err)
		}
		if err := c.Cancel(t.Context(), e6data.QueryHandle{}); err == nil {
			t.Error("no handle was cancelled")
		}
		if n := srv.Stats().Calls; n != calls {
			t.Errorf("%d calls about queries that are not running", n-calls)
		}
		return nil
	})
	waitEnded(t, srv, 1, 1)
}

// However a Cancel and a Close meet, the query is ended once.
func TestCancelRacesClose(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 10))
	db := openDB(t, srv)
	const queries = 100
	for i := range queries {
		rows, err := db.QueryContext(t.Context(), "q")
		if err != nil {
			t.Fatal(err)
		}
		calls := srv.CallsTo("executeStatement")
		id := calls[len(calls)-1].QueryID
		var both sync.WaitGroup
		both.Go(func() {
			for n := 0; n < i*10 && rows.Next(); n++ {
			}
			if err := rows.Err(); err != nil && !errors.Is(err, e6data.ErrQueryCancelled) {
				t.Error(err)
			}
			rows.Close()
		})
		both.Go(func() {
			err := useConn(t, db, func(c *e6data.Conn) error { return c.CancelID(t.Context(), id) })
			if err != nil && !errors.Is(err, e6data.ErrNotRunning) {
				t.Error(err)
			}
		})
		both.Wait()
	}
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	if s := srv.Stats(); s.Cleared+s.Cancelled != queries {
		t.Errorf("%d cleared and %d cancelled", s.Cleared, s.Cancelled)
	}
}

func TestCloseWaitsForTheCancelUnderWay(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprint(fails), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(100, 10))
			db := openDB(t, srv)
			fault := enginetest.Fault{Method: "cancelQuery", Hang: true}
			if fails {
				fault.Err = status.Error(codes.PermissionDenied, "not yours")
			}
			hang := srv.Inject(fault)
			rows, err := db.QueryContext(t.Context(), "q")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			cancelled := make(chan error, 1)
			go func() {
				cancelled <- useConn(t, db, func(c *e6data.Conn) error {
					return c.CancelID(t.Context(), srv.CallsTo("executeStatement")[0].QueryID)
				})
			}()
			<-hang.Struck()
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				rows.Close()
			}()
			hang.Release()
			<-closed
			if err := <-cancelled; fails != (status.Code(err) == codes.PermissionDenied) || fails != (err != nil) {
				t.Errorf("Cancel: %v", err)
			}
			if fails {
				waitEnded(t, srv, 1, 0)
			} else {
				waitEnded(t, srv, 0, 1)
			}
		})
	}
}

// A Cancel that fails leaves the reader alone.
func TestCancelFails(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	srv.Inject(enginetest.Fault{Method: "cancelQuery", Err: status.Error(codes.PermissionDenied, "not yours")})
	mustUseConn(t, openDB(t, srv), func(c *e6data.Conn) error {
		result, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		err = c.Cancel(t.Context(), result.Handle())
		var e *e6data.Error
		if !errors.As(err, &e) || e.Phase != e6data.PhaseCancel || e.Code != codes.PermissionDenied || e.QueryID != result.QueryID() {
			t.Errorf("Cancel: %v", err)
		}
		n := 0
		for batch, err := range result.All() {
			if err != nil {
				return err
			}
			n += batch.NumRows()
		}
		return wantRows(n, 100)
	})
	waitEnded(t, srv, 1, 0)
}

// The answers of Cancel, Status and Explain may be lost: nothing is done twice by
// asking again.
func TestCallsAboutAQueryAreRepeated(t *testing.T) {
	t.Parallel()
	for _, fault := range []enginetest.Fault{
		{Times: 1, After: true, Drop: true},
		{Times: 1, Drop: true},
		{Times: 1, Do: nil}, // replaced below: the session expires
		{Times: 1, Err: status.Error(codes.Unknown, "status: 456")},
	} {
		for _, method := range []string{"status", "explain", "explainAnalyze", "cancelQuery"} {
			t.Run(fmt.Sprintf("%s %+v", method, fault), func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{})
				srv.Handle("q", ids(3, 10))
				fault := fault
				fault.Method = method
				if !fault.Drop && fault.Err == nil {
					fault.Do = srv.ExpireSessions
				}
				lost := fault.Err != nil && method != "cancelQuery" // whom a 456 strikes
				mustUseConn(t, openDB(t, srv, "prefetch_bytes=0"), func(c *e6data.Conn) error {
					result, err := c.Query(t.Context(), "q")
					if err != nil {
						return err
					}
					defer result.Close()
					srv.Inject(fault)
					h := result.Handle()
					switch method {
					case "status":
						_, err = c.Status(t.Context(), h)
					case "explain":
						_, err = c.Explain(t.Context(), h)
					case "explainAnalyze":
						_, err = c.ExplainAnalyze(t.Context(), h)
					default:
						err = c.Cancel(t.Context(), h)
					}
					if lost != errors.Is(err, e6data.ErrWrongStrategy) || lost != (err != nil) {
						t.Errorf("error %v", err)
					}
					if n := srv.Count(method); !lost && n != 2 || lost && n != 1 {
						t.Errorf("called %d times", n)
					}
					return nil
				})
			})
		}
	}
}

// Others may ask about a query while it is read, whatever its sessions do.
func TestWatchingARunningQuery(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{RotateSessions: true})
	srv.Handle("q", ids(3000, 10).Explain("the plan").ExplainAnalyze(`{"total_query_time": 7}`))
	db := openDB(t, srv)
	mustUseConn(t, db, func(c *e6data.Conn) error {
		result, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		h := result.Handle()
		var watchers sync.WaitGroup
		for range 3 {
			watchers.Go(func() {
				err := useConn(t, db, func(c *e6data.Conn) error {
					for range 20 {
						s, err := c.Status(t.Context(), h)
						if err != nil {
							return err
						}
						plan, err := c.Explain(t.Context(), h)
						if err != nil {
							return err
						}
						a, err := c.ExplainAnalyze(t.Context(), h)
						if err != nil {
							return err
						}
						if !s.Done || s.Rows != 3000 || plan != "the plan" || a.Total != 7*time.Millisecond {
							t.Errorf("%+v %q %+v", s, plan, a)
						}
					}
					return nil
				})
				// The reader may be faster.
				if err != nil && !errors.Is(err, e6data.ErrNotRunning) {
					t.Error(err)
				}
			})
		}
		n := 0
		for batch, err := range result.All() {
			if err != nil {
				t.Error(err)
				break
			}
			n += batch.NumRows()
		}
		watchers.Wait()
		return wantRows(n, 3000)
	})
	waitEnded(t, srv, 1, 0)
}

// A query whose rows are closed while somebody waits for it is not running, in
// whatever words the engine puts that.
func TestWaitForAQueryThatIsClosed(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(10, 10).StatusPolls(1<<30))
	mustUseConn(t, openDB(t, srv), func(c *e6data.Conn) error {
		result, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		_, err = c.Wait(t.Context(), result.Handle(), func(e6data.QueryStatus) {
			if err := result.Close(); err != nil {
				t.Error(err)
			}
		})
		if !errors.Is(err, e6data.ErrNotRunning) {
			t.Errorf("Wait: %v", err)
		}
		return nil
	})
}

// A handle's text is enough to cancel a query from another process.
func TestHandleAsText(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	db, elsewhere := openDB(t, srv, "prefetch_bytes=0"), openDB(t, srv)
	mustUseConn(t, db, func(c *e6data.Conn) error {
		result, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		defer result.Close()
		text, err := result.Handle().MarshalText()
		if err != nil {
			return err
		}
		h, err := e6data.ParseQueryHandle(string(text))
		if err != nil {
			return err
		}
		if h.ID() != result.QueryID() || h.IsZero() || h.String() != result.Handle().String() {
			t.Errorf("%v came back as %v", result.Handle(), h)
		}
		mustUseConn(t, elsewhere, func(other *e6data.Conn) error {
			if _, known := other.Handle(h.ID()); known {
				t.Error("a connector knows another's queries")
			}
			if s, err := other.Status(t.Context(), h); err != nil || !s.Done {
				t.Errorf("status %+v, %v", s, err)
			}
			srv.ExpireSessions()
			return other.Cancel(t.Context(), h)
		})
		for result.Next() {
		}
		if result.Err() == nil {
			t.Error("a cancelled result seems to be whole")
		}
		return nil
	})
	waitEnded(t, srv, 1, 1) // its reader could not know
}

func TestHandleHidesItsSession(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1, 1))
	mustUseConn(t, openDB(t, srv), func(c *e6data.Conn) error {
		result, err := c.Query(t.Context(), "q")
		if err != nil {
			return err
		}
		defer result.Close()
		h := result.Handle()
		type holder struct{ h e6data.QueryHandle }
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("submitted", "query", h)
		for _, text := range []string{
			fmt.Sprint(h), fmt.Sprintf("%s %q %v %+v %#v %d %x", h, h, h, h, h, h, h), fmt.Sprintf("%+v %#v", holder{h}, &holder{h}), log.String(),
		} {
			if strings.Contains(text, "session") {
				t.Errorf("%s", text)
			}
		}
		if !strings.Contains(log.String(), h.ID()) || !strings.Contains(h.String(), "blue") {
			t.Errorf("%v logs as %s", h, log.String())
		}
		doc, err := json.Marshal(map[string]e6data.QueryHandle{"it": h, "none": {}})
		if err != nil {
			return err
		}
		var back map[string]e6data.QueryHandle
		if err := json.Unmarshal(doc, &back); err != nil || back["it"].ID() != h.ID() || !back["none"].IsZero() {
			t.Errorf("%v, %v", back, err)
		}
		text, err := h.MarshalText()
		if err != nil {
			return err
		}
		for _, bad := range []string{"", "e6q1.", "e6q2." + string(text[5:]), string(text[5:]), string(text[:len(text)-1]), string(text) + "=", "e6q1.e30"} {
			_, err := e6data.ParseQueryHandle(bad)
			if err == nil || len(bad) > 9 && strings.Contains(err.Error(), bad[5:]) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		return nil
	})
}
