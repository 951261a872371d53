package thriftrows

import "encoding/binary"

// texts holds a copy of a block of a column's texts. The copy is one
// allocation, and does not refer to the chunk.
type texts struct {
	block int // first row of the block, or -1
	arena string
	base  int  // offset of arena in the list's data
	long  bool // too long for an arena
	// ends holds the ends of decimals in arena.
	ends []uint32
	// bad is the first row of a block of decimals that is not a decimal, or -1.
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

// load copies the text elements [from, to) with their length prefixes.
func (t *texts) load(l *list, from, to int) {
	first, last := l.span(from, to)
	t.block, t.base = from, first
	if t.long = last-first > maxArena; t.long {
		t.arena = ""
		return
	}
	t.arena = string(l.data[first:last])
}

// text returns the text of a row of a text vector.
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

// loadDecimals formats the decimals [from, to). If one is invalid, it returns
// its row and the error.
func (c *Cursor) loadDecimals(col *columnCursor, from, to int) (int, error) {
	t := &col.texts
	if t.block == from {
		return t.bad, t.err
	}
	v := col.v
	t.block, t.bad, t.err = from, -1, nil
	t.ends = grow(t.ends, blockRows)
	ends := t.ends[:to-from]
	scale := int(v.scale)
	// Digits are written from right to left, and so is the block.
	text := c.scratch
	begin := len(text)
	for i := len(ends) - 1; i >= 0; i-- {
		ends[i] = uint32(len(text) - begin) // the length of the text from here on
		row := from + i
		if v.nulls != nil && v.nulls[row] == 1 {
			continue
		}
		text, begin = roomBefore(text, begin, maxDecimal64)
		if b := v.list.text(row); len(b) == 16 && v.kind == decimalKind {
			n := int128{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
			if n.small(scale) {
				begin = putDecimal64(text, begin, int64(n.lo), scale)
				continue
			}
		}
		one, err := v.appendDecimal(c.one[:0], row)
		if err != nil {
			t.bad, t.err = row, err
			continue
		}
		c.one = one
		text, begin = roomBefore(text, begin, len(one))
		begin -= len(one)
		copy(text[begin:], one)
	}
	c.scratch = text
	t.arena = string(text[begin:])
	for i := range ends {
		ends[i] = uint32(len(t.arena)) - ends[i]
	}
	return t.bad, t.err
}

// roomBefore makes room for n bytes before b[begin]. It returns b, possibly
// reallocated, and the new begin.
func roomBefore(b []byte, begin, n int) ([]byte, int) {
	if n <= begin {
		return b, begin
	}
	grown := make([]byte, max(2*len(b), len(b)-begin+n, blockRows*maxDecimal64))
	at := len(grown) - (len(b) - begin)
	copy(grown[at:], b[begin:])
	return grown, at
}

// decimal returns the text of a row of a decimal vector.
func (c *Cursor) decimal(col *columnCursor, row int) (string, error) {
	block := blockOf(row)
	t := &col.texts
	if block != t.block {
		if c.chunk.rows < fewRows || col.v.constant {
			b, err := col.v.appendDecimal(c.one[:0], row)
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
