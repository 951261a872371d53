package enginetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

const items = "SELECT id, price FROM items"

func itemsResult() *enginetest.Result {
	return enginetest.NewResult().
		Column("id", "LONG").
		Column("price", "DECIMAL(10,2)").
		Row(1, "12.30").
		Row(2, "0.5").
		Row(nil, nil).
		BatchRows(2)
}

func TestQueryLife(t *testing.T) {
	t.Parallel()
	for _, tls := range []bool{false, true} {
		srv := newServer(t, enginetest.Config{TLS: tls})
		srv.Handle(items, itemsResult())
		c := connect(t, srv)
		p := c.mustPrepare("  " + items + "\n")
		noErr(t, p.execute())
		b, err := p.metadata()
		noErr(t, err)
		m, err := thriftrows.DecodeMetadata(b)
		noErr(t, err)
		if m.RowCount != 3 || len(m.Columns) != 2 || m.Columns[1].Type != "DECIMAL(10,2)" {
			t.Fatalf("metadata %+v", m)
		}
		st, err := c.Status(p.ctx(), &wire.StatusRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
		noErr(t, err)
		if !st.GetStatus() || st.GetRowCount() != 3 {
			t.Fatalf("status %v", st)
		}
		if got := p.sizes(); !slices.Equal(got, []int{2, 1}) {
			t.Fatalf("chunks of %v rows", got)
		}
		if err := srv.Balanced(); err == nil || !strings.Contains(err.Error(), p.id) || !strings.Contains(err.Error(), items) {
			t.Fatalf("an open query is reported as %v", err)
		}
		p.mustClear()
		balanced(t, srv)

		var methods []string
		for _, call := range srv.Calls() {
			methods = append(methods, call.Method)
			if !call.Done || call.Err != nil || call.Refused || call.Strategy != "blue" {
				t.Errorf("recorded: %v", call)
			}
		}
		want := []string{
			"authenticate", "prepareStatement", "executeStatement", "getResultMetadata", "status",
			"getNextResultBatch", "getNextResultBatch", "getNextResultBatch", "clearOrCancelQuery",
		}
		if !slices.Equal(methods, want) {
			t.Errorf("calls %v", methods)
		}
		last := srv.CallsTo("clearOrCancelQuery")[0]
		if last.SQL != items || last.QueryID != p.id || last.Header.Get("plannerip")[0] != p.ip || last.Request.(*wire.ClearOrCancelQueryRequest).GetQueryId() != p.id {
			t.Errorf("recorded: %+v", last)
		}
		s := srv.Stats()
		if s.Prepared != 1 || s.Executed != 1 || s.Cleared != 1 || s.Cancelled != 0 || s.Sessions != 1 || s.Open != 0 || s.Connections != 1 {
			t.Errorf("stats %+v", s)
		}
		srv.ResetCalls()
		if len(srv.Calls()) != 0 || srv.Count("") != 0 {
			t.Error("calls after ResetCalls")
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	done := func(p *q) *q { p.t.Helper(); p.sizes(); return p }
	tests := []struct {
		name string
		do   func(c *client) error
		code codes.Code
		text string
		fair bool // a correct driver may get this answer
	}{
		{"unknown session", func(c *client) error { c.session = "nonsense"; _, err := c.prepare(items); return err }, codes.Internal, "Access denied", true},
		{"no session", func(c *client) error { c.session = ""; _, err := c.prepare(items); return err }, codes.Internal, "Access denied", true},
		{"unknown SQL", func(c *client) error { _, err := c.prepare("SELECT nothing"); return err }, codes.Internal, "SELECT nothing", true},
		{"semicolon", func(c *client) error { _, err := c.prepare(items + " ; \n"); return err }, codes.Internal, "mismatched input ';'", false},
		{"other strategy", func(c *client) error { c.color = "green"; _, err := c.prepare(items); return err }, codes.Unknown, "status: 456", true},
		{"capital strategy", func(c *client) error { c.color = "Blue"; _, err := c.prepare(items); return err }, codes.Unknown, "status: 456", true},
		{"execute of nothing", func(c *client) error { return (&q{client: c, id: "x", ip: "y", session: c.session}).execute() }, codes.Internal, "unknown", false},
		{"execute twice", func(c *client) error { return c.mustExecute(items).execute() }, codes.Internal, "executed before", false},
		{"metadata first", func(c *client) error { _, err := c.mustPrepare(items).metadata(); return err }, codes.Internal, "not executed", false},
		{"batch first", func(c *client) error { _, err := c.mustPrepare(items).batch(); return err }, codes.Internal, "not executed", false},
		{"batch after the end", func(c *client) error { _, err := done(c.mustExecute(items)).batch(); return err }, codes.OK, "", false},
		{"V2 batch after the end", func(c *client) error { _, err := done(c.mustExecute(items)).batchV2(); return err }, codes.OK, "", false},
		{"batch after clear", func(c *client) error { p := c.mustExecute(items); p.mustClear(); _, err := p.batch(); return err }, codes.Internal, "cleared", false},
		{"clear twice", func(c *client) error { p := c.mustExecute(items); p.mustClear(); return p.clear() }, codes.OK, "", false},
		{"cancel after clear", func(c *client) error { p := c.mustExecute(items); p.mustClear(); return p.cancel() }, codes.Internal, "cleared already", false},
		{"other planner", func(c *client) error { p := c.mustExecute(items); p.ip = "10.9.9.9"; return p.clear() }, codes.InvalidArgument, "planner", false},
		{"V2 after V1", func(c *client) error { return c.mustPrepare(items).executeV2() }, codes.Internal, "needs executeStatement", false},
		{"explainAnalyze first", func(c *client) error {
			p := c.mustPrepare(items)
			_, err := c.ExplainAnalyze(p.ctx(), &wire.ExplainAnalyzeRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
			return err
		}, codes.Internal, "not executed", false},
		{"identifyPlanner", func(c *client) error {
			_, err := c.IdentifyPlanner(c.ctx(), &wire.IdentifyPlannerRequest{})
			return err
		}, codes.Unimplemented, "", true},
		{"V1 after V2", func(c *client) error {
			r, err := c.PrepareStatementV2(c.ctx(), &wire.PrepareStatementV2Request{SessionId: c.session, QueryString: items, Catalog: "c"})
			noErr(c.t, err)
			return (&q{client: c, id: r.GetQueryId(), ip: r.GetEngineIP(), session: r.GetSessionId()}).execute()
		}, codes.Internal, "needs executeStatementV2", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, enginetest.Config{})
			srv.Handle(items, itemsResult())
			c := connect(t, srv)
			wantErr(t, tt.do(c), tt.code, tt.text)
			s := srv.Stats()
			if marked := len(s.Violations)+s.DoubleCleared+s.PastEnd > 0; marked == tt.fair {
				t.Errorf("violations %q, cleared twice %d, asked past the end %d", s.Violations, s.DoubleCleared, s.PastEnd)
			}
			if !tt.fair && srv.Balanced() == nil {
				t.Error("Balanced does not mention it")
			}
		})
	}
}

func TestBadCredentialsAreAnEmptySession(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{User: "me", Token: "a/b c"})
	c := dial(t, srv)
	r, err := c.Authenticate(c.ctx(), &wire.AuthenticateRequest{User: "me", Password: "wrong"})
	noErr(t, err)
	if r.GetSessionId() != "" {
		t.Error("authenticate returns a session for a wrong password")
	}
	if want := "e6data://me:a%2Fb%20c@" + srv.Addr() + "/db?x=1&y=2"; srv.DSN("x=1", "y=2") != want {
		t.Errorf("DSN %s", srv.DSN("x=1", "y=2"))
	}
}

func TestDSN(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{TLS: true, ClusterName: "Main", Database: "sales"})
	if got, want := srv.DSN(), "e6data://user%40example.com:secret-token@"+srv.Addr()+"/sales?cluster_name=main&secure=true"; got != want {
		t.Errorf("DSN %s, want %s", got, want)
	}
	c := dial(t, srv)
	_, err := c.HealthCheck(c.ctx(), &wire.HealthCheckRequest{})
	wantErr(t, err, codes.Unimplemented, "No cluster-name header or unknown cluster")
	_, err = c.HealthCheck(c.ctx("cluster-name", "main"), &wire.HealthCheckRequest{})
	noErr(t, err)
	srv.SetHealthCheck(false)
	_, err = c.HealthCheck(c.ctx("cluster-name", "main"), &wire.HealthCheckRequest{})
	wantErr(t, err, codes.Unimplemented, "")
}

func TestSecondResultCallIsAViolation(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	p := connect(t, srv).mustExecute(items)
	hang := srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Times: 1, Hang: true})
	first := make(chan error, 1)
	go func() {
		_, err := p.GetNextResultBatch(p.ctx(), p.request())
		first <- err
	}()
	<-hang.Struck()
	_, err := p.GetNextResultBatchV2(p.ctx(), p.request())
	wantErr(t, err, codes.Internal, "in flight")
	hang.Release()
	noErr(t, <-first)
	p.mustClear()
	if s := srv.Stats(); len(s.Violations) != 1 {
		t.Errorf("violations %q", s.Violations)
	}
}

func TestResultCallAfterAnAbandonedOneIsNoViolation(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	p := connect(t, srv).mustExecute(items)
	hang := srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Hang: true})
	ctx, cancel := context.WithCancel(p.ctx())
	go func() { <-hang.Struck(); cancel() }()
	_, err := p.GetNextResultBatch(ctx, p.request())
	wantErr(t, err, codes.Canceled, "")
	p.mustClear()
	hang.Release()
	balanced(t, srv)
}

func TestCancelEndsADelay(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult().Delay(enginetest.PhaseExecute, time.Hour))
	p := connect(t, srv).mustPrepare(items)
	done := make(chan error, 1)
	go func() { done <- p.execute() }()
	noErr(t, srv.Wait(soon(t), func(s enginetest.Stats) bool { return s.Executed == 1 }))
	noErr(t, p.cancel())
	wantErr(t, <-done, codes.Internal, "was cancelled")
	p.mustClear() // allowed: clear frees a cancelled query
	balanced(t, srv)
	if s := srv.Stats(); s.Cancelled != 1 || s.Cleared != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestClientLeavesADelay(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle("prepare", itemsResult().Delay(enginetest.PhasePrepare, time.Hour))
	srv.Handle("execute", itemsResult().Delay(enginetest.PhaseExecute, time.Hour))
	c := connect(t, srv)
	// leaving returns a context that ends when the server has received a call to method.
	leaving := func(ctx context.Context, method string) context.Context {
		ctx, cancel := context.WithCancel(ctx)
		go func() {
			defer cancel()
			_ = srv.Wait(ctx, func(enginetest.Stats) bool { return srv.Count(method) > 0 })
		}()
		return ctx
	}
	ctx := leaving(c.ctx(), "prepareStatement")
	_, err := c.PrepareStatement(ctx, &wire.PrepareStatementRequest{SessionId: c.session, QueryString: "prepare"})
	wantErr(t, err, codes.Canceled, "")

	p := c.mustPrepare("execute")
	ctx = leaving(p.ctx(), "executeStatement")
	_, err = c.ExecuteStatement(ctx, &wire.ExecuteStatementRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	wantErr(t, err, codes.Canceled, "")
	p.mustClear()
	balanced(t, srv)
	if s := srv.Stats(); s.Prepared != 1 || s.Orphaned != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	boom := status.Error(codes.ResourceExhausted, "boom")
	for i, sql := range []string{"prepare", "execute", "metadata", "batch"} {
		srv.Handle(sql, itemsResult().Fail(enginetest.Phase(i), boom))
	}
	srv.Handle("later", itemsResult().FailAt(1, errors.New("plain")))
	c := connect(t, srv)

	_, err := c.prepare("prepare")
	wantErr(t, err, codes.ResourceExhausted, "boom")
	p := c.mustPrepare("execute")
	wantErr(t, p.execute(), codes.ResourceExhausted, "boom")
	p.mustClear()
	p = c.mustExecute("metadata")
	_, err = p.metadata()
	wantErr(t, err, codes.ResourceExhausted, "boom")
	p.mustClear()
	p = c.mustExecute("batch")
	_, err = p.batch()
	wantErr(t, err, codes.ResourceExhausted, "boom")
	p.mustClear()

	p = c.mustExecute("later")
	_, err = p.batch()
	noErr(t, err)
	_, err = p.batch()
	wantErr(t, err, codes.Internal, "plain")
	p.mustClear()
	p = c.mustExecute("later")
	r, err := p.batchV2()
	noErr(t, err)
	if len(r.GetResultBatches()) != 1 || r.GetEndOfStream() {
		t.Errorf("V2 before a failure: %d chunks, end %v", len(r.GetResultBatches()), r.GetEndOfStream())
	}
	_, err = p.batchV2()
	wantErr(t, err, codes.Internal, "plain")
	p.mustClear()
	balanced(t, srv)
}

func TestHandleFuncAndParams(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	var mu sync.Mutex
	var asked []enginetest.Query
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, q)
		switch q.SQL {
		case "bad":
			return nil, status.Error(codes.PermissionDenied, "not for you")
		case "unknown":
			return nil, nil
		}
		r := enginetest.NewResult().Column("v", "STRING").Params("STRING")
		for _, p := range q.Params {
			r.Row(p.GetValue()).Row("again")
		}
		return r, nil
	})
	c := connect(t, srv)
	_, err := c.prepare("bad")
	wantErr(t, err, codes.PermissionDenied, "not for you")
	_, err = c.prepare("unknown")
	wantErr(t, err, codes.Internal, "no result")

	p := c.mustPrepare("SELECT ?")
	params, err := c.GetDynamicParams(p.ctx(), &wire.GetDynamicParamsRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	noErr(t, err)
	if got := params.GetParams(); len(got) != 1 || got[0].GetIndex() != 1 || got[0].GetType() != "STRING" {
		t.Errorf("params %v", got)
	}
	noErr(t, p.executeV2("x"))
	if got := p.sizes(); !slices.Equal(got, []int{2}) {
		t.Errorf("chunks of %v rows", got)
	}
	p.mustClear()
	p = c.mustPrepare("SELECT ?")
	wantErr(t, p.executeV2("x", "y"), codes.Internal, "1 parameters, 2 were given")
	p.mustClear()
	balanced(t, srv)
	mu.Lock()
	defer mu.Unlock()
	q := asked[3]
	if q.SQL != "SELECT ?" || len(q.Params) != 1 || q.Schema != "s" || q.Strategy != "blue" || q.User != enginetest.DefaultUser || q.SessionID == "" {
		t.Errorf("asked %+v", q)
	}
}

func TestConcurrentQueries(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{MaxCalls: 10})
	srv.Handle(items, itemsResult())
	c := connect(t, srv)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				p, err := c.prepare(items)
				if err != nil {
					t.Error(err)
					return
				}
				_ = p.execute()
				_, _ = p.metadata()
				for b, err := p.batch(); err == nil && len(b) > 0; b, err = p.batch() {
				}
				if err := p.clear(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	balanced(t, srv)
	calls := srv.Calls()
	if n := srv.Count("prepareStatement"); n != 80 || len(calls) != 10 {
		t.Errorf("%d prepared, %d calls kept", n, len(calls))
	}
	for i := range calls[1:] {
		if calls[i+1].Seq != calls[i].Seq+1 {
			t.Errorf("calls out of order: %v", calls)
		}
	}
}

func TestCloseEndsCallsAndWaits(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	c := connect(t, srv)
	hang := srv.Inject(enginetest.Fault{Method: "healthCheck", Hang: true})
	done := make(chan error, 1)
	go func() {
		_, err := c.HealthCheck(c.ctx(), &wire.HealthCheckRequest{})
		done <- err
	}()
	<-hang.Struck()
	srv.Close()
	if err := <-done; err == nil {
		t.Error("a hanging call succeeded")
	}
	srv.Close()
	balanced(t, srv)
	if srv.Wait(soon(t), func(enginetest.Stats) bool { return false }) == nil {
		t.Error("Wait on a closed server")
	}
}

func TestDescriptions(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult().ZoneFormat("UTC", "f"))
	c := connect(t, srv)
	var open []*q
	for range 12 {
		open = append(open, c.mustPrepare(items))
	}
	if err := srv.Balanced(); err == nil || !strings.Contains(err.Error(), "12 queries") || !strings.Contains(err.Error(), "and 2 more") {
		t.Errorf("Balanced: %v", err)
	}
	for _, p := range open[1:] {
		p.mustClear()
	}
	p := open[0]
	wantErr(t, c.mustPrepare(items).executeV2(), codes.Internal, "")
	noErr(t, p.execute())
	b, err := p.metadata()
	noErr(t, err)
	m, err := thriftrows.DecodeMetadata(b)
	noErr(t, err)
	if m.Columns[1].Zone != "UTC" || m.Columns[1].Format != "f" {
		t.Errorf("metadata %+v", m)
	}
	p.mustClear()
	calls := srv.Calls()
	if got := calls[len(calls)-1].String(); got != "29 clearOrCancelQuery blue query-blue-000001: OK" {
		t.Errorf("String: %s", got)
	}
	if got := srv.CallsTo("executeStatementV2")[0].String(); !strings.Contains(got, "needs executeStatement") {
		t.Errorf("String: %s", got)
	}
}
