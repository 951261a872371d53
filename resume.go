package e6data

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// wake resumes the suspended cluster if necessary, and waits until it runs. All
// connections of the process that wait for the same cluster share one resume. Each
// waits at most until its own ctx ends.
func (lk *link) wake(ctx context.Context) error {
	c := lk.c
	c.stats.resumes.Add(1)
	// Each waiter has its own time limit, because pools may have different limits.
	bounded, cancel := withTimeout(ctx, "resume_timeout", c.cfg.ResumeTimeout)
	defer cancel()
	state, err := c.entry.Share(bounded, func(ctx context.Context, tell func(string)) error {
		err := lk.resumeCluster(ctx, tell)
		if concernsCaller(err) {
			err = fmt.Errorf("%w: %w", strategy.ErrNotShared, err)
		}
		return err
	})
	if err == nil {
		return nil
	}
	e := &Error{Phase: PhaseResume, Kind: ErrClusterSuspended, Err: err, condition: noCondition}
	switch {
	case ctx.Err() != nil:
		e.Err, e.condition = contextError(ctx), gaveUp
	case bounded.Err() != nil:
		e.Err = fmt.Errorf("it did not become active within %v", c.cfg.ResumeTimeout)
	}
	if state != "" {
		e.Message = fmt.Sprintf("its state is %q", state)
	}
	return e
}

// concernsCaller reports whether the cause of an error is the credentials or
// certificates of one pool. Another pool for the same cluster may have others.
func concernsCaller(err error) bool {
	return errors.Is(err, ErrAuthentication) || errors.Is(err, ErrTokenUnavailable) || errors.Is(err, ErrTLS) ||
		status.Code(err) == codes.PermissionDenied
}

// The states of a cluster (docs/protocol.md, section 7).
const (
	clusterActive    = "active"
	clusterSuspended = "suspended"
	clusterResuming  = "resuming"
)

// resumeCluster resumes the cluster, and calls tell with its states. It repeats a
// poll whose answer was lost. It also repeats a poll that the deployment's proxy
// answers with 503, because it has no cluster to ask, or for both colours with 456.
// Before any state is known, it repeats a poll as often as other calls. After that,
// it repeats polls until ctx ends. If the answer to a resume was lost, the cluster
// has received the resume unless it is still suspended.
func (lk *link) resumeCluster(ctx context.Context, tell func(string)) error {
	c := lk.c
	w := waking{lk: lk}
	for unanswered := 0; ; {
		state, err := lk.clusterState(ctx)
		switch cond := conditionOf(err); {
		case cond == noAnswer || cond == suspended || cond == mute || cond == wrongStrategy:
			unanswered++
			if unanswered >= c.cfg.MaxAttempts && w.last == "" || lk.channel().isClosed() {
				return err // another waiter needs a link that is open
			}
			c.noteRetry(ctx, PhaseResume, unanswered+1, err)
			if pause(ctx, min(max(delayAfter(unanswered, err), retryDelay/2), c.resumePoll)) != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		unanswered = 0
		tell(state)
		if state == clusterActive {
			c.logChange(ctx, slog.LevelInfo, "the cluster is active")
			return nil
		}
		resumed, err := w.advance(ctx, state)
		if err != nil {
			return err
		}
		if !resumed { // after a resume the first poll follows at once
			if err := wait(ctx, c.resumePoll); err != nil {
				return err
			}
		}
	}
}

// waking is the progress of one resume.
type waking struct {
	lk      *link
	last    string // the latest state
	resumes int
	unheard error // the error of the latest resume, if its answer was lost
}

// advance reacts to a state of the cluster, and reports whether it resumed the
// cluster.
func (w *waking) advance(ctx context.Context, state string) (resumed bool, err error) {
	c := w.lk.c
	if state != w.last {
		c.logChange(ctx, slog.LevelInfo, "the cluster is suspended", "state", state)
		w.last = state
	}
	switch {
	case state == clusterSuspended && (w.resumes == 0 || w.unheard != nil):
	case state == clusterSuspended, state == clusterResuming:
		return false, nil
	default:
		return false, errors.New("the cluster is not resuming")
	}
	w.resumes++
	if w.unheard != nil {
		c.noteRetry(ctx, PhaseResume, w.resumes, w.unheard)
		if err := pause(ctx, delayAfter(w.resumes-1, w.unheard)); err != nil {
			return false, err
		}
	}
	c.logChange(ctx, slog.LevelInfo, "the driver resumes the cluster")
	w.unheard = w.lk.resumeOnce(ctx)
	switch conditionOf(w.unheard) {
	case noAnswer, suspended, mute, wrongStrategy:
		if w.resumes >= c.cfg.MaxAttempts {
			return false, w.unheard
		}
	default:
		if w.unheard != nil {
			return false, w.unheard
		}
	}
	return true, nil
}

// clusterState returns the cluster's state.
func (lk *link) clusterState(ctx context.Context) (string, error) {
	c := lk.c
	return lk.clusterCall(ctx, wire.ClusterService_Status_FullMethodName, &wire.ClusterStatusRequest{
		User: c.cfg.User, Password: c.cfg.Token.Reveal(),
	}, &wire.ClusterStatusResponse{})
}

// resumeOnce makes the call that resumes the cluster.
func (lk *link) resumeOnce(ctx context.Context) error {
	c := lk.c
	_, err := lk.clusterCall(ctx, wire.ClusterService_Resume_FullMethodName, &wire.ResumeRequest{
		User: c.cfg.User, Password: c.cfg.Token.Reveal(),
	}, &wire.ResumeResponse{})
	return err
}

// clusterCall calls the cluster service. The strategy header applies to it, too: on
// a 456 the other colour is asked.
func (lk *link) clusterCall(ctx context.Context, method string, req proto.Message, resp interface {
	proto.Message
	GetStatus() string
}) (string, error) {
	c := lk.c
	state, known := c.entry.Current(c.cfg.StrategyTTL)
	if !known {
		state.Color = strategy.Blue
	}
	ask := func() error {
		return c.repeat(ctx, &call{phase: PhaseResume, route: c.route(lk.channel(), state), method: method, req: req, resp: resp}, nil)
	}
	err := ask()
	if cond := conditionOf(err); cond == wrongStrategy || cond == mute {
		state = strategy.State{Color: state.Color.Other()}
		err = ask()
	}
	return strings.ToLower(strings.TrimSpace(resp.GetStatus())), err
}
