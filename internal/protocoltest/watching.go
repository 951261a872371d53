package protocoltest

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
)

// Who watches or reads a query need not know that another ended it; who clears
// it must not go on reading.
func callsAboutAnEndedQuery(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{})
	c := Connect(t, srv)
	p := c.MustExecute(Items)
	NoErr(t, p.Cancel())
	_, err := p.State()
	WantErr(t, err, codes.Internal, "is cancelled")
	_, err = p.Batch()
	WantErr(t, err, codes.Internal, "was cancelled")
	_, err = p.Metadata()
	WantErr(t, err, codes.Internal, "was cancelled")
	p = c.MustExecute(Items)
	p.MustClear()
	_, err = p.State()
	WantErr(t, err, codes.Internal, "is cleared")
	Balanced(t, srv)
	_, err = p.Batch()
	WantErr(t, err, codes.Internal, "is cleared")
	if n := len(srv.Stats().Violations); n != 1 {
		t.Errorf("%d violations", n)
	}
}

// A watcher has a session of its own, which may be any, and replaces none.
func watchingLeavesTheSessionAlone(t *testing.T, on Backend) {
	srv := on.Start(t, enginetest.Config{RotateSessions: true})
	c := Connect(t, srv)
	p := c.MustExecute(Items)
	watcher := &Query{Client: c, ID: p.ID, IP: p.IP, Session: c.Login()}
	for range 3 {
		s, err := watcher.State()
		NoErr(t, err)
		if s.GetSessionId() != watcher.Session {
			t.Errorf("session %q", s.GetSessionId())
		}
	}
	p.Sizes()
	p.MustClear()
	watcher.Session = "nonsense"
	_, err := watcher.State()
	WantErr(t, err, codes.Internal, "Access denied")
	Balanced(t, srv)
}
