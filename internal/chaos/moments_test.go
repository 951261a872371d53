package chaos

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// These tests make short disturbances of a deployment that switches, restarts or
// resumes. The affected queries have not been executed yet, so none of them may
// fail.

// moment is the duration of a short disturbance.
const moment = 150 * time.Millisecond

const unavailable = "upstream connect error or disconnect/reset before headers"

// crowd runs 320 short queries concurrently. It checks each result, and that each
// query was executed once.
type crowd struct {
	t      *testing.T
	srv    *enginetest.Server
	ledger *ledger
	db     *sql.DB
	last   atomic.Uint64 // statement
}

const (
	crowdWorkers = 16
	crowdQueries = 20 // of each worker
)

// newCrowd starts an engine, and a proxy in front of it if behind is set, and
// returns a crowd that connects to it.
func newCrowd(t *testing.T, behind bool, params ...string) (*crowd, *enginetest.Proxy) {
	t.Helper()
	c := &crowd{t: t, ledger: newLedger()}
	c.srv = newServer(t, enginetest.Config{ServerOptions: []grpc.ServerOption{c.ledger.option()}})
	c.srv.HandleFunc(serve)
	dsn := c.srv.DSN(params...)
	var proxy *enginetest.Proxy
	if behind {
		var err error
		proxy, err = enginetest.NewProxy(c.srv, enginetest.ProxyConfig{WrongStrategy: enginetest.Shape{Status: 456}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(proxy.Close)
		dsn = proxy.DSN(params...)
	}
	var err error
	if c.db, err = sql.Open("e6data", dsn); err != nil {
		t.Fatal(err)
	}
	c.db.SetMaxIdleConns(crowdWorkers)
	t.Cleanup(func() {
		if err := c.db.Close(); err != nil {
			t.Error(err)
		}
		balance(t, c.srv)
	})
	return c, proxy
}

// ask runs n queries on each worker. It returns the number of failed queries.
func (c *crowd) ask(n int) (failed int64) {
	var workers sync.WaitGroup
	var failures atomic.Int64
	for range crowdWorkers {
		workers.Go(func() {
			for range n {
				st := statement{id: c.last.Add(1), rows: 20, batch: 10, twice: -1}
				wrong, err := rollingQuery(c.db, st)
				if err != nil || wrong != "" {
					if failures.Add(1) <= 3 {
						c.t.Errorf("%v %s", err, wrong)
					}
				}
				if times := c.ledger.executions(st.id); times > 1 || err == nil && times != 1 {
					c.t.Errorf("statement %d was executed %d times", st.id, times)
				}
			}
		})
	}
	workers.Wait()
	return failures.Load()
}

// asked runs n queries on each worker and fails the test if a query fails.
func (c *crowd) asked(n int) {
	c.t.Helper()
	if failed := c.ask(n); failed > 0 {
		c.t.Fatalf("%d of %d queries failed", failed, crowdWorkers*n)
	}
}

// A colour that is announced before the proxy admits it, or while it is down,
// fails no query. The driver uses the colour once it serves.
func TestEarlyAnnouncement(t *testing.T) {
	t.Parallel()
	for _, down := range []bool{false, true} {
		for _, proxied := range []bool{false, true} {
			t.Run(fmt.Sprintf("down %t, behind a proxy %t", down, proxied), func(t *testing.T) {
				t.Parallel()
				c, _ := newCrowd(t, proxied)
				// The driver has sessions on both colours.
				c.srv.SetLive(enginetest.Blue, enginetest.Green)
				for _, live := range []string{enginetest.Green, enginetest.Blue} {
					c.srv.Announce(live)
					c.asked(2)
				}
				balance(t, c.srv)
				c.srv.SetLive(enginetest.Blue)
				before := c.last.Load()
				var fault *enginetest.Injected
				if down {
					fault = c.srv.Inject(enginetest.Fault{Strategy: enginetest.Green, Err: status.Error(codes.Unavailable, unavailable)})
					c.srv.SetLive(enginetest.Blue, enginetest.Green)
				}
				c.srv.Announce(enginetest.Green)
				if proxied {
					c.asked(crowdQueries / 4) // the proxy of enginetest is slow
				} else {
					c.asked(crowdQueries)
				}
				if down {
					t.Logf("%d calls met the colour that is down", fault.Hits())
					fault.Release()
				}
				c.srv.SetLive(enginetest.Blue, enginetest.Green)
				// The driver ignores the announcement for two seconds after a refusal.
				for end := time.Now().Add(20 * time.Second); !c.hasRun(enginetest.Green, before); {
					if time.Now().After(end) {
						t.Fatal("the driver does not use the colour")
					}
					c.asked(1)
					time.Sleep(100 * time.Millisecond)
				}
				c.srv.SetLive(enginetest.Green)
				c.asked(1)
			})
		}
	}
}

// hasRun reports whether a statement after another was prepared on a colour.
func (c *crowd) hasRun(colour string, after uint64) bool {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	for _, q := range c.ledger.queries {
		if q.colour == colour && q.statement > after {
			return true
		}
	}
	return false
}

// Switches that follow one another faster than queries do.
func TestFastSwitches(t *testing.T) {
	t.Parallel()
	c, _ := newCrowd(t, false)
	c.srv.SetLive(enginetest.Blue, enginetest.Green)
	ctx, stop := context.WithCancel(t.Context())
	var switching sync.WaitGroup
	switches := 0
	switching.Go(func() {
		r := rand.New(rand.NewPCG(1, 2))
		for live := enginetest.Blue; ctx.Err() == nil; switches++ {
			live = other(live)
			c.srv.Announce(live)
			time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
		}
	})
	c.asked(crowdQueries)
	stop()
	switching.Wait()
	t.Logf("%d switches", switches)
	for _, call := range c.srv.Calls() {
		if colour := strings.Split(call.QueryID+"--", "-")[1]; colour != "" && call.Strategy != colour {
			t.Errorf("%v: not the query's colour", call)
		}
	}
	if !c.hasRun(enginetest.Blue, 0) || !c.hasRun(enginetest.Green, 0) {
		t.Error("only one colour was asked")
	}
}

// Between two colours there is a moment at which neither is live.
func TestGapWithoutALiveColour(t *testing.T) {
	t.Parallel()
	for _, proxied := range []bool{false, true} {
		t.Run(fmt.Sprintf("behind a proxy %t", proxied), func(t *testing.T) {
			c, _ := newCrowd(t, proxied)
			c.asked(1)
			for _, live := range []string{enginetest.Green, enginetest.Green, enginetest.Blue} {
				balance(t, c.srv)
				c.srv.SetLive()
				time.AfterFunc(moment, func() { c.srv.SetLive(live) })
				c.asked(1)
			}
		})
	}
}

// A proxy without an upstream answers 503 for a moment, also for the cluster
// service. The cluster is not suspended.
func TestShort503(t *testing.T) {
	t.Parallel()
	for _, proxied := range []bool{false, true} {
		t.Run(fmt.Sprintf("behind a proxy %t", proxied), func(t *testing.T) {
			c, proxy := newCrowd(t, proxied)
			c.asked(1)
			balance(t, c.srv)
			var release func()
			if proxied {
				release = proxy.Inject(enginetest.ProxyFault{Shape: enginetest.Shape{Status: http.StatusServiceUnavailable}}).Release
			} else {
				release = c.srv.Inject(enginetest.Fault{Err: status.Error(codes.Unavailable, "status: 503")}).Release
			}
			time.AfterFunc(moment, release)
			c.asked(1)
			if n := c.srv.Count("ClusterService/resume"); n != 0 {
				t.Errorf("a cluster that is awake was resumed %d times", n)
			}
		})
	}
}

// A cluster that resumes for many callers answers 503 for a moment, too.
func TestMomentsOfAResume(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		harm  func(*enginetest.Server)
		allay func(*enginetest.Server)
	}{
		{"gap", func(srv *enginetest.Server) { srv.SetLive() }, func(srv *enginetest.Server) { srv.SetLive(enginetest.Green) }},
		{"503", func(srv *enginetest.Server) {
			srv.Inject(enginetest.Fault{Err: status.Error(codes.Unavailable, "status: 503")})
		}, (*enginetest.Server).ClearFaults},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := newCrowd(t, false)
			c.poll(t)
			c.asked(1)
			balance(t, c.srv)
			c.srv.SetResume(2, enginetest.ClusterActive)
			c.srv.SetCluster(enginetest.ClusterSuspended)
			c.srv.Inject(enginetest.Fault{Method: "ClusterService/resume", Times: 1, After: true, Do: func() {
				test.harm(c.srv)
				time.AfterFunc(moment, func() { test.allay(c.srv) })
			}})
			c.asked(1)
		})
	}
}

// poll shortens the crowd's interval between polls of a resuming cluster.
func (c *crowd) poll(t *testing.T) {
	t.Helper()
	cfg, err := e6data.ParseDSN(c.srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	connector, err := e6data.NewConnector(cfg, e6data.WithResumePoll(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.db.Close(); err != nil {
		t.Error(err)
	}
	c.db = sql.OpenDB(connector)
	c.db.SetMaxIdleConns(crowdWorkers)
}
