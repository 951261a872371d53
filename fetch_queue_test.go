package e6data

import (
	"testing"

	"github.com/e6data/e6data-go/internal/batch"
)

// A long queue is not moved for each batch that leaves it.
func TestQueueOfBatchesIsNotMoved(t *testing.T) {
	t.Parallel()
	f := &fetcher{q: &query{lk: &link{c: new(Connector)}}, done: make(chan struct{})}
	f.changed.L = &f.mu
	batches := make([]*batch.Batch, 1000)
	for i := range batches {
		batches[i] = new(batch.Batch)
		f.ready = append(f.ready, batches[i])
	}
	for i := range batches {
		rest := f.ready[1:]
		if _, err := f.take(); err != nil || f.current != batches[i] || len(f.ready) != len(rest) {
			t.Fatalf("number %d: %v, %d left", i, err, len(f.ready))
		}
		if len(rest) > 0 && &f.ready[0] != &rest[0] {
			t.Fatalf("number %d: the queue was moved", i)
		}
	}
}
