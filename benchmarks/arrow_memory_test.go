package benchmarks_test

import (
	"io"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/enginetest"
)

// TestPeakMemoryParquet writes ten million mixed rows as an IPC stream, and as a Parquet
// file. The limit is that of TestPeakMemory with some records, and for Parquet with a row group,
// which the writer encodes, compresses and holds until it ends, with garbage.
func TestPeakMemoryParquet(t *testing.T) {
	if testing.Short() {
		t.Skip("writes ten million rows")
	}
	const (
		prefetchBytes = 16 << 20 // the driver's default
		rowGroup      = 8 << 20  // of WriteParquet
		wanted        = 10_000_000
	)
	s := data.Mixed
	chunks := (wanted + data.ChunkRows - 1) / data.ChunkRows
	srv, err := enginetest.NewServer(enginetest.Config{MaxCalls: -1})
	must(t, err)
	defer srv.Close()
	srv.Handle(statement(s), result(s, chunks))
	db := openE6data(t, srv.Addr())
	limits := map[string]uint64{"IPC stream": uint64(3 * (prefetchBytes + 8*len(s.Chunk(0)))), "Parquet": uint64(3 * (prefetchBytes + 4*rowGroup + len(s.Chunk(0))))}
	for _, format := range []struct {
		name  string
		write func(w io.Writer, r *arrowe6data.Reader) (int64, error)
	}{
		{"IPC stream", func(w io.Writer, r *arrowe6data.Reader) (int64, error) { return arrowe6data.WriteIPCStream(w, r) }},
		{"Parquet", func(w io.Writer, r *arrowe6data.Reader) (int64, error) {
			return arrowe6data.WriteParquet(w, r, parquet.WithCompression(compress.Codecs.Snappy))
		}},
	} {
		start, limit := time.Now(), limits[format.name]
		var out counter
		grown := heapGrowth(func() {
			r, err := arrowe6data.Query(t.Context(), db, statement(s), arrowe6data.WithZones())
			must(t, err)
			defer r.Release()
			if rows, err := format.write(&out, r); err != nil || rows != int64(chunks*data.ChunkRows) {
				t.Errorf("%s: %d rows, %v", format.name, rows, err)
			}
		})
		t.Logf("%s: %d rows, %.0f MiB in %v; the heap grew by %.1f MiB, the limit is %.1f MiB",
			format.name, chunks*data.ChunkRows, mib(uint64(out)), time.Since(start).Round(time.Millisecond), mib(grown), mib(limit))
		if grown >= limit {
			t.Errorf("%s: the heap grew by %.1f MiB, want less than %.1f MiB", format.name, mib(grown), mib(limit))
		}
	}
}

// counter counts the bytes that are written to it.
type counter uint64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
