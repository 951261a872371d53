package enginetest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Call is one recorded call.
type Call struct {
	// Seq numbers the server's calls from 1 in the order in which they arrived.
	Seq int
	// Time is when the call arrived.
	Time time.Time
	// Method is the method's name alone, such as executeStatement. FullMethod is the
	// name on the wire, such as /QueryEngineService/executeStatement.
	Method, FullMethod string
	// Header is the request's gRPC metadata, with keys in lower case. It belongs to the
	// server: the caller must not change it.
	Header metadata.MD
	// Request is the request message. It belongs to the server: the caller must not
	// change it.
	Request proto.Message
	// QueryID and SQL are those of the query that the call is about, if any. SQL is also
	// set for a call that prepares a statement or requests a dry run.
	QueryID, SQL string
	// Strategy is the strategy header.
	Strategy string
	// Refused reports whether the proxy answered the call (456, 503 or a wrong cluster
	// name). The engine never gets such a call.
	Refused bool
	// Done reports whether the server has answered. Err is the answer's error, a gRPC
	// status, or nil for success.
	Done bool
	Err  error
}

// String returns a description of the call in one line, for a test's failure message.
func (c Call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", c.Seq, c.Method)
	for _, s := range []string{c.Strategy, c.QueryID} {
		if s != "" {
			b.WriteString(" " + s)
		}
	}
	switch {
	case !c.Done:
		b.WriteString(": in flight")
	case c.Err != nil:
		b.WriteString(": " + c.Err.Error())
	default:
		b.WriteString(": OK")
	}
	return b.String()
}

// call is a recorded call that the server handles. Server.mu guards its Call after it is
// recorded.
type call struct {
	Call
	ctx       context.Context // ends when the client leaves
	colour    string          // the colour that the call goes to; "" until admit accepts the call
	query     *query          // nil if the call has no query id or an unknown one
	reader    bool            // the call is query.reader
	preparing bool            // the call counts as a query of its colour
}

// recorder keeps the latest calls in a ring, and counts all calls by method.
type recorder struct {
	ring   []*call
	next   int // index of the oldest call, once the ring is full
	max    int
	counts map[string]int // by full method
}

func (r *recorder) init(limit int) {
	*r = recorder{max: limit, counts: map[string]int{}}
}

func (r *recorder) add(c *call) {
	r.counts[c.FullMethod]++
	switch {
	case r.max == 0:
	case len(r.ring) < r.max:
		r.ring = append(r.ring, c)
	default:
		r.ring[r.next] = c
		r.next = (r.next + 1) % r.max
	}
}

// Calls returns the calls recorded since the start or the last [Server.ResetCalls], in
// the order in which they arrived. It returns the latest [Config.MaxCalls] at most. The
// caller owns the slice.
func (s *Server) Calls() []Call { return s.CallsTo("") }

// CallsTo is [Server.Calls] for one method. method names it as [Fault.Method] does.
func (s *Server) CallsTo(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.record
	var out []Call
	for i := range r.ring {
		c := r.ring[(r.next+i)%len(r.ring)]
		if matchMethod(method, c.FullMethod) {
			out = append(out, c.Call)
		}
	}
	return out
}

// Count returns the number of calls to a method since the start or the last
// [Server.ResetCalls], including refused calls. method names it as [Fault.Method] does.
// The number includes calls that the record no longer holds.
func (s *Server) Count(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for full, count := range s.record.counts {
		if matchMethod(method, full) {
			n += count
		}
	}
	return n
}

// ResetCalls removes the recorded calls and their counts. The books ([Server.Stats])
// remain.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record.init(s.record.max)
	s.notify()
}

// begin records a call that has just arrived.
func (s *Server) begin(ctx context.Context, method string, md metadata.MD, req any) *call {
	c := &call{ctx: ctx, Call: Call{
		Time:       time.Now(),
		Method:     method[strings.LastIndexByte(method, '/')+1:],
		FullMethod: method,
		Header:     md,
		Strategy:   header(md, "strategy"),
	}}
	c.Request, _ = req.(proto.Message)
	if r, ok := req.(interface{ GetQueryString() string }); ok {
		c.SQL = r.GetQueryString()
	}
	if r, ok := req.(interface{ GetQueryId() string }); ok {
		c.QueryID = r.GetQueryId()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.queries[c.QueryID]; q != nil {
		c.query, c.SQL = q, q.sql
	}
	s.books.calls++
	c.Seq = s.books.calls
	s.books.inFlight++
	s.record.add(c)
	s.notify()
	return c
}

// finish records the call's outcome.
func (s *Server) finish(ctx context.Context, c *call, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.reader && c.query.reader == c {
		c.query.reader = nil
	}
	if c.preparing {
		s.books.count(c.colour, -1)
	}
	if strings.HasPrefix(c.Method, "prepareStatement") && c.query != nil && (err != nil || ctx.Err() != nil) {
		s.orphan(c.query)
	}
	if c.query != nil && useOf(c.Method) == ends && (err != nil || ctx.Err() != nil) {
		c.query.unheard = c.query.released()
	}
	c.Done, c.Err = true, err
	s.books.inFlight--
	s.notify()
}

// header returns the first value of a header, or "" if there is none.
func header(md metadata.MD, key string) string {
	if v := md[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// matchMethod reports whether a pattern, as in Fault.Method, names a method.
func matchMethod(pattern, full string) bool {
	if pattern == "" || pattern == full {
		return true
	}
	if strings.HasPrefix(pattern, "/") {
		return false
	}
	name := full[1:]
	if !strings.Contains(pattern, "/") {
		name = name[strings.IndexByte(name, '/')+1:]
	}
	return name == pattern || name == pattern+"V2"
}

// asStatus returns err as a gRPC status. An error that is not one becomes INTERNAL.
func asStatus(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.Error(codes.Internal, err.Error())
}
