package output

import (
	"context"
	"database/sql"
	"encoding/csv"
	"io"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// benchChunks is the number of chunks of a benchmark's result: 409,600 rows.
const benchChunks = 50

// benchPool opens a pool on an engine that answers q with benchColumns.
func benchPool(b *testing.B) *sql.DB {
	b.Helper()
	srv, err := enginetest.NewServer(enginetest.Config{MaxCalls: -1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(srv.Close)
	r := enginetest.NewResult()
	for _, c := range benchColumns {
		r.Column(c.Name, c.Type)
	}
	chunk := benchChunk(b, benchRows)
	srv.Handle("q", r.RowCount(benchChunks*benchRows).ChunkFunc(func(i int) []byte {
		if i >= benchChunks {
			return nil
		}
		return chunk
	}))
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// BenchmarkResult reads the same result from an engine on loopback and writes it: with the
// writers of this package, and with rows of database/sql and encoding/csv. rows reads the
// rows and writes nothing. Compare the rows a second of one run.
func BenchmarkResult(b *testing.B) {
	db := benchPool(b)
	b.Run("rows", func(b *testing.B) { benchRowReader(b, db, func([]sql.RawBytes) error { return nil }) })
	b.Run("scan", func(b *testing.B) { benchScan(b, db) })
	b.Run("encoding-csv", func(b *testing.B) {
		w := csv.NewWriter(io.Discard)
		record := make([]string, len(benchColumns))
		benchRowReader(b, db, func(values []sql.RawBytes) error {
			for i, v := range values {
				record[i] = string(v)
			}
			return w.Write(record)
		})
	})
	for _, format := range streaming {
		b.Run(format, func(b *testing.B) { benchWriter(b, db, format) })
	}
}

func reportRows(b *testing.B, rows int) {
	b.Helper()
	if rows != b.N*benchChunks*benchRows {
		b.Fatalf("%d rows in %d runs", rows, b.N)
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// benchRowReader scans rows into bytes and calls f for each.
func benchRowReader(b *testing.B, db *sql.DB, f func([]sql.RawBytes) error) {
	values := make([]sql.RawBytes, len(benchColumns))
	dest := make([]any, len(values))
	for i := range dest {
		dest[i] = &values[i]
	}
	benchQuery(b, db, dest, func() error { return f(values) })
}

// benchScan scans rows into the types of the columns.
func benchScan(b *testing.B, db *sql.DB) {
	dest := []any{
		new(int64), new(int64), new(sql.NullFloat64), new(string), new(string), new(sql.NullString), new(string), new(bool),
		new(sql.NullTime), new(sql.NullTime),
	}
	benchQuery(b, db, dest, func() error { return nil })
}

func benchQuery(b *testing.B, db *sql.DB, dest []any, f func() error) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		rows, err := db.Query("q")
		if err != nil {
			b.Fatal(err)
		}
		for ; rows.Next(); n++ {
			if err := rows.Scan(dest...); err != nil {
				b.Fatal(err)
			}
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			b.Fatal(err)
		}
	}
	reportRows(b, n)
}

func benchWriter(b *testing.B, db *sql.DB, format string) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		err := e6data.UseConn(context.Background(), db, func(c *e6data.Conn) error {
			batches, err := c.Query(context.Background(), "q")
			if err != nil {
				return err
			}
			defer func() { _ = batches.Close() }()
			w, err := New(format, io.Discard, Options{})
			if err != nil {
				return err
			}
			if err := w.Begin(batches.Columns()); err != nil {
				return err
			}
			for ; batches.Next(); n += batches.Batch().NumRows() {
				if err := w.Write(batches.Batch()); err != nil {
					return err
				}
			}
			return batches.Err()
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	reportRows(b, n)
}

// BenchmarkWrite writes one batch.
func BenchmarkWrite(b *testing.B) {
	chunk := benchChunk(b, benchRows)
	for _, format := range streaming {
		b.Run(format, func(b *testing.B) {
			w, err := New(format, io.Discard, Options{})
			if err != nil {
				b.Fatal(err)
			}
			if err := w.Begin(benchColumns); err != nil {
				b.Fatal(err)
			}
			batch := firstBatch(b, result{benchColumns, chunk})
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Write(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*benchRows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*benchRows), "ns/row")
		})
	}
}
