package simulation

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/e6data/e6data-go/strategy"
)

// schedule is everything that determines a run: the configuration, the statements and
// the events. Its JSON text is the argument of -sim.schedule.
type schedule struct {
	Seed   uint64  `json:"seed"`
	Setup  setup   `json:"setup"`
	Ops    []op    `json:"ops"`
	Events []event `json:"events,omitempty"`
}

// setup is the configuration of driver and deployment.
type setup struct {
	Attempts     int    `json:"attempts"`
	TTL          span   `json:"ttl"`
	QueryTimeout span   `json:"query_timeout,omitempty"`
	Prefetch     bool   `json:"prefetch,omitempty"`
	V2           string `json:"v2,omitempty"`        // Config.ResultBatchV2
	EngineV2     bool   `json:"engine_v2,omitempty"` // the engine has V2 batches
	Catalog      bool   `json:"catalog,omitempty"`   // prepareStatementV2
	Rotate       bool   `json:"rotate,omitempty"`    // answers replace the sessions of queries
	Green        bool   `json:"green,omitempty"`     // green is live at first
	OAuth        bool   `json:"oauth,omitempty"`     // bearer tokens instead of sessions
	Ready        bool   `json:"ready,omitempty"`     // the driver's channels look alive
}

// op is one statement or ping of the application.
type op struct {
	ID      int    `json:"id"`
	At      span   `json:"at"`
	Kind    opKind `json:"kind"`
	Rows    int    `json:"rows,omitempty"`
	Batch   int    `json:"batch,omitempty"`   // rows of a batch
	Empty   bool   `json:"empty,omitempty"`   // batches without rows between the others
	Unknown bool   `json:"unknown,omitempty"` // the metadata has no row count
	Read    int    `json:"read,omitempty"`    // close the rows after so many; 0: read all
	Think   span   `json:"think,omitempty"`   // pause after each row
	Timeout span   `json:"timeout,omitempty"` // of the context; 0: none
}

// event is a disturbance. Which fields it has depends on its kind.
type event struct {
	At    span      `json:"at"`
	Kind  eventKind `json:"kind"`
	Color color     `json:"color,omitempty"`
	// Strict makes the proxy refuse also the calls of running queries, with Kind live.
	Strict bool  `json:"strict,omitempty"`
	Class  class `json:"class,omitempty"`
	Fault  fault `json:"fault,omitempty"`
	Count  int   `json:"count,omitempty"`
	Op     int   `json:"op,omitempty"`
	Lasts  span  `json:"lasts,omitempty"`
}

type opKind uint8

const (
	opQuery opKind = iota // reads rows
	opExec                // changes rows
	opPing
	opSubmit // submits a query, and reads its rows on another connection
)

var opKinds = []string{opQuery: "query", opExec: "exec", opPing: "ping", opSubmit: "submit"}

type eventKind uint8

const (
	announce eventKind = iota // answers announce Color; Unknown: no longer
	live                      // the proxy admits Color only; Unknown: neither colour
	both                      // the proxy admits both colours
	down                      // the engine of Color is unreachable for Lasts
	expire                    // the sessions of Color are unknown
	restart                   // the sessions and the queries of Color are unknown
	suspend                   // the cluster is suspended; a resume takes Lasts
	faulty                    // the next Count calls of Class have Fault
	cancel                    // the context of Op ends
	kill                      // another connection cancels the query of Op
)

var eventKinds = []string{
	announce: "announce", live: "live", both: "both", down: "down", expire: "expire", restart: "restart",
	suspend: "suspend", faulty: "fault", cancel: "cancel", kill: "kill",
}

// class is the sort of a call.
type class uint8

const (
	authenticate class = iota
	prepare
	execute
	describe
	fetch
	clearing
	health
	clusterStatus
	clusterResume
	killing

	numClasses
)

var classes = []string{
	authenticate: "authenticate", prepare: "prepare", execute: "execute", describe: "metadata", fetch: "fetch",
	clearing: "clear", health: "ping", clusterStatus: "status", clusterResume: "resume", killing: "cancel",
}

// fault is what happens to one call.
type fault uint8

const (
	noFault      fault = iota
	unsent             // the call does not leave the process
	lost               // the call does not reach the engine
	unanswered         // the engine acts, and its answer is lost
	refused            // the proxy answers 456
	unavailable        // the proxy answers 503
	mute               // the proxy answers without a status
	crashed            // the engine acts, and answers without a status
	denied             // the engine denies the session
	quoted             // the engine fails, and its message mentions a denial
	failing            // the engine fails with an SQL error
	cancelled          // the query was cancelled elsewhere
	silent             // the engine acts and does not answer, until gRPC gives up
	slow               // the answer is late
	tokenRefused       // the proxy refuses the access token
	authDown           // the proxy cannot check the access token

	// Events make no such fault.
	ended     // the context ended before the answer
	forgotten // the engine does not know the query
)

var faults = []string{
	noFault: "none", unsent: "unsent", lost: "lost", unanswered: "unanswered", refused: "456", unavailable: "503", mute: "mute",
	crashed: "crashed", denied: "denied", quoted: "quoted", failing: "sql", cancelled: "cancelled", silent: "silent", slow: "slow", tokenRefused: "token", authDown: "auth down",
	ended: "ended", forgotten: "forgotten",
}

// color is a strategy.Color with a text for JSON.
type color strategy.Color

const (
	noColor = color(strategy.Unknown)
	blue    = color(strategy.Blue)
	green   = color(strategy.Green)
)

// colors have the names of the strategy header.
var colors = []string{noColor: "", blue: "blue", green: "green"}

func (c color) other() color { return color(strategy.Color(c).Other()) }

// span is a time.Duration with a text for JSON.
type span time.Duration

func (s span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = span(d)
	return err
}

func name(names []string, i int) ([]byte, error) {
	if i >= len(names) {
		return nil, fmt.Errorf("no name for %d", i)
	}
	return []byte(names[i]), nil
}

func index[T ~uint8](names []string, text []byte, to *T) error {
	i := slices.Index(names, string(text))
	if i < 0 {
		return fmt.Errorf("%q is none of %q", text, names)
	}
	*to = T(i)
	return nil
}

func (k opKind) MarshalText() ([]byte, error)        { return name(opKinds, int(k)) }
func (k *opKind) UnmarshalText(text []byte) error    { return index(opKinds, text, k) }
func (k eventKind) MarshalText() ([]byte, error)     { return name(eventKinds, int(k)) }
func (k *eventKind) UnmarshalText(text []byte) error { return index(eventKinds, text, k) }
func (c class) MarshalText() ([]byte, error)         { return name(classes, int(c)) }
func (c *class) UnmarshalText(text []byte) error     { return index(classes, text, c) }
func (f fault) MarshalText() ([]byte, error)         { return name(faults, int(f)) }
func (f *fault) UnmarshalText(text []byte) error     { return index(faults, text, f) }
func (c color) MarshalText() ([]byte, error)         { return name(colors, int(c)) }
func (c *color) UnmarshalText(text []byte) error     { return index(colors, text, c) }

func (c class) String() string { return classes[c] }
func (f fault) String() string { return faults[f] }
func (c color) String() string { return colors[c] }

// String returns the schedule as the argument of -sim.schedule.
func (s *schedule) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// list returns the schedule with one statement or event a line.
func (s *schedule) list() string {
	line := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			return err.Error()
		}
		return "  " + string(text) + "\n"
	}
	list := line(s.Setup)
	for _, o := range s.Ops {
		list += line(o)
	}
	for _, e := range s.Events {
		list += line(e)
	}
	return list
}

// parseSchedule parses the argument of -sim.schedule.
func parseSchedule(text string) (*schedule, error) {
	s := &schedule{}
	return s, json.Unmarshal([]byte(text), s)
}
