package protocoltest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

func queryLife(t *testing.T, on Backend) {
	for _, tls := range []bool{false, true} {
		srv := on.Start(t, enginetest.Config{TLS: tls})
		c := Connect(t, srv)
		p := c.MustPrepare("  " + Items + "\n")
		NoErr(t, p.Execute())
		b, err := p.Metadata()
		NoErr(t, err)
		m, err := thriftrows.DecodeMetadata(b)
		NoErr(t, err)
		known, counted := int64(-1), int64(0) // rows before any is read
		if on.Counts {
			known, counted = 3, 3
		}
		if m.RowCount != known || len(m.Columns) != 2 || m.Columns[1].Name != "price" || !strings.EqualFold(m.Columns[1].Type, "DECIMAL(10,2)") {
			t.Fatalf("metadata %+v", m)
		}
		st, err := p.State()
		NoErr(t, err)
		if !st.GetStatus() || st.GetRowCount() != counted {
			t.Fatalf("status %v", st)
		}
		if got := p.Sizes(); !slices.Equal(got, []int{2, 1}) {
			t.Fatalf("chunks of %v rows", got)
		}
		if err := srv.Balanced(); err == nil || !strings.Contains(err.Error(), p.ID) || !strings.Contains(err.Error(), Items) {
			t.Fatalf("an open query is reported as %v", err)
		}
		p.MustClear()
		Balanced(t, srv)

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
		if last.SQL != Items || last.QueryID != p.ID || last.Header.Get("plannerip")[0] != p.IP || last.Request.(*wire.ClearOrCancelQueryRequest).GetQueryId() != p.ID {
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

func refusals(t *testing.T, on Backend) {
	done := func(p *Query) *Query { p.t.Helper(); p.Sizes(); return p }
	tests := []struct {
		name string
		do   func(c *Client) error
		code codes.Code
		text string
		fair bool // a correct driver may meet it
	}{
		{"unknown session", func(c *Client) error { c.Session = "nonsense"; _, err := c.Prepare(Items); return err }, codes.Internal, "Access denied", true},
		{"no session", func(c *Client) error { c.Session = ""; _, err := c.Prepare(Items); return err }, codes.Internal, "Access denied", true},
		{"unknown SQL", func(c *Client) error { _, err := c.Prepare("SELECT nothing"); return err }, codes.Internal, "nothing", true},
		{"semicolon", func(c *Client) error { _, err := c.Prepare(Items + " ; \n"); return err }, codes.Internal, "mismatched input ';'", false},
		{"other strategy", func(c *Client) error { c.Color = "green"; _, err := c.Prepare(Items); return err }, codes.Unknown, "status: 456", true},
		{"capital strategy", func(c *Client) error { c.Color = "Blue"; _, err := c.Prepare(Items); return err }, codes.Unknown, "status: 456", true},
		{"execute of nothing", func(c *Client) error { return (&Query{Client: c, ID: "x", IP: "y", Session: c.Session}).Execute() }, codes.Internal, "unknown", false},
		{"execute twice", func(c *Client) error { return c.MustExecute(Items).Execute() }, codes.Internal, "executed before", false},
		{"metadata first", func(c *Client) error { _, err := c.MustPrepare(Items).Metadata(); return err }, codes.Internal, "not executed", false},
		{"batch first", func(c *Client) error { _, err := c.MustPrepare(Items).Batch(); return err }, codes.Internal, "not executed", false},
		{"batch after the end", func(c *Client) error { _, err := done(c.MustExecute(Items)).Batch(); return err }, codes.OK, "", false},
		{"V2 batch after the end", func(c *Client) error { _, err := done(c.MustExecute(Items)).BatchV2(); return err }, codes.OK, "", false},
		{"batch after clear", func(c *Client) error { p := c.MustExecute(Items); p.MustClear(); _, err := p.Batch(); return err }, codes.Internal, "cleared", false},
		{"clear twice", func(c *Client) error { p := c.MustExecute(Items); p.MustClear(); return p.ClearQuery() }, codes.OK, "", false},
		{"cancel after clear", func(c *Client) error { p := c.MustExecute(Items); p.MustClear(); return p.Cancel() }, codes.Internal, "cleared already", false},
		{"other planner", func(c *Client) error { p := c.MustExecute(Items); p.IP = "10.9.9.9"; return p.ClearQuery() }, codes.InvalidArgument, "planner", false},
		{"V2 after V1", func(c *Client) error { return c.MustPrepare(Items).ExecuteV2() }, codes.Internal, "needs executeStatement", false},
		{"explainAnalyze first", func(c *Client) error {
			p := c.MustPrepare(Items)
			_, err := c.ExplainAnalyze(p.Context(), &wire.ExplainAnalyzeRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
			return err
		}, codes.Internal, "not executed", false},
		{"identifyPlanner", func(c *Client) error {
			_, err := c.IdentifyPlanner(c.Context(), &wire.IdentifyPlannerRequest{})
			return err
		}, codes.Unimplemented, "", true},
		{"V1 after V2", func(c *Client) error {
			r, err := c.PrepareStatementV2(c.Context(), &wire.PrepareStatementV2Request{SessionId: c.Session, QueryString: Items, Schema: "s", Catalog: "c"})
			NoErr(c.t, err)
			return (&Query{Client: c, ID: r.GetQueryId(), IP: r.GetEngineIP(), Session: r.GetSessionId()}).Execute()
		}, codes.Internal, "needs executeStatementV2", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := on.Start(t, enginetest.Config{})
			c := Connect(t, srv)
			WantErr(t, tt.do(c), tt.code, tt.text)
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

func badCredentialsAreAnEmptySession(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{User: "me", Token: "a/b c"})
	c := Dial(t, srv)
	r, err := c.Authenticate(c.Context(), &wire.AuthenticateRequest{User: "me", Password: "wrong"})
	NoErr(t, err)
	if r.GetSessionId() != "" {
		t.Error("a session for a wrong password")
	}
	if want := "e6data://me:a%2Fb%20c@" + srv.Addr() + "/db?x=1&y=2"; srv.DSN("x=1", "y=2") != want {
		t.Errorf("DSN %s", srv.DSN("x=1", "y=2"))
	}
}

func dsn(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{TLS: true, ClusterName: "Main", Database: "sales"})
	if got, want := srv.DSN(), "e6data://user%40example.com:secret-token@"+srv.Addr()+"/sales?cluster_name=main&secure=true"; got != want {
		t.Errorf("DSN %s, want %s", got, want)
	}
	c := Dial(t, srv)
	_, err := c.HealthCheck(c.Context(), &wire.HealthCheckRequest{})
	WantErr(t, err, codes.Unimplemented, "No cluster-name header or unknown cluster")
	_, err = c.HealthCheck(c.Context("cluster-name", "main"), &wire.HealthCheckRequest{})
	NoErr(t, err)
	srv.SetHealthCheck(false)
	_, err = c.HealthCheck(c.Context("cluster-name", "main"), &wire.HealthCheckRequest{})
	WantErr(t, err, codes.Unimplemented, "")
}

func secondResultCallIsAViolation(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := Connect(t, srv).MustExecute(Items)
	hang := srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Times: 1, Hang: true})
	first := make(chan error, 1)
	go func() {
		_, err := p.GetNextResultBatch(p.Context(), p.Request())
		first <- err
	}()
	<-hang.Struck()
	_, err := p.GetNextResultBatchV2(p.Context(), p.Request())
	WantErr(t, err, codes.Internal, "in flight")
	hang.Release()
	NoErr(t, <-first)
	p.MustClear()
	if s := srv.Stats(); len(s.Violations) != 1 {
		t.Errorf("violations %q", s.Violations)
	}
}

func resultCallAfterAnAbandonedOneIsNone(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := Connect(t, srv).MustExecute(Items)
	hang := srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Hang: true})
	ctx, cancel := context.WithCancel(p.Context())
	go func() { <-hang.Struck(); cancel() }()
	_, err := p.GetNextResultBatch(ctx, p.Request())
	WantErr(t, err, codes.Canceled, "")
	p.MustClear()
	hang.Release()
	Balanced(t, srv)
}

func concurrentQueries(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{MaxCalls: 10})
	c := Connect(t, srv)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				p, err := c.Prepare(Items)
				if err != nil {
					t.Error(err)
					return
				}
				_ = p.Execute()
				_, _ = p.Metadata()
				for b, err := p.Batch(); err == nil && len(b) > 0; b, err = p.Batch() {
				}
				if err := p.ClearQuery(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	Balanced(t, srv)
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

func closeEndsEverything(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	c := Connect(t, srv)
	hang := srv.Inject(enginetest.Fault{Method: "healthCheck", Hang: true})
	done := make(chan error, 1)
	go func() {
		_, err := c.HealthCheck(c.Context(), &wire.HealthCheckRequest{})
		done <- err
	}()
	<-hang.Struck()
	srv.Close()
	if err := <-done; err == nil {
		t.Error("a hanging call succeeded")
	}
	srv.Close()
	Balanced(t, srv)
	if srv.Wait(Soon(t), func(enginetest.Stats) bool { return false }) == nil {
		t.Error("Wait on a closed server")
	}
}
