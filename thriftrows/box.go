package thriftrows

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"
)

// fill boxes a column's values for the current block: a pointer-free way to
// make an interface of each without an allocation of its own. An array that is
// stored in an interface is one allocation, and reflect's Index and Interface
// give interfaces that point into it (a property of reflect for values that
// are not addressable, guarded by TestValuesAllocations).
//
// Where a row's value cannot be made, that row is returned with the error.
func (c *Cursor) fill(col *columnCursor) (int, error) {
	col.form = boxForm
	v := col.v
	switch v.kind {
	case int32Kind:
		var a [blockRows]int64
		data := v.list.data[c.from*4 : c.to*4]
		for i := range a {
			if len(data) < 4 {
				break
			}
			a[i] = int64(int32(binary.BigEndian.Uint32(data)))
			data = data[4:]
		}
		col.boxes = reflect.ValueOf(a)
	case int64Kind:
		var a [blockRows]int64
		data := v.list.data[c.from*8 : c.to*8]
		for i := range a {
			if len(data) < 8 {
				break
			}
			a[i] = int64(binary.BigEndian.Uint64(data))
			data = data[8:]
		}
		col.boxes = reflect.ValueOf(a)
	case floatKind:
		var a [blockRows]float64
		data := v.list.data[c.from*8 : c.to*8]
		for i := range a {
			if len(data) < 8 {
				break
			}
			a[i] = math.Float64frombits(binary.BigEndian.Uint64(data))
			data = data[8:]
		}
		col.boxes = reflect.ValueOf(a)
	case textKind:
		return 0, c.fillTexts(col)
	case bytesKind:
		return 0, c.fillBytes(col)
	case decimalKind, decimalTextKind:
		return c.fillDecimals(col)
	default:
		return c.fillTimes(col)
	}
	return 0, nil
}

func (c *Cursor) fillTimes(col *columnCursor) (int, error) {
	var a [blockRows]time.Time
	v := col.v
	var bad int
	var err error
	for row := c.from; row < c.to; row++ {
		if v.isNull(row) {
			continue
		}
		t, e := c.time(col, row)
		if e != nil && err == nil {
			bad, err = row, e
		}
		a[row-c.from] = t
	}
	col.boxes = reflect.ValueOf(a)
	return bad, err
}

// block returns the bounds in list.data of the current block's texts.
func (c *Cursor) block(v *vector) (from, to int) {
	from, _ = v.list.bounds(c.from)
	_, to = v.list.bounds(c.to - 1)
	return from, to
}

// fillTexts copies the block's texts, length prefixes and all, at once and
// hands out parts of the copy.
func (c *Cursor) fillTexts(col *columnCursor) error {
	v := col.v
	first, last := c.block(v)
	if last-first > maxArena {
		col.form = plainForm
		return nil
	}
	arena := string(v.list.data[first:last])
	var a [blockRows]string
	if len(v.list.offs) > 0 {
		from := 0
		for i, to := range v.list.offs[c.from+1 : c.to+1] {
			to := int(to) - first
			a[i] = arena[from+4 : to]
			from = to
		}
	} else {
		stride := v.list.stride
		for i := range c.to - c.from {
			a[i] = arena[i*stride+4 : (i+1)*stride]
		}
	}
	col.boxes = reflect.ValueOf(a)
	return nil
}

func (c *Cursor) fillBytes(col *columnCursor) error {
	v := col.v
	first, last := c.block(v)
	if last-first > maxArena {
		col.form = plainForm
		return nil
	}
	arena := append([]byte(nil), v.list.data[first:last]...)
	var a [blockRows][]byte
	for row := c.from; row < c.to; row++ {
		from, to := v.list.bounds(row)
		a[row-c.from] = arena[from-first+4 : to-first : to-first]
	}
	col.boxes = reflect.ValueOf(a)
	return nil
}

func (c *Cursor) fillDecimals(col *columnCursor) (int, error) {
	v := col.v
	var ends [blockRows]int
	text := c.scratch[:0]
	var bad int
	var err error
	for row := c.from; row < c.to; row++ {
		if !v.isNull(row) {
			var e error
			if text, e = v.appendDecimal(text, row); e != nil && err == nil {
				bad, err = row, e
			}
		}
		ends[row-c.from] = len(text)
	}
	c.scratch = text
	arena := string(text)
	var a [blockRows]string
	from := 0
	for i, to := range ends[:c.to-c.from] {
		a[i] = arena[from:to]
		from = to
	}
	col.boxes = reflect.ValueOf(a)
	return bad, err
}
