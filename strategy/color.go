// Package strategy remembers which colour of a blue/green deployment is live.
//
// An e6data deployment runs two stacks, blue and green, and its proxy routes
// each call by the colour in the strategy header (docs/protocol.md, section 3). What a
// process knows about that is kept here, one [Entry] for each endpoint and
// cluster, shared by all connections to it:
//
//   - [Entry.Detect] finds the live colour, by one caller at a time;
//   - [Entry.Confirm] notes that a call under it succeeded;
//   - [Entry.Announce] follows a response's new_strategy;
//   - [Entry.Invalidate] forgets a colour that answered 456 (docs/protocol.md, section 6);
//   - [Entry.Retreat] returns from an announced colour that is down;
//   - [Entry.Current] reads it, and reports an unconfirmed one as expired.
//
// # Generations
//
// News about a colour arrives late: a call may report long after the deployment
// went to the other colour and back. Each detection and each accepted
// announcement therefore begins a new generation, even when the colour stays
// the same, and a caller gives back the [State] its call ran under. News from
// any generation but the present one changes nothing.
//
// A State is for a query to be pinned to. A session depends on its Color alone:
// a new generation of the same colour is no reason to authenticate again.
//
// The package does no I/O and starts no goroutine. All its methods may be
// called concurrently.
package strategy

import "strings"

// Color names one of the two stacks of a deployment. The zero value is Unknown.
type Color uint8

// The colours; Unknown stands for neither.
const (
	Unknown Color = iota
	Blue
	Green
)

// Parse reads a colour as a server writes it: in any letter case, blanks around
// it ignored. For every other value it returns Unknown and false; a new_strategy
// with such a value is to be ignored (docs/protocol.md, section 3).
func Parse(s string) (Color, bool) {
	s = strings.TrimSpace(s)
	switch {
	case strings.EqualFold(s, "blue"):
		return Blue, true
	case strings.EqualFold(s, "green"):
		return Green, true
	}
	return Unknown, false
}

// String returns what the strategy header carries, "blue" or "green" (docs/protocol.md,
// section 1), and "" for Unknown.
func (c Color) String() string {
	switch c {
	case Blue:
		return "blue"
	case Green:
		return "green"
	}
	return ""
}

// Other returns Green for Blue, Blue for Green, and Unknown for Unknown.
func (c Color) Other() Color {
	switch c {
	case Blue:
		return Green
	case Green:
		return Blue
	}
	return Unknown
}

// State is a colour as it was believed live at some time. States are compared
// with == and mean something only to the Entry they came from. The zero State
// says that nothing is known; no Entry ever returns it without an error or a
// false beside it.
type State struct {
	Color Color
	// Generation counts the detections and accepted announcements of the Entry,
	// from 1.
	Generation uint64
}
