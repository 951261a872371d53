//go:build cgo

package emulator_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/enginetest"
)

// mixed is a query of a million rows of seven types.
const mixed = `SELECT i, i::INTEGER % 1000 AS n, i * 0.25::DOUBLE AS d, (i % 100000)::DECIMAL(10,2) AS price,
	'customer ' || i AS name, DATE '2024-01-01' + (i % 365)::INTEGER AS day, i % 3 = 0 AS flag FROM range(1000000) t(i)`

// BenchmarkOpen starts a server with a database of its own, and closes it: the first one opens
// DuckDB, the others take its instance.
func BenchmarkOpen(b *testing.B) { benchmarkOpen(b, emulator.Config{}) }

// BenchmarkOpenRaw starts a server whose database is not kept for the next one.
func BenchmarkOpenRaw(b *testing.B) { benchmarkOpen(b, emulator.Config{Raw: true}) }

func benchmarkOpen(b *testing.B, cfg emulator.Config) {
	for b.Loop() {
		srv, err := emulator.New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		srv.Close()
	}
}

// BenchmarkOpenOfDuckDB opens and closes DuckDB alone.
func BenchmarkOpenOfDuckDB(b *testing.B) {
	for b.Loop() {
		var db duckdb.Database
		if duckdb.Open(":memory:", &db) == duckdb.StateError {
			b.Fatal("DuckDB does not open")
		}
		duckdb.Close(&db)
	}
}

// BenchmarkDatabasePerTest measures a small test: a server, a table, a query.
func BenchmarkDatabasePerTest(b *testing.B) {
	for b.Loop() {
		srv, err := emulator.New(emulator.Config{})
		if err != nil {
			b.Fatal(err)
		}
		db, err := sql.Open("e6data", srv.DSN())
		if err != nil {
			b.Fatal(err)
		}
		exec(b, db, "CREATE TABLE items (id INT)")
		exec(b, db, "INSERT INTO items VALUES (1)")
		var n int
		if err := db.QueryRow("SELECT COUNT(*) FROM items").Scan(&n); err != nil || n != 1 {
			b.Fatal(n, err)
		}
		_ = db.Close()
		srv.Close()
	}
}

// BenchmarkCancel measures the time from the end of a query's context to the end of the call.
// DuckDB has stopped then.
func BenchmarkCancel(b *testing.B) {
	srv, db := start(b, emulator.Config{Raw: true})
	var took []time.Duration
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		before, done := srv.Stats().Executed, make(chan struct{})
		go func() {
			defer close(done)
			_, _ = db.ExecContext(ctx, endless) // its error is that of ctx
		}()
		if err := srv.Wait(b.Context(), func(s enginetest.Stats) bool { return s.Executed > before }); err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		cancel()
		if err := srv.WaitBalanced(b.Context()); err != nil {
			b.Fatal(err)
		}
		<-done
		took = append(took, time.Since(began))
	}
	reportLatency(b, took)
}

// BenchmarkSmallQuery is a query of one row, from sql.DB to DuckDB and back.
func BenchmarkSmallQuery(b *testing.B) {
	_, db := start(b, emulator.Config{})
	exec(b, db, "CREATE TABLE items AS SELECT 7 AS id, 'tea' AS name")
	smallQueries(b, db)
}

// smallQueries measures a query of one row, whose latency it reports, too.
func smallQueries(b *testing.B, db *sql.DB) {
	b.Helper()
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		var id int
		if err := db.QueryRow("SELECT id FROM items WHERE name = ?", "tea").Scan(&id); err != nil || id != 7 {
			b.Fatal(id, err)
		}
		took = append(took, time.Since(began))
	}
	reportLatency(b, took)
}

// reportLatency reports the median and the largest of some times.
func reportLatency(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "ms-max")
}

// BenchmarkSmallQueryOfDuckDB is the same query in DuckDB alone.
func BenchmarkSmallQueryOfDuckDB(b *testing.B) {
	ref := newReference(b)
	if _, err := ref.rows("CREATE TABLE items AS SELECT 7 AS id, 'tea' AS name"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := ref.rows("SELECT id::VARCHAR FROM items WHERE name = 'tea'"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMillionMixedRows reads a million rows of seven columns through database/sql.
func BenchmarkMillionMixedRows(b *testing.B) {
	_, db := start(b, emulator.Config{Raw: true})
	millionRows(b, db)
}

func millionRows(b *testing.B, db *sql.DB) {
	b.Helper()
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
}

// BenchmarkMillionMixedRowsInBatches reads the same rows batch by batch, with no value boxed.
func BenchmarkMillionMixedRowsInBatches(b *testing.B) {
	_, db := start(b, emulator.Config{Raw: true})
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	for b.Loop() {
		err := e6data.UseConn(b.Context(), conn, func(c *e6data.Conn) error { return readBatches(b.Context(), c) })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "Mrows/s")
}

func readBatches(ctx context.Context, c *e6data.Conn) error {
	batches, err := c.Query(ctx, mixed)
	if err != nil {
		return err
	}
	defer batches.Close()
	for batches.Next() {
	}
	return batches.Err()
}

// BenchmarkMillionMixedRowsOfDuckDB has DuckDB compute the same rows, and reads none of their values.
func BenchmarkMillionMixedRowsOfDuckDB(b *testing.B) {
	ref := newReference(b, "SET threads = 2")
	for b.Loop() {
		var res duckdb.Result
		if duckdb.Query(ref.conn, mixed, &res) == duckdb.StateError {
			b.Fatal(duckdb.ResultError(&res))
		}
		for {
			chunk := duckdb.FetchChunk(res)
			if chunk.Ptr == nil {
				break
			}
			duckdb.DestroyDataChunk(&chunk)
		}
		duckdb.DestroyResult(&res)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "Mrows/s")
}
