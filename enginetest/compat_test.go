package enginetest_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// A client that sends no strategy header is served by the live colour.
func TestNoStrategyHeader(t *testing.T) {
	t.Parallel()
	for _, live := range []string{enginetest.Blue, enginetest.Green} {
		srv := newServer(t, enginetest.Config{Live: []string{live}})
		srv.Handle(items, itemsResult())
		c := dial(t, srv)
		c.color = ""
		c.session = c.login()
		p := c.mustExecute(items)
		if n := len(p.sizes()); n != 2 {
			t.Errorf("%d chunks", n)
		}
		p.mustClear()
		balanced(t, srv)
		prepared := srv.CallsTo("prepareStatement")[0]
		if prepared.Strategy != "" || prepared.QueryID != "query-"+live+"-000001" {
			t.Errorf("recorded: %v", prepared)
		}
		if _, err := c.on(live).prepare(items); err != nil { // the same colour
			t.Error(err)
		}
		other := *c
		other.session = c.session
		other.color = map[string]string{enginetest.Blue: enginetest.Green, enginetest.Green: enginetest.Blue}[live]
		_, err := other.prepare(items)
		wantErr(t, err, codes.Unknown, "status: 456")

		srv.SetLive(enginetest.Blue, enginetest.Green)
		_, err = c.prepare(items)
		wantErr(t, err, codes.Unknown, "status: 456")
		srv.SetLive()
		_, err = c.prepare(items)
		wantErr(t, err, codes.Unknown, "status: 456")
	}
}

func TestNoStrategyHeaderByProxy(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	p := newProxy(t, srv, enginetest.ProxyConfig{WrongStrategy: enginetest.Shape{Status: 456}})
	c := dialAddr(t, p.Addr(), nil)
	c.color = ""
	c.login()
	srv.SetLive(enginetest.Blue, enginetest.Green)
	_, err := c.HealthCheck(c.ctx(), &wire.HealthCheckRequest{})
	wantErr(t, err, codes.Unknown, "456")
}

// The vendor's clients clear a query twice, and request batches after the end.
func TestCompat(t *testing.T) {
	t.Parallel()
	for _, compat := range []bool{false, true} {
		srv := newServer(t, enginetest.Config{Compat: compat})
		srv.Handle(items, itemsResult())
		c := connect(t, srv)
		p := c.mustExecute(items)
		p.sizes()
		b, err := p.batch()
		if len(b) != 0 || err != nil {
			t.Errorf("a batch after the end: % x, %v", b, err)
		}
		v2, err := p.batchV2()
		if err != nil || !v2.GetEndOfStream() || len(v2.GetResultBatches()) != 0 {
			t.Errorf("a V2 batch after the end: %v, %v", v2, err)
		}
		p.mustClear()
		p.mustClear()
		_, err = c.Clear(p.ctx(), &wire.ClearRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
		noErr(t, err)
		s := srv.Stats()
		if s.PastEnd != 2 || s.DoubleCleared != 2 || s.Cleared != 1 || s.Open != 0 || len(s.Violations) != 0 {
			t.Errorf("stats %+v", s)
		}
		if err := srv.Balanced(); (err == nil) != compat {
			t.Errorf("compat %v: %v", compat, err)
		}
		c.color = enginetest.Green
		_, err = c.prepare(items)
		if text := status.Convert(err).Message(); (text == "status: 456") != compat {
			t.Errorf("compat %v: %q", compat, text)
		}
	}
}

// An application may read one query twice at the same time. Its calls then fail, and the
// books do not count these calls as violations of the driver.
func TestTwoReaders(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	p := connect(t, srv).mustExecute(items)
	hang := srv.Inject(enginetest.Fault{Method: "getResultMetadata", Times: 1, Hang: true})
	first := make(chan error, 1)
	go func() {
		_, err := p.GetResultMetadata(p.ctx(), &wire.GetResultMetadataRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
		first <- err
	}()
	<-hang.Struck()
	_, err := p.metadata()
	wantErr(t, err, codes.Internal, "has a getResultMetadata in flight")
	hang.Release()
	noErr(t, <-first)
	_, err = p.metadata() // the second reader begins
	noErr(t, err)

	hang = srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Times: 1, Hang: true})
	go func() {
		_, err := p.GetNextResultBatch(p.ctx(), p.request())
		first <- err
	}()
	<-hang.Struck()
	_, err = p.GetNextResultBatch(p.ctx(), p.request())
	wantErr(t, err, codes.Internal, "has a getNextResultBatch in flight")
	hang.Release()
	noErr(t, <-first)
	p.sizes()
	b, err := p.batch()
	if len(b) != 0 || err != nil {
		t.Errorf("after the end: % x, %v", b, err)
	}
	p.mustClear()
	_, err = p.batchV2()
	wantErr(t, err, codes.Internal, "is cleared")
	_, err = p.metadata()
	wantErr(t, err, codes.Internal, "is cleared")
	balanced(t, srv)

	// A request for the metadata of a query that was read and cleared is no violation.
	p = p.mustExecute(items)
	_, err = p.metadata()
	noErr(t, err)
	p.sizes()
	p.mustClear()
	_, err = p.metadata()
	wantErr(t, err, codes.Internal, "is cleared")
	balanced(t, srv)
}
