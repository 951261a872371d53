//go:build arrow

package output

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/thriftrows"
)

// readRecords reads a file in one of the formats of Arrow.
func readRecords(t testing.TB, format string, b []byte) ([]arrow.RecordBatch, error) {
	t.Helper()
	if format == "arrow" {
		r, err := ipc.NewFileReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		records := make([]arrow.RecordBatch, r.NumRecords())
		for i := range records {
			if records[i], err = r.RecordBatchAt(i); err != nil {
				return nil, err
			}
		}
		return records, r.Close()
	}
	f, err := file.NewParquetReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	r, err := pqarrow.NewFileReader(f, pqarrow.ArrowReadProperties{BatchSize: 1 << 20}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	reader, err := r.GetRecordReader(t.Context(), nil, nil)
	if err != nil {
		return nil, err
	}
	var records []arrow.RecordBatch
	for reader.Next() {
		rec := reader.RecordBatch()
		rec.Retain()
		records = append(records, rec)
	}
	if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return records, f.Close()
}

// The records that a reader of the file returns are those of package arrowe6data.
func TestArrowFormats(t *testing.T) {
	t.Parallel()
	for _, c := range loadGolden(t) {
		if len(c.Columns) == 0 || c.Name == "meta_names_modified_utf8" { // Parquet has no name with U+0000
			continue
		}
		r := result{columnsOf(&c), c.Chunk}
		for format := range arrowFormats {
			text := render(t, format, Options{}, r)
			got, err := readRecords(t, format, []byte(text))
			if err != nil {
				t.Fatalf("%s as %s: %v", c.Name, format, err)
			}
			var want []arrow.RecordBatch
			if c.RowCount > 0 {
				columns := columnsOf(&c)
				names := make([]string, len(columns))
				for i := range columns {
					names[i] = columns[i].Name
				}
				for i, name := range uniqueNames(names) {
					columns[i].Name = name
				}
				converter, err := arrowe6data.NewConverter(columns, arrowe6data.WithPlainNested())
				if err != nil {
					t.Fatal(err)
				}
				batch := firstBatch(t, r)
				if err := converter.Settle(batch); err != nil {
					t.Fatal(err)
				}
				rec, err := converter.Record(batch)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, rec)
			}
			if len(got) != len(want) {
				t.Fatalf("%s as %s: %d records, want %d", c.Name, format, len(got), len(want))
			}
			for i := range want {
				if !array.RecordApproxEqual(got[i], want[i], array.WithNaNsEqual(true), array.WithAbsTolerance(0)) {
					t.Errorf("%s as %s: %v, want %v", c.Name, format, got[i], want[i])
				}
			}
		}
	}
}

// After an error no reader accepts the file.
func TestIncompleteArrow(t *testing.T) {
	t.Parallel()
	r := texts(t, []string{"a", "a"}, []any{"x", "y"})
	for format := range arrowFormats {
		text := renderEnd(t, format, Options{}, r, Summary{Err: io.ErrUnexpectedEOF})
		if records, err := readRecords(t, format, []byte(text)); err == nil {
			t.Errorf("%s: %d records of an incomplete file", format, len(records))
		}
		out := &failing{left: 20}
		w, err := New(format, out, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := feed(w, r, Summary{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want %v", format, err, errFull)
		}
		if err := w.End(Summary{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want %v", format, err, errFull)
		}
		w, _ = New(format, io.Discard, Options{})
		if err := w.End(Summary{}); err != nil {
			t.Errorf("%s without columns: %v", format, err)
		}
		if _, err := New(format, io.Discard, Options{Terminal: true}); err == nil {
			t.Errorf("%s in a terminal was accepted", format)
		}
	}
}

// Columns of the same name get different names, and the row groups of a long result are
// bounded.
func TestParquetRowGroups(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, err := New("parquet", &out, Options{})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{"id", "id"}
	const batches, rows = 12, 1000
	if err := w.Begin([]thriftrows.Column{{Name: "id", Type: "STRING"}, {Name: "id", Type: "STRING"}}); err != nil {
		t.Fatal(err)
	}
	for range batches {
		var values [][]any
		for range rows {
			text := make([]byte, 1000)
			for i := range text {
				text[i] = byte(' ' + random.IntN(90))
			}
			values = append(values, []any{string(text), nil})
		}
		if err := w.Write(firstBatch(t, texts(t, names, values...))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(Summary{}); err != nil {
		t.Fatal(err)
	}
	f, err := file.NewParquetReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.NumRows() != batches*rows || f.NumRowGroups() < 2 {
		t.Errorf("%d rows in %d groups", f.NumRows(), f.NumRowGroups())
	}
	if name := f.MetaData().Schema.Column(1).Name(); name != "id_2" {
		t.Errorf("the second column is %q", name)
	}
}
