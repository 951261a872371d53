package simulation

import (
	"slices"
	"testing"
)

// shrink leaves the lines that a failure needs, and the plainest form of each.
func TestShrink(t *testing.T) {
	t.Parallel()
	s := &schedule{Seed: 7, Setup: setup{Attempts: 3, V2: "auto", Catalog: true, Rotate: true}}
	for id := range 13 {
		s.Ops = append(s.Ops, op{ID: id, At: span(id) * ms, Rows: 9, Batch: 4, Read: 5, Think: ms, Unknown: true})
		s.Events = append(s.Events, event{At: span(id) * ms, Kind: eventKind(id % len(eventKinds)), Op: id, Count: 3, Strict: true})
	}
	tries := 0
	// The failure needs statement 3 with its unknown size, statement 11 after it, one
	// expiry, and the configuration of V2.
	small := shrink(s, func(s *schedule) bool {
		tries++
		third := slices.IndexFunc(s.Ops, func(o op) bool { return o.ID == 3 && o.Unknown })
		last := slices.IndexFunc(s.Ops, func(o op) bool { return o.ID == 11 })
		return third >= 0 && last > third && s.Setup.V2 == "auto" &&
			slices.ContainsFunc(s.Events, func(e event) bool { return e.Kind == expire })
	})
	want := &schedule{
		Seed: 7, Setup: setup{Attempts: 5, V2: "auto"},
		Ops:    []op{{ID: 3, At: 3 * ms, Rows: 1, Batch: 1, Unknown: true}, {ID: 11, At: 11 * ms, Rows: 1, Batch: 1}},
		Events: []event{{At: 4 * ms, Kind: expire, Op: 4, Count: 1}},
	}
	if small.String() != want.String() {
		t.Errorf("%v\nwant %v", small, want)
	}
	if tries > 300 {
		t.Errorf("%d tries", tries)
	}
	if len(s.Ops) != 13 || s.Ops[0].Read != 5 {
		t.Error("the schedule itself was changed")
	}
}
