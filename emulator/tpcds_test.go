//go:build cgo

package emulator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/emulator"
)

// Queries with the shapes of TPC-DS, in e6data's dialect, have the answers that DuckDB gives without
// driver and emulator. A query whose text means something else in DuckDB has one for DuckDB, too.
func TestTPCDSQueriesEqualDuckDB(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	schema := read("testdata/tpcds/schema.sql")
	ref := newReference(t)
	if _, err := ref.rows(schema); err != nil {
		t.Fatal(err)
	}
	_, db := start(t, emulator.Config{Init: schema})
	files, err := filepath.Glob("testdata/tpcds/[0-9][0-9].sql")
	if err != nil || len(files) != 29 {
		t.Fatalf("%d queries, want 29: %v", len(files), err)
	}
	for _, path := range files {
		query := read(path)
		own := query
		if variant := strings.TrimSuffix(path, ".sql") + ".duckdb.sql"; exists(variant) {
			own = read(variant)
		}
		got := compareQuery(t, db, ref, filepath.Base(path), query, own)
		// A count or a sum of nothing says as little as no rows.
		if len(got) == 0 || len(got) == 1 && !slices.ContainsFunc(got[0], func(v any) bool { return v != nil && fmt.Sprint(v) != "0" }) {
			t.Errorf("%s: the answer is empty: %v", path, got)
		}
		t.Logf("%s: %d rows", path, len(got))
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
