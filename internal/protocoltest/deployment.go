package protocoltest

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

func blueGreen(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	blue := Connect(t, srv)
	p := blue.MustExecute(Items)

	// Green comes up and is announced; blue serves what it has.
	srv.SetLive(enginetest.Blue, enginetest.Green)
	srv.Announce(enginetest.Green)
	r, err := blue.GetNextResultBatch(p.Context(), p.Request())
	NoErr(t, err)
	if r.GetNewStrategy() != "green" {
		t.Errorf("new_strategy %q", r.GetNewStrategy())
	}
	v2, err := p.BatchV2()
	NoErr(t, err)
	if v2.GetNewStrategy() != "green" || !v2.GetEndOfStream() {
		t.Errorf("V2 response %v", v2)
	}
	green := blue.On(enginetest.Green)
	foreign := *green
	foreign.Session = blue.Session
	_, err = foreign.Prepare(Items)
	WantErr(t, err, codes.Internal, "Access denied")
	gp := green.MustPrepare(Items)
	if gp.IP == p.IP || gp.IP[:5] != "10.1." {
		t.Errorf("planners %s and %s", p.IP, gp.IP)
	}
	gp.MustClear()
	p.MustClear()

	srv.Announce("")
	srv.SetLive(enginetest.Green)
	_, err = blue.Prepare(Items)
	WantErr(t, err, codes.Unknown, "status: 456")
	_, err = blue.Cluster.Status(blue.Context(), &wire.ClusterStatusRequest{})
	WantErr(t, err, codes.Unknown, "status: 456")
	refused := srv.CallsTo("prepareStatement")
	if last := refused[len(refused)-1]; !last.Refused || last.Err == nil || last.Strategy != "blue" {
		t.Errorf("recorded: %+v", last)
	}
	a, err := green.PrepareStatement(green.Context(), &wire.PrepareStatementRequest{SessionId: green.Session, Schema: "s", QueryString: Items})
	NoErr(t, err)
	if a.NewStrategy != nil {
		t.Errorf("new_strategy %q after it was cleared", a.GetNewStrategy())
	}
	(&Query{Client: green, ID: a.GetQueryId(), IP: a.GetEngineIP(), Session: green.Session}).MustClear()
	Balanced(t, srv)
	if s := srv.Stats(); s.Refused != 2 || s.Sessions != 2 {
		t.Errorf("stats %+v", s)
	}
}

func queryIsUnknownOnTheOtherColor(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
	blue := Connect(t, srv)
	p := blue.MustPrepare(Items)
	green := blue.On(enginetest.Green)
	stray := &Query{Client: green, ID: p.ID, IP: p.IP, Session: green.Session}
	WantErr(t, stray.Execute(), codes.Internal, "unknown")
	p.MustClear()
}

func expireSessions(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	c := Connect(t, srv)
	p := c.MustExecute(Items)
	srv.ExpireSessions()
	_, err := c.Prepare(Items)
	WantErr(t, err, codes.Internal, "Access denied")
	_, err = p.Batch()
	WantErr(t, err, codes.Internal, "Access denied")
	p.Session = c.Login()
	if n := len(p.Sizes()); n != 2 {
		t.Errorf("%d chunks: a denied call consumed one", n)
	}
	p.MustClear()
	Balanced(t, srv)
}

func rotateSessions(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{RotateSessions: true})
	c := Connect(t, srv)
	p, other := c.MustExecute(Items), c.MustExecute(Items)
	if p.Session == c.Session || p.Session == other.Session {
		t.Fatalf("sessions %s, %s and %s", c.Session, p.Session, other.Session)
	}
	for _, wrong := range []string{c.Session, other.Session} {
		stray := *p
		stray.Session = wrong
		_, err := stray.Metadata()
		WantErr(t, err, codes.Internal, "Access denied")
	}
	before := p.Session
	_, err := p.Metadata()
	NoErr(t, err)
	stale := *p
	stale.Session = before
	_, err = stale.Batch()
	WantErr(t, err, codes.Internal, "Access denied")
	p.Sizes()
	p.MustClear()
	_, err = other.Batch()
	NoErr(t, err)
	other.Session = c.Session // clear takes any live session
	other.MustClear()

	p = c.MustExecute(Items)
	srv.ExpireSessions()
	p.Session = c.Login()
	p.Sizes()
	p.MustClear()
	Balanced(t, srv)
}

func oauth(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{Bearer: func(token string) bool { return token == "good" }})
	c := Dial(t, srv)
	if want := "e6data://" + srv.Addr() + "/db?access_token=good"; srv.DSN("access_token=good") != want {
		t.Errorf("DSN %s", srv.DSN("access_token=good"))
	}
	_, err := c.Prepare(Items)
	WantErr(t, err, codes.Unauthenticated, "bearer")
	c.Extra = []string{"authorization", "Bearer bad"}
	_, err = c.Prepare(Items)
	WantErr(t, err, codes.Unauthenticated, "bearer")
	_, err = c.Cluster.Status(c.Context(), &wire.ClusterStatusRequest{})
	WantErr(t, err, codes.Unauthenticated, "bearer")
	c.Extra = []string{"authorization", "Bearer good"}
	_, err = c.Authenticate(c.Context(), &wire.AuthenticateRequest{})
	WantErr(t, err, codes.Unauthenticated, "")
	_, err = c.Cluster.Status(c.Context(), &wire.ClusterStatusRequest{})
	NoErr(t, err)
	for _, rotate := range []bool{false, true} {
		srv.SetRotateSessions(rotate)
		p := c.MustExecute(Items)
		if rotate == (p.Session == "") {
			t.Errorf("rotating %v, session %q", rotate, p.Session)
		}
		p.Sizes()
		p.MustClear()
	}
	Balanced(t, srv)
}

func clusterResume(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	c := Dial(t, srv)
	creds := &wire.ClusterStatusRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken}
	states := func(n int) (out []string) {
		for range n {
			r, err := c.Cluster.Status(c.Context(), creds)
			NoErr(t, err)
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
		_, err := c.Cluster.Resume(c.Context(), &wire.ResumeRequest{User: creds.User, Password: creds.Password})
		NoErr(t, err)
	}
	want("active")
	resume()
	want("active")
	_, err := c.Cluster.Suspend(c.Context(), &wire.SuspendRequest{User: creds.User, Password: creds.Password})
	NoErr(t, err)
	want("suspended", "suspended")
	_, err = c.Authenticate(c.Context(), &wire.AuthenticateRequest{User: creds.User, Password: creds.Password})
	WantErr(t, err, codes.Unavailable, "status: 503, cluster is suspended")
	srv.SetResume(2, enginetest.ClusterActive)
	resume()
	want("resuming", "resuming", "active", "active")
	c.Login()

	srv.SetCluster(enginetest.ClusterSuspended)
	srv.SetResume(0, enginetest.ClusterFailed)
	resume()
	if srv.Cluster() != enginetest.ClusterResuming {
		t.Errorf("state %s", srv.Cluster())
	}
	want("failed", "failed")
	srv.SetCluster("hibernating")
	want("hibernating")

	_, err = c.Cluster.Status(c.Context(), &wire.ClusterStatusRequest{User: "x"})
	WantErr(t, err, codes.Unauthenticated, "")
	_, err = c.Cluster.Resume(c.Context(), &wire.ResumeRequest{User: "x"})
	WantErr(t, err, codes.Unauthenticated, "")
	_, err = c.Cluster.Suspend(c.Context(), &wire.SuspendRequest{User: "x"})
	WantErr(t, err, codes.Unauthenticated, "")
	if n := srv.Count("ClusterService/resume"); n != 4 {
		t.Errorf("%d resumes", n)
	}
}
