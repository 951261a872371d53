package simulation

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/internal/jitter"
)

var (
	seedFlag      = flag.Uint64("sim.seed", 1, "seed of the first schedule of TestSchedules; each further one adds 1")
	schedulesFlag = flag.Uint64("sim.schedules", 1000, "number of schedules of TestSchedules")
	scheduleFlag  = flag.String("sim.schedule", "", "run this schedule only")
	traceFlag     = flag.Bool("sim.trace", false, "print the calls of each schedule")
)

func TestMain(m *testing.M) {
	flag.Parse()
	jitter.Replace(pauseOf)
	code := m.Run()
	if left := goroutinesOutside(); len(left) > 0 {
		fmt.Fprintln(os.Stderr, "goroutines are left:", left)
		code = 1
	}
	os.Exit(code)
}

// goroutinesOutside returns the goroutines that are left outside of bubbles. Those
// inside break the rule "leak", which TestSabotage does on purpose.
func goroutinesOutside() (left []string) {
	err := goleak.Find()
	if err == nil {
		return nil
	}
	for _, line := range regexp.MustCompile(`Goroutine \d+ in state .*`).FindAllString(err.Error(), -1) {
		if !strings.Contains(line, "synctest bubble") {
			left = append(left, line)
		}
	}
	return left
}

// TestSchedules runs schedules, and shrinks the first one that breaks a rule.
func TestSchedules(t *testing.T) {
	if *scheduleFlag != "" {
		s, err := parseSchedule(*scheduleFlag)
		if err != nil {
			t.Fatal(err)
		}
		report(t, s, nil)
		return
	}
	began := time.Now()
	var next, failed atomic.Uint64
	var mu sync.Mutex
	var workers sync.WaitGroup
	for i := range runtime.GOMAXPROCS(0) {
		workers.Add(1)
		t.Run(fmt.Sprintf("worker %d", i), func(t *testing.T) {
			t.Parallel()
			defer workers.Done()
			for n := next.Add(1) - 1; n < *schedulesFlag && failed.Load() == 0; n = next.Add(1) - 1 {
				s := generate(*seedFlag + n)
				if d := run(t, s, nil, *traceFlag); len(d.violations) > 0 || *traceFlag {
					mu.Lock()
					if len(d.violations) > 0 {
						failed.Add(1)
					}
					report(t, s, nil)
					mu.Unlock()
				}
			}
		})
	}
	t.Cleanup(func() {
		workers.Wait()
		took := time.Since(began)
		t.Logf("%d schedules in %v: %.0f a second", *schedulesFlag, took.Round(time.Millisecond), float64(*schedulesFlag)/took.Seconds())
	})
}

// report shrinks a schedule that breaks a rule, runs the rest again, and prints it.
func report(t *testing.T, s *schedule, broken *sabotage) {
	t.Helper()
	d := run(t, s, broken, true)
	if len(d.violations) > 0 {
		s = shrink(s, func(s *schedule) bool { return breaks(t, s, broken, d.violations[0].rule) })
		d = run(t, s, broken, true)
	}
	for _, v := range d.violations {
		t.Errorf("%s: %s", v.rule, v.text)
	}
	if len(d.violations) > 0 || *traceFlag {
		t.Logf("the schedule of seed %d:\n%s%s\ngo test ./internal/simulation -run '^TestSchedules$' -sim.schedule='%v'",
			s.Seed, s.list(), strings.Join(d.trace, "\n"), s)
	}
}

// breaks reports whether a schedule breaks a rule.
func breaks(t *testing.T, s *schedule, broken *sabotage, rule string) bool {
	return slices.ContainsFunc(run(t, s, broken, false).violations, func(v violation) bool { return v.rule == rule })
}
