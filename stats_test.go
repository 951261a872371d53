package e6data

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
)

// A query whose context ends counts as cancelled and not as failed, in every phase.
func TestOutcome(t *testing.T) {
	t.Parallel()
	var s counters
	for _, test := range []struct {
		name string
		err  error
		want *atomic.Uint64
	}{
		{"none", nil, &s.succeeded},
		{"answer", &Error{Phase: PhaseExecute}, &s.failed},
		{"refused", &Error{Phase: PhaseExecute, Kind: ErrSQL}, &s.failed},
		{"other", errors.New("no"), &s.failed},
		{"call cancelled", &Error{condition: gaveUp}, &s.cancelled},
		{"pause cancelled", wrap(PhaseFetch, route{}, context.Canceled), &s.cancelled},
		{"detection cancelled", connectError(fmt.Errorf("waiting: %w", context.DeadlineExceeded)), &s.cancelled},
		{"cancelled", &Error{Kind: ErrQueryCancelled}, &s.cancelled},
		{"execute cancelled", &Error{Kind: ErrAmbiguousExecution, Err: context.Canceled, condition: gaveUp}, &s.cancelled},
		{"execute lost", &Error{Kind: ErrAmbiguousExecution, condition: noAnswer}, &s.ambiguous},
		{"incomplete", &Error{Kind: ErrIncompleteResult}, &s.incomplete},
	} {
		if s.outcome(test.err) != test.want {
			t.Errorf("%s: another counter", test.name)
		}
	}
}
