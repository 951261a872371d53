package benchmarks_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/benchmarks/internal/life"
	"github.com/e6data/e6data-go/wire"
)

// pointQuery is a statement whose result is one row of one column.
const pointQuery = "SELECT 1"

// BenchmarkPointQuery runs a query of one row with a round trip of 5 ms. It
// compares that with the same calls of the generated client, which also clears the
// query in the background. It reports the number of round trips of a query.
func BenchmarkPointQuery(b *testing.B) {
	const roundTrip = 5 * time.Millisecond
	addr := remote(b, data.Ints, roundTrip)
	run := func(name string, query func() error) {
		b.Run("ints/"+name, func(b *testing.B) {
			must(b, query()) // connects
			b.ReportAllocs()
			n := 0
			start := time.Now()
			for b.Loop() {
				must(b, query())
				n++
			}
			took := float64(time.Since(start)) / float64(n)
			b.ReportMetric(took/float64(roundTrip), "rtt/query")
			b.ReportMetric(took, "ns/query")
		})
	}
	db := openE6data(b, addr)
	run("e6data", func() error {
		var one int64
		return db.QueryRowContext(context.Background(), pointQuery).Scan(&one)
	})

	cc, err := life.Dial(addr)
	must(b, err)
	b.Cleanup(func() { _ = cc.Close() })
	session, err := life.Login(context.Background(), cc)
	must(b, err)
	var clearing sync.WaitGroup
	b.Cleanup(clearing.Wait)
	run("bare", func() error {
		q, err := life.Start(context.Background(), cc, session, pointQuery)
		if err != nil {
			return err
		}
		if _, err := q.Metadata(); err != nil {
			return err
		}
		if err := q.Batch(new(wire.GetNextResultBatchResponse)); err != nil {
			return err
		}
		clearing.Go(func() { _ = q.Clear() })
		return nil
	})
}
