package chaos

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// disturbance is a kind of event that excuses failures, or a set of such kinds.
type disturbance uint8

const (
	cut     disturbance = 1 << iota // a connection was reset
	refusal                         // a call, or its answer, was lost on the way
	death                           // a colour went
	expiry                          // the sessions expired
	suspension
	gap    // no colour was live, for a moment
	outage // every call was answered with 503, for a moment
	early  // a colour was announced that did not serve; by itself it excuses nothing
)

func (d disturbance) String() string {
	var names []string
	for i, name := range []string{"cut", "refusal", "death", "expiry", "suspension", "gap", "outage", "early announcement"} {
		if d&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "+")
}

// slack is the time after a disturbance for which it may still affect a new
// query, because the channel reconnects with a back-off.
const slack = time.Second

// journal records the disturbances and their times.
type journal struct {
	start time.Time

	mu     sync.Mutex
	events []event
	lines  []string // the latest lines, for a failure's report
	counts map[disturbance]int
	tally  map[string]int // counts of other events
}

type event struct {
	at     time.Time
	kind   disturbance
	colour string // of a death
}

func newJournal() *journal {
	return &journal{start: time.Now(), counts: map[disturbance]int{}, tally: map[string]int{}}
}

// note records a disturbance. It is called before the disturbance begins.
func (j *journal) note(kind disturbance, colour string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, event{time.Now(), kind, colour})
	j.counts[kind]++
}

// noteAgain records that a disturbance goes on.
func (j *journal) noteAgain(kind disturbance) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, event{time.Now(), kind, ""})
}

// count counts an event that excuses no failure.
func (j *journal) count(what string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tally[what]++
}

// logf adds a line for human readers.
func (j *journal) logf(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf("%8.3f s  ", time.Since(j.start).Seconds())+fmt.Sprintf(format, args...))
}

// between returns the disturbances from one time to another, and shortly
// before.
func (j *journal) between(from, to time.Time) (kinds disturbance) {
	from = from.Add(-slack)
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range slices.Backward(j.events) {
		if e.at.Before(from) {
			break
		}
		if !e.at.After(to) {
			kinds |= e.kind
		}
	}
	return kinds
}

// oneMoment reports whether a single gap or outage lasted from one time to another,
// or shortly before.
func (j *journal) oneMoment(from, to time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, e := range slices.Backward(j.events) {
		if e.at.Before(from.Add(-slack)) {
			break
		}
		if e.at.After(to) {
			continue
		}
		if n++; n > 1 || e.kind&(gap|outage) == 0 {
			return false
		}
	}
	return n == 1
}

// died reports whether a colour, or any colour for "", died from one time to
// another, or shortly before.
func (j *journal) died(colour string, from, to time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.ContainsFunc(j.events, func(e event) bool {
		return e.kind == death && (e.colour == colour || colour == "") &&
			e.at.After(from.Add(-slack)) && e.at.Before(to)
	})
}

// tail returns the latest lines.
func (j *journal) tail(n int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines[max(0, len(j.lines)-n):], "\n\t")
}
