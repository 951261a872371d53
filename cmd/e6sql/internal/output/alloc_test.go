package output

import (
	"flag"
	"fmt"
	"io"
	"math/big"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

var manyRows = flag.Int("rows", 20_000, "rows that TestConstantMemory writes")

// benchColumns are the ten columns of a usual result.
var benchColumns = []thriftrows.Column{
	{Name: "id", Type: "LONG"}, {Name: "quantity", Type: "INTEGER"}, {Name: "ratio", Type: "DOUBLE"}, {Name: "price", Type: "DECIMAL(12,2)"},
	{Name: "name", Type: "STRING"}, {Name: "comment", Type: "STRING"}, {Name: "status", Type: "STRING"}, {Name: "active", Type: "BOOLEAN"},
	{Name: "day", Type: "DATE"}, {Name: "at", Type: "TIMESTAMP"},
}

// benchRows is the number of rows of a chunk, as engines send it.
const benchRows = 8192

// benchChunk returns a chunk of benchColumns. One value of eight is NULL in some columns,
// and some texts need quotes.
func benchChunk(tb testing.TB, rows int) []byte {
	tb.Helper()
	values := make([][]any, len(benchColumns))
	for i := range rows {
		n := int64(i)
		at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 1234567 * time.Microsecond)
		comment := any(fmt.Sprintf("carefully final deposits %d, \"quick\"", i))
		if i%4 != 0 {
			comment = fmt.Sprintf("carefully final deposits detect slyly %d", i)
		}
		row := []any{n << 20, n % 50, float64(i) * 0.37, new(big.Rat).SetFrac64(n*37+1, 100).FloatString(2),
			fmt.Sprintf("Customer#%09d", i), comment, []any{"OPEN", "CLOSED"}[i%2], i%3 == 0,
			at.Truncate(24 * time.Hour), at}
		if i%8 == 3 {
			row[2], row[5] = nil, nil
		}
		for k := range row {
			values[k] = append(values[k], row[k])
		}
	}
	vectors := make([]thriftrows.Vector, len(benchColumns))
	for i, c := range benchColumns {
		typ, _ := thriftrows.ParseType(c.Type)
		scale := int32(0)
		if typ == thriftrows.Decimal128 {
			scale = 2
		}
		var err error
		if vectors[i], err = thriftrows.NewVector(typ, scale, values[i]); err != nil {
			tb.Fatal(err)
		}
	}
	chunk, err := thriftrows.AppendChunk(nil, rows, vectors)
	if err != nil {
		tb.Fatal(err)
	}
	return chunk
}

// streaming are the formats that need the same memory for any result.
var streaming = []string{"csv", "tsv", "json", "jsonl", "markdown", "html", "vertical"}

// Once the buffers have their size, a streaming format does not allocate.
func TestNoAllocations(t *testing.T) {
	const rows = 1000
	chunk := benchChunk(t, rows)
	for _, format := range streaming {
		w, err := New(format, io.Discard, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Begin(benchColumns); err != nil {
			t.Fatal(err)
		}
		batch := firstBatch(t, result{benchColumns, chunk})
		allocs := testing.AllocsPerRun(5, func() {
			if err := w.Write(batch); err != nil {
				t.Fatal(err)
			}
		})
		if allocs > 0 {
			t.Errorf("%s: %v allocations for %d rows", format, allocs, rows)
		}
	}
}

// TestConstantMemory compares the memory in use after a few rows and after many. With
// -rows 5000000 it is the acceptance test of the shell.
func TestConstantMemory(t *testing.T) {
	chunk := benchChunk(t, benchRows)
	for _, format := range streaming {
		w, err := New(format, io.Discard, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Begin(benchColumns); err != nil {
			t.Fatal(err)
		}
		var decoded thriftrows.Chunk
		batch := thriftrows.NewBatch(nil, nil)
		written := 0
		write := func() {
			if err := decoded.Decode(chunk, len(benchColumns)); err != nil {
				t.Fatal(err)
			}
			for batch.Reset(&decoded); batch.Next(); written += batch.NumRows() {
				if err := w.Write(batch); err != nil {
					t.Fatal(err)
				}
			}
		}
		inUse := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapInuse
		}
		write()
		before := inUse()
		for written < *manyRows {
			write()
		}
		after := inUse()
		runtime.KeepAlive(w)
		if after > before+1<<20 {
			t.Errorf("%s: %d bytes in use after %d rows, and %d after %d", format, before, benchRows, after, written)
		}
		t.Logf("%s: %d rows, %.1f MB in use", format, written, float64(after)/1e6)
	}
}

// After a very long value the buffer is small again.
func TestLongValueIsReleased(t *testing.T) {
	t.Parallel()
	s := &sink{w: io.Discard}
	s.buf = append(s.buf, slices.Repeat([]byte{'x'}, 3*keepAt)...)
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	if cap(s.buf) > keepAt {
		t.Errorf("a buffer of %d bytes is kept", cap(s.buf))
	}
}
