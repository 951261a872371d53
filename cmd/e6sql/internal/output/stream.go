package output

import (
	"runtime"
	"slices"
	"sync"

	"github.com/e6data/e6data-go/thriftrows"
)

const (
	// pieceRows is the number of rows that a goroutine formats at once.
	pieceRows = 512
	// pieceBytes bounds the text of a piece that waits until it is written.
	pieceBytes = 256 << 10
)

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
	// ahead formats a piece while the stream writes the piece before. It is nil if the
	// format has state, so that only one goroutine may use it.
	ahead *piece
}

// piece is a number of successive rows.
type piece struct {
	grid grid // the grid of the stream, with own zones
	buf  []byte
}

// load makes the piece ready for the batch of another grid.
func (p *piece) load(g *grid) {
	p.buf = p.buf[:0]
	for i := range g.vectors {
		zones := p.grid.vectors[i].suffix
		p.grid.vectors[i] = g.vectors[i]
		p.grid.vectors[i].suffix = zones
	}
}

func (w *stream) Begin(columns []thriftrows.Column) error {
	w.begun = true
	w.grid = newGrid(columns, w.options)
	if w.ahead != nil {
		w.ahead.grid = w.grid
		w.ahead.grid.vectors = slices.Clone(w.grid.vectors)
	}
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
	row := 0
	if w.ahead != nil && runtime.GOMAXPROCS(0) > 1 {
		w.ahead.load(&w.grid)
		for ; w.grid.rows-row >= 2*pieceRows; row += 2 * pieceRows {
			if err := w.writePair(row); err != nil {
				return err
			}
		}
	}
	if err := w.writeRows(row, w.grid.rows); err != nil {
		return err
	}
	return w.flush()
}

// writeRows writes the rows from first to before end.
func (w *stream) writeRows(first, end int) error {
	for row := first; row < end; row++ {
		w.buf = w.format.row(w.buf, &w.grid, row)
		if err := w.spill(); err != nil {
			return err
		}
	}
	return w.err
}

// writePair writes two pieces. It formats the second in another goroutine while it writes
// the first. If the second is too long, it formats the rest of it afterwards.
func (w *stream) writePair(first int) error {
	second := first + pieceRows
	end := second + pieceRows
	reached := second
	p := w.ahead
	p.buf = p.buf[:0]
	var formatting sync.WaitGroup
	formatting.Go(func() {
		for ; reached < end && len(p.buf) < pieceBytes; reached++ {
			p.buf = w.format.row(p.buf, &p.grid, reached)
		}
	})
	err := w.writeRows(first, second)
	formatting.Wait()
	if err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	w.buf, p.buf = p.buf, w.buf
	return w.writeRows(reached, end)
}

func (w *stream) End(s Summary) error {
	if w.err == nil && w.begun {
		w.buf = w.format.end(w.buf, s)
	}
	return w.flush()
}
