package simulation

import (
	"context"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/wire"
)

// sabotage breaks a rule on purpose, between the driver and the deployment. It does
// what a broken driver or engine would do.
type sabotage struct {
	name string
	rule string // the rule that is broken
	// do takes the place of carry for the calls of class.
	class class
	do    func(ctx context.Context, d *deployment, c *rpc, reply any) error
}

// carry carries a call to the deployment.
func (b *sabotage) carry(ctx context.Context, d *deployment, c *rpc, reply any) error {
	if c.class == b.class {
		return b.do(ctx, d, c, reply)
	}
	return d.carry(ctx, c, reply)
}

// again makes the call once more.
func again(ctx context.Context, d *deployment, c *rpc, reply any) error {
	repeated := d.begin(ctx, c.method, c.req)
	repeated.encoding = c.encoding
	return d.carry(ctx, repeated, reply)
}

// repeat returns a function that repeats a call whose answer was lost.
func repeat(ctx context.Context, d *deployment, c *rpc, reply any) error {
	err := d.carry(ctx, c, reply)
	if c.fault == unanswered {
		return again(ctx, d, c, reply)
	}
	return err
}

// twice makes a call once more after it succeeded.
func twice(ctx context.Context, d *deployment, c *rpc, reply any) error {
	if err := d.carry(ctx, c, reply); err != nil {
		return err
	}
	return again(ctx, d, c, reply)
}

// answer returns a function that replaces the answer to a call that was lost on its way
// back.
func answer(code codes.Code, message string) func(context.Context, *deployment, *rpc, any) error {
	return func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		err := d.carry(ctx, c, reply)
		if c.fault == unanswered {
			return status.Error(code, message)
		}
		return err
	}
}

var sabotages = []sabotage{
	{"execute is repeated after a lost answer", "once", execute, repeat},
	{"execute is repeated after an answer", "once", execute, twice},
	{"the proxy answers 456 for the engine", "once", execute, answer(codes.Unknown, "status: 456")},
	{"the engine denies a session after it executed", "once", execute, answer(codes.Internal, "Access denied")},
	{"a lost answer becomes an SQL error", "honest", execute, answer(codes.Internal, "line 1:1: syntax error")},
	{"a batch is fetched again after a lost answer", "whole", fetch, repeat},
	{"the result ends early", "whole", fetch, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		if c.n == 1 && c.method == wire.QueryEngineService_GetNextResultBatch_FullMethodName {
			return c.encoding.Unmarshal(nil, reply)
		}
		return d.carry(ctx, c, reply)
	}},
	{"a batch comes twice", "rows", fetch, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		d.mu.Lock()
		if c.n == 1 && c.query.next == 1 {
			c.query.next = 0
		}
		d.mu.Unlock()
		return d.carry(ctx, c, reply)
	}},
	{"an error without a reason", "explained", fetch, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		err := d.carry(ctx, c, reply)
		if err == nil && c.n == 2 {
			return status.Error(codes.Unavailable, "error reading from server: EOF")
		}
		return err
	}},
	{"a retry is given up", "lives", prepare, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		err := d.carry(ctx, c, reply)
		if c.fault == lost {
			return status.Error(codes.Internal, "unknown")
		}
		return err
	}},
	{"a query is not cleared", "left", clearing, func(_ context.Context, d *deployment, c *rpc, _ any) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		c.query.clears--
		c.query.inFlight--
		return nil
	}},
	{"a query is cleared twice", "cleared", clearing, twice},
	{"a query moves to the other colour", "pinned", fetch, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		d.mu.Lock()
		c.color = c.color.other()
		c.query.inFlight--
		d.checkQuery(c, c.query.id)
		d.mu.Unlock()
		return d.carry(ctx, c, reply)
	}},
	{"two batches are fetched at once", "in flight", fetch, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		done := make(chan struct{})
		go func() {
			_ = again(ctx, d, c, &wire.GetNextResultBatchV2Response{})
			close(done)
		}()
		err := d.carry(ctx, c, reply)
		<-done
		return err
	}},
	{"the session of an answer is ignored", "session", execute, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		err := d.carry(ctx, c, reply)
		reply.(*wire.ExecuteStatementResponse).SessionId = ""
		return err
	}},
	{"each statement opens sessions", "sessions", authenticate, twice},
	{"an announcement is ignored", "followed", execute, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		err := d.carry(ctx, c, reply)
		reply.(*wire.ExecuteStatementResponse).NewStrategy = nil
		return err
	}},
	{"a call follows Close", "closed", execute, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		late := context.WithoutCancel(ctx)
		go func() {
			time.Sleep(tooLong)
			_ = again(late, d, c, &wire.ExecuteStatementResponse{})
		}()
		return d.carry(ctx, c, reply)
	}},
	{"a call never returns", "hang", describe, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		time.Sleep(tooLong + tooLong/2)
		return d.carry(ctx, c, reply)
	}},
	{"a goroutine is left", "leak", describe, func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		go func() { select {} }()
		return d.carry(ctx, c, reply)
	}},
}

// Each broken rule is noticed, and the schedule that shows it is shrunk to a few lines.
func TestSabotage(t *testing.T) {
	t.Parallel()
	const enough, most = 20_000, 4
	for i := range sabotages {
		b := &sabotages[i]
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			for seed := *seedFlag; seed < *seedFlag+enough; seed++ {
				s := generate(seed)
				if !breaks(t, s, b, b.rule) {
					continue
				}
				small := shrink(s, func(s *schedule) bool { return breaks(t, s, b, b.rule) })
				text := fmt.Sprintf("%d schedules; %d lines of %d are left:\n%s", seed-*seedFlag+1,
					len(small.Ops)+len(small.Events), len(s.Ops)+len(s.Events), small.list())
				if t.Log(text); len(small.Ops)+len(small.Events) > most {
					t.Errorf("more than %d lines", most)
				}
				return
			}
			t.Errorf("%d schedules do not break the rule %q", enough, b.rule)
		})
	}
}
