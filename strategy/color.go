// Package strategy remembers which colour of a blue/green deployment is live.
//
// An e6data deployment runs two stacks, blue and green, and its proxy routes each call
// by the colour in the strategy header (docs/protocol.md, section 3). The package
// keeps one [Entry] for each endpoint and cluster. All connections of the process to
// that cluster share it:
//
//   - [Entry.Detect] finds the live colour; one caller at a time does so;
//   - [Entry.Confirm] records that a call under the colour succeeded;
//   - [Entry.Announce] changes to the colour that a response's new_strategy
//     names;
//   - [Entry.Invalidate] drops a colour after a 456 (docs/protocol.md, section 6);
//   - [Entry.Retreat] goes back from an announced colour that is down;
//   - [Entry.Current] returns the colour, unless it has expired.
//
// # Generations
//
// A report about a colour can be late: a call may end long after the deployment
// changed to the other colour and back. Therefore each detection and each
// accepted announcement begins a new generation, even when the colour stays the
// same. A caller reports with the [State] under which its call ran. A report
// from an earlier generation changes nothing.
//
// A query keeps one State until it ends. A session depends on the Color alone:
// a new generation of the same colour does not require a new session.
//
// The package does no I/O. Only [Entry.Share] starts a goroutine. All methods
// may be called concurrently.
package strategy

import "strings"

// Color names one of the two stacks of a deployment. The zero value is Unknown.
type Color uint8

// The colours. Unknown means that the colour is neither blue nor green.
const (
	Unknown Color = iota
	Blue
	Green
)

// Parse parses a colour that a server sent. It ignores letter case and
// surrounding blanks. For every other value it returns Unknown and false; the
// caller ignores a new_strategy with such a value (docs/protocol.md, section 3).
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

// String returns the value for the strategy header, "blue" or "green"
// (docs/protocol.md, section 1). For Unknown it returns "".
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

// State is a colour that an Entry held to be live at some time. States are
// compared with ==. A State is valid only for the Entry that returned it. The
// zero State means that no colour is known; an Entry returns it only with an
// error or with false.
type State struct {
	Color Color
	// Generation counts the detections and accepted announcements of the Entry.
	// The first generation is 1.
	Generation uint64
}
