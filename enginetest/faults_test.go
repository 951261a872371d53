package enginetest_test

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

func TestFaultBefore(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	p := connect(t, srv).mustPrepare(items)
	f := srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, Err: errLost})
	wantErr(t, p.execute(), codes.Unavailable, "lost")
	if s := srv.Stats(); s.Executed != 0 || f.Hits() != 1 {
		t.Errorf("stats %+v, %d hits", s, f.Hits())
	}
	noErr(t, p.execute())
	p.mustClear()
	balanced(t, srv)
}

func TestFaultAfter(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{RotateSessions: true})
	srv.Handle(items, itemsResult())
	c := connect(t, srv)
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Times: 1, After: true, Err: errLost})
	_, err := c.prepare(items)
	wantErr(t, err, codes.Unavailable, "lost")
	balanced(t, srv) // no client can clear the query

	p := c.mustPrepare(items)
	srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, After: true, Err: errLost})
	wantErr(t, p.execute(), codes.Unavailable, "lost")
	if s := srv.Stats(); s.Executed != 1 || s.Prepared != 2 || s.Orphaned != 1 || s.Open != 1 {
		t.Errorf("stats %+v", s)
	}
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 1, Times: 1, After: true, Err: errors.New("plain")})
	_, err = p.batch()
	noErr(t, err)
	_, err = p.batch()
	wantErr(t, err, codes.Internal, "plain")
	b, err := p.batch() // the second chunk is consumed
	noErr(t, err)
	if len(b) != 0 {
		t.Error("a lost chunk was sent again")
	}
	p.mustClear()
	balanced(t, srv)
}

func TestFaultConditions(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
	srv.Handle("a", itemsResult())
	srv.Handle("b", itemsResult())
	blue := connect(t, srv)
	green := blue.on(enginetest.Green)

	onlyB := srv.Inject(enginetest.Fault{Method: "/QueryEngineService/executeStatement", SQL: " b ", Err: errLost})
	for _, sql := range []string{"a", "b"} {
		p := blue.mustPrepare(sql)
		if err := p.execute(); (err != nil) != (sql == "b") {
			t.Errorf("%s: %v", sql, err)
		}
		p.mustClear()
	}
	onlyB.Release()
	blue.mustExecute("b").mustClear()

	onGreen := srv.Inject(enginetest.Fault{Method: "QueryEngineService/prepareStatement", Strategy: enginetest.Green, Err: errLost})
	blue.mustPrepare("a").mustClear()
	_, err := green.prepare("a")
	wantErr(t, err, codes.Unavailable, "lost")
	_, err = green.PrepareStatementV2(green.ctx(), &wire.PrepareStatementV2Request{SessionId: green.session, QueryString: "a"})
	wantErr(t, err, codes.Unavailable, "lost")
	if onGreen.Hits() != 2 {
		t.Errorf("%d hits", onGreen.Hits())
	}
	srv.ClearFaults()
	green.mustPrepare("a").mustClear()

	// A name that ends in V2 does not match the V1 method. Two services have a method status.
	v2 := srv.Inject(enginetest.Fault{Method: "prepareStatementV2"})
	st := srv.Inject(enginetest.Fault{Method: "status"})
	blue.mustPrepare("a").mustClear()
	_, err = blue.cluster.Status(blue.ctx(), &wire.ClusterStatusRequest{})
	wantErr(t, err, codes.Unauthenticated, "")
	if v2.Hits() != 0 || st.Hits() != 1 {
		t.Errorf("%d and %d hits", v2.Hits(), st.Hits())
	}
	balanced(t, srv)
}

func TestFaultHangAndDelay(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	c := connect(t, srv)
	did := make(chan struct{})
	for _, f := range []enginetest.Fault{
		{Method: "healthCheck", Hang: true},
		{Method: "healthCheck", Hang: true, After: true, Do: func() { close(did) }},
		{Method: "healthCheck", Delay: time.Hour},
		{Method: "healthCheck", Delay: time.Hour, After: true},
	} {
		// The call continues after Release.
		i := srv.Inject(f)
		done := make(chan error, 1)
		go func() {
			_, err := c.HealthCheck(c.ctx(), &wire.HealthCheckRequest{})
			done <- err
		}()
		<-i.Struck()
		i.Release()
		i.Release()
		noErr(t, <-done)

		// The call ends when its client leaves.
		f.Do = nil
		i = srv.Inject(f)
		ctx, cancel := context.WithCancel(c.ctx())
		go func() { <-i.Struck(); cancel() }()
		_, err := c.HealthCheck(ctx, &wire.HealthCheckRequest{})
		wantErr(t, err, codes.Canceled, "")
		balanced(t, srv)
		srv.ClearFaults()
	}
	<-did
}

func TestFaultDrop(t *testing.T) {
	t.Parallel()
	for _, tls := range []bool{false, true} {
		srv := newServer(t, enginetest.Config{TLS: tls})
		srv.Handle(items, itemsResult())
		c, other := connect(t, srv), connect(t, srv)
		p := c.mustPrepare(items)
		srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, After: true, Drop: true})
		wantErr(t, p.execute(), codes.Unavailable, "")
		noErr(t, srv.Wait(soon(t), func(s enginetest.Stats) bool { return s.InFlight == 0 }))
		if s := srv.Stats(); s.Executed != 1 {
			t.Errorf("stats %+v", s)
		}
		p.sizes() // on a new connection
		p.mustClear()
		other.mustPrepare(items).mustClear()

		srv.DropConnections()
		noErr(t, srv.Wait(soon(t), func(s enginetest.Stats) bool { return s.InFlight == 0 }))
		balanced(t, srv)
	}
}

func TestWaitReturnsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	p := connect(t, srv).mustPrepare(items)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := srv.Wait(ctx, func(enginetest.Stats) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := srv.WaitBalanced(ctx); err == nil {
		t.Error("WaitBalanced returns nil, and a query is open")
	}
	p.mustClear()
	noErr(t, srv.WaitBalanced(ctx))
}
