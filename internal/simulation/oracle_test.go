package simulation

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go"
)

// judge records the rules that were broken, after everything has ended.
func (d *deployment) judge(stats e6data.Stats) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.sorted() {
		d.judgeResult(a)
		if a.err != nil {
			d.judgeError(a)
		}
		for _, q := range a.queries {
			d.judgeEnd(a, q)
		}
	}
	d.judgeSessions()
	d.judgeStats(stats)
}

// judgeSessions compares the number of sessions with that of connections. After each
// disturbed call a connection, and the clearing of a query, may open a session.
func (d *deployment) judgeSessions() {
	disturbed := 0
	for _, a := range d.accounts {
		disturbed += len(a.touches)
	}
	for _, c := range []color{blue, green} {
		if d.opened[c] > d.peak*(1+disturbed)+disturbed {
			d.violate("sessions", "%d sessions of %v for %d connections and %d disturbed calls", d.opened[c], c, d.peak, disturbed)
		}
	}
}

// judgeResult checks the number of executions and of rows.
func (d *deployment) judgeResult(a *account) {
	switch {
	case a.op.Kind == opPing:
	case a.rows > a.op.rowCount():
		d.violate("rows", "op %d: %d rows of %d", a.op.ID, a.rows, a.op.rowCount())
	case a.err != nil:
	case a.executed != 1:
		d.violate("once", "op %d succeeded, and was executed %d times", a.op.ID, a.executed)
	case a.op.Read > 0 && a.rows == a.op.Read:
	case a.rows != a.op.rowCount():
		d.violate("whole", "op %d succeeded with %d of %d rows", a.op.ID, a.rows, a.op.rowCount())
	}
}

// judgeError checks the error of a statement.
func (d *deployment) judgeError(a *account) {
	ambiguous := errors.Is(a.err, e6data.ErrAmbiguousExecution)
	var phase e6data.Phase
	if e, ok := errors.AsType[*e6data.Error](a.err); ok {
		phase = e.Phase
	}
	later := phase == e6data.PhaseMetadata || phase == e6data.PhaseFetch || a.rows > 0
	honest := ambiguous || a.submitted || errors.Is(a.err, e6data.ErrQueryCancelled)
	switch {
	case a.executed > 0 && !a.failed && !honest && !later && !d.readerLeft(a):
		d.violate("honest", "op %d was executed, and its error does not show that: %v", a.op.ID, a.err)
	case a.executed == 0 && later:
		d.violate("honest", "op %d was not executed, and its error is: %v", a.op.ID, a.err)
	}
	touches := d.touchesOf(a)
	if !d.explained(a, touches) {
		d.violate("explained", "op %d: nothing explains: %v", a.op.ID, a.err)
	}
	if !d.excused(a, touches) {
		d.violate("lives", "op %d should have succeeded: %v", a.op.ID, a.err)
	}
	if e, ok := errors.AsType[*e6data.Error](a.err); ok {
		d.judgeDetails(a, e)
	}
}

// judgeDetails checks the fields of an error.
func (d *deployment) judgeDetails(a *account, e *e6data.Error) {
	q := d.queries[e.QueryID]
	needsQuery := e.Phase == e6data.PhaseExecute || e.Phase == e6data.PhaseMetadata || e.Phase == e6data.PhaseFetch
	switch {
	case q == nil && (e.QueryID != "" || needsQuery):
		d.violate("details", "op %d: the error has the query %q: %v", a.op.ID, e.QueryID, e)
	case q != nil && (q.of != a || q.color.String() != e.Strategy):
		d.violate("details", "op %d: the error is about another query, or on another colour than %v: %v", a.op.ID, q.color, e)
	}
	if d.mayBeKilled(a) || met(a.touches, denied, quoted, tokenRefused) {
		return // the error says that the query was cancelled, or perhaps lost with its session
	}
	refusal := e.Code == codes.Internal && e.Message == sqlError
	if refusal != errors.Is(e, e6data.ErrSQL) && (refusal || e.Code == codes.OK) || refusal && (e.Line != 1 || e.Column != 8) {
		d.violate("details", "op %d: line %d, column %d: %v", a.op.ID, e.Line, e.Column, e)
	}
}

// readerLeft reports whether database/sql reported the end of the context while the
// application read the rows.
func (d *deployment) readerLeft(a *account) bool {
	_, own := errors.AsType[*e6data.Error](a.err)
	return !own && a.op.Kind != opExec && d.mayEnd(a)
}

// touchesOf returns the disturbed calls that may influence the outcome of a statement.
func (d *deployment) touchesOf(a *account) []touch {
	var all []touch
	for _, t := range a.touches {
		if t.class != clearing && t.class != killing && t.at <= a.ended {
			all = append(all, t)
		}
	}
	// If the context of the call for which others wait ends, another of them makes the
	// call. Only their time is lost. The resume that they share may have begun earlier.
	late := errors.Is(a.err, context.DeadlineExceeded)
	for _, t := range d.common {
		if (t.at >= a.began || t.class == clusterStatus || t.class == clusterResume) && t.at <= a.ended && (t.fault != ended || late) && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

// mayEnd reports whether the context of a statement may end before the statement.
func (d *deployment) mayEnd(a *account) bool {
	return a.op.Timeout > 0 || d.s.Setup.QueryTimeout > 0 ||
		slices.ContainsFunc(d.s.Events, func(e event) bool { return e.Kind == cancel && e.Op == a.op.ID })
}

// mayBeKilled reports whether another connection may cancel the query of a statement.
func (d *deployment) mayBeKilled(a *account) bool {
	return slices.ContainsFunc(d.s.Events, func(e event) bool { return e.Kind == kill && e.Op == a.op.ID })
}

// met reports whether one of the touches has one of the faults.
func met(touches []touch, what ...fault) bool {
	return slices.ContainsFunc(touches, func(t touch) bool { return slices.Contains(what, t.fault) })
}

// in returns the touches of some classes.
func in(touches []touch, of ...class) []touch {
	var some []touch
	for _, t := range touches {
		if slices.Contains(of, t.class) {
			some = append(some, t)
		}
	}
	return some
}

// explained reports whether the answers to a statement explain each kind of its error.
func (d *deployment) explained(a *account, touches []touch) bool {
	result := in(touches, describe, fetch, authenticate)
	killed := d.mayBeKilled(a)
	token := d.s.Setup.OAuth && met(touches, denied, tokenRefused)
	reasons := []struct {
		kind error
		is   bool
	}{
		{e6data.ErrAmbiguousExecution, met(in(touches, execute), lost, unanswered, unavailable, mute, crashed, ended)},
		{e6data.ErrIncompleteResult, len(result) > 0},
		{e6data.ErrQueryCancelled, killed || met(touches, cancelled)},
		{e6data.ErrSQL, met(touches, failing, quoted, forgotten, denied)},
		{e6data.ErrWrongStrategy, met(touches, refused, mute, crashed, lost, unanswered, unavailable)},
		{e6data.ErrClusterSuspended, met(touches, unavailable)},
		{e6data.ErrSessionExpired, met(touches, denied, quoted)},
		{context.Canceled, killed || d.mayEnd(a)},
		{context.DeadlineExceeded, d.mayEnd(a) || met(touches, ended)},
		{e6data.ErrAuthentication, token},
		{e6data.ErrTokenUnavailable, false},
		{e6data.ErrTLS, false},
		{e6data.ErrUnknownCluster, false},
		{e6data.ErrNotRunning, false},
		{errors.ErrUnsupported, false},
	}
	onlyEnded := len(touches) > 0 && !slices.ContainsFunc(touches, func(t touch) bool { return t.fault != ended })
	if onlyEnded && !killed && !errors.Is(a.err, context.Canceled) && !errors.Is(a.err, context.DeadlineExceeded) {
		return false // the error must name its only reason
	}
	ok := len(touches) > 0
	for _, r := range reasons {
		if errors.Is(a.err, r.kind) {
			if !r.is {
				return false
			}
			ok = true
		}
	}
	return ok
}

// excused reports whether a statement may fail: because of an answer that allows no
// other try, because of too many answers that allow one, or because its context ended.
func (d *deployment) excused(a *account, touches []touch) bool {
	if d.mayEnd(a) && (errors.Is(a.err, context.Canceled) || errors.Is(a.err, context.DeadlineExceeded)) {
		return true
	}
	if d.mayBeKilled(a) && (errors.Is(a.err, e6data.ErrQueryCancelled) || errors.Is(a.err, context.Canceled)) {
		return true
	}
	again, mutes, denials := 0, 0, 0
	for _, t := range touches {
		executed := t.class == execute || t.class == describe || t.class == fetch
		renewal := t.executed && t.class == authenticate
		switch t.fault {
		case unsent, authDown:
		case refused:
			if renewal || t.class == describe || t.class == fetch {
				return true // the query has lost its colour
			}
		case lost, unanswered:
			if executed {
				return true
			}
		case unavailable:
			if executed || renewal {
				return true
			}
		case mute, crashed:
			if executed || renewal {
				return true
			}
			mutes++
		case denied, tokenRefused:
			if d.s.Setup.OAuth && t.class == execute {
				return true
			}
			denials++
		case quoted:
			if t.class == execute || t.class == fetch {
				return true
			}
			denials++
		default:
			return true
		}
		again++
	}
	return again >= d.s.Setup.Attempts || mutes > 1 || denials > 1
}

// judgeEnd checks that a query was cleared.
func (d *deployment) judgeEnd(a *account, q *query) {
	switch {
	case q.cleared || q.forgotten || !q.known || a.given != nil && q.clears == 0:
		return
	case len(in(a.touches, killing)) > 0:
		// The reader waits for a Cancel that is under way, and has less time for the clear.
		return
	case q.clears == 0:
		d.violate("left", "%s of op %d was never cleared", q.id, a.op.ID)
	case q.lastClear == noFault || q.clears < d.s.Setup.Attempts && !d.gaveUp(a, q):
		d.violate("left", "%s of op %d was not cleared in %d calls, the last one: %v", q.id, a.op.ID, q.clears, q.lastClear)
	}
}

// gaveUp reports whether the driver could not go on clearing a query.
func (d *deployment) gaveUp(a *account, q *query) bool {
	switch q.lastClear {
	case ended, failing, cancelled, quoted, tokenRefused:
		return true
	}
	return slices.ContainsFunc(a.touches, func(t touch) bool {
		return t.class == authenticate && t.at > a.ended ||
			t.class == clearing && (t.fault == denied || t.fault == quoted || t.fault == tokenRefused)
	})
}

// judgeStats compares the driver's counts with what happened.
func (d *deployment) judgeStats(s e6data.Stats) {
	if s.Running != 0 || s.Connections != 0 || s.BatchesAhead != 0 || s.BytesAhead != 0 {
		d.violate("stats", "%d running, %d connections, %d batches and %d bytes ahead", s.Running, s.Connections, s.BatchesAhead, s.BytesAhead)
	}
	succeeded, rows, opened := uint64(0), uint64(0), uint64(0)
	for _, a := range d.accounts {
		if a.op.Kind == opPing {
			continue
		}
		rows += uint64(a.rows)
		if a.err == nil {
			succeeded++
		}
		if a.submitted {
			succeeded++
		}
		if d.mayEnd(a) || d.mayBeKilled(a) {
			return
		}
	}
	for _, n := range d.opened {
		opened += uint64(n)
	}
	if s.Queries.Succeeded != succeeded || s.Rows < rows || s.SessionsOpened != opened {
		d.violate("stats", "%d succeeded, %d rows, %d sessions; the driver counts %d, %d, %d",
			succeeded, rows, opened, s.Queries.Succeeded, s.Rows, s.SessionsOpened)
	}
}
