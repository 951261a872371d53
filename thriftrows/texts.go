package thriftrows

import "encoding/binary"

// texts holds a copy of a block of a column's texts, made at once: one
// allocation a block, and no memory of the chunk is referred to.
type texts struct {
	block int // first row of the block; -1 for none
	arena string
	base  int  // where arena begins in the list's data
	long  bool // too long for an arena
	// ends holds the ends of decimals in arena.
	ends []uint32
	// Row bad, of a block of decimals, is no decimal; -1 for none.
	bad int
	err error
}

func (t *texts) reset() { t.block, t.arena = -1, "" }

// span returns the bounds in data of the text elements [from, to).
func (l *list) span(from, to int) (first, last int) {
	first, _ = l.bounds(from)
	_, last = l.bounds(to - 1)
	return first, last
}

// load copies the text elements [from, to), length prefixes and all.
func (t *texts) load(l *list, from, to int) {
	first, last := l.span(from, to)
	t.block, t.base = from, first
	if t.long = last-first > maxArena; t.long {
		t.arena = ""
		return
	}
	t.arena = string(l.data[first:last])
}

// text returns a row of a text vector.
func (c *Cursor) text(col *columnCursor, row int) string {
	l := &col.v.list
	t := &col.texts
	if block := blockOf(row); block != t.block {
		if c.chunk.rows < fewRows {
			return string(l.text(row))
		}
		t.load(l, block, min(block+blockRows, c.chunk.rows))
	}
	if t.long {
		return string(l.text(row))
	}
	from, to := l.bounds(row)
	return t.arena[from-t.base+4 : to-t.base]
}

// loadDecimals makes the text of the decimals [from, to). Where one cannot be
// made, its row is returned with the error.
func (c *Cursor) loadDecimals(col *columnCursor, from, to int) (int, error) {
	t := &col.texts
	if t.block == from {
		return t.bad, t.err
	}
	v := col.v
	text := c.scratch[:0]
	t.block, t.bad, t.err = from, -1, nil
	t.ends = grow(t.ends, blockRows)
	ends := t.ends[:to-from]
	scale := int(v.scale)
	for i := range ends {
		row := from + i
		if v.nulls == nil || v.nulls[row] != 1 {
			if b := v.list.text(row); len(b) == 16 && v.kind == decimalKind {
				n := int128{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
				text = appendDecimal(text, n, scale)
			} else {
				var err error
				if text, err = v.appendDecimal(text, row); err != nil && t.err == nil {
					t.bad, t.err = row, err
				}
			}
		}
		ends[i] = uint32(len(text))
	}
	c.scratch = text
	t.arena = string(text)
	return t.bad, t.err
}

// decimal returns the text of a row of a decimal vector.
func (c *Cursor) decimal(col *columnCursor, row int) (string, error) {
	block := blockOf(row)
	t := &col.texts
	if block != t.block {
		if c.chunk.rows < fewRows || col.v.constant {
			b, err := col.v.appendDecimal(c.scratch[:0], row)
			return string(b), err
		}
		_, _ = c.loadDecimals(col, block, min(block+blockRows, c.chunk.rows))
	}
	if t.err != nil && row >= t.bad {
		return "", t.err
	}
	begin := uint32(0)
	if row > block {
		begin = t.ends[row-block-1]
	}
	return t.arena[begin:t.ends[row-block]], nil
}
