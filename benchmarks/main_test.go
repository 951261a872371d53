package benchmarks_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
)

// TestMain prints the version of Go for cmd/benchtable. In the process of remote
// it runs the server.
func TestMain(m *testing.M) {
	flag.Parse()
	if what := os.Getenv(remoteVariable); what != "" {
		if err := serveRemote(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if f := flag.Lookup("test.bench"); f != nil && f.Value.String() != "" {
		fmt.Println("go:", runtime.Version())
	}
	os.Exit(m.Run())
}

// competitor is one of the implementations that a benchmark compares. setup is
// not measured. The function that it returns is called repeatedly and measured.
type competitor struct {
	name  string
	setup func(b *testing.B, s *data.Set) func()
}

// compare runs the competitors on every data set. rows and bytes return the
// rows and bytes of one iteration.
func compare(b *testing.B, rows func(*data.Set) int, bytes func(*data.Set) int64, competitors ...competitor) {
	for _, s := range data.Sets() {
		b.Run(s.Name, func(b *testing.B) {
			for _, c := range competitors {
				b.Run(c.name, func(b *testing.B) {
					measure(b, rows(s), bytes(s), c.setup(b, s))
				})
			}
		})
	}
}

// compareChunks is compare with one chunk for each iteration. It is always the
// same chunk, so it is in the processor's cache, like one that was just
// received.
func compareChunks(b *testing.B, competitors ...competitor) {
	compare(b,
		func(s *data.Set) int { return s.RowsIn(0) },
		func(s *data.Set) int64 { return int64(len(s.Chunk(0))) },
		competitors...)
}

// compareResults is compare with a whole result for each iteration.
func compareResults(b *testing.B, competitors ...competitor) {
	compare(b, func(s *data.Set) int { return s.Rows }, (*data.Set).Bytes, competitors...)
}

// measure runs f and also reports metrics for each row.
func measure(b *testing.B, rows int, bytes int64, f func()) {
	b.ReportAllocs()
	b.SetBytes(bytes)
	f() // reused memory has its final size after this call
	start := mallocs()
	n := 0
	for b.Loop() {
		f()
		n++
	}
	allocs := mallocs() - start
	total := float64(n) * float64(rows)
	b.ReportMetric(float64(b.Elapsed())/float64(time.Nanosecond)/total, "ns/row")
	b.ReportMetric(float64(allocs)/total, "allocs/row")
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// must ends the benchmark or test if err is not nil.
func must(tb testing.TB, err error) {
	if err != nil {
		tb.Helper()
		tb.Fatal(err)
	}
}
