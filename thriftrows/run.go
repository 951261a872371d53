package thriftrows

import "bytes"

// NextRun is [Batch.Next] with runs of limit rows at most; a limit below 1 counts as 1.
// A reader that copies the elements elsewhere finds those of a short run in the
// processor's cache.
func (b *Batch) NextRun(limit int) bool {
	if b.chunk == nil || b.to >= b.chunk.rows {
		b.from = b.to
		return false
	}
	limit = min(max(limit, 1), maxBatchRows)
	b.from, b.to = b.to, b.to+min(limit, b.chunk.rows-b.to)
	return true
}

// FirstRow returns the row of the chunk, from 0, with which the batch begins.
func (b *Batch) FirstRow() int { return b.from }

// TextBytes returns how many bytes Strings copies; 0 where it copies none.
func (c *BatchColumn) TextBytes() int {
	if c.v.kind != textKind || c.v.constant || c.batch.NumRows() == 0 {
		return 0
	}
	first, last := c.v.list.span(c.batch.from, c.batch.to)
	return last - first
}

// Seek moves to a row of the chunk, from 0, and reports whether the chunk has it.
func (c *Cursor) Seek(row int) bool {
	if c.chunk == nil || row < 0 || row >= c.chunk.rows {
		return false
	}
	c.row = row
	return true
}

// All reports whether the column is NULL throughout its chunk.
func (n Nulls) All() bool { return n.all }

// Next returns the first NULL row from row i on, or -1 if no row from i on is NULL. If
// all rows are NULL, it returns i.
func (n Nulls) Next(i int) int {
	switch {
	case n.all:
		return i
	case i >= len(n.flags):
		return -1
	}
	k := bytes.IndexByte(n.flags[i:], 1)
	if k < 0 {
		return -1
	}
	return i + k
}
