package arrowe6data

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/csv"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// The functions named Write write all records of a reader, which the caller releases.
// They need the memory of some records at most, however long the result is, and use the
// allocator of a *Reader. They return the number of rows that were written. They do not
// close w.
//
// After an error w has no end that a reader would take for that of a whole result, where
// the format has such an end: a Parquet or IPC file cannot be read then. An IPC stream
// and a CSV file can: remove them.

// rowGroupBytes is the size at which WriteParquet ends a row group, in the memory that it
// needs until then.
const rowGroupBytes = 8 << 20

// WriteParquet writes the records of r to w as a Parquet file. A row group has about 8
// MiB in the file, or fewer rows if opts say so. The file has the Arrow schema, too, so
// that Arrow's readers return the types of r; others see DECIMAL, DATE, and TIMESTAMP in
// UTC or without a zone.
//
// It returns the error of r. See [WriteIPCStream] for what holds after an error.
func WriteParquet(w io.Writer, r array.RecordReader, opts ...parquet.WriterProperty) (rows int64, err error) {
	mem := allocatorOf(r)
	opts = append([]parquet.WriterProperty{parquet.WithAllocator(mem)}, opts...)
	to := &sink{w: w}
	fw, err := pqarrow.NewFileWriter(r.Schema(), to, parquet.NewWriterProperties(opts...),
		pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema(), pqarrow.WithAllocator(mem)))
	if err != nil {
		return 0, fmt.Errorf("arrowe6data: a Parquet file cannot have the columns of the result: %w", err)
	}
	return writeAll(r, to, fw.Close, func(rec arrow.RecordBatch) error {
		if err := fw.WriteBuffered(rec); err != nil {
			return err
		}
		if fw.RowGroupTotalBytesWritten() < rowGroupBytes {
			return nil
		}
		return fw.NewBufferedRowGroupChecked()
	})
}

// WriteIPCStream writes the records of r to w in Arrow's streaming format. Of a
// dictionary it writes what is new in each record.
//
// It returns the error of r. No function of this package closes w. After an error, the
// bytes that were written are not a whole result: a Parquet or IPC file cannot be read
// then, but of a stream and of CSV a reader may see no error. Remove them.
func WriteIPCStream(w io.Writer, r array.RecordReader, opts ...ipc.Option) (rows int64, err error) {
	opts = append([]ipc.Option{ipc.WithAllocator(allocatorOf(r)), ipc.WithDictionaryDeltas(true)}, opts...)
	to := &sink{w: w}
	iw := ipc.NewWriter(to, append(opts, ipc.WithSchema(r.Schema()))...)
	return writeAll(r, to, iw.Close, iw.Write)
}

// WriteIPCFile writes the records of r to w in Arrow's file format, which is also called
// Feather. In this format a column has one dictionary for all records, which is known
// only at the end of a result. WriteIPCFile therefore refuses the columns of
// [WithDictionary] and [WithZones]; [WriteIPCStream] accepts them.
//
// It returns the error of r. See [WriteIPCStream] for what holds after an error.
func WriteIPCFile(w io.Writer, r array.RecordReader, opts ...ipc.Option) (rows int64, err error) {
	for _, f := range r.Schema().Fields() {
		if f.Type.ID() == arrow.DICTIONARY {
			return 0, fmt.Errorf("arrowe6data: an IPC file cannot have the dictionary column %q, because its dictionary grows: use WriteIPCStream or WriteParquet", f.Name)
		}
	}
	to := &sink{w: w}
	opts = append([]ipc.Option{ipc.WithAllocator(allocatorOf(r))}, opts...)
	fw, err := ipc.NewFileWriter(to, append(opts, ipc.WithSchema(r.Schema()))...)
	if err != nil {
		return 0, err
	}
	return writeAll(r, to, fw.Close, fw.Write)
}

// WriteCSV writes the records of r to w as CSV. Default: a header with the columns'
// names, and nothing between two commas for NULL, as for an empty text. BINARY is in
// base64.
//
// It returns the error of r. See [WriteIPCStream] for what holds after an error.
func WriteCSV(w io.Writer, r array.RecordReader, opts ...csv.Option) (rows int64, err error) {
	opts = append([]csv.Option{csv.WithHeader(true), csv.WithNullWriter(""), csv.WithCustomTypeConverter(undictionary)}, opts...)
	to := &sink{w: w}
	cw := csv.NewWriter(to, r.Schema(), opts...)
	wrote := false
	rows, err = writeAll(r, to, cw.Flush, func(rec arrow.RecordBatch) error {
		wrote = true
		return cw.Write(rec)
	})
	if err == nil && !wrote { // the writer writes the header with the first record
		empty := array.NewRecordBatch(r.Schema(), emptyColumns(r.Schema()), 0)
		defer empty.Release()
		err = cw.Write(empty)
	}
	return rows, err
}

// undictionary returns the texts of a dictionary column, which package csv does not
// support.
func undictionary(_ arrow.DataType, col arrow.Array) ([]string, bool) {
	d, ok := col.(*array.Dictionary)
	if !ok {
		return nil, false
	}
	texts, ok := d.Dictionary().(*array.String)
	if !ok {
		return nil, false
	}
	out := make([]string, d.Len())
	for i := range out {
		if d.IsValid(i) {
			out[i] = texts.Value(d.GetValueIndex(i))
		}
	}
	return out, true
}

func emptyColumns(schema *arrow.Schema) []arrow.Array {
	columns := make([]arrow.Array, schema.NumFields())
	for i := range columns {
		columns[i] = array.MakeArrayOfNull(memory.DefaultAllocator, schema.Field(i).Type, 0)
	}
	return columns
}

// allocatorOf returns the allocator of r if r is a *Reader.
func allocatorOf(r array.RecordReader) memory.Allocator {
	if r, ok := r.(*Reader); ok {
		return r.plan.cfg.mem
	}
	return memory.DefaultAllocator
}

// writeAll writes all records of r, and ends the file if there was no error. end also
// releases the writer's memory.
func writeAll(r array.RecordReader, to *sink, end func() error, write func(arrow.RecordBatch) error) (rows int64, err error) {
	for err == nil && r.Next() {
		rec := r.RecordBatch()
		if err = write(rec); err == nil {
			rows += rec.NumRows()
		}
	}
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		to.cut = true
		_ = end()
		return rows, err
	}
	return rows, end()
}

// sink is a writer that can be cut off, so that the end of a file is not written after
// an error. It does not close the writer behind it.
type sink struct {
	w   io.Writer
	cut bool
}

var errCut = errors.New("arrowe6data: the result was not read to its end")

func (s *sink) Write(b []byte) (int, error) {
	if s.cut {
		return 0, errCut
	}
	n, err := s.w.Write(b)
	if err != nil {
		s.cut = true // the writers write their ends even after an error
	}
	return n, err
}
