package output

import "github.com/e6data/e6data-go/thriftrows"

// rowFormat formats a result row by row. Each method appends to dst.
type rowFormat interface {
	// begin appends all that comes before the first row.
	begin(dst []byte, g *grid) []byte
	row(dst []byte, g *grid, row int) []byte
	// end appends all that comes after the last row.
	end(dst []byte, s Summary) []byte
}

// stream is the writer of a format that needs no more than the current row.
type stream struct {
	*sink
	grid    grid
	options *Options
	format  rowFormat
	begun   bool
}

func (w *stream) Begin(columns []thriftrows.Column) error {
	w.begun = true
	w.grid = newGrid(columns, w.options)
	w.buf = w.format.begin(w.buf, &w.grid)
	return w.err
}

func (w *stream) Write(b *thriftrows.Batch) error {
	if w.err != nil {
		return w.err
	}
	if err := w.grid.load(b); err != nil {
		return w.fail(err)
	}
	for row := range w.grid.rows {
		w.buf = w.format.row(w.buf, &w.grid, row)
		if err := w.spill(); err != nil {
			return err
		}
	}
	return w.flush()
}

func (w *stream) End(s Summary) error {
	if w.err == nil && w.begun {
		w.buf = w.format.end(w.buf, s)
	}
	return w.flush()
}
