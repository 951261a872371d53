package enginetest

import (
	"context"
	"errors"
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
func (s *Server) readable(ctx context.Context, r about) (*query, Statement, error) {
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
	return q, q.statement, nil
}

func (e *engine) GetResultMetadata(ctx context.Context, r *wire.GetResultMetadataRequest) (*wire.GetResultMetadataResponse, error) {
	q, st, err := e.s.readable(ctx, r)
	if err != nil {
		return nil, err
	}
	metadata, err := st.Metadata(ctx)
	if err != nil {
		return nil, q.failure(err)
	}
	e.s.mu.Lock()
	q.readers++
	e.s.mu.Unlock()
	return &wire.GetResultMetadataResponse{ResultMetaData: metadata, SessionId: r.GetSessionId()}, nil
}

func (e *engine) GetNextResultBatch(ctx context.Context, r *wire.GetNextResultBatchRequest) (*wire.GetNextResultBatchResponse, error) {
	b, err := e.s.batches(ctx, r, BatchRequest{Max: 1})
	if err != nil {
		return nil, err
	}
	out := &wire.GetNextResultBatchResponse{SessionId: r.GetSessionId()}
	if len(b.Chunks) > 0 {
		out.ResultBatch = b.Chunks[0]
	}
	return out, nil
}

func (e *engine) GetNextResultBatchV2(ctx context.Context, r *wire.GetNextResultBatchRequest) (*wire.GetNextResultBatchV2Response, error) {
	s := e.s
	s.mu.Lock()
	v2 := s.v2
	s.mu.Unlock()
	if !v2.enabled {
		return nil, status.Error(codes.Unimplemented, "method getNextResultBatchV2 not implemented")
	}
	b, err := s.batches(ctx, r, BatchRequest{Max: v2.chunks, V2: true})
	if err != nil {
		return nil, err
	}
	return &wire.GetNextResultBatchV2Response{ResultBatches: b.Chunks, EndOfStream: b.End, SessionId: r.GetSessionId()}, nil
}

// batches answers a call for batches: with nothing after the end of the result
// (docs/protocol.md, section 12), which is counted.
func (s *Server) batches(ctx context.Context, r about, ask BatchRequest) (Batches, error) {
	q, st, err := s.readable(ctx, r)
	if err != nil {
		return Batches{}, err
	}
	if s.pastEnd(q) {
		return Batches{End: true}, nil
	}
	b, err := st.Batches(ctx, ask)
	if err != nil {
		return Batches{}, q.failure(err)
	}
	if b.End {
		s.mu.Lock()
		q.ended = true
		s.mu.Unlock()
	}
	return b, nil
}

// pastEnd tells whether the result has ended, and counts the call if so.
func (s *Server) pastEnd(q *query) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.ended && q.readers <= 1 {
		s.books.pastEnd++
		s.notify()
	}
	return q.ended
}

// failure is the answer that a backend's error about a query becomes.
func (q *query) failure(err error) error {
	if errors.Is(err, ErrCancelled) {
		return status.Errorf(codes.Internal, "query %s was cancelled", q.id)
	}
	return asStatus(err)
}
