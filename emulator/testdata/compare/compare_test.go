// Package compare has benchmarks of the emulator beside DuckDB's own database/sql driver. It
// is a module of its own, so that nobody who uses the emulator downloads that driver. Its
// versions of DuckDB must be the emulator's.
//
//	go test -bench . ./...
package compare

import (
	"database/sql"
	"slices"
	"testing"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	_ "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
)

// databases opens the databases that are compared. Both have two threads.
var databases = map[string]func(b *testing.B) (*sql.DB, error){
	"emulator": func(b *testing.B) (*sql.DB, error) {
		return sql.Open("e6data", emulator.Start(b, emulator.Config{Raw: true, Threads: 2}).DSN())
	},
	"duckdb-go": func(*testing.B) (*sql.DB, error) {
		connector, err := duckdb.NewConnector("?threads=2", nil)
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(connector), nil
	},
}

// each runs a benchmark with each database.
func each(b *testing.B, f func(b *testing.B, db *sql.DB)) {
	for _, name := range []string{"emulator", "duckdb-go"} {
		b.Run(name, func(b *testing.B) {
			db, err := databases[name](b)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = db.Close() })
			f(b, db)
		})
	}
}

// BenchmarkSmallQuery is a query of one row with an argument.
func BenchmarkSmallQuery(b *testing.B) {
	each(b, func(b *testing.B, db *sql.DB) {
		if _, err := db.Exec("CREATE TABLE items AS SELECT 7 AS id, 'tea' AS name"); err != nil {
			b.Fatal(err)
		}
		var took []time.Duration
		for b.Loop() {
			began := time.Now()
			var id int
			if err := db.QueryRow("SELECT id FROM items WHERE name = ?", "tea").Scan(&id); err != nil || id != 7 {
				b.Fatal(id, err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	})
}

// BenchmarkMillionMixedRows reads a million rows of seven types.
func BenchmarkMillionMixedRows(b *testing.B) {
	const mixed = `SELECT i, i::INTEGER % 1000 AS n, i * 0.25::DOUBLE AS d, (i % 100000)::DECIMAL(10,2) AS price,
		'customer ' || i AS name, DATE '2024-01-01' + (i % 365)::INTEGER AS day, i % 3 = 0 AS flag FROM range(1000000) t(i)`
	each(b, func(b *testing.B, db *sql.DB) {
		for b.Loop() {
			rows, err := db.Query(mixed)
			if err != nil {
				b.Fatal(err)
			}
			var v [7]any
			n := 0
			for ; rows.Next(); n++ {
				if err := rows.Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6]); err != nil {
					b.Fatal(err)
				}
			}
			if err := rows.Close(); err != nil || n != 1_000_000 {
				b.Fatal(n, err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "Mrows/s")
	})
}
