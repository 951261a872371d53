package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// These tests run the service with the real driver, against an engine inside the
// process. The faults happen on the wire.

// newEngine starts an engine and opens a database on it. The test fails if a
// query is left on the engine.
func newEngine(t *testing.T, params ...string) (*enginetest.Server, *sql.DB) {
	t.Helper()
	engine := enginetest.Start(t, enginetest.Config{})
	db, err := sql.Open(e6data.DriverName, engine.DSN(params...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return engine, db
}

// sales returns a result of n rows of about 1 KB in batches of 100.
func sales(n int) *enginetest.Result {
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return salesColumns().BatchRows(100).Generate(n, func(i int) []any {
		return []any{first.AddDate(0, 0, i/100), fmt.Sprintf("product %d %01000d", i, 0), "12.30"}
	})
}

func salesColumns() *enginetest.Result {
	return enginetest.NewResult().
		Column("day", "DATE").
		Column("product", "STRING").
		Column("amount", "DECIMAL(10,2)")
}

// many is a number of rows that exceeds the held-back buffer.
const many = 2 * held / 1000

func TestRows(t *testing.T) {
	engine, db := newEngine(t)
	get := start(t, db, time.Minute)
	engine.HandleArgs(salesQuery, salesColumns().CSV(`day,product,amount
2026-01-02,bolt,12.30
2026-01-03,nut,NULL`))
	r := get(t.Context())
	want := `[{"day":"2026-01-02T00:00:00Z","product":"bolt","amount":"12.30"}
,{"day":"2026-01-03T00:00:00Z","product":"nut","amount":null}
]
`
	if r.err != nil || r.status != http.StatusOK || string(r.body) != want {
		t.Errorf("status %d, %v, body\n%s", r.status, r.err, r.body)
	}
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}

	for _, n := range []int{0, 1, many} {
		engine.HandleArgs(salesQuery, sales(n))
		expectRows(t, get(t.Context()), n)
	}
}

// The deployment moves from blue to green while a result is being read.
func TestSwitchInTheMiddle(t *testing.T) {
	engine, db := newEngine(t)
	get := start(t, db, time.Minute)
	engine.HandleArgs(salesQuery, sales(1000))
	engine.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 2, Times: 1, Do: func() {
		engine.SetLive(enginetest.Blue, enginetest.Green)
		engine.Announce(enginetest.Green)
	}})
	expectRows(t, get(t.Context()), 1000) // the query ends on the colour where it began
	engine.SetLive(enginetest.Green)
	expectRows(t, get(t.Context()), 1000)
	var ranOn []string
	for _, call := range engine.CallsTo("executeStatement") {
		ranOn = append(ranOn, call.Strategy)
	}
	if fmt.Sprint(ranOn) != "[blue green]" {
		t.Errorf("the queries ran on %v", ranOn)
	}
}

// The deployment has moved without an announcement between two requests.
func TestSwitchUnannounced(t *testing.T) {
	engine, db := newEngine(t)
	get := start(t, db, time.Minute)
	engine.HandleArgs(salesQuery, sales(10))
	expectRows(t, get(t.Context()), 10)
	engine.SetLive(enginetest.Green)
	expectRows(t, get(t.Context()), 10)
}

func TestExpiredSession(t *testing.T) {
	engine, db := newEngine(t)
	get := start(t, db, time.Minute)
	engine.HandleArgs(salesQuery, sales(1000))
	expectRows(t, get(t.Context()), 1000)
	engine.ExpireSessions() // between two requests
	expectRows(t, get(t.Context()), 1000)
	engine.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 2, Times: 1, Do: engine.ExpireSessions})
	expectRows(t, get(t.Context()), 1000) // and while a result is being read
}

// Whatever ends a result early, a client never takes a part of it for the
// whole.
func TestEngineLost(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault enginetest.Fault
	}{
		{"connection cut", enginetest.Fault{Drop: true}},
		{"answer lost", enginetest.Fault{Drop: true, After: true}},
		{"colour gone", enginetest.Fault{Err: status.Error(codes.Unknown, "status: 456")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			engine, db := newEngine(t)
			get := start(t, db, time.Minute)
			fault := test.fault
			fault.Method, fault.Times = "getNextResultBatch", 1

			engine.HandleArgs(salesQuery, sales(1000))
			fault.Skip = 5
			engine.Inject(fault)
			expectError(t, get(t.Context()), http.StatusBadGateway, "the engine was lost, try again")

			// The rows before this batch have already been sent to the client.
			engine.HandleArgs(salesQuery, sales(many))
			fault.Skip = many / 100 * 9 / 10
			engine.Inject(fault)
			if r := get(t.Context()); r.err == nil {
				t.Errorf("status %d, and %d bytes that look whole", r.status, len(r.body))
			}

			expectRows(t, get(t.Context()), many) // the service goes on
		})
	}
}

func TestShortResult(t *testing.T) {
	engine, db := newEngine(t)
	engine.HandleArgs(salesQuery, sales(10).RowCount(11))
	expectError(t, start(t, db, time.Minute)(t.Context()), http.StatusBadGateway, "the engine was lost, try again")
}

// When a client disconnects, its query ends on the engine, too. newEngine
// checks that.
func TestClientLeaves(t *testing.T) {
	for _, method := range []string{"prepareStatement", "executeStatement", "getNextResultBatch"} {
		t.Run(method, func(t *testing.T) {
			engine, db := newEngine(t)
			get := start(t, db, time.Minute)
			engine.HandleArgs(salesQuery, sales(10))
			hang := engine.Inject(enginetest.Fault{Method: method, Hang: true})
			ctx, cancel := context.WithCancel(within(t, 30*time.Second))
			defer cancel()
			go func() {
				<-hang.Struck()
				cancel()
			}()
			if r := get(ctx); !errors.Is(r.err, context.Canceled) {
				t.Errorf("status %d, %v", r.status, r.err)
			}
			if err := engine.WaitBalanced(within(t, 10*time.Second)); err != nil {
				t.Error(err)
			}
			hang.Release()
			expectRows(t, get(t.Context()), 10)
		})
	}
}

func TestSlowEngine(t *testing.T) {
	for name, phase := range map[string]enginetest.Phase{
		"prepare": enginetest.PhasePrepare, "execute": enginetest.PhaseExecute, "batch": enginetest.PhaseBatch,
	} {
		t.Run(name, func(t *testing.T) {
			engine, db := newEngine(t)
			engine.HandleArgs(salesQuery, sales(10).Delay(phase, time.Hour))
			expectError(t, start(t, db, 50*time.Millisecond)(t.Context()), http.StatusGatewayTimeout, "the engine took too long")
		})
	}
}

func TestSuspendedCluster(t *testing.T) {
	t.Run("left alone", func(t *testing.T) {
		engine, db := newEngine(t, "auto_resume=false")
		engine.SetCluster(enginetest.ClusterSuspended)
		r := start(t, db, time.Minute)(t.Context())
		expectError(t, r, http.StatusServiceUnavailable, "the cluster is suspended, try again later")
		if r.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	})
	t.Run("woken", func(t *testing.T) {
		engine, _ := newEngine(t)
		engine.HandleArgs(salesQuery, sales(10))
		engine.SetCluster(enginetest.ClusterSuspended)
		cfg, err := e6data.ParseDSN(engine.DSN())
		if err != nil {
			t.Fatal(err)
		}
		connector, err := e6data.NewConnector(cfg, e6data.WithResumePoll(time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		defer db.Close()
		expectRows(t, start(t, db, time.Minute)(t.Context()), 10)
	})
}

// The client does not get the engine's message, because it contains SQL.
func TestSQLError(t *testing.T) {
	engine, db := newEngine(t)
	engine.HandleArgs(salesQuery, salesColumns().Fail(enginetest.PhasePrepare, errors.New("line 1:26: no column amount")))
	expectError(t, start(t, db, time.Minute)(t.Context()), http.StatusInternalServerError, "the query failed")
}

func TestEngineDown(t *testing.T) {
	engine, db := newEngine(t, "max_attempts=1")
	engine.Close()
	expectError(t, start(t, db, time.Minute)(t.Context()), http.StatusBadGateway, "the engine cannot be reached")
}
