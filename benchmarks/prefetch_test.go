package benchmarks_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/enginetest"
)

// BenchmarkPrefetch reads a whole result of wide rows, in batches of 2 MB, with several
// values of prefetch_bytes. The reader is slow at times: after every eighth batch it pauses for
// as long as four batches take to fetch. A larger prefetch_bytes helps as long as the pause is
// filled with fetching.
func BenchmarkPrefetch(b *testing.B) {
	s := data.Wide
	for _, roundTrip := range []time.Duration{5 * time.Millisecond, 50 * time.Millisecond} {
		addr := remote(b, s, roundTrip)
		for _, mib := range []int{0, 1, 4, 8, 16, 32} {
			b.Run(fmt.Sprintf("%v/%dMiB", roundTrip, mib), func(b *testing.B) {
				db, err := sql.Open("e6data", fmt.Sprintf("e6data://%s:%s@%s/db?prefetch_bytes=%dMiB",
					enginetest.DefaultUser, enginetest.DefaultToken, addr, mib))
				must(b, err)
				defer db.Close()
				for b.Loop() {
					readWithPauses(b, db, s, 4*(roundTrip+5*time.Millisecond))
				}
			})
		}
	}
}

// readWithPauses reads a result, and pauses after every eighth batch.
func readWithPauses(tb testing.TB, db *sql.DB, s *data.Set, pause time.Duration) {
	rows, err := db.QueryContext(context.Background(), statement(s))
	must(tb, err)
	n := 0
	for rows.Next() {
		if n++; n%(8*data.ChunkRows) == 0 {
			time.Sleep(pause)
		}
	}
	must(tb, rows.Err())
	must(tb, rows.Close())
	if n != s.Rows {
		tb.Fatalf("%d rows, want %d", n, s.Rows)
	}
}
