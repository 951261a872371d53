//go:build arrow

package output

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/thriftrows"
)

// arrowFormats are the formats that are made of Arrow records. The build tag arrow adds
// them, and the program is then much larger.
var arrowFormats = map[string]constructor{"arrow": newArrow, "parquet": newParquet}

// recordWriter writes the records of a result to a file.
type recordWriter interface {
	Write(rec arrow.RecordBatch) error
	// Close writes the end of the file. Without it no reader accepts the file.
	Close() error
}

// arrowWriter writes the formats that are made of Arrow records. The types of the columns
// are those of package arrowe6data.
type arrowWriter struct {
	to      *cutWriter
	open    func(w io.Writer, schema *arrow.Schema) (recordWriter, error)
	convert *arrowe6data.Converter
	file    recordWriter // nil before the first record
	err     error
}

func newParquet(s *sink, o *Options) (Writer, error) { return newArrowWriter(s, o, openParquet) }

func newArrow(s *sink, o *Options) (Writer, error) { return newArrowWriter(s, o, openArrow) }

func newArrowWriter(s *sink, o *Options, open func(io.Writer, *arrow.Schema) (recordWriter, error)) (Writer, error) {
	if o.Terminal {
		return nil, errors.New("this format is not text and cannot be shown in a terminal: write it to a file")
	}
	return &arrowWriter{to: &cutWriter{w: s.w}, open: open}, nil
}

// Begin gives columns of the same name different names, because readers do not accept them.
func (w *arrowWriter) Begin(columns []thriftrows.Column) error {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = string(appendValidUTF8(nil, columns[i].Name))
	}
	columns = append([]thriftrows.Column(nil), columns...)
	for i, name := range uniqueNames(names) {
		columns[i].Name = name
	}
	// The text of a nested value is not always JSON.
	w.convert, w.err = arrowe6data.NewConverter(columns, arrowe6data.WithPlainNested())
	return w.err
}

func (w *arrowWriter) Write(b *thriftrows.Batch) error {
	if w.err != nil {
		return w.err
	}
	w.err = w.write(b)
	return w.err
}

func (w *arrowWriter) write(b *thriftrows.Batch) error {
	if w.file == nil {
		if err := w.convert.Settle(b); err != nil {
			return err
		}
	}
	rec, err := w.convert.Record(b)
	if err != nil {
		return err
	}
	defer rec.Release()
	if err := w.start(); err != nil {
		return err
	}
	return w.file.Write(rec)
}

// start opens the file with the schema of the first record.
func (w *arrowWriter) start() (err error) {
	if w.file == nil {
		w.file, err = w.open(w.to, w.convert.Schema())
	}
	return err
}

// End writes the end of the file, except after an error.
func (w *arrowWriter) End(s Summary) error {
	if w.convert == nil {
		return w.err
	}
	defer w.convert.Release()
	if w.err == nil && s.Err == nil {
		w.err = w.start() // of a result without rows
	}
	if w.file == nil {
		return w.err
	}
	if w.err != nil || s.Err != nil {
		w.to.cut = true
		_ = w.file.Close() // releases the memory of the library
		return w.err
	}
	w.err = w.file.Close()
	return w.err
}

// cutWriter writes nothing more after an error, so that the end of a file is not written.
type cutWriter struct {
	w   io.Writer
	cut bool
}

var errCut = errors.New("the result was not read to its end")

func (c *cutWriter) Write(b []byte) (int, error) {
	if c.cut {
		return 0, errCut
	}
	n, err := c.w.Write(b)
	c.cut = err != nil
	return n, err
}

// rowGroupBytes is the size at which a row group of a Parquet file ends.
const rowGroupBytes = 8 << 20

// parquetFile ends a row group when it is large.
type parquetFile struct{ *pqarrow.FileWriter }

func openParquet(w io.Writer, schema *arrow.Schema) (recordWriter, error) {
	f, err := pqarrow.NewFileWriter(schema, w,
		parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy)),
		pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return nil, fmt.Errorf("a Parquet file cannot have the columns of the result: %w", err)
	}
	return parquetFile{f}, nil
}

func (f parquetFile) Write(rec arrow.RecordBatch) error {
	if err := f.WriteBuffered(rec); err != nil {
		return err
	}
	if f.RowGroupTotalBytesWritten() < rowGroupBytes {
		return nil
	}
	return f.NewBufferedRowGroupChecked()
}

func openArrow(w io.Writer, schema *arrow.Schema) (recordWriter, error) {
	return ipc.NewFileWriter(w, ipc.WithSchema(schema))
}
