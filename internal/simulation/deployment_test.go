package simulation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// deployment is a simulated deployment: a proxy, a cluster service and two engines.
// It records what the driver does, and the rules that the driver breaks.
type deployment struct {
	s       *schedule
	begun   time.Time
	broken  *sabotage // or nil
	tracing bool

	mu        sync.Mutex
	admitted  [3]bool // by color
	strict    bool
	announced color
	downUntil [3]time.Duration
	sessions  [3]map[string]bool
	queries   map[string]*query
	suspended bool
	resumes   time.Duration // how long a resume takes
	resumed   time.Duration // when the cluster is active again; 0: nobody resumed it
	armed     []event       // faults that wait for a call
	cancels   map[int]context.CancelFunc
	kill      func(*account)
	closed    bool
	count     int // of ids
	active    int // statements
	peak      int

	accounts   map[int]*account
	opened     [3]int  // sessions whose answers arrived
	common     []touch // of calls on whose outcome others may wait
	disturbed  bool    // a call has failed
	heard      time.Duration
	heardOf    color // the colour whose announcement arrived at heard
	violations []violation
	trace      []string
}

// violation is a broken rule.
type violation struct{ rule, text string }

// account holds what happened to one statement.
type account struct {
	op           op
	began, ended time.Duration
	executed     int // times
	failed       bool
	touches      []touch
	calls        [numClasses]int
	queries      []*query

	rows int // that were delivered, and were right
	err  error

	submitted bool
	given     error // of the application's Clear after a failed fetch
}

// touch is a disturbed call.
type touch struct {
	at       time.Duration
	class    class
	fault    fault
	executed bool // the statement was executed before
}

// query is a prepared query.
type query struct {
	id, planner  string
	of           *account
	color        color
	known        bool // the answer with the id arrived
	executed     bool
	forgotten    bool
	session      string // from the latest answer, with Rotate
	next         int    // the next batch
	inFlight     int    // result calls
	clears       int    // calls
	cleared      bool
	killed       bool // another connection cancelled the query
	acknowledged bool // the answer to a clear arrived
	lastClear    fault
}

func newDeployment(s *schedule) *deployment {
	d := &deployment{
		s: s, begun: time.Now(), queries: map[string]*query{}, cancels: map[int]context.CancelFunc{}, accounts: map[int]*account{},
		sessions: [3]map[string]bool{blue: {}, green: {}},
	}
	d.admitted[blue], d.admitted[green] = !s.Setup.Green, s.Setup.Green
	for _, o := range s.Ops {
		d.accounts[o.ID] = &account{op: o}
	}
	return d
}

// now returns the time since the schedule began.
func (d *deployment) now() time.Duration { return time.Since(d.begun) }

// violate records a broken rule. d.mu is held.
func (d *deployment) violate(rule, format string, args ...any) {
	d.violations = append(d.violations, violation{rule, fmt.Sprintf(format, args...)})
}

// note adds a line to the trace.
func (d *deployment) note(format string, args ...any) {
	if !d.tracing {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trace = append(d.trace, fmt.Sprintf("%12v ", d.now())+fmt.Sprintf(format, args...))
}

// play makes the events happen, each at its time.
func (d *deployment) play(stop <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, e := range d.s.Events {
		timer.Reset(time.Duration(e.At) - d.now())
		select {
		case <-timer.C:
		case <-stop:
			return
		}
		d.happen(e)
	}
}

// happen makes an event happen.
func (d *deployment) happen(e event) {
	d.note("event %s %s%s %s", eventKinds[e.Kind], e.Color, e.Class, e.Fault)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch e.Kind {
	case announce:
		d.announced = e.Color
	case live:
		d.admitted = [3]bool{blue: e.Color == blue, green: e.Color == green}
		d.strict = e.Strict
	case both:
		d.admitted = [3]bool{blue: true, green: true}
	case down:
		d.downUntil[e.Color] = d.now() + time.Duration(e.Lasts)
	case expire:
		clear(d.sessions[e.Color])
	case restart:
		clear(d.sessions[e.Color])
		for _, q := range d.queries {
			q.forgotten = q.forgotten || q.color == e.Color
		}
	case suspend:
		if d.resumes > 0 {
			return // a waiting client resumes a cluster once (docs/protocol.md, section 7)
		}
		d.suspended, d.resumes, d.resumed = true, time.Duration(e.Lasts), 0
	case faulty:
		d.armed = append(d.armed, e)
	case cancel:
		if stop := d.cancels[e.Op]; stop != nil {
			stop()
		}
	case kill:
		if a := d.accounts[e.Op]; a != nil && len(a.queries) > 0 {
			d.kill(a)
		}
	}
}

// takeFault returns the fault for a call that begins now. d.mu is held.
func (d *deployment) takeFault(c class) fault {
	for i := range d.armed {
		if e := &d.armed[i]; e.Class == c {
			e.Count--
			f := e.Fault
			if e.Count <= 0 {
				d.armed = slices.Delete(d.armed, i, i+1)
			}
			return f
		}
	}
	return noFault
}

// isActive reports whether the cluster runs. d.mu is held.
func (d *deployment) isActive() bool {
	if d.suspended && d.resumed > 0 && d.now() >= d.resumed {
		d.suspended = false
	}
	return !d.suspended
}

// state returns the state of the cluster. d.mu is held.
func (d *deployment) state() string {
	switch {
	case d.isActive():
		return "active"
	case d.resumed > 0:
		return "resuming"
	}
	return "suspended"
}

// admits reports whether the proxy passes a call on to a colour. d.mu is held.
func (d *deployment) admits(c *rpc) bool {
	return d.admitted[c.color] || !d.strict && c.planner != ""
}

// newID returns an id with a prefix. d.mu is held.
func (d *deployment) newID(prefix string) string {
	d.count++
	return fmt.Sprintf("%s%d", prefix, d.count)
}

// sorted returns the accounts in the order of their ids.
func (d *deployment) sorted() []*account {
	var all []*account
	for _, id := range slices.Sorted(maps.Keys(d.accounts)) {
		all = append(all, d.accounts[id])
	}
	return all
}

// mix returns a pseudo-random number that depends on all its arguments.
func mix(values ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, v := range values {
		h ^= v
		h ^= h >> 30
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 27
		h *= 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}
