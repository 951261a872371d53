package arrowe6data_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowcsv "github.com/apache/arrow-go/v18/arrow/csv"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// everyType handles a statement with a result of all types that files can have.
func everyType(t testing.TB, srv *enginetest.Server, query string, batches int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var columns []thriftrows.Column
	var scales []int32
	res := enginetest.NewResult()
	for _, word := range []string{
		"BOOLEAN", "INTEGER", "LONG", "FLOAT", "DOUBLE", "STRING", "BINARY", "DATE", "DATETIME", "TIMESTAMP",
		"TIMESTAMP_TZ", "INT96", "ARRAY", "MAP", "STRUCT", "NULL", "DECIMAL(38,10)", "DECIMAL(5,2)", "DECIMAL(18,0)",
	} {
		_, scale, _ := thriftrows.TypePrecisionScale(word)
		typ, _ := thriftrows.ParseType(word)
		columns = append(columns, thriftrows.Column{Name: strings.ToLower(word), Type: word})
		scales = append(scales, int32(scale))
		res.ColumnAs(strings.ToLower(word), word, typ, int32(scale))
	}
	for range batches {
		rows := 1 + r.IntN(500)
		vectors, err := randomVectors(r, columns, scales, rows)
		if err != nil {
			t.Fatal(err)
		}
		res.Vectors(rows, vectors...)
	}
	srv.Handle(query, res)
}

// write is one of the package's functions with the type of its options removed.
type write func(w io.Writer, r array.RecordReader) (int64, error)

var formats = map[string]struct {
	write write
	// read returns a reader of what was written. It is nil for CSV.
	read func(b []byte, mem memory.Allocator) (array.RecordReader, func(), error)
	// whole means that a reader finds out that the end is missing.
	whole, dictionaries bool
}{
	"Parquet": {
		write: func(w io.Writer, r array.RecordReader) (int64, error) {
			return arrowe6data.WriteParquet(w, r, parquet.WithCompression(compress.Codecs.Snappy))
		},
		read: readParquet, whole: true, dictionaries: true,
	},
	"IPC stream": {
		write: func(w io.Writer, r array.RecordReader) (int64, error) { return arrowe6data.WriteIPCStream(w, r) },
		read: func(b []byte, mem memory.Allocator) (array.RecordReader, func(), error) {
			r, err := ipc.NewReader(bytes.NewReader(b), ipc.WithAllocator(mem))
			if err != nil {
				return nil, nil, err
			}
			return r, r.Release, nil
		},
		dictionaries: true,
	},
	"IPC file": {
		write: func(w io.Writer, r array.RecordReader) (int64, error) {
			return arrowe6data.WriteIPCFile(w, r, ipc.WithZstd())
		},
		read: readIPCFile, whole: true,
	},
	"CSV": {
		write:        func(w io.Writer, r array.RecordReader) (int64, error) { return arrowe6data.WriteCSV(w, r) },
		dictionaries: true,
	},
}

func readParquet(b []byte, mem memory.Allocator) (array.RecordReader, func(), error) {
	pf, err := file.NewParquetReader(bytes.NewReader(b), file.WithReadProps(parquet.NewReaderProperties(mem)))
	if err != nil {
		return nil, nil, err
	}
	fr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: 1000}, mem)
	if err != nil {
		return nil, nil, err
	}
	r, err := fr.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		return nil, nil, err
	}
	return r, r.Release, nil
}

// ipcFile reads the records of a file in Arrow's format one after the other.
type ipcFile struct {
	*ipc.FileReader
	next int
	rec  arrow.RecordBatch
	err  error
}

func (f *ipcFile) Retain()                        {}
func (f *ipcFile) Release()                       {}
func (f *ipcFile) RecordBatch() arrow.RecordBatch { return f.rec }
func (f *ipcFile) Record() arrow.RecordBatch      { return f.rec }
func (f *ipcFile) Err() error                     { return f.err }
func (f *ipcFile) Next() bool {
	if f.next >= f.NumRecords() {
		return false
	}
	f.rec, f.err = f.FileReader.RecordBatch(f.next)
	f.next++
	return f.err == nil
}

func readIPCFile(b []byte, mem memory.Allocator) (array.RecordReader, func(), error) {
	fr, err := ipc.NewFileReader(bytes.NewReader(b), ipc.WithAllocator(mem))
	if err != nil {
		return nil, nil, err
	}
	return &ipcFile{FileReader: fr}, func() { _ = fr.Close() }, nil
}

// What is read from a file is what the driver reads from the engine.
func TestFiles(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	everyType(t, srv, "q", 8)
	srv.Handle("empty", enginetest.NewResult().Column("id", "LONG").Column("name", "STRING"))
	db := openDB(t, srv)
	for name, format := range formats {
		for _, query := range []string{"q", "empty"} {
			for variant, opts := range map[string][]arrowe6data.Option{
				"plain":      {arrowe6data.WithPlainNested()},
				"marked":     {},
				"dictionary": {arrowe6data.WithZones(), arrowe6data.WithDictionary()},
			} {
				if format.read == nil || variant == "dictionary" && !format.dictionaries {
					continue
				}
				t.Run(name+"/"+query+"/"+variant, func(t *testing.T) {
					want, err := scanned(within(t, time.Minute), db, query)
					if err != nil {
						t.Fatal(err)
					}
					r := begin(within(t, time.Minute), t, db, query, opts...)
					defer r.Release()
					var b bytes.Buffer
					if n, err := format.write(&b, r); err != nil || n != int64(len(want)) {
						t.Fatalf("%d rows, %v; want %d", n, err, len(want))
					}
					back, release, err := format.read(b.Bytes(), checked(t))
					if err != nil {
						t.Fatal(err)
					}
					defer release()
					if err := compareRecords(back, want); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// After an error the functions return it, give back all memory, and leave no file that
// looks whole, where the format can tell.
func TestFilesOfFailedResults(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10).FailAt(5, status.Error(codes.Internal, "disk full")))
	db := openDB(t, srv)
	for name, format := range formats {
		t.Run(name, func(t *testing.T) {
			opts := []arrowe6data.Option{arrowe6data.WithPlainNested()}
			if format.dictionaries {
				opts = append(opts, arrowe6data.WithZones(), arrowe6data.WithDictionary())
			}
			r := begin(within(t, time.Minute), t, db, "q", opts...)
			defer r.Release()
			var b bytes.Buffer
			if n, err := format.write(&b, r); n != 50 || err == nil || !strings.Contains(err.Error(), "disk full") || !errors.Is(err, r.Err()) {
				t.Errorf("%d rows, %v", n, err)
			}
			if !format.whole {
				return
			}
			if _, release, err := format.read(b.Bytes(), memory.DefaultAllocator); err == nil {
				release()
				t.Error("the file of half a result can be read")
			}
		})
	}
}

// limited is a writer that fails after some bytes.
type limited struct{ left int }

var errFull = errors.New("no space left")

func (l *limited) Write(b []byte) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// closer is a writer that must not be closed.
type closer struct {
	bytes.Buffer
	closed bool
}

func (c *closer) Close() error {
	c.closed = true
	return nil
}

func TestWriterErrors(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(2000, 100))
	db := openDB(t, srv)
	for name, format := range formats {
		for _, size := range []int{0, 3, 100, 500, 3000} {
			t.Run(fmt.Sprint(name, " after ", size), func(t *testing.T) {
				r := begin(within(t, time.Minute), t, db, "q", arrowe6data.WithPlainNested())
				defer r.Release()
				if _, err := format.write(&limited{size}, r); !errors.Is(err, errFull) {
					t.Errorf("%v, want the error of the writer", err)
				}
			})
		}
		r := begin(within(t, time.Minute), t, db, "q", arrowe6data.WithPlainNested())
		var c closer
		if _, err := format.write(&c, r); err != nil || c.closed {
			t.Errorf("%s: %v, closed %v", name, err, c.closed)
		}
		r.Release()
	}
}

// failing is a reader with a record that no file of its schema can have.
type failing struct {
	array.RecordReader
	records []arrow.RecordBatch
	rec     arrow.RecordBatch
}

func (f *failing) Next() bool {
	if len(f.records) == 0 {
		return false
	}
	f.rec, f.records = f.records[0], f.records[1:]
	return true
}
func (f *failing) RecordBatch() arrow.RecordBatch { return f.rec }

// If a record cannot be written, the file has no end either.
func TestRecordsThatDoNotFit(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("d", "DECIMAL(5,2)").Column("n", "LONG").Row("1.5", 7).Row("2.5", 8))
	for name, format := range formats {
		if !format.whole {
			continue
		}
		r := begin(within(t, time.Minute), t, openDB(t, srv), "q", arrowe6data.WithPlainNested())
		defer r.Release()
		if !r.Next() {
			t.Fatal(r.Err())
		}
		other := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Int64}}, nil),
			[]arrow.Array{r.RecordBatch().Column(1)}, 2)
		defer other.Release()
		var b bytes.Buffer
		if n, err := format.write(&b, &failing{r, []arrow.RecordBatch{r.RecordBatch(), other}, nil}); n != 2 || err == nil {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
		if _, release, err := format.read(b.Bytes(), memory.DefaultAllocator); err == nil {
			release()
			t.Errorf("%s: the file of half a result can be read", name)
		}
	}
}

func TestIPCFileHasNoDictionaries(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.Handle("q", ids(10, 10))
	r := begin(within(t, time.Minute), t, openDB(t, srv), "q")
	defer r.Release()
	var b bytes.Buffer
	if _, err := arrowe6data.WriteIPCFile(&b, r); err == nil || !strings.Contains(err.Error(), `"name"`) || b.Len() > 0 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
}

// The CSV of a result has a header, also without rows, and exact values.
func TestCSV(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	res := func() *enginetest.Result {
		return enginetest.NewResult().Column("id", "LONG").Column("d", "DECIMAL(38,10)").Column("text", "STRING").
			Column("at", "TIMESTAMP_TZ").Column("day", "DATE").Column("raw", "BINARY").Column("list", "ARRAY").Column("no", "NULL")
	}
	at := time.Date(2024, 2, 29, 12, 30, 15, 123456000, time.FixedZone("+05:30", 19800))
	srv.Handle("rows", res().Row(1, "1234567890123456789012345678.0123456789", `a "quoted", text`, at, at, []byte{0, 0xFF}, "[1, 2]", nil).
		Row(nil, nil, nil, nil, nil, nil, nil, nil).Row(3, "-0.0000000001", "", at, at, []byte{}, "", nil))
	srv.Handle("empty", res())
	db := openDB(t, srv)
	header := []string{"id", "d", "text", "at", "at_zone", "day", "raw", "list", "no"}
	null := []string{"", "", "", "", "", "", "", "", ""}
	for query, want := range map[string][][]string{
		"rows": {
			header,
			{"1", "1234567890123456789012345678.0123456789", `a "quoted", text`, "2024-02-29 07:00:15.123456Z", "+05:30", "2024-02-29", "AP8=", "[1, 2]", ""},
			null,
			{"3", "-0.0000000001", "", "2024-02-29 07:00:15.123456Z", "+05:30", "2024-02-29", "", "", ""},
		},
		"empty": {header},
	} {
		r := begin(within(t, time.Minute), t, db, query, arrowe6data.WithZones(), arrowe6data.WithDictionary())
		var b bytes.Buffer
		if n, err := arrowe6data.WriteCSV(&b, r); err != nil || n != int64(len(want)-1) {
			t.Errorf("%d rows, %v", n, err)
		}
		r.Release()
		got, err := csv.NewReader(&b).ReadAll()
		if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%s:\n%q, %v, want\n%q", query, got, err, want)
		}
	}
	r := begin(within(t, time.Minute), t, db, "rows", arrowe6data.WithZones())
	defer r.Release()
	var b strings.Builder
	if _, err := arrowe6data.WriteCSV(&b, r, arrowcsv.WithHeader(false), arrowcsv.WithNullWriter("NULL")); err != nil || !strings.HasPrefix(b.String(), "1,") ||
		!strings.Contains(b.String(), "NULL,NULL,NULL") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
