package enginetest_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

func (p *q) status() (*wire.StatusResponse, error) {
	return p.Status(p.ctx(), &wire.StatusRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
}

func TestStatusPolls(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult().StatusPolls(3))
	p := connect(t, srv).mustPrepare(items)
	want := func(done bool, rows int64) {
		t.Helper()
		s, err := p.status()
		noErr(t, err)
		if s.GetStatus() != done || s.GetRowCount() != rows {
			t.Errorf("status %v", s)
		}
	}
	want(false, 0)
	noErr(t, p.execute())
	for rows := range int64(3) {
		want(false, rows)
	}
	want(true, 3)
	p.mustClear()
	balanced(t, srv)
	if enginetest.NewResult().StatusPolls(-1).Err() == nil {
		t.Error("-1 polls")
	}
}

// A call that watches or reads a query which another client has ended is no violation. A
// client that reads a query after its own clear violates the protocol.
func TestCallsAboutAnEndedQuery(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult())
	c := connect(t, srv)
	p := c.mustExecute(items)
	noErr(t, p.cancel())
	_, err := p.status()
	wantErr(t, err, codes.Internal, "is cancelled")
	_, err = p.batch()
	wantErr(t, err, codes.Internal, "was cancelled")
	_, err = p.metadata()
	wantErr(t, err, codes.Internal, "was cancelled")
	p = c.mustExecute(items)
	p.mustClear()
	_, err = p.status()
	wantErr(t, err, codes.Internal, "is cleared")
	balanced(t, srv)
	_, err = p.batch()
	wantErr(t, err, codes.Internal, "is cleared")
	if n := len(srv.Stats().Violations); n != 1 {
		t.Errorf("%d violations", n)
	}
}

// A watcher may use any session of its colour. Its calls do not replace its session or
// that of the query.
func TestWatchingLeavesTheSessionAlone(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{RotateSessions: true})
	srv.Handle(items, itemsResult())
	c := connect(t, srv)
	p := c.mustExecute(items)
	watcher := &q{client: c, id: p.id, ip: p.ip, session: c.login()}
	for range 3 {
		s, err := watcher.status()
		noErr(t, err)
		if s.GetSessionId() != watcher.session {
			t.Errorf("session %q", s.GetSessionId())
		}
	}
	p.sizes()
	p.mustClear()
	watcher.session = "nonsense"
	_, err := watcher.status()
	wantErr(t, err, codes.Internal, "Access denied")
	balanced(t, srv)
}

func (p *q) explain() string {
	p.t.Helper()
	r, err := p.Explain(p.ctx(), &wire.ExplainRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	noErr(p.t, err)
	return r.GetExplain()
}
