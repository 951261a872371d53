package e6data

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// resumePoll is how often a cluster that wakes up is asked for its state
// (WIRE.md section 7).
const resumePoll = 5 * time.Second

// wake waits until the suspended cluster runs, and resumes it if need be. All
// connections of the process that wait for the same cluster share one resume;
// each waits no longer than its ctx lasts. cause is the error that told that
// the cluster is suspended; it is returned as it is when auto-resume is off.
func (cn *conn) wake(ctx context.Context, cause error) error {
	c := cn.c
	if !c.cfg.AutoResume {
		return cause
	}
	c.stats.resumes.Add(1)
	// The time limit is the waiter's own as well: another pool may have another.
	bounded, cancel := withTimeout(ctx, "resume_timeout", c.cfg.ResumeTimeout)
	defer cancel()
	state, err := c.entry.Share(bounded, func(ctx context.Context, tell func(string)) error {
		err := cn.resumeCluster(ctx, tell)
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

// concernsCaller tells that an error comes of the credentials or certificates of
// one pool, which another to the same cluster need not have.
func concernsCaller(err error) bool {
	return errors.Is(err, ErrAuthentication) || errors.Is(err, ErrTokenUnavailable) || errors.Is(err, ErrTLS) ||
		status.Code(err) == codes.PermissionDenied
}

// States of a cluster (WIRE.md section 7).
const (
	clusterActive    = "active"
	clusterSuspended = "suspended"
	clusterResuming  = "resuming"
)

// resumeCluster resumes the cluster and tells its states. A poll whose answer was
// lost is made again, as other calls are; a resume whose answer was lost has been
// heard unless the cluster is suspended still.
func (cn *conn) resumeCluster(ctx context.Context, tell func(string)) error {
	c := cn.c
	last := ""
	resumes := 0
	var unheard error // why there is no answer to the last resume
	for polls := 1; ; {
		state, err := cn.clusterCall(ctx, wire.ClusterService_Status_FullMethodName, &wire.ClusterStatusRequest{
			User: c.cfg.User, Password: string(c.cfg.Token),
		}, &wire.ClusterStatusResponse{})
		if conditionOf(err) == noAnswer && polls < c.cfg.MaxRetries {
			polls++
			c.retrying(ctx, PhaseResume, polls, err)
			if pause(ctx, delayBefore(polls, err)) != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		polls = 1
		tell(state)
		if state == clusterActive {
			c.change(ctx, slog.LevelInfo, "the cluster is active")
			return nil
		}
		if state != last {
			c.change(ctx, slog.LevelInfo, "the cluster is suspended", "state", state)
			last = state
		}
		switch {
		case state == clusterSuspended && (resumes == 0 || unheard != nil):
			resumes++
			if unheard != nil {
				c.retrying(ctx, PhaseResume, resumes, unheard)
			}
			c.change(ctx, slog.LevelInfo, "the cluster is told to resume")
			_, unheard = cn.clusterCall(ctx, wire.ClusterService_Resume_FullMethodName, &wire.ResumeRequest{
				User: c.cfg.User, Password: string(c.cfg.Token),
			}, &wire.ResumeResponse{})
			if unheard != nil && (conditionOf(unheard) != noAnswer || resumes >= c.cfg.MaxRetries) {
				return unheard
			}
		case state == clusterSuspended, state == clusterResuming:
		default:
			return errors.New("it does not become active")
		}
		if err := wait(ctx, c.resumePoll); err != nil {
			return err
		}
	}
}

// clusterCall asks the cluster service, which follows the rules of the strategy
// header, too: on a 456 the other colour is asked.
func (cn *conn) clusterCall(ctx context.Context, method string, req proto.Message, resp interface {
	proto.Message
	GetStatus() string
}) (string, error) {
	c := cn.c
	state, known := c.entry.Current(c.cfg.StrategyTTL)
	if !known {
		state.Color = strategy.Blue
	}
	ask := func() error {
		return c.retry(ctx, PhaseResume, nil, func() error {
			return c.invoke(ctx, PhaseResume, c.route(cn.channel, state), method, req, resp)
		})
	}
	err := ask()
	if conditionOf(err) == wrongStrategy {
		state = strategy.State{Color: state.Color.Other()}
		err = ask()
	}
	return strings.ToLower(strings.TrimSpace(resp.GetStatus())), err
}
