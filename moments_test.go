package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// readTogether runs the same query by several workers, each some times, and returns
// how many failed.
func readTogether(t *testing.T, db *sql.DB, workers, times int) (failed int64) {
	t.Helper()
	var wg sync.WaitGroup
	var n atomic.Int64
	for range workers {
		wg.Go(func() {
			for range times {
				if rows, err := readIDs(within(t, time.Minute), db, "q"); rows != 5 || err != nil {
					if n.Add(1) == 1 {
						t.Errorf("%d rows, %v", rows, err)
					}
				}
			}
		})
	}
	wg.Wait()
	return n.Load()
}

// A colour that the engine announces before the proxy admits it fails no query.
// When it is all that is admitted, it is taken with the next query.
func TestAnnouncedBeforeItIsAdmitted(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	db := openDB(t, srv)
	db.SetMaxOpenConns(16)
	srv.Announce(enginetest.Green)
	began := time.Now()
	if n := readTogether(t, db, 16, 20); n != 0 {
		t.Errorf("%d of 320 queries failed", n)
	}
	// Each of the 16 may be refused at first, and then every 2 s.
	if n, most := srv.Stats().Refused, 16*(2+int(time.Since(began)/(2*time.Second))); n > most {
		t.Errorf("%d calls were refused, more than %d", n, most)
	}
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	srv.SetLive(enginetest.Green)
	srv.Announce("")
	srv.ResetCalls()
	if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if got := strategies(srv, "executeStatement"); got != enginetest.Green {
		t.Errorf("executed on %s", got)
	}
}

// A colour that is announced and down is left for the one that still serves.
func TestAnnouncedAndDown(t *testing.T) {
	t.Parallel()
	for _, down := range []string{"no healthy upstream", "status: 503"} {
		t.Run(down, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
			srv.Handle("q", ids(5, 2))
			srv.Inject(enginetest.Fault{Strategy: enginetest.Green, Err: status.Error(codes.Unavailable, down)})
			db := openDB(t, srv)
			db.SetMaxOpenConns(8)
			srv.Announce(enginetest.Green)
			if n := readTogether(t, db, 8, 10); n != 0 {
				t.Errorf("%d of 80 queries failed", n)
			}
			if n := srv.Stats().Executed; n != 80 {
				t.Errorf("%d executions", n)
			}
		})
	}
}

// A fast way there and back is followed without a failure.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	db := openDB(t, srv)
	db.SetMaxOpenConns(4)
	for i := range 6 {
		old, live := enginetest.Blue, enginetest.Green
		if i%2 == 1 {
			old, live = live, old
		}
		srv.SetLive(old, live)
		srv.Announce(live)
		readTogether(t, db, 4, 3)
		if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
			t.Fatal(err)
		}
		srv.SetLive(live)
		srv.Announce("")
		srv.ResetCalls()
		readTogether(t, db, 4, 3)
		for _, c := range srv.CallsTo("executeStatement") {
			if c.Strategy != live {
				t.Errorf("executed on %s", c.Strategy)
			}
		}
		if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
}

// A flip between the two probes is no deployment without a live colour.
func TestFlipBetweenTheProbes(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{Live: []string{enginetest.Green}})
	srv.Handle("q", ids(5, 2))
	// Blue is asked first and refused; when green is asked it is green's turn to be.
	srv.Inject(enginetest.Fault{Method: "authenticate", Strategy: enginetest.Green, Times: 1, Do: func() { srv.SetLive(enginetest.Blue) },
		Err: status.Error(codes.Unknown, "status: 456")})
	if n, err := readIDs(within(t, time.Minute), openDB(t, srv), "q"); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// gap makes every call fail from the first one on, for at least the given time.
type gap struct {
	e6data.NoHook
	end   func()
	after time.Duration
	once  sync.Once
}

func (g *gap) Retry(context.Context, e6data.Retry) {
	g.once.Do(func() { time.AfterFunc(g.after, g.end) })
}

// A moment in which both colours refuse, or in which a proxy has no upstream and
// answers 503 for the cluster service, too, is outlasted.
func TestAMomentWithoutADeployment(t *testing.T) {
	for name, err := range map[string]error{
		"both colours refuse": status.Error(codes.Unknown, "status: 456"),
		"no upstream":         status.Error(codes.Unavailable, "status: 503"),
	} {
		for _, warm := range []bool{true, false} {
			for _, params := range []string{"", "auto_resume=false"} {
				t.Run(fmt.Sprint(name, warm, params), func(t *testing.T) {
					t.Parallel()
					srv := newEngine(t, enginetest.Config{})
					srv.Handle("q", ids(5, 2))
					var f *enginetest.Injected
					db := openWith(t, srv.DSN(params), e6data.WithHook(&gap{after: 150 * time.Millisecond, end: func() { f.Release() }}))
					if warm {
						if err := db.Ping(); err != nil {
							t.Fatal(err)
						}
					}
					f = srv.Inject(enginetest.Fault{Err: err})
					if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
						t.Errorf("%d rows, %v", n, err)
					}
					if f.Hits() == 0 {
						t.Error("there was no gap")
					}
				})
			}
		}
	}
}

// After a resume the cluster's state is asked for at once.
func TestFirstPollIsAtOnce(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	srv.SetResume(0, enginetest.ClusterActive)
	srv.SetCluster(enginetest.ClusterSuspended)
	// A poll that waited would wait longer than the test.
	db := openWith(t, srv.DSN("resume_timeout=30s"), e6data.WithResumePoll(time.Hour))
	if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Ping wakes no cluster, on a new connection as little as on an old one.
func TestPingWakesNothing(t *testing.T) {
	t.Parallel()
	for _, warm := range []bool{true, false} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(5, 2))
		srv.SetResume(0, enginetest.ClusterActive)
		db := openDB(t, srv)
		if warm {
			if err := db.Ping(); err != nil {
				t.Fatal(err)
			}
		}
		srv.SetCluster(enginetest.ClusterSuspended)
		if err := db.PingContext(within(t, time.Minute)); !errors.Is(err, e6data.ErrClusterSuspended) {
			t.Errorf("warm %v: %v", warm, err)
		}
		if n := srv.Count("ClusterService/resume"); n != 0 {
			t.Errorf("warm %v: resumed %d times", warm, n)
		}
		if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
			t.Errorf("then a query: %d rows, %v", n, err)
		}
	}
}
