package enginetest_test

import (
	"testing"

	"github.com/e6data/e6data-go/enginetest"
)

func TestStatusPolls(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult().StatusPolls(3))
	p := connect(t, srv).MustPrepare(items)
	want := func(done bool, rows int64) {
		t.Helper()
		s, err := p.State()
		noErr(t, err)
		if s.GetStatus() != done || s.GetRowCount() != rows {
			t.Errorf("status %v", s)
		}
	}
	want(false, 0)
	noErr(t, p.Execute())
	for rows := range int64(3) {
		want(false, rows)
	}
	want(true, 3)
	p.MustClear()
	balanced(t, srv)
	if enginetest.NewResult().StatusPolls(-1).Err() == nil {
		t.Error("-1 polls")
	}
}
