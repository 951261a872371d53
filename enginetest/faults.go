package enginetest

import (
	"context"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// Fault is an error, a delay or an action that strikes calls before the engine handles
// them, or after. Method, SQL, Strategy, Skip and Times are its conditions: it strikes a
// call if all of them hold, and a condition with its zero value always holds. The
// actions that are set run in this order: Do, Delay, Hang, and last Drop or Err.
type Fault struct {
	// Method names the method: alone (executeStatement, which means
	// executeStatementV2 as well), with its service (ClusterService/status), or
	// as on the wire, with a leading slash, which means exactly that method.
	Method string
	// SQL is the statement that the call is about. Blanks around it do not count, and
	// neither does the comment that a QueryTag puts before it.
	SQL string
	// Strategy is the call's strategy header.
	Strategy string
	// Skip is the number of calls that meet the other conditions and pass first.
	Skip int
	// Times is the number of calls that the fault strikes after those. Default: all.
	Times int

	// After makes the fault strike after the engine has handled the call, so that the
	// answer is delayed or lost. Without After the fault strikes before the engine, and
	// the engine never gets the call if Err or Drop is set.
	After bool
	// Do is called for each call that the fault strikes. It may call methods of the
	// server, except Close. It runs on the goroutine of the call: calls may run it
	// concurrently.
	Do func()
	// Delay is how long the call is delayed. The delay ends early when the fault is
	// released or the call's context ends.
	Delay time.Duration
	// Hang blocks the call until [Injected.Release] or until the call's context ends.
	Hang bool
	// Drop cuts the connection on which the call arrived.
	Drop bool
	// Err is the answer. An error that is not a gRPC status becomes INTERNAL.
	Err error
}

// Injected is a fault that is in force.
type Injected struct {
	f        Fault
	s        *Server
	released chan struct{}
	struck   chan struct{}

	endRelease, endStruck sync.Once
	seen, hits            int // guarded by s.mu
}

// Inject puts a fault in force until [Injected.Release] or [Server.ClearFaults]. A call
// that several faults strike runs through them in the order of Inject, until one of them
// answers the call. No fault strikes a call that the proxy refuses (456, 503), and Skip
// and Times do not count such a call.
func (s *Server) Inject(f Fault) *Injected {
	i := &Injected{f: f, s: s, released: make(chan struct{}), struck: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, i)
	return i
}

// ClearFaults releases and removes all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	faults := s.faults
	s.faults = nil
	s.mu.Unlock()
	for _, i := range faults {
		i.Release()
	}
}

// Release ends the fault: calls that hang continue, and the fault strikes no further
// call. Release may be called again.
func (i *Injected) Release() {
	i.s.mu.Lock()
	i.s.faults = slices.DeleteFunc(slices.Clone(i.s.faults), func(j *Injected) bool { return i == j })
	i.s.mu.Unlock()
	i.endRelease.Do(func() { close(i.released) })
}

// Hits returns the number of calls that the fault has struck.
func (i *Injected) Hits() int {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	return i.hits
}

// Struck returns a channel that is closed when the fault first strikes a call: with
// After, when the engine has handled the call.
func (i *Injected) Struck() <-chan struct{} { return i.struck }

// strike returns the faults that strike a call.
func (s *Server) strike(c *call) []*Injected {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Injected
	for _, i := range s.faults {
		f := &i.f
		if !matchMethod(f.Method, c.FullMethod) ||
			f.SQL != "" && !sameSQL(f.SQL, c.SQL) ||
			f.Strategy != "" && f.Strategy != c.Strategy {
			continue
		}
		i.seen++
		if i.seen <= f.Skip || f.Times > 0 && i.hits >= f.Times {
			continue
		}
		i.hits++
		out = append(out, i)
	}
	if out != nil {
		s.notify()
	}
	return out
}

// suffer runs the actions of those faults that strike before the engine, or of those
// that strike after it. It returns the error that answers the call, if any.
func (s *Server) suffer(ctx context.Context, struck []*Injected, after bool) error {
	for _, i := range struck {
		if i.f.After != after {
			continue
		}
		if err := i.act(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (i *Injected) act(ctx context.Context) error {
	i.endStruck.Do(func() { close(i.struck) })
	if i.f.Do != nil {
		i.f.Do()
	}
	if err := pause(ctx, i.f.Delay, i.released); err != nil {
		return err
	}
	if i.f.Hang {
		select {
		case <-i.released:
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	if i.f.Drop {
		if p, ok := peer.FromContext(ctx); ok {
			i.s.lis.drop(p.Addr.String())
		}
		return status.Error(codes.Unavailable, "the connection was dropped")
	}
	return asStatus(i.f.Err)
}

// pause waits for d or until stop is closed. It returns an error if ctx ends first.
func pause(ctx context.Context, d time.Duration, stop <-chan struct{}) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-stop:
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
	return nil
}
