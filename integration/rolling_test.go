package integration

import (
	"net/http"
	"testing"
	"time"

	"github.com/e6data/e6data-go/integration/internal/load"
	"github.com/e6data/e6data-go/integration/internal/synth"
)

// A deployment moves from blue to green under load. No query fails, no row is
// wrong, and the queries on blue end there. Emulators announce no colour and keep no
// books, so that the engines are scripted.
func TestRollingDeployment(t *testing.T) {
	s, db := deploy(t)
	ctx := within(t, time.Minute)
	r := under(t, db, mixed, 20*time.Second)

	// This result is open during the switch, and most of its rows are not
	// fetched yet.
	long := synth.Query{Rows: 20_000, Batch: 200, ID: load.NextID()}
	rows, err := db.QueryContext(ctx, long.String())
	must(t, err)
	defer rows.Close()
	read := func(from, to int) {
		t.Helper()
		if n, wrong, err := load.Check(rows, long, from, to); err != nil || wrong != "" || n != to-from {
			t.Fatalf("the long query, rows %d to %d: %d rows, %s, %v", from, to, n, wrong, err)
		}
	}
	read(0, 1000)

	must(t, s.Green.Start(ctx))
	must(t, s.SetLive(ctx, "blue", "green"))
	progress(t, r, connections)
	if b, err := s.Green.Books(ctx); err != nil || b.Calls != 0 {
		t.Errorf("before the announcement, green had %d calls, %v", b.Calls, err)
	}

	must(t, s.Blue.Announce(ctx, "green"))
	read(1000, 2000)
	// New queries go to green. Blue finishes its queries, except the long one.
	_, err = s.Blue.WaitBooks(within(t, 10*time.Second), func(b synth.Books) bool { return b.Open == 1 && b.InFlight == 0 })
	must(t, err)
	drained, err := s.Blue.Books(ctx)
	must(t, err)
	progress(t, r, 2*connections)
	if b, err := s.Blue.Books(ctx); err != nil || b.Prepared != drained.Prepared {
		t.Errorf("after the switch, blue prepared %d more queries, %v", b.Prepared-drained.Prepared, err)
	}
	read(2000, long.Rows)
	must(t, rows.Close())

	blue := balanced(t, s.Blue)
	must(t, s.SetLive(ctx, "green"))
	for colour, want := range map[string]int{"blue": 456, "green": http.StatusOK} {
		if code, err := status(ctx, s, colour); err != nil || code != want {
			t.Errorf("the router answers HTTP %d for %s, want %d; %v", code, colour, want, err)
		}
	}
	progress(t, r, connections)
	must(t, s.Blue.Kill(ctx))
	progress(t, r, 2*connections)
	must(t, s.Green.Expire(ctx))
	progress(t, r, 2*connections)

	report := settle(t, "rolling deployment", r)
	green := balanced(t, s.Green)
	if whole := 1 + report.OK; blue.Executed+green.Executed != whole {
		t.Errorf("%d queries were executed on blue and %d on green, %d were asked", blue.Executed, green.Executed, whole)
	}
	if code, err := status(ctx, s, "blue"); err != nil || code != 456 {
		t.Errorf("the router answers HTTP %d for the killed blue; %v", code, err)
	}
}
