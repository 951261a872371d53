package benchmarks_test

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/enginetest"
)

// TestPeakMemory reads ten million mixed rows end to end. The engine's chunks
// are generated before. The growth of the heap, including garbage and the
// engine's send buffers, must be less than three times the driver's prefetch
// limit plus one batch.
func TestPeakMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads ten million rows")
	}
	const (
		prefetchBytes = 16 << 20 // the driver's default
		wanted        = 10_000_000
	)
	s := data.Mixed
	chunks := (wanted + data.ChunkRows - 1) / data.ChunkRows
	srv, err := enginetest.NewServer(enginetest.Config{MaxCalls: -1})
	must(t, err)
	defer srv.Close()
	srv.Handle(statement(s), result(s, chunks))
	read := scanAll(t, openE6data(t, srv.Addr()), s, chunks*data.ChunkRows)

	runtime.GC()
	base := heapBytes()
	done := make(chan struct{})
	peak := make(chan uint64)
	go func() {
		highest := base
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				highest = max(highest, heapBytes())
			case <-done:
				peak <- highest
				return
			}
		}
	}()
	start := time.Now()
	read()
	took := time.Since(start)
	close(done)
	grown := <-peak - base

	limit := uint64(3 * (prefetchBytes + len(s.Chunk(0))))
	t.Logf("%d rows in %v; the heap grew by %.1f MiB, the limit is %.1f MiB",
		chunks*data.ChunkRows, took.Round(time.Millisecond), mib(grown), mib(limit))
	if grown >= limit {
		t.Errorf("the heap grew by %.1f MiB, want less than %.1f MiB", mib(grown), mib(limit))
	}
}

// heapBytes returns the size of all objects on the heap, live or not yet swept.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func mib(n uint64) float64 { return float64(n) / (1 << 20) }
