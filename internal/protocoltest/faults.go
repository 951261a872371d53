package protocoltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

var errLost = status.Error(codes.Unavailable, "lost")

func faultBefore(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := Connect(t, srv).MustPrepare(Items)
	f := srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, Err: errLost})
	WantErr(t, p.Execute(), codes.Unavailable, "lost")
	if s := srv.Stats(); s.Executed != 0 || f.Hits() != 1 {
		t.Errorf("stats %+v, %d hits", s, f.Hits())
	}
	NoErr(t, p.Execute())
	p.MustClear()
	Balanced(t, srv)
}

func faultAfter(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{RotateSessions: true})
	c := Connect(t, srv)
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Times: 1, After: true, Err: errLost})
	_, err := c.Prepare(Items)
	WantErr(t, err, codes.Unavailable, "lost")
	Balanced(t, srv) // no client can clear it

	p := c.MustPrepare(Items)
	srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, After: true, Err: errLost})
	WantErr(t, p.Execute(), codes.Unavailable, "lost")
	if s := srv.Stats(); s.Executed != 1 || s.Prepared != 2 || s.Orphaned != 1 || s.Open != 1 {
		t.Errorf("stats %+v", s)
	}
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 1, Times: 1, After: true, Err: errors.New("plain")})
	_, err = p.Batch()
	NoErr(t, err)
	_, err = p.Batch()
	WantErr(t, err, codes.Internal, "plain")
	b, err := p.Batch() // the second chunk is consumed
	NoErr(t, err)
	if len(b) != 0 {
		t.Error("a lost chunk came again")
	}
	p.MustClear()
	Balanced(t, srv)
}

func faultConditions(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
	blue := Connect(t, srv)
	green := blue.On(enginetest.Green)

	onlyB := srv.Inject(enginetest.Fault{Method: "/QueryEngineService/executeStatement", SQL: " " + Ids + " ", Err: errLost})
	for _, sql := range []string{Items, Ids} {
		p := blue.MustPrepare(sql)
		if err := p.Execute(); (err != nil) != (sql == Ids) {
			t.Errorf("%s: %v", sql, err)
		}
		p.MustClear()
	}
	onlyB.Release()
	blue.MustExecute(Ids).MustClear()

	onGreen := srv.Inject(enginetest.Fault{Method: "QueryEngineService/prepareStatement", Strategy: enginetest.Green, Err: errLost})
	blue.MustPrepare(Items).MustClear()
	_, err := green.Prepare(Items)
	WantErr(t, err, codes.Unavailable, "lost")
	_, err = green.PrepareStatementV2(green.Context(), &wire.PrepareStatementV2Request{SessionId: green.Session, Schema: "s", Catalog: "c", QueryString: Items})
	WantErr(t, err, codes.Unavailable, "lost")
	if onGreen.Hits() != 2 {
		t.Errorf("%d hits", onGreen.Hits())
	}
	srv.ClearFaults()
	green.MustPrepare(Items).MustClear()

	// A name that ends in V2 does not mean V1, and status is of two services.
	v2 := srv.Inject(enginetest.Fault{Method: "prepareStatementV2"})
	st := srv.Inject(enginetest.Fault{Method: "status"})
	blue.MustPrepare(Items).MustClear()
	_, err = blue.Cluster.Status(blue.Context(), &wire.ClusterStatusRequest{})
	WantErr(t, err, codes.Unauthenticated, "")
	if v2.Hits() != 0 || st.Hits() != 1 {
		t.Errorf("%d and %d hits", v2.Hits(), st.Hits())
	}
	Balanced(t, srv)
}

func faultHangAndDelay(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	c := Connect(t, srv)
	did := make(chan struct{})
	for _, f := range []enginetest.Fault{
		{Method: "healthCheck", Hang: true},
		{Method: "healthCheck", Hang: true, After: true, Do: func() { close(did) }},
		{Method: "healthCheck", Delay: time.Hour},
		{Method: "healthCheck", Delay: time.Hour, After: true},
	} {
		// Released, the call goes on.
		i := srv.Inject(f)
		done := make(chan error, 1)
		go func() {
			_, err := c.HealthCheck(c.Context(), &wire.HealthCheckRequest{})
			done <- err
		}()
		<-i.Struck()
		i.Release()
		i.Release()
		NoErr(t, <-done)

		// Left, it ends.
		f.Do = nil
		i = srv.Inject(f)
		ctx, cancel := context.WithCancel(c.Context())
		go func() { <-i.Struck(); cancel() }()
		_, err := c.HealthCheck(ctx, &wire.HealthCheckRequest{})
		WantErr(t, err, codes.Canceled, "")
		Balanced(t, srv)
		srv.ClearFaults()
	}
	<-did
}

func faultDrop(t *testing.T, on Backend) {
	for _, tls := range []bool{false, true} {
		srv := on.Start(t, enginetest.Config{TLS: tls})
		c, other := Connect(t, srv), Connect(t, srv)
		p := c.MustPrepare(Items)
		srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, After: true, Drop: true})
		WantErr(t, p.Execute(), codes.Unavailable, "")
		NoErr(t, srv.Wait(Soon(t), func(s enginetest.Stats) bool { return s.InFlight == 0 }))
		if s := srv.Stats(); s.Executed != 1 {
			t.Errorf("stats %+v", s)
		}
		p.Sizes() // on a new connection
		p.MustClear()
		other.MustPrepare(Items).MustClear()

		srv.DropConnections()
		NoErr(t, srv.Wait(Soon(t), func(s enginetest.Stats) bool { return s.InFlight == 0 }))
		Balanced(t, srv)
	}
}

func waitGivesUp(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := Connect(t, srv).MustPrepare(Items)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := srv.Wait(ctx, func(enginetest.Stats) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := srv.WaitBalanced(ctx); err == nil {
		t.Error("an open query is balanced")
	}
	p.MustClear()
	NoErr(t, srv.WaitBalanced(ctx))
}
