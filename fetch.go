package e6data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/internal/batch"
	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

// fetcher reads the batches of one query, one call at a time. The engine consumes a
// batch by sending it, so a lost answer cannot be requested again. While the
// application reads one batch, a goroutine fetches and walks the next ones, up to
// limit bytes.
//
// Only one goroutine, the reader of the rows, calls next and stop.
type fetcher struct {
	q       *query
	ctx     context.Context // the context of the rows; q.stop ends it
	columns int
	// limit bounds the memory of the batches that lie ready, in bytes. 0 fetches a
	// batch when the reader needs it.
	limit int64
	// share is this query's part of the bytes that the connector's results may fetch
	// ahead.
	share share
	// done is closed when the goroutine has ended; nil without a goroutine.
	done chan struct{}

	// Only the goroutine that fetches uses the following fields.

	// promised is the row count in the metadata; 0 or less if unknown.
	promised  int64
	delivered int64
	v2        bool
	ended     bool // the engine has announced the end together with data

	// current is the batch that the application reads.
	current *batch.Batch

	mu      sync.Mutex
	changed sync.Cond // signals changes of the following fields
	ready   []*batch.Batch
	ahead   int64          // bytes of memory of the batches in ready
	free    []*batch.Batch // for reuse
	first   batch.Batch    // most results have one batch
	begun   bool           // first is in use
	err     error          // the reason why no more batches will come
	full    bool           // the goroutine waits until there is room for another batch
	wanted  bool           // the reader waits for a batch
	whole   bool           // all promised rows have come; only the end is still to be fetched
	stopped bool
}

func newFetcher(ctx context.Context, q *query, columns int, promised int64) *fetcher {
	c := q.lk.c
	f := &fetcher{
		q:        q,
		ctx:      ctx,
		columns:  columns,
		limit:    c.cfg.PrefetchBytes,
		promised: promised,
		v2:       c.cfg.ResultBatchV2 == BatchV2On || c.cfg.ResultBatchV2 == BatchV2Auto && !c.lacksV2.Load(),
	}
	f.changed.L = &f.mu
	if f.limit > 0 {
		f.share = share{of: &c.ahead, holder: f}
		f.done = make(chan struct{})
		go f.run()
	}
	return f
}

// run fetches batches until the result ends.
func (f *fetcher) run() {
	defer close(f.done)
	size := int64(0)
	for b := f.vacant(size); b != nil; b = f.vacant(size) {
		counted := size
		err := f.fill(b)
		if size = b.Held(); err != nil {
			size = 0
		}
		f.share.give(counted - size)
		f.mu.Lock()
		if err == nil {
			f.ready = append(f.ready, b)
			f.wanted = false // this is the batch for which the reader waited
			f.ahead += size
			f.countAhead(1, size)
		}
		f.err = err
		f.whole = f.ended || f.promised > 0 && f.delivered >= f.promised
		f.mu.Unlock()
		f.changed.Signal()
		if err != nil {
			return
		}
	}
}

// vacant waits until another batch may be fetched ahead, and returns a batch to
// fill. The next batch is assumed to be as large as the last one. One batch may
// always be fetched ahead, with one exception: after the first row, which is often
// the only one, nothing is fetched before the reader wants it. vacant returns nil
// when the fetcher is stopped. It counts the batch in share with last bytes.
func (f *fetcher) vacant(last int64) *batch.Batch {
	b, counted := f.await(last)
	if b != nil && !counted {
		f.share.take(last) // take wakes others, so mu must not be held
	}
	return b
}

// await does what vacant does, and reports whether share has counted the batch.
func (f *fetcher) await(last int64) (b *batch.Batch, counted bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.stopped && !f.wanted && (f.delivered == 1 || len(f.ready) > 0) {
		if counted = f.delivered != 1 && f.ahead+last <= f.limit && f.share.try(last); counted {
			break
		}
		f.full = true
		f.changed.Wait()
	}
	f.full = false
	if f.stopped {
		return nil, counted
	}
	return f.spare(), counted
}

// wake makes the goroutine check whether share has room now.
func (f *fetcher) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed.Signal()
}

// spare returns a batch to fill. If there is a goroutine, the caller holds mu.
func (f *fetcher) spare() *batch.Batch {
	n := len(f.free)
	switch {
	case !f.begun:
		f.begun = true
		return &f.first
	case n == 0:
		return new(batch.Batch)
	}
	b := f.free[n-1]
	f.free = f.free[:n-1]
	return b
}

// next returns the next chunk that has rows, or io.EOF at the end of the result. The
// chunk is valid until the following call.
func (f *fetcher) next() (*thriftrows.Chunk, error) {
	for {
		if b := f.current; b != nil {
			for chunk := b.NextChunk(); chunk != nil; chunk = b.NextChunk() {
				if chunk.NumRows() > 0 {
					return chunk, nil
				}
			}
		}
		// The reader gets no more batches of a cancelled query, even if some lie
		// ready. The result must not end as if it were complete.
		if err := f.q.cancelled(PhaseFetch); err != nil {
			return nil, err
		}
		if err := f.advance(); err != nil {
			return nil, f.q.orCancelled(f.ctx, PhaseFetch, err)
		}
	}
}

// advance replaces the current batch by the next one.
func (f *fetcher) advance() error {
	asking, err := f.take()
	if err == nil && f.done != nil {
		f.share.give(f.current.Held())
	}
	if asking {
		// If the only processor is busy with the application's work on this batch,
		// the request for the next batch would wait until the work is done. Gosched
		// lets the goroutine run, and then gRPC's writer. The writer yields once to
		// collect more data, so a second Gosched is necessary.
		runtime.Gosched()
		runtime.Gosched()
	}
	return err
}

// take does what advance does, and reports whether the goroutine is about to request
// more rows.
func (f *fetcher) take() (asking bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recycle()
	if f.done == nil {
		if f.err == nil {
			b := f.spare()
			if f.err = f.fill(b); f.err == nil {
				f.current = b
			}
		}
		return false, f.err
	}
	asking = f.full
	for len(f.ready) == 0 && f.err == nil {
		asking, f.wanted = true, true
		f.changed.Signal() // wakes vacant
		f.changed.Wait()
	}
	if len(f.ready) == 0 {
		return false, f.err
	}
	f.current = f.ready[0]
	f.ready[0] = nil
	f.ready = f.ready[1:]
	f.ahead -= f.current.Held()
	f.countAhead(-1, -f.current.Held())
	f.changed.Signal()
	return asking && !f.whole, nil
}

// recycle makes the current batch's memory available again. The caller holds mu.
func (f *fetcher) recycle() {
	if f.current == nil {
		return
	}
	if f.q.lk.c.switches.poison {
		f.current.Poison()
	}
	f.free = append(f.free, f.current)
	f.current = nil
}

// errReaderLeft is the cause with which a query's calls end when its rows are
// closed.
var errReaderLeft = errors.New("the rows are closed")

// stop ends the fetching at once, and returns when the goroutine has ended. It may
// be called again.
func (f *fetcher) stop() {
	f.q.stop(errReaderLeft)
	if f.done == nil {
		return
	}
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	f.changed.Signal()
	<-f.done
	f.countAhead(-len(f.ready), -f.ahead)
	f.ready, f.ahead = nil, 0
	f.share.end()
}

// countAhead counts batches that lie ready.
func (f *fetcher) countAhead(batches int, bytes int64) {
	n := &f.q.lk.c.stats
	n.batchesAhead.Add(int64(batches))
	n.bytesAhead.Add(bytes)
}

// If an answer has no rows and more rows are due, the next request follows after a
// pause. The first pause is emptyDelay. Each pause is twice as long as the one
// before, up to maxEmptyDelay (docs/protocol.md, section 3). With V1 such an answer
// may also be the end. After maxEmptyChunks such answers in a row, about a minute,
// the remaining rows are considered lost.
const (
	emptyDelay     = 10 * time.Millisecond
	maxEmptyDelay  = 100 * time.Millisecond
	maxEmptyChunks = 600
)

// fill fetches a batch that has rows into b. It returns io.EOF at the end of the
// result.
func (f *fetcher) fill(b *batch.Batch) error {
	delay := emptyDelay
	for empty := 1; ; empty++ {
		if f.ended {
			return f.endOfResult()
		}
		if err := f.requestBatch(b); err != nil {
			return err
		}
		if !f.v2 && b.Bytes() == 0 {
			return f.endOfResult()
		}
		rows, err := b.Decode(f.columns)
		if err != nil {
			return wrap(PhaseFetch, f.q.route, err)
		}
		f.delivered += rows
		if rows > 0 {
			f.q.record.fetched(rows, b.Bytes())
		}
		f.ended = b.EndOfStream()
		switch {
		case rows > 0:
			return nil
		case f.ended:
			continue
		case f.v2:
			// The engine has no rows yet.
		case f.delivered >= f.promised:
			// A chunk without rows ends the result on some engines, and is an empty
			// batch in the middle of a result on others. The row count tells them
			// apart.
			return io.EOF
		case empty >= f.q.lk.c.switches.maxEmptyChunks:
			return f.incomplete(fmt.Sprintf("%d batches without rows in a row", empty))
		}
		if err := wait(f.ctx, delay); err != nil {
			return wrap(PhaseFetch, f.q.route, err)
		}
		delay = min(2*delay, maxEmptyDelay)
	}
}

// requestBatch requests a batch. It uses V1 if the planner lacks V2: an engine that
// answers UNIMPLEMENTED has consumed nothing.
func (f *fetcher) requestBatch(b *batch.Batch) error {
	method := wire.QueryEngineService_GetNextResultBatch_FullMethodName
	if f.v2 {
		method = wire.QueryEngineService_GetNextResultBatchV2_FullMethodName
	}
	b.Reset(f.v2)
	k := call{phase: PhaseFetch, method: method, resp: b, uncounted: f.promised <= 0}
	err := f.q.call(f.ctx, k, func(session string) proto.Message {
		return &wire.GetNextResultBatchRequest{EngineIP: f.q.engineIP, SessionId: session, QueryId: f.q.queryID}
	})
	if f.v2 && conditionOf(err) == unimplemented {
		f.v2 = false
		if c := f.q.lk.c; c.cfg.ResultBatchV2 == BatchV2Auto {
			c.lacksV2.Store(true)
		}
		return f.requestBatch(b)
	}
	return err
}

// endOfResult returns io.EOF, or an error if the engine ended the result too early.
func (f *fetcher) endOfResult() error {
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
