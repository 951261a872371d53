//go:build cgo

package emulator_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/e6data/e6data-go/emulator"
)

// texts reads a result, a text for each row.
func texts(t *testing.T, cfg emulator.Config, query string) (out []string) {
	t.Helper()
	_, db := start(t, cfg, "catalog=demo")
	rows, err := cells(db, query)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		out = append(out, fmt.Sprintf("%q", row))
	}
	return out
}

func TestShuffle(t *testing.T) {
	t.Parallel()
	for query, ordered := range map[string]bool{
		"SELECT * FROM events WHERE id <= 5000":                                                     false,
		"SELECT id FROM (SELECT id FROM events WHERE id < 5000 ORDER BY id) AS e /* ORDER BY id */": false,
		"SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS \"ORDER\" FROM events WHERE id < 3000":       false,
		"SELECT * FROM types CROSS JOIN (SELECT id AS n FROM events WHERE id < 5) AS e":             false,
		"SELECT * FROM types CROSS JOIN (SELECT id AS n FROM events WHERE id < 520) AS e":           false,
		"SELECT id FROM events WHERE id < 5000 order /* */ by id":                                   true,
		"SELECT id FROM events WHERE kind <> ')' AND id < 5000 ORDER BY id":                         true,
	} {
		plain := texts(t, emulator.Config{Demo: true}, query)
		mixed := texts(t, emulator.Config{Demo: true, Shuffle: 7}, query)
		again := texts(t, emulator.Config{Demo: true, Shuffle: 7}, query)
		other := texts(t, emulator.Config{Demo: true, Shuffle: 8}, query)
		if got := slices.Equal(plain, mixed); got != ordered {
			t.Errorf("%s: in the same order: %v", query, got)
		}
		if got := slices.Equal(mixed, other); got != ordered {
			t.Errorf("%s: another seed has the same order: %v", query, got)
		}
		if !slices.Equal(mixed, again) {
			t.Errorf("%s: the same seed has another order", query)
		}
		slices.Sort(plain)
		slices.Sort(mixed)
		if !slices.Equal(plain, mixed) {
			t.Errorf("%s: other rows", query)
		}
	}
}

// The order of a seed does not depend on DuckDB's threads, which return groups in any order.
func TestShuffleDoesNotDependOnThreads(t *testing.T) {
	t.Parallel()
	const query = "SELECT id % 20000 AS n, COUNT(*) AS c, SUM(user_id) AS s FROM events GROUP BY 1"
	want := texts(t, emulator.Config{Demo: true, Threads: 1, Shuffle: 7}, query)
	for _, threads := range []int{2, 4} {
		if got := texts(t, emulator.Config{Demo: true, Threads: threads, Shuffle: 7}, query); len(got) != 20000 || !slices.Equal(got, want) {
			t.Errorf("%d threads: %d rows in another order", threads, len(got))
		}
	}
}

// ids returns the integers of a result's first column.
func ids(t *testing.T, cfg emulator.Config, query string) (out []int64) {
	t.Helper()
	_, db := start(t, cfg, "catalog=demo")
	rows, err := cells(db, query)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		out = append(out, row[0].(int64))
	}
	return out
}

// Rows move through the whole result, and equal rows do not stay together.
func TestShuffleGoesFurtherThanAChunk(t *testing.T) {
	t.Parallel()
	const chunk = 2048
	all := ids(t, emulator.Config{Demo: true, Shuffle: 7}, "SELECT id FROM events")
	if len(all) != allEvents {
		t.Fatalf("%d rows", len(all))
	}
	for from := 0; from < len(all); from += chunk {
		part := slices.Clone(all[from:min(from+chunk, len(all))])
		slices.Sort(part)
		if span := part[len(part)-1] - part[0]; span < allEvents/2 {
			t.Errorf("the %d rows from %d on have ids from %d to %d", len(part), from, part[0], part[len(part)-1])
		}
	}
	changes := 0
	digits := ids(t, emulator.Config{Demo: true, Shuffle: 7}, "SELECT id % 2 AS n FROM events")
	for i := range digits[1:] {
		if digits[i] != digits[i+1] {
			changes++
		}
	}
	if changes < allEvents/3 {
		t.Errorf("%d changes in %d rows of two values", changes, len(digits))
	}
}

// A result that is larger than a window of 65,536 rows has each of its rows once.
func TestShuffleOfALargeResult(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"rows":  "SELECT a.id * 2 + b.n AS n FROM events AS a CROSS JOIN (VALUES (0), (1)) AS b(n)",
		"bytes": "SELECT id AS n, REPEAT('long text ', 100) || id AS text FROM events WHERE id <= 25000",
	} {
		got := ids(t, emulator.Config{Demo: true, Shuffle: 7}, query)
		if slices.IsSorted(got) {
			t.Errorf("%s: in order", name)
		}
		slices.Sort(got)
		if n := len(got); n < 25000 || len(slices.Compact(got)) != n {
			t.Errorf("%s: %d rows, not all different", name, n)
		}
	}
}
