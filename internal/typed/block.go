package typed

import (
	"reflect"

	"github.com/e6data/e6data-go/thriftrows"
)

// BlockRows is how many rows a full block has: so many that what is done once a block
// costs little a row, and so few that a block lies in the processor's cache.
const BlockRows = 256

// Block holds rows of T, which are written over with each Fill. A Block is for one
// goroutine.
type Block[T any] struct {
	plan  *Plan
	rows  []T
	cells []cell
	// base is what columns are written into: the slice rows, or one of the structs that
	// rows point to, or of the values that make up rows.
	base reflect.Value
	// finish makes rows of the first n elements of base; nil where rows are base.
	finish func(n int)
	slow   []int // the cells of this Fill that no loader could load
}

// cell is a column of a block.
type cell struct {
	*leaf
	load loader
	at   func(row int) reflect.Value
	// dests are pointers to the column's cells, made when first needed.
	dests []any
}

// NewBlock returns a block for n rows of T, which is the type that the plan is for.
func NewBlock[T any](p *Plan, n int) *Block[T] {
	if n == BlockRows {
		if b, ok := p.blocks.Get().(*Block[T]); ok {
			return b
		}
	}
	b := &Block[T]{plan: p, rows: make([]T, n), cells: make([]cell, len(p.leaves))}
	b.base = reflect.ValueOf(b.rows)
	width := 1
	switch p.shape {
	case pointers:
		b.base = reflect.MakeSlice(reflect.SliceOf(p.typ.Elem()), n, n)
		b.finish = b.pointTo
	case mapped:
		width = len(p.leaves)
		b.base = reflect.ValueOf(make([]any, n*width))
		b.finish = b.makeMaps(pointersTo[map[string]any](reflect.ValueOf(b.rows).Index, n))
	case sequences:
		width = len(p.leaves)
		b.base = reflect.MakeSlice(reflect.SliceOf(p.typ.Elem()), n*width, n*width)
		b.finish = b.makeSlices
	}
	for k := range b.cells {
		l := &p.leaves[k]
		at := func(row int) reflect.Value { return b.base.Index(row) }
		switch {
		case p.shape == mapped || p.shape == sequences:
			at = func(row int) reflect.Value { return b.base.Index(row*width + k) }
		case l.path != nil:
			at = func(row int) reflect.Value { return b.base.Index(row).FieldByIndex(l.path) }
		}
		b.cells[k] = cell{leaf: l, at: at}
		if !l.slow {
			b.cells[k].load = newLoader(l.typ, &p.opts, at, n)
		}
	}
	return b
}

// Cap returns how many rows the block can hold.
func (b *Block[T]) Cap() int { return len(b.rows) }

// Release drops what the block refers to, and gives the block back for reuse. It must
// not be used after that.
func (b *Block[T]) Release() {
	clear(b.rows)
	b.base.Clear()
	if len(b.rows) == BlockRows {
		b.plan.blocks.Put(b)
	}
}

// Cells is what a cell is stored from where no loader can.
type Cells interface {
	// Seek moves to a row of the chunk.
	Seek(row int)
	// Store stores a cell of the row in *dest.
	Store(column int, dest any) error
	// IsNull reports whether a cell of the row is NULL.
	IsNull(column int) bool
}

// Fill reads the batch's rows, of which there must be no more than Cap, and returns
// those before the first that has an error. The rows are valid until the next Fill; their
// elements may be kept. The error is a *FieldError, whose Row counts from the batch's
// first.
func (b *Block[T]) Fill(batch *thriftrows.Batch, cells Cells) ([]T, error) {
	n := batch.NumRows()
	if b.plan.fresh {
		b.base.Clear()
	}
	b.slow = b.slow[:0]
	for k := range b.cells {
		c := &b.cells[k]
		if c.load == nil || !c.load(batch.Column(c.column), n) {
			b.slow = append(b.slow, k)
		}
	}
	var err error
	if len(b.slow) > 0 {
		n, err = b.store(batch.FirstRow(), n, cells)
	}
	if b.finish != nil {
		b.finish(n)
	}
	return b.rows[:n], err
}

// store stores the cells of n rows in the columns of slow, and returns how many rows
// have no error.
func (b *Block[T]) store(first, n int, cells Cells) (int, error) {
	for _, k := range b.slow {
		c := &b.cells[k]
		for row := len(c.dests); row < n; row++ {
			c.dests = append(c.dests, c.at(row).Addr().Interface())
		}
	}
	for row := range n {
		cells.Seek(first + row)
		for _, k := range b.slow {
			c := &b.cells[k]
			if err := cells.Store(c.column, c.dests[row]); err != nil {
				return row, &FieldError{
					Type: b.plan.typ, Column: b.plan.columns[c.column], Index: c.column, Row: int64(row), Field: c.name,
					FieldType: c.typ, Null: cells.IsNull(c.column), Err: err,
				}
			}
		}
	}
	return n, nil
}

// pointTo makes rows pointers to copies of the first n structs of base, which share an
// allocation.
func (b *Block[T]) pointTo(n int) {
	fresh := reflect.MakeSlice(b.base.Type(), n, n)
	reflect.Copy(fresh, b.base)
	rows := reflect.ValueOf(b.rows)
	for i := range n {
		rows.Index(i).Set(fresh.Index(i).Addr())
	}
}

// makeMaps makes maps of the values in base.
func (b *Block[T]) makeMaps(rows []*map[string]any) func(n int) {
	values := b.base.Interface().([]any)
	return func(n int) {
		width := len(b.plan.columns)
		for i := range n {
			m := make(map[string]any, width)
			for k, column := range b.plan.columns {
				m[column] = values[i*width+k]
			}
			*rows[i] = m
		}
	}
}

// makeSlices makes slices of the values in base, which share an allocation.
func (b *Block[T]) makeSlices(n int) {
	width := len(b.plan.columns)
	fresh := reflect.MakeSlice(b.base.Type(), n*width, n*width)
	reflect.Copy(fresh, b.base)
	rows := reflect.ValueOf(b.rows)
	for i := range n {
		row := fresh.Slice3(i*width, (i+1)*width, (i+1)*width)
		if to := rows.Index(i); row.Type() != to.Type() {
			to.Set(row.Convert(to.Type()))
		} else {
			to.Set(row)
		}
	}
}
