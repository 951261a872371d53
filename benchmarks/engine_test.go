package benchmarks_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/benchmarks/internal/life"
	"github.com/e6data/e6data-go/benchmarks/latency"
	"github.com/e6data/e6data-go/enginetest"
)

// result returns a result with the given number of chunks of a data set, which
// repeat if there are more than it has. All chunks are ready before the first
// is sent.
func result(s *data.Set, chunks int) *enginetest.Result {
	r := enginetest.NewResult()
	for _, c := range s.Columns {
		r.Column(c.Name, c.Type)
	}
	rows := 0
	ready := make([][]byte, min(chunks, s.NumChunks()))
	for i := range ready {
		ready[i] = s.Chunk(i)
	}
	for i := range chunks {
		rows += s.RowsIn(i % len(ready))
	}
	return r.RowCount(int64(rows)).ChunkFunc(func(i int) []byte {
		if i >= chunks {
			return nil
		}
		return ready[i%len(ready)]
	})
}

// engine starts a server with a whole data set as its result. It runs in this
// process and uses the same processors, for all competitors alike.
func engine(tb testing.TB, s *data.Set) *enginetest.Server {
	srv, err := play(s)
	must(tb, err)
	tb.Cleanup(srv.Close)
	return srv
}

// play is like engine without a benchmark. The caller closes the server.
func play(s *data.Set) (*enginetest.Server, error) {
	srv, err := enginetest.NewServer(enginetest.Config{MaxCalls: -1})
	if err != nil {
		return nil, err
	}
	srv.Handle(statement(s), result(s, s.NumChunks()))
	srv.Handle(pointQuery, enginetest.NewResult().Column("one", "LONG").Row(1))
	return srv, nil
}

// proxied starts a proxy with the given round trip in front of a server, and
// returns its address.
func proxied(tb testing.TB, srv *enginetest.Server, roundTrip time.Duration) *latency.Proxy {
	p, err := latency.New(srv.Addr(), roundTrip/2)
	must(tb, err)
	tb.Cleanup(p.Close)
	return p
}

// openE6data opens a pool of the driver like an application.
func openE6data(tb testing.TB, addr string) *sql.DB {
	db, err := sql.Open("e6data", "e6data://"+enginetest.DefaultUser+":"+enginetest.DefaultToken+"@"+addr+"/db")
	must(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// drainAll returns a function that fetches a data set's result without decoding
// it.
func drainAll(tb testing.TB, addr string, s *data.Set) func() {
	cc, err := life.Dial(addr)
	must(tb, err)
	tb.Cleanup(func() { _ = cc.Close() })
	session, err := life.Login(context.Background(), cc)
	must(tb, err)
	return func() {
		n, err := life.Drain(context.Background(), cc, session, statement(s))
		must(tb, err)
		if n < s.Bytes() {
			tb.Fatalf("%d bytes, want at least %d", n, s.Bytes())
		}
	}
}
