package benchmarks_test

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/enginetest"
)

// TestPeakMemory reads ten million mixed rows end to end, by Scan and by Select. The engine's chunks
// are made beforehand; what the heap grows by then, garbage and the engine's
// own sending included, must stay under three times what the driver may have
// fetched ahead and the batch it reads.
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
	limit := uint64(3 * (prefetchBytes + len(s.Chunk(0))))
	read := map[string]func(){
		"rows":    scanAll(t, openE6data(t, srv.Addr()), s, chunks*data.ChunkRows),
		"structs": rowKinds[s].iterate(t, openE6data(t, srv.Addr()), s, chunks*data.ChunkRows),
	}
	for _, name := range []string{"rows", "structs"} {
		start := time.Now()
		grown := heapGrowth(read[name])
		t.Logf("%s: %d rows in %v; the heap grew by %.1f MiB, the limit is %.1f MiB",
			name, chunks*data.ChunkRows, time.Since(start).Round(time.Millisecond), mib(grown), mib(limit))
		if grown >= limit {
			t.Errorf("%s: the heap grew by %.1f MiB, want less than %.1f MiB", name, mib(grown), mib(limit))
		}
	}
}

// heapGrowth is by how much the heap grows while read runs.
func heapGrowth(read func()) uint64 {
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
	read()
	close(done)
	return <-peak - base
}

// heapBytes is the size of all objects on the heap, live or not yet swept.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func mib(n uint64) float64 { return float64(n) / (1 << 20) }
