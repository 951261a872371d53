package enginetest

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/wire"
)

// claim makes a result call the only one of its query, from its arrival to its
// answer: reading a batch consumes it (docs/protocol.md, section 3).
func (s *Server) claim(ctx context.Context, c *call) error {
	q := c.query
	if q == nil || c.Method != "getResultMetadata" && !strings.HasPrefix(c.Method, "getNextResultBatch") {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.reader != nil && q.reader.ctx.Err() == nil {
		const format = "query %s has a %s in flight"
		if q.othersRead(c) {
			return status.Errorf(codes.Internal, format, q.id, q.reader.Method)
		}
		return s.violation(ctx, c, codes.Internal, format, q.id, q.reader.Method)
	}
	q.reader, c.reader = c, true
	return nil
}

// othersRead tells whether a result call may be that of an application that reads a query
// twice, from two processes for instance: each reader begins with the metadata.
// What two readers do to each other is an error, and no driver's fault.
func (q *query) othersRead(c *call) bool {
	switch c.Method {
	case "getResultMetadata":
		return true
	case "getNextResultBatch", "getNextResultBatchV2":
		return q.readers > 1
	}
	return false
}

// readable finds the query that a result call is about.
func (s *Server) readable(ctx context.Context, r about) (*query, *program, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := callOf(ctx)
	q, err := s.lookup(ctx, c, r)
	if err == nil && q.state != executed {
		err = s.violation(ctx, c, codes.Internal, "query %s is %s, not executed", q.id, q.state)
	}
	if err != nil {
		return nil, nil, err
	}
	return q, q.program, nil
}

func (e *engine) GetResultMetadata(ctx context.Context, r *wire.GetResultMetadataRequest) (*wire.GetResultMetadataResponse, error) {
	q, p, err := e.s.readable(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := e.s.step(ctx, q, p, PhaseMetadata); err != nil {
		return nil, err
	}
	e.s.mu.Lock()
	q.readers++
	e.s.mu.Unlock()
	return &wire.GetResultMetadataResponse{ResultMetaData: p.metadata, SessionId: r.GetSessionId()}, nil
}

func (e *engine) GetNextResultBatch(ctx context.Context, r *wire.GetNextResultBatchRequest) (*wire.GetNextResultBatchResponse, error) {
	s := e.s
	q, p, err := s.startBatch(ctx, r)
	if err != nil {
		return nil, err
	}
	if s.pastEnd(q) {
		return &wire.GetNextResultBatchResponse{SessionId: r.GetSessionId()}, nil
	}
	i := s.take(q)
	if err := p.failAt[i]; err != nil {
		s.putBack(q, i)
		return nil, asStatus(err)
	}
	b, ok, err := p.chunk(i)
	if err != nil {
		return nil, broken(q, i, err)
	}
	if !ok {
		s.endResult(q)
		if p.sizeZeroEnd {
			b = p.zero
		}
	}
	return &wire.GetNextResultBatchResponse{ResultBatch: b, SessionId: r.GetSessionId()}, nil
}

func (e *engine) GetNextResultBatchV2(ctx context.Context, r *wire.GetNextResultBatchRequest) (*wire.GetNextResultBatchV2Response, error) {
	s := e.s
	s.mu.Lock()
	v2 := s.v2
	s.mu.Unlock()
	if !v2.enabled {
		return nil, status.Error(codes.Unimplemented, "method getNextResultBatchV2 not implemented")
	}
	q, p, err := s.startBatch(ctx, r)
	if err != nil {
		return nil, err
	}
	out := &wire.GetNextResultBatchV2Response{SessionId: r.GetSessionId()}
	if s.pastEnd(q) {
		out.EndOfStream = true
		return out, nil
	}
	if s.emptyAnswer(q, p) {
		return out, nil
	}
	ended := false
	for len(out.ResultBatches) < v2.chunks {
		i := s.take(q)
		if err := p.failAt[i]; err != nil {
			s.putBack(q, i)
			if len(out.ResultBatches) > 0 {
				break
			}
			return nil, asStatus(err)
		}
		b, ok, err := p.chunk(i)
		if err != nil {
			return nil, broken(q, i, err)
		}
		if !ok {
			s.putBack(q, i)
			ended = true
			break
		}
		out.ResultBatches = append(out.ResultBatches, b)
		// Whether an end is near is known ahead for all but ChunkFunc.
		ended = i+1 == p.count && p.failAt[i+1] == nil
		if ended {
			break
		}
	}
	if !ended || p.lateEnd && len(out.ResultBatches) > 0 {
		return out, nil
	}
	s.endResult(q)
	out.EndOfStream = true
	if p.sizeZeroEnd {
		out.ResultBatches = append(out.ResultBatches, p.zero)
	}
	return out, nil
}

// startBatch checks whether a query may be asked for a batch, and plays what
// comes before it.
func (s *Server) startBatch(ctx context.Context, r about) (*query, *program, error) {
	q, p, err := s.readable(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	return q, p, s.step(ctx, q, p, PhaseBatch)
}

// pastEnd tells whether the result has ended, so that a call for a batch is answered
// empty (docs/protocol.md, section 12), and counts that call.
func (s *Server) pastEnd(q *query) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.ended && q.readers <= 1 {
		s.books.pastEnd++
		s.notify()
	}
	return q.ended
}

// take consumes the next chunk's number.
func (s *Server) take(q *query) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.next++
	return q.next - 1
}

// putBack undoes take.
func (s *Server) putBack(q *query, i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.next = i
}

func (s *Server) endResult(q *query) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.ended = true
}

// emptyAnswer tells whether an empty answer is due before the next data.
func (s *Server) emptyAnswer(q *query, p *program) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.empties < p.emptyAnswers {
		q.empties++
		return true
	}
	q.empties = 0
	return false
}

// broken says that a scripted chunk could not be made.
func broken(q *query, i int, err error) error {
	return status.Errorf(codes.Internal, "enginetest: batch %d of query %s: %v", i, q.id, err)
}
