package simulation

import (
	"testing"
	"time"
)

// The pauses between tries grow as policy.go says. A pause is between half and three
// halves of its length; the calls between two tries take a little more.
func TestPauses(t *testing.T) {
	t.Parallel()
	const ofCalls = 40 * time.Millisecond // the duration of all calls between two tries
	for _, test := range []struct {
		name  string
		kind  opKind
		class class
		fault fault
		calls int   // calls of the class in each try
		want  []int // milliseconds
	}{
		{"a lost answer", opQuery, prepare, lost, 1, []int{100, 200, 400, 800, 1600, 3200, 3200}},
		{"a lost ping", opPing, health, lost, 1, []int{100, 200, 400, 800, 1600, 3200, 3200}},
		{"a call that was not sent", opQuery, execute, unsent, 1, []int{100, 200, 400, 800, 1600, 3200, 3200}},
		{"a cluster that is active", opQuery, prepare, unavailable, 1, []int{0, 100, 200, 400, 800, 1600, 1600}},
		{"a suspended cluster", opPing, health, unavailable, 1, []int{50, 100, 200, 400, 800, 1600, 1600}},
		{"a denied session", opQuery, prepare, denied, 1, []int{200}},
		{"a denial in mid-text", opQuery, prepare, quoted, 1, []int{200}},
		{"a colour that is not live", opQuery, prepare, refused, 1, []int{0, 100, 200, 400, 800, 1600, 3200}},
		{"no live colour", opQuery, authenticate, refused, 2, []int{50, 100, 200, 400, 800, 1600, 1600}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := run(t, &schedule{
				Seed: 1, Setup: setup{Attempts: 8}, Ops: []op{{At: ms, Kind: test.kind}},
				Events: []event{{Kind: faulty, Class: test.class, Fault: test.fault, Count: 1000}},
			}, nil, true)
			for _, v := range d.violations {
				t.Errorf("%s: %s", v.rule, v.text)
			}
			touches := in(d.accounts[0].touches, test.class)
			if tries := len(touches) / test.calls; tries != len(test.want)+1 {
				t.Fatalf("%d tries, want %d: %v\n%v", tries, len(test.want)+1, d.accounts[0].err, d.trace)
			}
			for i, length := range test.want {
				want := time.Duration(length) * time.Millisecond
				gap := touches[(i+1)*test.calls].at - touches[(i+1)*test.calls-1].at
				if gap < want/2 || gap > want*3/2+ofCalls {
					t.Errorf("%v after try %d, want about %v", gap, i+1, want)
				}
			}
		})
	}
}

// Clearing goes on beyond Config.MaxAttempts, until Config.CleanupTimeout has passed.
func TestClearingPersists(t *testing.T) {
	t.Parallel()
	for _, f := range []fault{lost, unsent, unavailable, mute, refused} {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			d := run(t, &schedule{
				Seed: 1, Setup: setup{Attempts: 3}, Ops: []op{{At: ms, Kind: opExec}},
				Events: []event{{Kind: faulty, Class: clearing, Fault: f, Count: 1000}},
			}, nil, true)
			for _, v := range d.violations {
				t.Errorf("%s: %s", v.rule, v.text)
			}
			touches := in(d.accounts[0].touches, clearing)
			last := touches[len(touches)-1].at - d.accounts[0].ended
			// A 456 for a query that cannot move is not repeated for long.
			if persists := f != refused; persists != (last > 5*time.Second) || last > 10*time.Second || !persists && len(touches) != 3 {
				t.Errorf("%d calls, the last one after %v", len(touches), last)
			}
		})
	}
}

// With Config.MaxAttempts = 1 no call of a query is repeated.
func TestOneAttempt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		class class
		fault fault
	}{
		{prepare, lost}, {prepare, denied}, {prepare, refused}, {prepare, mute}, {execute, denied}, {execute, unsent},
		{describe, denied}, {describe, unsent}, {fetch, denied}, {fetch, unsent},
	} {
		d := run(t, &schedule{
			Seed: 1, Setup: setup{Attempts: 1}, Ops: []op{{At: ms, Rows: 1, Batch: 1}},
			Events: []event{{Kind: faulty, Class: test.class, Fault: test.fault, Count: 1}},
		}, nil, true)
		if a := d.accounts[0]; a.err == nil || a.calls[test.class] != 1 || len(d.violations) > 0 {
			t.Errorf("%v, %v: %d calls, %v, %v", test.class, test.fault, a.calls[test.class], a.err, d.violations)
		}
	}
}
