//go:build cgo

package emulator_test

import (
	"database/sql"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/emulator/internal/tpch"
)

// The 22 queries of TPC-H, in e6data's dialect, have the answers that DuckDB gives to its own texts
// of them. Empty results at the smallest scale are checked at a larger one.
func TestTPCHQueriesEqualDuckDB(t *testing.T) {
	t.Parallel()
	scales := []string{"0.01", "0.1"}
	if testing.Short() {
		scales = scales[:1]
	}
	for _, scale := range scales {
		t.Run(scale, func(t *testing.T) {
			t.Parallel()
			ref := newReference(t)
			err := tpch.Generate(ref.db, func() error {
				_, err := ref.rows("CALL dbgen(sf = " + scale + ")")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			factor, _ := strconv.ParseFloat(scale, 64)
			_, db := start(t, emulator.Config{Scale: factor}, "catalog=tpch")
			for n := 1; n <= 22; n++ {
				compareTPCH(t, db, ref, n)
			}
		})
	}
}

func compareTPCH(t *testing.T, db *sql.DB, ref *reference, n int) {
	t.Helper()
	texts, err := ref.rows(fmt.Sprintf("SELECT query FROM tpch_queries() WHERE query_nr = %d", n))
	if err != nil {
		t.Fatal(err)
	}
	own := strings.TrimRight(*texts[0][0], "; \n")
	query, err := os.ReadFile(fmt.Sprintf("testdata/tpch/%02d.sql", n))
	if err != nil {
		t.Fatal(err)
	}
	compareQuery(t, db, ref, fmt.Sprintf("query %d", n), string(query), own)
}

// compareQuery holds the answer to a query against DuckDB's answer to its own text of it. It
// returns the answer.
func compareQuery(t *testing.T, db *sql.DB, ref *reference, name, query, own string) [][]any {
	t.Helper()
	if _, err := ref.rows("CREATE OR REPLACE TABLE answer AS " + own); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	want, err := ref.rows("SELECT COLUMNS(*)::VARCHAR FROM answer")
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	got, err := cells(db, query)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return got
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", name, len(got), len(want))
		return got
	}
	for i := range want {
		for c := range want[i] {
			if len(got[i]) != len(want[i]) || !sameCell(got[i][c], want[i][c]) {
				t.Errorf("%s, row %d, column %d: %v, want %v", name, i, c, got[i], shown(want[i][c]))
				return got
			}
		}
	}
	return got
}

// cells reads a result.
func cells(db *sql.DB, query string) (out [][]any, err error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		values, pointers := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			pointers[i] = &values[i]
		}
		if err := rows.Scan(pointers...); err != nil {
			return nil, err
		}
		out = append(out, values)
	}
	return out, rows.Err()
}

// sameCell compares a value of the driver's with DuckDB's text. Sums of floats depend on the order in
// which threads add them up.
func sameCell(v any, text *string) bool {
	if v == nil || text == nil {
		return v == nil && text == nil
	}
	switch v := v.(type) {
	case float64:
		want, err := strconv.ParseFloat(*text, 64)
		return err == nil && math.Abs(v-want) <= 1e-9*math.Abs(want)
	case time.Time:
		return strings.TrimSuffix(v.Format(time.DateTime), " 00:00:00") == strings.TrimSuffix(*text, " 00:00:00")
	}
	return fmt.Sprint(v) == *text
}

// shown returns DuckDB's text, or NULL.
func shown(text *string) string {
	if text == nil {
		return "NULL"
	}
	return *text
}
