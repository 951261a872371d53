package simulation

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/e6data/e6data-go/wire"
)

// sabotage breaks a rule on purpose, between the driver and the deployment. It does
// what a broken driver or engine would do.
type sabotage struct {
	name string
	rule string // the rule that is broken
	// class is the class of the calls concerned; numClasses: all.
	class class
	// do takes the place of carry.
	do func(ctx context.Context, d *deployment, c *rpc, reply any) error
	// without is a field that the answers lose.
	without protoreflect.Name
	// events are added to each schedule, if the rule is seldom broken without them.
	events []event
}

// lostAnswer returns an event that loses an answer to a call of a class.
func lostAnswer(c class) []event {
	return []event{{At: ms, Kind: faulty, Class: c, Fault: unanswered, Count: 1}}
}

// announcement is an announcement on which both colours are live.
var announcement = []event{{At: ms, Kind: both}, {At: 10 * ms, Kind: announce, Color: green}}

// carry carries a call to the deployment.
func (b *sabotage) carry(ctx context.Context, d *deployment, c *rpc, reply any) error {
	if c.class == b.class && b.do != nil {
		return b.do(ctx, d, c, reply)
	}
	return d.carry(ctx, c, reply)
}

// curtail returns the answer without the field.
func (b *sabotage) curtail(c *rpc, answer proto.Message) proto.Message {
	field := answer.ProtoReflect().Descriptor().Fields().ByName(b.without)
	if field == nil || c.class != b.class && b.class != numClasses {
		return answer
	}
	less := proto.Clone(answer)
	less.ProtoReflect().Clear(field)
	return less
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
	{name: "execute is repeated after a lost answer", rule: "once", class: execute, do: repeat, events: lostAnswer(execute)},
	{name: "execute is repeated after an answer", rule: "once", class: execute, do: twice},
	{name: "the proxy answers 456 for the engine", rule: "once", class: execute, do: answer(codes.Unknown, "status: 456"), events: lostAnswer(execute)},
	{name: "the engine denies a session after it executed", rule: "once", class: execute, do: answer(codes.Internal, "Access denied"), events: lostAnswer(execute)},
	{name: "a lost answer becomes an SQL error", rule: "honest", class: execute, do: answer(codes.Internal, "line 1:1: syntax error"), events: lostAnswer(execute)},
	{name: "a batch is fetched again after a lost answer", rule: "whole", class: fetch, do: repeat, events: lostAnswer(fetch)},
	{name: "the result ends early", rule: "whole", class: fetch, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		if c.n == 1 && c.method == wire.QueryEngineService_GetNextResultBatch_FullMethodName {
			return c.encoding.Unmarshal(nil, reply)
		}
		return d.carry(ctx, c, reply)
	}},
	{name: "a batch comes twice", rule: "rows", class: fetch, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		d.mu.Lock()
		if c.n == 1 && c.query.next == 1 {
			c.query.next = 0
		}
		d.mu.Unlock()
		return d.carry(ctx, c, reply)
	}},
	{name: "an error without a reason", rule: "explained", class: fetch, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		err := d.carry(ctx, c, reply)
		if err == nil && c.n == 2 {
			return status.Error(codes.Unavailable, "error reading from server: EOF")
		}
		return err
	}},
	{name: "a ping has an SQL error", rule: "details", class: health, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		if err := d.carry(ctx, c, reply); err != nil {
			return err
		}
		return status.Error(codes.Internal, sqlError)
	}},
	{name: "a retry is given up", rule: "lives", class: prepare, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		err := d.carry(ctx, c, reply)
		if c.fault == lost {
			return status.Error(codes.Internal, "unknown")
		}
		return err
	}},
	{name: "a query is not cleared", rule: "left", class: clearing, do: func(_ context.Context, d *deployment, c *rpc, _ any) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		c.query.clears--
		c.query.inFlight--
		return nil
	}},
	{name: "a query is cleared twice", rule: "cleared", class: clearing, do: twice},
	{name: "a query moves to the other colour", rule: "pinned", class: fetch, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		d.mu.Lock()
		c.color = c.color.other()
		c.query.inFlight--
		d.checkQuery(c, c.query.id)
		d.mu.Unlock()
		return d.carry(ctx, c, reply)
	}},
	{name: "two batches are fetched at once", rule: "in flight", class: fetch, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		done := make(chan struct{})
		go func() {
			_ = again(ctx, d, c, &wire.GetNextResultBatchV2Response{})
			close(done)
		}()
		err := d.carry(ctx, c, reply)
		<-done
		return err
	}},
	{name: "the session of an answer is ignored", rule: "session", class: execute, without: "sessionId"},
	{name: "each statement opens sessions", rule: "sessions", class: authenticate, do: twice},
	{name: "announcements are ignored", rule: "followed", class: numClasses, without: "new_strategy", events: announcement},
	{name: "a call follows Close", rule: "closed", class: execute, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		late := context.WithoutCancel(ctx)
		go func() {
			time.Sleep(tooLong)
			_ = again(late, d, c, &wire.ExecuteStatementResponse{})
		}()
		return d.carry(ctx, c, reply)
	}},
	{name: "a call never returns", rule: "hang", class: describe, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		time.Sleep(tooLong + tooLong/2)
		return d.carry(ctx, c, reply)
	}},
	{name: "a goroutine is left", rule: "leak", class: describe, do: func(ctx context.Context, d *deployment, c *rpc, reply any) error {
		go func() { select {} }()
		return d.carry(ctx, c, reply)
	}},
}

// Each broken rule is noticed, and the schedule that shows it is shrunk to a few lines.
func TestSabotage(t *testing.T) {
	t.Parallel()
	const enough, most = 5000, 5
	for i := range sabotages {
		b := &sabotages[i]
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			for seed := *seedFlag; seed < *seedFlag+enough; seed++ {
				s := generate(seed)
				s.Events = append(slices.Clone(b.events), s.Events...)
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
