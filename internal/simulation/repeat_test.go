package simulation

import (
	"slices"
	"testing"
)

// A schedule has the same calls, answers and outcomes in each run. There is one
// exception: statements that wait for the same detection or resume go on at the same
// moment, and the scheduler chooses their order. That concerns about one schedule in
// 500.
func TestSchedulesRepeat(t *testing.T) {
	t.Parallel()
	const schedules, allowed = 100, 5
	var differ []uint64
	for seed := *seedFlag; seed < *seedFlag+schedules; seed++ {
		s := generate(seed)
		first, second := run(t, s, nil, true), run(t, s, nil, true)
		slices.Sort(first.trace) // lines of one moment have no order
		slices.Sort(second.trace)
		if !slices.Equal(first.trace, second.trace) {
			differ = append(differ, seed)
		}
	}
	t.Logf("%d of %d schedules differ from run to run: %v", len(differ), schedules, differ)
	if len(differ) > allowed {
		t.Errorf("at most %d may", allowed)
	}
}

// The text of a schedule is the schedule.
func TestScheduleText(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		s := generate(seed)
		again, err := parseSchedule(s.String())
		if err != nil || again.String() != s.String() {
			t.Fatalf("%v\n%v\n%v", err, s, again)
		}
	}
	for _, text := range []string{"", `{"ops":[{"kind":"nap"}]}`, `{"events":[{"at":"soon"}]}`} {
		if _, err := parseSchedule(text); err == nil {
			t.Errorf("%q is a schedule", text)
		}
	}
}
