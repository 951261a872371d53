//go:build cgo

package emulator_test

import (
	"database/sql"
	"slices"
	"testing"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

// read runs a query and returns its numbers, and whether they came from the cache.
func read(t *testing.T, db *sql.DB, query string, args ...any) (out []int64, cached bool) {
	t.Helper()
	info := e6data.QueryInfo{Analyze: true}
	rows, err := db.Query(query, append(args, e6data.CaptureQuery(&info))...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	return out, info.State().Analysis.Cached
}

func TestCache(t *testing.T) {
	t.Parallel()
	for _, cfg := range []enginetest.Config{{}, {DisableV2: true}} {
		srv, db := start(t, emulator.Config{Raw: true, Cache: true, BatchRows: 100, Engine: cfg}, "params=server")
		exec(t, db, "CREATE TABLE numbers AS SELECT i FROM range(1000) t(i)")
		const query = "SELECT i FROM numbers WHERE i < ? ORDER BY i"
		check := func(when string, arg, want int, fromCache bool, opts ...any) {
			t.Helper()
			got, cached := read(t, db, query, append([]any{arg}, opts...)...)
			if len(got) != want || cached != fromCache || !slices.IsSorted(got) {
				t.Errorf("%s: %d rows, from the cache: %v", when, len(got), cached)
			}
		}
		check("at first", 950, 950, false)
		check("again", 950, 950, true)
		check("another argument", 20, 20, false)
		check("the first one", 950, 950, true)
		check("a client that takes none", 950, 950, false, e6data.NoCache())
		exec(t, db, "INSERT INTO numbers VALUES (-1)")
		check("after a change", 950, 951, false)
		check("and again", 950, 951, true)
		if _, err := open(t, srv, "catalog=demo").Query("SELECT 1"); err == nil {
			t.Error("there is no such catalog")
		}
		for _, volatile := range []string{"SELECT hash(random()) >> 1", "SELECT (hash(\"uuid\"()) >> 1)::BIGINT"} {
			for range 2 {
				if _, cached := read(t, db, volatile); cached {
					t.Errorf("%s came from the cache", volatile)
				}
			}
		}
		const large = "SELECT i FROM range(130000) t(i)"
		for range 2 {
			if got, cached := read(t, db, large); len(got) != 130000 || cached {
				t.Errorf("%d rows, from the cache: %v", len(got), cached)
			}
		}
	}
}
