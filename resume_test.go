package e6data_test

import (
	"bytes"
	"context"
	"database/sql"
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

var pollFast = e6data.WithResumePoll(time.Millisecond)

func TestAutoResume(t *testing.T) {
	t.Parallel()
	for _, live := range []string{enginetest.Blue, enginetest.Green} {
		for _, warm := range []bool{false, true} {
			name := live + " at first use"
			if warm {
				name = live + " between queries"
			}
			t.Run(name, func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{Live: []string{live}})
				srv.Handle("q", ids(5, 2))
				db := openWith(t, srv.DSN(), pollFast)
				if warm {
					if _, err := readIDs(t.Context(), db, "q"); err != nil {
						t.Fatal(err)
					}
				}
				srv.SetResume(3, enginetest.ClusterActive)
				srv.SetCluster(enginetest.ClusterSuspended)
				if n, err := readIDs(t.Context(), db, "q"); n != 5 || err != nil {
					t.Errorf("%d rows, %v", n, err)
				}
				if n := srv.Count("resume"); n != 1 && live == enginetest.Blue {
					t.Errorf("resumed %d times", n)
				}
			})
		}
	}
}

// The cluster's status is polled at the interval of resume_poll. WithResumePoll takes
// precedence.
func TestResumePoll(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	for _, db := range []*sql.DB{openDB(t, srv, "resume_poll=1ms"), openWith(t, srv.DSN("resume_poll=1h"), pollFast)} {
		srv.SetResume(3, enginetest.ClusterActive)
		srv.SetCluster(enginetest.ClusterSuspended)
		if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil { // 5 s between polls would be too long
			t.Errorf("%d rows, %v", n, err)
		}
	}
}

// A query uses the cluster that was resumed for it, also with max_attempts=1.
func TestResumeWithoutRetries(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	db := openWith(t, srv.DSN("max_attempts=1"), pollFast)
	for _, what := range []string{"connect", "prepare"} {
		srv.SetCluster(enginetest.ClusterSuspended)
		if n, err := readIDs(t.Context(), db, "q"); n != 5 || err != nil {
			t.Errorf("%s: %d rows, %v", what, n, err)
		}
	}
}

// If many queries wait, the cluster is resumed once.
func TestOneResumeForAll(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	srv.SetResume(20, enginetest.ClusterActive)
	srv.SetCluster(enginetest.ClusterSuspended)
	pools := []*sql.DB{openWith(t, srv.DSN(), pollFast), openWith(t, srv.DSN(), pollFast)}
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			if n, err := readIDs(t.Context(), pools[i%2], "q"); n != 5 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
	wg.Wait()
	if n := srv.Count("resume"); n != 1 {
		t.Errorf("resumed %d times", n)
	}
}

func TestResumeGivesUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		params string
		setup  func(*enginetest.Server)
		want   string
	}{
		{"the cluster fails", "", func(s *enginetest.Server) { s.SetResume(2, enginetest.ClusterFailed) }, `state is "failed"`},
		{"it never becomes active", "resume_timeout=50ms", func(s *enginetest.Server) { s.SetResume(1<<30, enginetest.ClusterActive) }, "it did not become active within 50ms"},
		{"auto-resume is off", "auto_resume=false", func(*enginetest.Server) {}, "cluster is suspended"},
		{"the service is down", "", func(s *enginetest.Server) {
			s.Inject(enginetest.Fault{Method: "ClusterService/status", Err: status.Error(codes.PermissionDenied, "not for you")})
		}, "not for you"},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			test.setup(srv)
			srv.SetCluster(enginetest.ClusterSuspended)
			db := openWith(t, srv.DSN(test.params), pollFast)
			_, err := readIDs(t.Context(), db, "q")
			if !errors.Is(err, e6data.ErrClusterSuspended) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
			if off := strings.Contains(test.params, "false"); off && srv.Count("ClusterService/status") > 0 {
				t.Error("the cluster service was called")
			}
		})
	}
}

// 0 means no bound, as for the other timeouts.
func TestResumeWithoutBound(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 5))
	srv.SetResume(3, enginetest.ClusterActive)
	srv.SetCluster(enginetest.ClusterSuspended)
	if n, err := readIDs(t.Context(), openWith(t, srv.DSN("resume_timeout=0"), pollFast), "q"); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Each waiting query has its own deadline. The resume ends when no query waits.
func TestResumeKeepsDeadlines(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	srv.SetResume(1<<30, enginetest.ClusterActive)
	srv.SetCluster(enginetest.ClusterSuspended)
	db := openWith(t, srv.DSN(), pollFast)
	patient := make(chan error)
	go func() {
		_, err := readIDs(t.Context(), db, "q")
		patient <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := readIDs(ctx, db, "q"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("impatient: %v", err)
	}
	srv.SetCluster(enginetest.ClusterActive)
	if err := <-patient; err != nil {
		t.Errorf("patient: %v", err)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	srv.SetResume(1, enginetest.ClusterActive)
	srv.SetCluster(enginetest.ClusterSuspended)
	var out bytes.Buffer
	db := openWith(t, srv.DSN(), pollFast, e6data.WithLogger(slog.New(slog.NewTextHandler(&out, nil))))
	if _, err := readIDs(t.Context(), db, "q"); err != nil {
		t.Fatal(err)
	}
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Times: 1, After: true, Err: status.Error(codes.Internal, "no secret-token for you")})
	if _, err := readIDs(t.Context(), db, "q"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"the cluster is suspended", "the driver resumes the cluster", "state=resuming", "the cluster is active", "could not be cleared", "query_id=query-blue-000002"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the log:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "secret-token") {
		t.Errorf("the token is in the log:\n%s", out.String())
	}
}

// A query succeeds if its connection breaks between two calls. A call that was not sent is
// repeated, and so is a prepare whose answer was lost.
func TestConnectionBreaksBetweenCalls(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	db := openDB(t, srv)
	for range 10 {
		if n, err := readIDs(t.Context(), db, "q"); n != 100 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		srv.DropConnections()
	}
	if books := srv.Stats(); books.Executed != 10 {
		t.Errorf("%d executions of 10 queries", books.Executed)
	}
}

func TestAnswersLostBeforeExecute(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"authenticate", "healthCheck", "prepareStatement"} {
		t.Run(method, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(100, 10))
			db := openDB(t, srv)
			fault := srv.Inject(enginetest.Fault{Method: method, Times: 2, After: true, Drop: true})
			if err := db.Ping(); err != nil {
				t.Error(err)
			}
			if n, err := readIDs(t.Context(), db, "q"); n != 100 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
			if fault.Hits() != 2 || srv.Stats().Executed != 1 {
				t.Errorf("struck %d times, executed %d times", fault.Hits(), srv.Stats().Executed)
			}
		})
	}
}

// The driver gives up after a while if the engine is dead. The error does not report that
// the query may have run.
func TestUnreachableEngine(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	db := openDB(t, srv)
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	srv.Close()
	_, err := readIDs(t.Context(), db, "q")
	if status.Code(err) != codes.Unavailable || errors.Is(err, e6data.ErrAmbiguousExecution) {
		t.Errorf("error %v", err)
	}
}

func TestQueryTimeout(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("slow", ids(100, 10).Delay(enginetest.PhaseExecute, time.Minute))
	srv.Handle("slow to prepare", ids(100, 10).Delay(enginetest.PhasePrepare, time.Minute))
	srv.Handle("long", ids(1<<30, 10))
	db := openDB(t, srv, "query_timeout=100ms")
	const elapsed = "timed out after 100ms (query_timeout)"
	if _, err := readIDs(t.Context(), db, "slow"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), elapsed) {
		t.Errorf("slow to execute: %v", err)
	}
	if n, err := readIDs(t.Context(), db, "long"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), elapsed) {
		t.Errorf("long result: %d rows, %v", n, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := readIDs(ctx, db, "slow"); !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "query_timeout") {
		t.Errorf("slow to execute, the caller's deadline: %v", err)
	}
	db = openDB(t, srv, "prepare_timeout=50ms")
	_, err := readIDs(t.Context(), db, "slow to prepare")
	var e *e6data.Error
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || e.Phase != e6data.PhasePrepare ||
		!strings.Contains(err.Error(), "timed out after 50ms (prepare_timeout)") {
		t.Errorf("slow to prepare: %v", err)
	}
}

// If the engine does not answer, the caller returns at its deadline, and Close returns
// after cleanup_timeout.
func TestCloseDoesNotWaitForASilentEngine(t *testing.T) {
	t.Parallel()
	srv := newUncheckedEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1000, 10))
	db := openDB(t, srv, "cleanup_timeout=100ms")
	clears := srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Hang: true})
	for _, end := range []string{"cancelled", "closed"} {
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := db.QueryContext(ctx, "q")
		if err != nil {
			t.Fatal(err)
		}
		if end == "cancelled" {
			cancel()
		}
		rows.Close() // if Close hangs, the time limit of the test run ends the test
		cancel()
	}
	clears.Release()
}

// A query is cleared although the first answer is lost, the cluster is suspended for a
// moment, the session expires, and an authentication fails in between.
func TestClearingIsRepeatedAfterFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		attempts string
		faults   func(*enginetest.Server)
	}{
		{"answer lost before the engine", "5", func(s *enginetest.Server) {
			s.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Times: 2, Err: status.Error(codes.Unavailable, "gone")})
		}},
		{"answer lost after the engine", "5", func(s *enginetest.Server) {
			s.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Times: 1, After: true, Drop: true})
		}},
		{"cluster suspended for a moment", "5", func(s *enginetest.Server) {
			s.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Times: 3, Err: status.Error(codes.Unavailable, "status: 503, cluster is suspended")})
		}},
		{"session expires", "5", func(s *enginetest.Server) {
			s.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Times: 1, Do: s.ExpireSessions})
		}},
		{"session expires, authenticate is lost", "5", func(s *enginetest.Server) {
			s.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Times: 1, Do: func() {
				s.ExpireSessions()
				s.Inject(enginetest.Fault{Method: "authenticate", Times: 1, Err: status.Error(codes.Unavailable, "gone")})
			}})
		}},
		{"session expires, authenticate is down", "1", func(s *enginetest.Server) {
			s.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Times: 1, Do: func() {
				s.ExpireSessions()
				s.Inject(enginetest.Fault{Method: "authenticate", Times: 3, Err: status.Error(codes.Unavailable, "gone")})
			}})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(100, 10))
			db := openDB(t, srv, "max_attempts="+test.attempts)
			if err := db.Ping(); err != nil {
				t.Fatal(err)
			}
			test.faults(srv)
			if n, err := readIDs(t.Context(), db, "q"); n != 100 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
			if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
				t.Error(err)
			}
		})
	}
}

// If the context ends between two attempts, the error wraps the context's error and that of
// the last attempt.
func TestContextEndsBetweenTries(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	db := openDB(t, srv)
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Skip: 1, Do: cancel})
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Err: status.Error(codes.Internal, "Access denied")})
	if _, err := readIDs(ctx, db, "q"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	// This context ends in the pause before the second attempt.
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := readIDs(ctx, db, "q"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// Pools to one cluster share a resume. They do not share time limits, credentials, or the
// connection on which one of them began the resume.
func TestPoolsShareAResume(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		first func(dsn string) string
		end   bool // the first pool's context ends and it is closed, while the second waits
		want  string
	}{
		{"its time limit", func(dsn string) string { return dsn + "?resume_timeout=200ms" }, false, `did not become active within 200ms`},
		{"its credentials", func(dsn string) string { return strings.Replace(dsn, "secret-token", "wrong", 1) }, false, "authentication failed"},
		{"its end", func(dsn string) string { return dsn }, true, "cancelled while waiting for the cluster"},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(5, 2))
			srv.SetResume(1<<30, enginetest.ClusterActive)
			srv.SetCluster(enginetest.ClusterSuspended)
			hang := srv.Inject(enginetest.Fault{Method: "ClusterService/status", Times: 1, Hang: true})
			defer hang.Release()
			query := func(ctx context.Context, db *sql.DB) <-chan error {
				done := make(chan error, 1)
				go func() {
					_, err := readIDs(ctx, db, "q")
					done <- err
				}()
				return done
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			db := openWith(t, test.first(srv.DSN()), pollFast)
			first := query(ctx, db)
			<-hang.Struck()
			second := query(t.Context(), openWith(t, srv.DSN(), pollFast))
			waitCalled(t, srv, "authenticate", 4) // of Connect and of the query, for both
			hang.Release()
			if test.end {
				waitCalled(t, srv, "resume", 1)
				cancel()
			}
			if err := <-first; err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("first: %v", err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			waitCalled(t, srv, "ClusterService/status", srv.Count("ClusterService/status")+1)
			srv.SetCluster(enginetest.ClusterActive)
			if err := <-second; err != nil {
				t.Errorf("second: %v", err)
			}
		})
	}
}

// A lost answer of the cluster service does not end a resume.
func TestResumeLosesAnswers(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		for _, method := range []string{"ClusterService/status", "ClusterService/resume"} {
			t.Run(fmt.Sprintf("%s, after %t", method, after), func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{})
				srv.Handle("q", ids(5, 2))
				srv.SetResume(3, enginetest.ClusterActive)
				srv.SetCluster(enginetest.ClusterSuspended)
				lost := srv.Inject(enginetest.Fault{Method: method, Times: 2, After: after, Drop: true})
				db, c := openOne(t, srv.DSN(), pollFast)
				if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
					t.Errorf("%d rows, %v", n, err)
				}
				want := 1 // a resume call that reached the cluster service is not repeated
				if method == "ClusterService/resume" && !after {
					want = 3
				}
				if n := srv.Count("ClusterService/resume"); n != want || lost.Hits() == 0 {
					t.Errorf("resumed %d times, %d answers lost", n, lost.Hits())
				}
				again := uint64(want - 1)
				if method == "ClusterService/status" {
					again = uint64(lost.Hits())
				}
				if got := c.Stats().Retries["no answer"]; got != again {
					t.Errorf("counted %d repeated calls, want %d", got, again)
				}
			})
		}
	}
	for _, method := range []string{"ClusterService/status", "ClusterService/resume"} {
		t.Run("all of "+method, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.SetCluster(enginetest.ClusterSuspended)
			srv.Inject(enginetest.Fault{Method: method, Err: status.Error(codes.Unavailable, "not now")})
			_, err := readIDs(within(t, time.Minute), openWith(t, srv.DSN(), pollFast), "q")
			if !errors.Is(err, e6data.ErrClusterSuspended) || !strings.Contains(err.Error(), "not now") {
				t.Errorf("error %v", err)
			}
			if n := srv.Count(method); n != 5 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// Calls of the cluster service follow the rules of the strategy header, for every shape of
// a 456.
func TestResumeOnTheOtherColourThroughProxy(t *testing.T) {
	t.Parallel()
	for _, s := range wrongStrategyShapes() {
		t.Run(s.String(), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{Live: []string{enginetest.Green}})
			srv.Handle("q", ids(5, 2))
			srv.SetResume(3, enginetest.ClusterActive)
			srv.SetCluster(enginetest.ClusterSuspended)
			p := newProxy(t, srv, enginetest.ProxyConfig{WrongStrategy: s.Shape})
			if n, err := readIDs(within(t, time.Minute), openWith(t, p.DSN(), pollFast), "q"); n != 5 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
}
