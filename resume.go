package e6data

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

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
	err := c.entry.Share(ctx, func(ctx context.Context) error {
		ctx, cancel := withTimeout(ctx, c.cfg.ResumeTimeout)
		defer cancel()
		err := cn.resumeCluster(ctx)
		if errors.Is(err, context.DeadlineExceeded) { // no waiter's: ctx has none of those
			return fmt.Errorf("it did not become active within %v", c.cfg.ResumeTimeout)
		}
		return err
	})
	if err == nil {
		return nil
	}
	e := &Error{Phase: PhaseResume, Kind: ErrClusterSuspended, Err: err, condition: noCondition}
	if ctx.Err() != nil {
		e.Err, e.condition = contextError(ctx), gaveUp
	}
	return e
}

// States of a cluster (WIRE.md section 7).
const (
	clusterActive    = "active"
	clusterSuspended = "suspended"
	clusterResuming  = "resuming"
)

func (cn *conn) resumeCluster(ctx context.Context) error {
	c := cn.c
	asked := false
	last := ""
	for {
		state, err := cn.clusterCall(ctx, wire.ClusterService_Status_FullMethodName, &wire.ClusterStatusRequest{
			User: c.cfg.User, Password: string(c.cfg.Token),
		}, &wire.ClusterStatusResponse{})
		if err != nil {
			return err
		}
		if state == clusterActive {
			c.change(ctx, slog.LevelInfo, "the cluster is active")
			return nil
		}
		if state != last {
			c.change(ctx, slog.LevelInfo, "the cluster is suspended", "state", state)
			last = state
		}
		switch {
		case state == clusterSuspended && !asked:
			c.change(ctx, slog.LevelInfo, "the cluster is told to resume")
			asked = true
			_, err := cn.clusterCall(ctx, wire.ClusterService_Resume_FullMethodName, &wire.ResumeRequest{
				User: c.cfg.User, Password: string(c.cfg.Token),
			}, &wire.ResumeResponse{})
			if err != nil {
				return err
			}
		case state == clusterSuspended, state == clusterResuming:
		default:
			return fmt.Errorf("the cluster's state is %q", state)
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
