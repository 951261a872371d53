package thriftrows

import (
	"fmt"
	"reflect"
)

// Chunk is one decoded chunk of a result. It does not copy the chunk's bytes.
// The zero value is an empty chunk. A Chunk should be reused, because it keeps
// the memory of its index. It is not safe for concurrent use.
type Chunk struct {
	rows int
	cols []vector
}

// Decode decodes the Thrift document in b (docs/protocol.md, section 5). columns is
// the number of columns in the result's metadata. A chunk with rows must have as many;
// a chunk without rows may have none. The chunk refers to b until the next Decode or
// Reset, and b must not change meanwhile.
//
// An error is a *[FormatError], and the chunk is then empty. A fault of a
// single value, such as an unknown time zone, is an error when that value is
// read.
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

// Reset makes the chunk empty. The chunk no longer refers to the decoded bytes.
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

// NumColumns returns the number of columns. It is 0 for a chunk without rows
// and without columns.
func (c *Chunk) NumColumns() int { return len(c.cols) }

var vectorSize = int(reflect.TypeFor[vector]().Size())

// IndexSize returns the size of the chunk's index in bytes, including memory that
// is kept for reuse. The decoded bytes are not included.
func (c *Chunk) IndexSize() int {
	cols := c.cols[:cap(c.cols)]
	n := len(cols) * vectorSize
	for i := range cols {
		n += 4 * (cap(cols[i].list.offs) + cap(cols[i].zones.offs))
	}
	return n
}

// Type returns the type of a column in this chunk. It may differ from chunk to
// chunk and from the metadata's word: a column whose rows are all NULL may
// arrive as a NULL vector.
func (c *Chunk) Type(column int) VectorType { return c.cols[column].typ }
