package protocoltest

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// A client that sends no strategy header is served by the live colour.
func noStrategyHeader(t *testing.T, on Backend) {
	for _, live := range []string{enginetest.Blue, enginetest.Green} {
		srv := on.Start(t, enginetest.Config{Live: []string{live}})
		c := Dial(t, srv)
		c.Color = ""
		c.Session = c.Login()
		p := c.MustExecute(Items)
		if n := len(p.Sizes()); n != 2 {
			t.Errorf("%d chunks", n)
		}
		p.MustClear()
		Balanced(t, srv)
		prepared := srv.CallsTo("prepareStatement")[0]
		if prepared.Strategy != "" || prepared.QueryID != "query-"+live+"-000001" {
			t.Errorf("recorded: %v", prepared)
		}
		if _, err := c.On(live).Prepare(Items); err != nil { // one and the same colour
			t.Error(err)
		}
		other := *c
		other.Session = c.Session
		other.Color = map[string]string{enginetest.Blue: enginetest.Green, enginetest.Green: enginetest.Blue}[live]
		_, err := other.Prepare(Items)
		WantErr(t, err, codes.Unknown, "status: 456")

		srv.SetLive(enginetest.Blue, enginetest.Green)
		_, err = c.Prepare(Items)
		WantErr(t, err, codes.Unknown, "status: 456")
		srv.SetLive()
		_, err = c.Prepare(Items)
		WantErr(t, err, codes.Unknown, "status: 456")
	}
}

func noStrategyHeaderByProxy(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := NewProxy(t, srv, enginetest.ProxyConfig{WrongStrategy: enginetest.Shape{Status: 456}})
	c := DialAddr(t, p.Addr(), nil)
	c.Color = ""
	c.Login()
	srv.SetLive(enginetest.Blue, enginetest.Green)
	_, err := c.HealthCheck(c.Context(), &wire.HealthCheckRequest{})
	WantErr(t, err, codes.Unknown, "456")
}

// The vendor's clients clear again what they cleared and ask for batches after the
// end.
func compat(t *testing.T, on Backend) {
	for _, compat := range []bool{false, true} {
		srv := on.Start(t, enginetest.Config{Compat: compat})
		c := Connect(t, srv)
		p := c.MustExecute(Items)
		p.Sizes()
		b, err := p.Batch()
		if len(b) != 0 || err != nil {
			t.Errorf("a batch after the end: % x, %v", b, err)
		}
		v2, err := p.BatchV2()
		if err != nil || !v2.GetEndOfStream() || len(v2.GetResultBatches()) != 0 {
			t.Errorf("a V2 batch after the end: %v, %v", v2, err)
		}
		p.MustClear()
		p.MustClear()
		_, err = c.Clear(p.Context(), &wire.ClearRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
		NoErr(t, err)
		s := srv.Stats()
		if s.PastEnd != 2 || s.DoubleCleared != 2 || s.Cleared != 1 || s.Open != 0 || len(s.Violations) != 0 {
			t.Errorf("stats %+v", s)
		}
		if err := srv.Balanced(); (err == nil) != compat {
			t.Errorf("compat %v: %v", compat, err)
		}
		c.Color = enginetest.Green
		_, err = c.Prepare(Items)
		if text := status.Convert(err).Message(); (text == "status: 456") != compat {
			t.Errorf("compat %v: %q", compat, text)
		}
	}
}

// Two readers of one query are the application's doing. Each meets errors, and the
// driver is not to blame.
func twoReaders(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	p := Connect(t, srv).MustExecute(Items)
	hang := srv.Inject(enginetest.Fault{Method: "getResultMetadata", Times: 1, Hang: true})
	first := make(chan error, 1)
	go func() {
		_, err := p.GetResultMetadata(p.Context(), &wire.GetResultMetadataRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
		first <- err
	}()
	<-hang.Struck()
	_, err := p.Metadata()
	WantErr(t, err, codes.Internal, "has a getResultMetadata in flight")
	hang.Release()
	NoErr(t, <-first)
	_, err = p.Metadata() // the second reader comes in
	NoErr(t, err)

	hang = srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Times: 1, Hang: true})
	go func() {
		_, err := p.GetNextResultBatch(p.Context(), p.Request())
		first <- err
	}()
	<-hang.Struck()
	_, err = p.GetNextResultBatch(p.Context(), p.Request())
	WantErr(t, err, codes.Internal, "has a getNextResultBatch in flight")
	hang.Release()
	NoErr(t, <-first)
	p.Sizes()
	b, err := p.Batch()
	if len(b) != 0 || err != nil {
		t.Errorf("after the end: % x, %v", b, err)
	}
	p.MustClear()
	_, err = p.BatchV2()
	WantErr(t, err, codes.Internal, "is cleared")
	_, err = p.Metadata()
	WantErr(t, err, codes.Internal, "is cleared")
	Balanced(t, srv)

	// A query that was read once and cleared may be asked for its metadata again.
	p = p.MustExecute(Items)
	_, err = p.Metadata()
	NoErr(t, err)
	p.Sizes()
	p.MustClear()
	_, err = p.Metadata()
	WantErr(t, err, codes.Internal, "is cleared")
	Balanced(t, srv)
}

// No package but enginetest registers gzip here.
func compressedCalls(t *testing.T, on Backend) {
	c := Dial(t, on.Start(t, enginetest.Config{}))
	_, err := c.HealthCheck(c.Context(), &wire.HealthCheckRequest{}, grpc.UseCompressor("gzip"))
	NoErr(t, err)
}
