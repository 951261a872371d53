package thriftrows

import (
	"fmt"
	"reflect"
)

// Chunk is one result batch, walked but not copied. The zero value is an empty
// chunk; it is meant to be reused, since it keeps its bookkeeping's memory. It
// is not safe for concurrent use.
type Chunk struct {
	rows int
	cols []vector
}

// Decode walks the Thrift document in b (docs/protocol.md, section 5), which must hold
// the given number of columns, as the result's metadata tells; a chunk without
// rows may hold none. The chunk refers to b until the next Decode or Reset,
// and b must not change meanwhile.
//
// An error is a *[FormatError]; the chunk is empty then. What can be wrong with
// a single value only, such as an unknown time zone, is told when it is read.
func (c *Chunk) Decode(b []byte, columns int) error {
	w := walker{b: b, col: -1}
	err := w.chunk(c, columns)
	if err == nil {
		err = c.resolve(columns)
	}
	if err != nil {
		c.Reset()
	}
	return err
}

func (c *Chunk) resolve(columns int) error {
	if len(c.cols) == 0 && columns > 0 && c.rows > 0 {
		return &FormatError{Column: -1, Row: -1, Msg: fmt.Sprintf("chunk of %d rows without its %d columns", c.rows, columns)}
	}
	for i := range c.cols {
		v := &c.cols[i]
		if err := v.resolve(c.rows); err != nil {
			return &FormatError{Column: i, Row: -1, Offset: v.at, Msg: err.Error()}
		}
	}
	return nil
}

// Reset makes the chunk empty and lets go of the bytes it was decoded from.
func (c *Chunk) Reset() {
	c.rows = 0
	cols := c.cols[:cap(c.cols)]
	for i := range cols {
		cols[i].reset(0)
	}
	c.cols = c.cols[:0]
}

// NumRows returns the number of rows.
func (c *Chunk) NumRows() int { return c.rows }

// NumColumns returns the number of columns, 0 for a chunk without rows that
// leaves them out.
func (c *Chunk) NumColumns() int { return len(c.cols) }

var vectorSize = int(reflect.TypeFor[vector]().Size())

// IndexSize returns how many bytes of memory the chunk's bookkeeping has, in use or
// kept for reuse, beside the bytes that it was decoded from.
func (c *Chunk) IndexSize() int {
	cols := c.cols[:cap(c.cols)]
	n := len(cols) * vectorSize
	for i := range cols {
		n += 4 * (cap(cols[i].list.offs) + cap(cols[i].zones.offs))
	}
	return n
}

// Type returns the type of a column in this chunk, which may differ from one
// chunk to the next and from the metadata's word (a column that is NULL
// throughout a chunk may come as a NULL vector).
func (c *Chunk) Type(column int) VectorType { return c.cols[column].typ }
