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
		"SELECT id FROM events WHERE id < 5000 order /* */ by id":                                   true,
		"SELECT id FROM events WHERE kind <> ')' AND id < 5000 ORDER BY id":                         true,
	} {
		plain := texts(t, emulator.Config{Demo: true, Threads: 1}, query)
		mixed := texts(t, emulator.Config{Demo: true, Threads: 1, Shuffle: 7}, query)
		again := texts(t, emulator.Config{Demo: true, Threads: 1, Shuffle: 7}, query)
		other := texts(t, emulator.Config{Demo: true, Threads: 1, Shuffle: 8}, query)
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
