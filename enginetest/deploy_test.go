package enginetest_test

import (
	"errors"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

func TestBlueGreen(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	blue := connect(t, srv)
	p := blue.mustExecute(items)

	// Green starts and is announced. Blue still serves its queries.
	srv.SetLive(enginetest.Blue, enginetest.Green)
	srv.Announce(enginetest.Green)
	r, err := blue.GetNextResultBatch(p.ctx(), p.request())
	noErr(t, err)
	if r.GetNewStrategy() != "green" {
		t.Errorf("new_strategy %q", r.GetNewStrategy())
	}
	v2, err := p.batchV2()
	noErr(t, err)
	if v2.GetNewStrategy() != "green" || !v2.GetEndOfStream() {
		t.Errorf("V2 response %v", v2)
	}
	green := blue.on(enginetest.Green)
	foreign := *green
	foreign.session = blue.session
	_, err = foreign.prepare(items)
	wantErr(t, err, codes.Internal, "Access denied")
	gp := green.mustPrepare(items)
	if gp.ip == p.ip || gp.ip[:5] != "10.1." {
		t.Errorf("planners %s and %s", p.ip, gp.ip)
	}
	gp.mustClear()
	p.mustClear()

	srv.Announce("")
	srv.SetLive(enginetest.Green)
	_, err = blue.prepare(items)
	wantErr(t, err, codes.Unknown, "status: 456")
	_, err = blue.cluster.Status(blue.ctx(), &wire.ClusterStatusRequest{})
	wantErr(t, err, codes.Unknown, "status: 456")
	refused := srv.CallsTo("prepareStatement")
	if last := refused[len(refused)-1]; !last.Refused || last.Err == nil || last.Strategy != "blue" {
		t.Errorf("recorded: %+v", last)
	}
	a, err := green.PrepareStatement(green.ctx(), &wire.PrepareStatementRequest{SessionId: green.session, QueryString: items})
	noErr(t, err)
	if a.NewStrategy != nil {
		t.Errorf("new_strategy %q after it was cleared", a.GetNewStrategy())
	}
	(&q{client: green, id: a.GetQueryId(), ip: a.GetEngineIP(), session: green.session}).mustClear()
	balanced(t, srv)
	if s := srv.Stats(); s.Refused != 2 || s.Sessions != 2 {
		t.Errorf("stats %+v", s)
	}
}

func TestAQueryIsUnknownOnTheOtherColour(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
	srv.Handle(items, itemsResult())
	blue := connect(t, srv)
	p := blue.mustPrepare(items)
	green := blue.on(enginetest.Green)
	stray := &q{client: green, id: p.id, ip: p.ip, session: green.session}
	wantErr(t, stray.execute(), codes.Internal, "unknown")
	p.mustClear()
}

func TestExpireSessions(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	c := connect(t, srv)
	p := c.mustExecute(items)
	srv.ExpireSessions()
	_, err := c.prepare(items)
	wantErr(t, err, codes.Internal, "Access denied")
	_, err = p.batch()
	wantErr(t, err, codes.Internal, "Access denied")
	p.session = c.login()
	if n := len(p.sizes()); n != 2 {
		t.Errorf("%d chunks: a denied call consumed one", n)
	}
	p.mustClear()
	balanced(t, srv)
}

func TestRotateSessions(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{RotateSessions: true})
	srv.Handle(items, itemsResult())
	c := connect(t, srv)
	p, other := c.mustExecute(items), c.mustExecute(items)
	if p.session == c.session || p.session == other.session {
		t.Fatalf("sessions %s, %s and %s", c.session, p.session, other.session)
	}
	for _, wrong := range []string{c.session, other.session} {
		stray := *p
		stray.session = wrong
		_, err := stray.metadata()
		wantErr(t, err, codes.Internal, "Access denied")
	}
	before := p.session
	_, err := p.metadata()
	noErr(t, err)
	stale := *p
	stale.session = before
	_, err = stale.batch()
	wantErr(t, err, codes.Internal, "Access denied")
	p.sizes()
	p.mustClear()
	_, err = other.batch()
	noErr(t, err)
	other.session = c.session // clear takes any live session
	other.mustClear()

	p = c.mustExecute(items)
	srv.ExpireSessions()
	p.session = c.login()
	p.sizes()
	p.mustClear()
	balanced(t, srv)
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{Bearer: func(token string) bool { return token == "good" }})
	srv.Handle(items, itemsResult())
	c := dial(t, srv)
	if want := "e6data://" + srv.Addr() + "/db?access_token=good"; srv.DSN("access_token=good") != want {
		t.Errorf("DSN %s", srv.DSN("access_token=good"))
	}
	_, err := c.prepare(items)
	wantErr(t, err, codes.Unauthenticated, "bearer")
	c.extra = []string{"authorization", "Bearer bad"}
	_, err = c.prepare(items)
	wantErr(t, err, codes.Unauthenticated, "bearer")
	_, err = c.cluster.Status(c.ctx(), &wire.ClusterStatusRequest{})
	wantErr(t, err, codes.Unauthenticated, "bearer")
	c.extra = []string{"authorization", "Bearer good"}
	_, err = c.Authenticate(c.ctx(), &wire.AuthenticateRequest{})
	wantErr(t, err, codes.Unauthenticated, "")
	_, err = c.cluster.Status(c.ctx(), &wire.ClusterStatusRequest{})
	noErr(t, err)
	for _, rotate := range []bool{false, true} {
		srv.SetRotateSessions(rotate)
		p := c.mustExecute(items)
		if rotate == (p.session == "") {
			t.Errorf("rotating %v, session %q", rotate, p.session)
		}
		p.sizes()
		p.mustClear()
	}
	balanced(t, srv)
}

func TestClusterResume(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	c := dial(t, srv)
	creds := &wire.ClusterStatusRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken}
	states := func(n int) (out []string) {
		for range n {
			r, err := c.cluster.Status(c.ctx(), creds)
			noErr(t, err)
			out = append(out, r.GetStatus())
		}
		return out
	}
	want := func(want ...string) {
		t.Helper()
		got := states(len(want))
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("states %v, want %v", got, want)
			}
		}
	}
	resume := func() {
		t.Helper()
		_, err := c.cluster.Resume(c.ctx(), &wire.ResumeRequest{User: creds.User, Password: creds.Password})
		noErr(t, err)
	}
	want("active")
	resume()
	want("active")
	_, err := c.cluster.Suspend(c.ctx(), &wire.SuspendRequest{User: creds.User, Password: creds.Password})
	noErr(t, err)
	want("suspended", "suspended")
	_, err = c.Authenticate(c.ctx(), &wire.AuthenticateRequest{User: creds.User, Password: creds.Password})
	wantErr(t, err, codes.Unavailable, "status: 503, cluster is suspended")
	srv.SetResume(2, enginetest.ClusterActive)
	resume()
	want("resuming", "resuming", "active", "active")
	c.login()

	srv.SetCluster(enginetest.ClusterSuspended)
	srv.SetResume(0, enginetest.ClusterFailed)
	resume()
	if srv.Cluster() != enginetest.ClusterResuming {
		t.Errorf("state %s", srv.Cluster())
	}
	want("failed", "failed")
	srv.SetCluster("hibernating")
	want("hibernating")

	_, err = c.cluster.Status(c.ctx(), &wire.ClusterStatusRequest{User: "x"})
	wantErr(t, err, codes.Unauthenticated, "")
	_, err = c.cluster.Resume(c.ctx(), &wire.ResumeRequest{User: "x"})
	wantErr(t, err, codes.Unauthenticated, "")
	_, err = c.cluster.Suspend(c.ctx(), &wire.SuspendRequest{User: "x"})
	wantErr(t, err, codes.Unauthenticated, "")
	if n := srv.Count("ClusterService/resume"); n != 4 {
		t.Errorf("%d resumes", n)
	}
}

func TestCatalogs(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.SetCatalogs(
		enginetest.Catalog{Name: "lake", Schemas: []enginetest.Schema{{Name: "raw"}}},
		enginetest.Catalog{Name: "main", Default: true, Schemas: []enginetest.Schema{{
			Name:   "sales",
			Tables: []enginetest.Table{{Name: "orders", Columns: []enginetest.Column{{Name: "id", Type: "LONG"}}}},
		}}},
	)
	c := connect(t, srv)
	cats, err := c.GetCataloges(c.ctx(), &wire.GetCatalogesRequest{})
	noErr(t, err)
	if l := cats.GetCatalogResponses(); len(l) != 2 || l[0].GetIsDefault() || !l[1].GetIsDefault() {
		t.Errorf("catalogs %v", l)
	}
	schemas, err := c.GetSchemaNames(c.ctx(), &wire.GetSchemaNamesRequest{SessionId: c.session})
	noErr(t, err)
	raw, err := c.GetSchemaNamesV2(c.ctx(), &wire.GetSchemaNamesV2Request{SessionId: c.session, Catalog: "lake"})
	noErr(t, err)
	tables, err := c.GetTables(c.ctx(), &wire.GetTablesRequest{SessionId: c.session, Schema: "sales"})
	noErr(t, err)
	_, err = c.GetTablesV2(c.ctx(), &wire.GetTablesV2Request{SessionId: c.session, Schema: "sales", Catalog: "lake"})
	wantErr(t, err, codes.Internal, "'lake.sales'")
	cols, err := c.GetColumns(c.ctx(), &wire.GetColumnsRequest{SessionId: c.session, Schema: "sales", Table: "orders"})
	noErr(t, err)
	_, err = c.GetColumnsV2(c.ctx(), &wire.GetColumnsV2Request{SessionId: c.session, Schema: "sales", Table: "none", Catalog: "main"})
	wantErr(t, err, codes.Internal, "'sales.none'")
	_, err = c.GetColumnsV2(c.ctx(), &wire.GetColumnsV2Request{SessionId: "x"})
	wantErr(t, err, codes.Internal, "Access denied")
	if len(schemas.GetSchemas()) != 1 || schemas.GetSchemas()[0] != "sales" || raw.GetSchemas()[0] != "raw" ||
		tables.GetTables()[0] != "orders" || cols.GetFieldInfo()[0].GetFieldType() != "LONG" {
		t.Errorf("%v %v %v %v", schemas, raw, tables, cols)
	}
}

func TestPlans(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult().Explain("scan").ExplainAnalyze(`{"total_query_time":7}`).Timings(true, 2e6, 3e6).DryRun("fine"))
	srv.HandleFunc(func(enginetest.Query) (*enginetest.Result, error) { return nil, errors.New("no such table") })
	c := connect(t, srv)
	p := c.mustPrepare(items)
	ex, err := c.Explain(p.ctx(), &wire.ExplainRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	noErr(t, err)
	noErr(t, p.execute())
	an, err := c.ExplainAnalyze(p.ctx(), &wire.ExplainAnalyzeRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	noErr(t, err)
	if ex.GetExplain() != "scan" || an.GetExplainAnalyze() == "" || !an.GetIsCached() || an.GetParsingTime() != 2 || an.GetQueueingTime() != 3 {
		t.Errorf("%v, %v", ex, an)
	}
	dry, err := c.DryRun(c.ctx(), &wire.DryRunRequest{SessionId: c.session, QueryString: items})
	noErr(t, err)
	if dry.GetDryrunValue() != "fine" {
		t.Errorf("%v", dry)
	}
	_, err = c.DryRunV2(c.ctx(), &wire.DryRunRequestV2{SessionId: c.session, QueryString: "x"})
	wantErr(t, err, codes.Internal, "no such table")
	_, err = c.Clear(p.ctx(), &wire.ClearRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	noErr(t, err)
	balanced(t, srv)
}
