package benchmarks_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/benchmarks/naive"
	"github.com/e6data/e6data-go/benchmarks/sqlfloor"
	"github.com/e6data/e6data-go/enginetest"
)

// BenchmarkEndToEnd runs a query through sql.DB on loopback and scans every row
// into typed variables. It compares that with fetching the same bytes without
// decoding them, and with scanning the same number of constants that are boxed
// once.
func BenchmarkEndToEnd(b *testing.B) {
	compareResults(b,
		competitor{"e6data", func(b *testing.B, s *data.Set) func() {
			return scanAll(b, openE6data(b, engine(b, s).Addr()), s, s.Rows)
		}},
		competitor{"drain", func(b *testing.B, s *data.Set) func() {
			return drainAll(b, engine(b, s).Addr(), s)
		}},
		competitor{"boxedfloor", func(b *testing.B, s *data.Set) func() {
			c, err := sqlfloor.NewBoxedConnector(s.Columns, s.Rows)
			must(b, err)
			return scanAll(b, openDB(b, c), s, s.Rows)
		}},
		competitor{"naive", func(b *testing.B, s *data.Set) func() {
			return scanAll(b, openDB(b, naive.NewConnector(engine(b, s).Addr())), s, s.Rows)
		}},
	)
}

// BenchmarkLatency5ms reads a whole result from another process with a round
// trip of 5 ms. It compares that with fetching the bytes only.
func BenchmarkLatency5ms(b *testing.B) {
	const roundTrip = 5 * time.Millisecond
	compareResults(b,
		competitor{"e6data", func(b *testing.B, s *data.Set) func() {
			return scanAll(b, openE6data(b, remote(b, s, roundTrip)), s, s.Rows)
		}},
		competitor{"drain", func(b *testing.B, s *data.Set) func() {
			return drainAll(b, remote(b, s, roundTrip), s)
		}},
	)
}

// BenchmarkFirstBatch20ms opens a connection with a round trip of 20 ms and
// waits for the first row, once of a batch of 2 MB and once of a batch of a few
// bytes. An empty result would be cleared at once, which takes another round
// trip. The benchmark reports the round trips of both and their difference
// (rtt-more).
func BenchmarkFirstBatch20ms(b *testing.B) {
	const (
		roundTrip  = 20 * time.Millisecond
		smallQuery = pointQuery
	)
	s := data.Wide
	for _, c := range []struct {
		name string
		open func(tb testing.TB, addr string) *sql.DB
	}{
		{"e6data", openE6data},
		{"naive", func(tb testing.TB, addr string) *sql.DB { return openDB(tb, naive.NewConnector(addr)) }},
	} {
		b.Run(s.Name+"/"+c.name, func(b *testing.B) {
			srv, err := enginetest.NewServer(enginetest.Config{MaxCalls: -1})
			must(b, err)
			defer srv.Close()
			srv.Handle(statement(s), result(s, 1))
			srv.Handle(smallQuery, enginetest.NewResult().Column("one", "LONG").Row(1))
			p := proxied(b, srv, roundTrip)
			first := func(query string) time.Duration {
				db := c.open(b, p.Addr())
				start := time.Now()
				rows, err := db.QueryContext(context.Background(), query)
				must(b, err)
				if !rows.Next() {
					b.Fatalf("%s: no row: %v", query, rows.Err())
				}
				took := time.Since(start)
				must(b, rows.Close())
				must(b, db.Close())
				return took
			}
			first(smallQuery) // finds the live colour
			var full, small time.Duration
			n := 0
			for b.Loop() {
				full += first(statement(s))
				small += first(smallQuery)
				n++
			}
			trips := float64(n) * float64(roundTrip)
			b.ReportMetric(float64(full)/trips, "rtt-2MB")
			b.ReportMetric(float64(small)/trips, "rtt-small")
			b.ReportMetric(float64(full-small)/trips, "rtt-more")
		})
	}
}

// TestCompetitorsAgree compares a chunk's rows from the driver and from the
// naive driver with the generated values.
func TestCompetitorsAgree(t *testing.T) {
	t.Parallel()
	for _, s := range data.Sets() {
		srv, err := enginetest.NewServer(enginetest.Config{})
		must(t, err)
		t.Cleanup(srv.Close)
		srv.Handle(statement(s), result(s, 1))
		for name, db := range map[string]*sql.DB{
			"e6data": openE6data(t, srv.Addr()),
			"naive":  openDB(t, naive.NewConnector(srv.Addr())),
			"chunks": openDB(t, chunkConnector(s, 0)),
		} {
			t.Run(s.Name+"/"+name, func(t *testing.T) { checkRows(t, db, s) })
		}
	}
}

func checkRows(t *testing.T, db *sql.DB, s *data.Set) {
	vectors := s.Vectors(0)
	rows, err := db.QueryContext(context.Background(), statement(s))
	must(t, err)
	defer rows.Close()
	values := make([]any, len(vectors))
	dest := make([]any, len(vectors))
	for i := range dest {
		dest[i] = &values[i]
	}
	row := 0
	for ; rows.Next(); row++ {
		must(t, rows.Scan(dest...))
		for k, got := range values {
			if want := data.Value(vectors[k], row); !same(got, want) {
				t.Fatalf("row %d, column %d: %v, want %v", row, k, got, want)
			}
		}
	}
	must(t, rows.Err())
	if row != data.ChunkRows {
		t.Errorf("%d rows, want %d", row, data.ChunkRows)
	}
}

func same(got, want driver.Value) bool {
	if want, ok := want.(time.Time); ok {
		got, ok := got.(time.Time)
		return ok && got.Equal(want) && got.Location().String() == want.Location().String()
	}
	return got == want
}
