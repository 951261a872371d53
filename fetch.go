package e6data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

// fetcher reads the batches of one query, one call at a time: reading a batch
// consumes it on the engine, and a lost answer cannot be asked for again.
type fetcher struct {
	q       *query
	columns int
	// promised is the row count of the metadata; 0 or less is unknown.
	promised  int64
	delivered int64
	chunk     thriftrows.Chunk
}

// While rows are owed, a chunk without rows is answered by asking again, after
// emptyDelay at first and doubled up to maxEmptyDelay (WIRE.md section 3). An
// engine that has nothing to say for maxEmptyChunks in a row, about a minute,
// is taken to have lost the rest.
const (
	emptyDelay     = 10 * time.Millisecond
	maxEmptyDelay  = 100 * time.Millisecond
	maxEmptyChunks = 600
)

// next returns the next chunk with rows, valid until the following call, or
// io.EOF at the end of the result.
func (f *fetcher) next(ctx context.Context) (*thriftrows.Chunk, error) {
	delay := emptyDelay
	for range maxEmptyChunks {
		batch, err := f.batch(ctx)
		if err != nil {
			return nil, err
		}
		if len(batch) == 0 {
			return nil, f.end()
		}
		if err := f.chunk.Decode(batch, f.columns); err != nil {
			return nil, wrap(PhaseFetch, f.q.route, nil, err)
		}
		if rows := f.chunk.NumRows(); rows > 0 {
			f.delivered += int64(rows)
			return &f.chunk, nil
		}
		// A chunk of no rows ends the result on some engines and is an empty
		// batch in mid-stream on others: the row count decides.
		if f.delivered >= f.promised {
			return nil, io.EOF
		}
		if err := wait(ctx, delay); err != nil {
			return nil, wrap(PhaseFetch, f.q.route, nil, err)
		}
		delay = min(2*delay, maxEmptyDelay)
	}
	return nil, f.incomplete(fmt.Sprintf("%d batches without rows in a row", maxEmptyChunks))
}

// batch asks for one batch.
func (f *fetcher) batch(ctx context.Context) ([]byte, error) {
	resp := &wire.GetNextResultBatchResponse{}
	err := f.q.about(ctx, PhaseFetch, wire.QueryEngineService_GetNextResultBatch_FullMethodName, func() proto.Message {
		return &wire.GetNextResultBatchRequest{EngineIP: f.q.engineIP, SessionId: f.q.sessionID, QueryId: f.q.queryID}
	}, resp)
	if err != nil {
		var e *Error
		if errors.As(err, &e) && e.lost() && e.condition != gaveUp {
			e.Kind = ErrIncompleteResult
		}
		return nil, err
	}
	return resp.GetResultBatch(), nil
}

// end judges the engine's word that the result is over.
func (f *fetcher) end() error {
	if f.delivered < f.promised {
		return f.incomplete("the engine ended the result")
	}
	return io.EOF
}

func (f *fetcher) incomplete(why string) error {
	return &Error{
		Phase:    PhaseFetch,
		QueryID:  f.q.queryID,
		Strategy: f.q.state.Color.String(),
		Message:  fmt.Sprintf("%s after %d of %d rows", why, f.delivered, f.promised),
		Kind:     ErrIncompleteResult,
	}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	}
}
