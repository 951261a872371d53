package e6data_test

import (
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// untilStats waits for a state of the connector.
func untilStats(t *testing.T, c *e6data.Connector, what string, reached func(e6data.Stats) bool) {
	t.Helper()
	ctx := within(t, time.Minute)
	for !reached(c.Stats()) {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %+v", what, c.Stats())
		case <-time.After(time.Millisecond):
		}
	}
}

// While nobody reads, the results of a connector fetch ahead until prefetch_total
// lies ready, and each at least one batch. All are read to their ends, in whatever
// order.
func TestPrefetchTotal(t *testing.T) {
	t.Parallel()
	const results, batch, all = 8, 1000, 20
	const batchBytes = 9000 // 8 bytes and a null flag, about
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(all*batch, batch))
	db, c := openConnector(t, parseDSN(t, srv.DSN("prefetch_total=50000")))
	var open []*sql.Rows
	for range results {
		rows, err := db.QueryContext(t.Context(), "q")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		open = append(open, rows)
	}
	untilStats(t, c, "a batch for each", func(s e6data.Stats) bool { return s.BatchesAhead >= results })
	bounded := func() {
		t.Helper()
		// What is on its way is counted, too, as large as the batch before.
		if s := c.Stats(); s.BytesAhead > 50000+results*batchBytes {
			t.Errorf("%d bytes lie ready", s.BytesAhead)
		}
	}
	bounded()
	for i := range open {
		rows := open[len(open)-1-i]
		n := 0
		for ; rows.Next(); n++ {
			if n%batch == 0 {
				bounded()
			}
		}
		if n != all*batch || rows.Err() != nil {
			t.Errorf("%d rows, %v", n, rows.Err())
		}
	}
	if n := e6data.BytesCounted(c); n != 0 {
		t.Errorf("%d bytes are counted of results that are over", n)
	}
}

// What one result gives up others fetch ahead with.
func TestPrefetchTotalIsPassedOn(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(20*1000, 1000))
	db, c := openConnector(t, parseDSN(t, srv.DSN("prefetch_total=50000")))
	first, err := db.QueryContext(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	untilStats(t, c, "as much as there may be", func(s e6data.Stats) bool { return s.BytesAhead > 35000 })
	second, err := db.QueryContext(t.Context(), "q")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	untilStats(t, c, "one batch of the second", func(s e6data.Stats) bool { return s.BatchesAhead > 5 })
	before := c.Stats().BatchesAhead
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	untilStats(t, c, "more of the second", func(s e6data.Stats) bool { return s.BatchesAhead >= before-1 })
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if n := e6data.BytesCounted(c); n != 0 {
		t.Errorf("%d bytes are counted of results that are over", n)
	}
}

// Results that are closed, cancelled and read at the same time leave nothing
// counted.
func TestPrefetchTotalConcurrently(t *testing.T) {
	t.Parallel()
	srv := newUncheckedEngine(t, enginetest.Config{})
	srv.Handle("q", ids(20*1000, 1000))
	db, c := openConnector(t, parseDSN(t, srv.DSN("prefetch_total=20000")))
	var readers sync.WaitGroup
	for i := range 16 {
		readers.Go(func() {
			for j := range 5 {
				rows, err := db.QueryContext(t.Context(), "q")
				if err != nil {
					t.Error(err)
					return
				}
				for n := 0; n < (i+j)%20*1000 && rows.Next(); n++ {
				}
				if err := rows.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
	if n := e6data.BytesCounted(c); n != 0 {
		t.Errorf("%d bytes are counted of results that are over", n)
	}
}
