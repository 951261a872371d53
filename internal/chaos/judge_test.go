package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go"
)

// excused returns the disturbances that explain an error of the driver, or 0 if
// none does.
func excused(e *e6data.Error) disturbance {
	lost := cut | refusal | suspension | outage | early
	switch {
	case errors.Is(e, e6data.ErrWrongStrategy):
		return death | gap | early
	case errors.Is(e, e6data.ErrSessionExpired), deniedAgain(e):
		return expiry
	case errors.Is(e, e6data.ErrClusterSuspended):
		return suspension | outage
	case errors.Is(e, e6data.ErrIncompleteResult) && (e.Phase == e6data.PhaseMetadata || e.Phase == e6data.PhaseFetch),
		errors.Is(e, e6data.ErrAmbiguousExecution) && e.Phase == e6data.PhaseExecute:
		return lost
	case e.Kind == nil && (e.Code == codes.Unavailable || reset(e)) && e.Phase != e6data.PhaseExecute && e.Phase != e6data.PhaseFetch:
		return lost
	}
	return 0
}

// executesNothing reports whether a call failed after which the driver starts
// over.
func executesNothing(e *e6data.Error) bool {
	switch e.Phase {
	case e6data.PhaseMetadata, e6data.PhaseFetch:
		return false
	}
	return !errors.Is(e, e6data.ErrAmbiguousExecution)
}

// deniedAgain reports whether the driver returns a denial as the engine's answer.
// It does so for a session that replaced an expired one before the query was
// executed, and for a batch while the number of rows is unknown.
func deniedAgain(e *e6data.Error) bool {
	if e.Code != codes.Internal || !strings.HasPrefix(e.Message, "Access denied") {
		return false
	}
	switch e.Phase {
	case e6data.PhasePrepare, e6data.PhaseExecute:
		return e.Kind == nil || errors.Is(e, e6data.ErrSQL)
	case e6data.PhaseFetch:
		return errors.Is(e, e6data.ErrIncompleteResult)
	}
	return false
}

// reset reports whether the stream of a call that executes nothing was reset.
// The code is INTERNAL, which may also be the code of an SQL error.
func reset(e *e6data.Error) bool {
	return e.Code == codes.Internal && strings.Contains(e.Message, "RST_STREAM") && e.Phase != e6data.PhaseMetadata
}

// judge compares the result of a statement with the engine's records. err is the
// statement's error, and wrong describes wrong rows.
func (r *run) judge(ctx context.Context, st statement, began time.Time, rows int, err error, wrong string) {
	text, ended := st.text(), time.Now()
	n := r.ledger.executions(st.id)
	class := "ok"
	if wrong != "" {
		r.fail(text, "WRONG ROWS: %s", wrong)
	}
	if n > 1 {
		r.fail(text, "EXECUTED %d TIMES", n)
	}
	_, timed := ctx.Deadline()
	var e *e6data.Error
	switch {
	case err == nil:
		if n != 1 {
			r.fail(text, "succeeded, but was executed %d times", n)
		}
		if st.fails != nowhere && st.fails != atBatch {
			r.fail(text, "succeeded, but the engine failed it")
		}
	case st.isQuoted(err):
		class = "quoted: " + st.fails.String()
		if st.fails != atPrepare && n != 1 {
			r.fail(text, "the engine failed it, but it was executed %d times: %v", n, err)
		}
	case errors.Is(err, context.Canceled) && errors.Is(ctx.Err(), context.Canceled),
		errors.Is(err, context.DeadlineExceeded) && timed:
		class = "gave up"
		if ended.Sub(began) > stuck-time.Second {
			r.fail(text, "STUCK for %v: %v", ended.Sub(began), err)
		}
	case !errors.As(err, &e):
		class = "untyped"
		r.fail(text, "error of type %T: %v", err, err)
	default:
		class = fmt.Sprintf("%s: %v", e.Phase, e.Kind)
		if e.Kind == nil {
			class = fmt.Sprintf("%s: %v", e.Phase, e.Code)
		}
		felt := r.journal.between(began, ended)
		if felt&^early == 0 {
			felt = 0
		} else {
			// The last of several attempts may use an idle session, or a colour that does
			// not serve yet. So may a query that ran on that colour when it died.
			felt |= r.journal.between(r.journal.start, ended) & expiry
		}
		switch {
		case excused(e)&felt == 0, executesNothing(e) && r.journal.oneMoment(began, ended),
			errors.Is(e, e6data.ErrWrongStrategy) && felt&(gap|early) == 0 && !r.journal.died(e.Strategy, began, ended):
			r.fail(text, "UNEXPLAINED after %v, with %q going on: %v", ended.Sub(began), felt, err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally[class]++
	r.rows += int64(rows)
	r.outcomes[st.id] = outcome{ended, err == nil, ctx.Err() != nil}
}
