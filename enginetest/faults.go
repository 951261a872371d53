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

// Fault is something that goes wrong with calls on their way to the engine, or
// with their answers. All conditions must hold for it to strike a call; those
// left at zero always do. Then it does, in this order, what is set: Do, Delay,
// Hang, and last Drop or Err.
type Fault struct {
	// Method names the method: alone (executeStatement, which means
	// executeStatementV2 as well), with its service (ClusterService/status), or
	// as on the wire, with a leading slash, which means exactly that method.
	Method string
	// SQL is the statement that the call is about, blanks around it trimmed, with or
	// without the comment that a QueryTag puts before it.
	SQL string
	// Strategy is the call's strategy header.
	Strategy string
	// Skip is how many calls that meet the conditions pass unharmed first.
	Skip int
	// Times is how many calls are struck after those; 0 means all.
	Times int

	// After strikes when the engine has done its work, so that the answer is
	// delayed or lost; else the engine has not seen the call yet, and does not
	// when Err or Drop is set.
	After bool
	// Do is called; it may use the server.
	Do func()
	// Delay holds the call up, or until its context ends.
	Delay time.Duration
	// Hang holds the call up until [Injected.Release], or its context ends.
	Hang bool
	// Drop cuts the connection that the call came on.
	Drop bool
	// Err is the answer; INTERNAL when it is no gRPC status.
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

// Inject puts a fault in force, after those that are: each call suffers all
// that strike it, until one answers. Calls that the proxy refuses (456, 503) are
// never struck, nor counted by Skip and Times.
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

// Release ends the fault: calls that hang go on, and no further call is struck.
// It may be called again.
func (i *Injected) Release() {
	i.s.mu.Lock()
	i.s.faults = slices.DeleteFunc(slices.Clone(i.s.faults), func(j *Injected) bool { return i == j })
	i.s.mu.Unlock()
	i.endRelease.Do(func() { close(i.released) })
}

// Hits returns how many calls the fault has struck.
func (i *Injected) Hits() int {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	return i.hits
}

// Struck returns a channel that is closed when the fault first does its harm:
// with After, when the engine has done the work.
func (i *Injected) Struck() <-chan struct{} { return i.struck }

// strike tells which faults strike a call.
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

// suffer does what the faults do before or after the engine, and returns the
// answer that they leave, if any.
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

// pause sleeps for d, less when stop is closed; an error when ctx ends first.
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
