package chaos

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/strategy"
)

// Without disturbances a query makes its own calls and no others.
func TestSteadyStateAddsNoCall(t *testing.T) {
	const queries = 8
	st := statement{id: 1, rows: 2500, batch: 1000, twice: -1}
	for _, test := range []struct {
		params  string
		fetch   string
		fetches int // calls with rows and, in V1, the one that ends the result
	}{
		{"", "/QueryEngineService/getNextResultBatch", 4},
		{"prefetch_bytes=0", "/QueryEngineService/getNextResultBatch", 4},
		{"result_batch_v2=on", "/QueryEngineService/getNextResultBatchV2", 1},
		{"result_batch_v2=auto&catalog=lake", "/QueryEngineService/getNextResultBatchV2", 1},
	} {
		t.Run(test.params, func(t *testing.T) {
			srv := newServer(t, enginetest.Config{})
			srv.HandleFunc(serve)
			db, err := sql.Open("e6data", srv.DSN(test.params))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(1)
			for range queries {
				if wrong, err := rollingQuery(db, st); err != nil || wrong != "" {
					t.Fatal(err, wrong)
				}
			}
			balance(t, srv) // queries are cleared in the background
			want := map[string]int{
				"authenticate":       1,
				"prepareStatement":   queries,
				"executeStatement":   queries,
				"getResultMetadata":  queries,
				"clearOrCancelQuery": queries,
			}
			want[test.fetch] = test.fetches * queries
			total := 0
			for method, n := range want {
				total += n
				if got := srv.Count(method); got != n {
					t.Errorf("%d calls to %s, want %d", got, method, n)
				}
			}
			if got := srv.Stats().Calls; got != total {
				t.Errorf("%d calls in all, want %d: %v", got, total, srv.Calls())
			}
		})
	}
}

// steadyEntry returns an entry with a known colour.
func steadyEntry(tb testing.TB) *strategy.Entry {
	tb.Helper()
	e := strategy.NewCache().Entry(strategy.Key{Endpoint: "localhost:80"})
	_, err := e.Detect(context.Background(), time.Minute, func(context.Context, strategy.Color) error { return nil })
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// perQuery does the strategy work of a query: it reads the live colour once,
// and confirms it for each answer.
func perQuery(e *strategy.Entry, calls int) bool {
	s, ok := e.Current(5 * time.Minute)
	for range calls {
		e.Confirm(s)
	}
	return ok
}

const callsOfAQuery = 6

func TestStrategySteadyStateAllocatesNothing(t *testing.T) {
	e := steadyEntry(t)
	if n := testing.AllocsPerRun(1000, func() {
		if !perQuery(e, callsOfAQuery) {
			t.Fatal("the colour is not known")
		}
	}); n != 0 {
		t.Errorf("%v allocations per query", n)
	}
}

func BenchmarkStrategySteadyState(b *testing.B) {
	b.Run("alone", func(b *testing.B) {
		e := steadyEntry(b)
		b.ReportAllocs()
		for b.Loop() {
			perQuery(e, callsOfAQuery)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		e := steadyEntry(b)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				perQuery(e, callsOfAQuery)
			}
		})
	})
}
