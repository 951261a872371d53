package thriftrows

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"
)

// fill boxes a column's values of the rows [from, to) without an allocation for
// each and without unsafe. It stores an array in an interface, which is one
// allocation. reflect's Index and Interface then return interfaces that point
// into that array. This is a property of reflect for values that are not
// addressable; TestValuesAllocations checks it.
//
// If a row's value is invalid, fill returns that row and the error.
func (c *Cursor) fill(col *columnCursor, from, to int) (int, error) {
	col.form = boxForm
	v := col.v
	switch v.kind {
	case int32Kind:
		var a [blockRows]int64
		int32s(a[:to-from], v.list.data[from*4:])
		col.boxes = reflect.ValueOf(a)
	case int64Kind:
		var a [blockRows]int64
		int64s(a[:to-from], v.list.data[from*8:])
		col.boxes = reflect.ValueOf(a)
	case floatKind:
		var a [blockRows]float64
		float64s(a[:to-from], v.list.data[from*8:])
		col.boxes = reflect.ValueOf(a)
	case textKind:
		c.fillTexts(col, from, to)
	case bytesKind:
		c.fillBytes(col, from, to)
	case decimalKind, decimalTextKind:
		return c.fillDecimals(col, from, to)
	default:
		return c.fillTimes(col, from, to)
	}
	return 0, nil
}

// int32s, int64s and float64s read len(dst) big-endian elements. Reading many at
// a time takes half the time.

func int32s(dst []int64, src []byte) {
	src = src[:len(dst)*4]
	for len(dst) >= 4 && len(src) >= 16 {
		dst[0] = int64(int32(binary.BigEndian.Uint32(src)))
		dst[1] = int64(int32(binary.BigEndian.Uint32(src[4:])))
		dst[2] = int64(int32(binary.BigEndian.Uint32(src[8:])))
		dst[3] = int64(int32(binary.BigEndian.Uint32(src[12:])))
		dst, src = dst[4:], src[16:]
	}
	for i := range dst {
		dst[i] = int64(int32(binary.BigEndian.Uint32(src[i*4:])))
	}
}

func int64s(dst []int64, src []byte) {
	src = src[:len(dst)*8]
	for len(dst) >= 16 && len(src) >= 128 {
		d, s := (*[16]int64)(dst), (*[128]byte)(src)
		d[0] = int64(binary.BigEndian.Uint64(s[0:]))
		d[1] = int64(binary.BigEndian.Uint64(s[8:]))
		d[2] = int64(binary.BigEndian.Uint64(s[16:]))
		d[3] = int64(binary.BigEndian.Uint64(s[24:]))
		d[4] = int64(binary.BigEndian.Uint64(s[32:]))
		d[5] = int64(binary.BigEndian.Uint64(s[40:]))
		d[6] = int64(binary.BigEndian.Uint64(s[48:]))
		d[7] = int64(binary.BigEndian.Uint64(s[56:]))
		d[8] = int64(binary.BigEndian.Uint64(s[64:]))
		d[9] = int64(binary.BigEndian.Uint64(s[72:]))
		d[10] = int64(binary.BigEndian.Uint64(s[80:]))
		d[11] = int64(binary.BigEndian.Uint64(s[88:]))
		d[12] = int64(binary.BigEndian.Uint64(s[96:]))
		d[13] = int64(binary.BigEndian.Uint64(s[104:]))
		d[14] = int64(binary.BigEndian.Uint64(s[112:]))
		d[15] = int64(binary.BigEndian.Uint64(s[120:]))
		dst, src = dst[16:], src[128:]
	}
	for i := range dst {
		dst[i] = int64(binary.BigEndian.Uint64(src[i*8:]))
	}
}

func float64s(dst []float64, src []byte) {
	src = src[:len(dst)*8]
	for len(dst) >= 16 && len(src) >= 128 {
		d, s := (*[16]float64)(dst), (*[128]byte)(src)
		d[0] = math.Float64frombits(binary.BigEndian.Uint64(s[0:]))
		d[1] = math.Float64frombits(binary.BigEndian.Uint64(s[8:]))
		d[2] = math.Float64frombits(binary.BigEndian.Uint64(s[16:]))
		d[3] = math.Float64frombits(binary.BigEndian.Uint64(s[24:]))
		d[4] = math.Float64frombits(binary.BigEndian.Uint64(s[32:]))
		d[5] = math.Float64frombits(binary.BigEndian.Uint64(s[40:]))
		d[6] = math.Float64frombits(binary.BigEndian.Uint64(s[48:]))
		d[7] = math.Float64frombits(binary.BigEndian.Uint64(s[56:]))
		d[8] = math.Float64frombits(binary.BigEndian.Uint64(s[64:]))
		d[9] = math.Float64frombits(binary.BigEndian.Uint64(s[72:]))
		d[10] = math.Float64frombits(binary.BigEndian.Uint64(s[80:]))
		d[11] = math.Float64frombits(binary.BigEndian.Uint64(s[88:]))
		d[12] = math.Float64frombits(binary.BigEndian.Uint64(s[96:]))
		d[13] = math.Float64frombits(binary.BigEndian.Uint64(s[104:]))
		d[14] = math.Float64frombits(binary.BigEndian.Uint64(s[112:]))
		d[15] = math.Float64frombits(binary.BigEndian.Uint64(s[120:]))
		dst, src = dst[16:], src[128:]
	}
	for i := range dst {
		dst[i] = math.Float64frombits(binary.BigEndian.Uint64(src[i*8:]))
	}
}

func (c *Cursor) fillTimes(col *columnCursor, from, to int) (bad int, err error) {
	var a [blockRows]time.Time
	times := a[:to-from]
	v := col.v
	switch {
	case v.kind == dateKind:
		data := v.list.data[from*8:][:len(times)*8]
		for i := range times {
			times[i] = date(int64(binary.BigEndian.Uint64(data[i*8:])))
		}
	case v.kind == timeKind && c.loc == nil:
		data := v.list.data[from*8:][:len(times)*8]
		for i := range times {
			times[i] = time.UnixMicro(int64(binary.BigEndian.Uint64(data[i*8:]))).UTC()
		}
	case v.kind == timeTZKind:
		data := v.list.data[from*8:][:len(times)*8]
		for i := range times {
			row := from + i
			if v.nulls != nil && v.nulls[row] == 1 {
				continue
			}
			loc, e := col.zones.of(c.zones, v, row)
			if e != nil {
				bad, err = row, e
				break
			}
			times[i] = time.UnixMicro(int64(binary.BigEndian.Uint64(data[i*8:]))).In(loc)
		}
	default:
		for i := range times {
			row := from + i
			if v.isNull(row) {
				continue
			}
			var e error
			times[i], e = v.time(row, c.zones, col.zones, c.loc)
			if e != nil && err == nil {
				bad, err = row, e
			}
		}
	}
	col.boxes = reflect.ValueOf(a)
	return bad, err
}

func (c *Cursor) fillTexts(col *columnCursor, from, to int) {
	v := col.v
	t := &col.texts
	t.load(&v.list, from, to)
	if t.long {
		col.form = plainForm
		return
	}
	var a [blockRows]string
	split(a[:to-from], t.arena, &v.list, from, t.base)
	col.boxes = reflect.ValueOf(a)
}

func (c *Cursor) fillBytes(col *columnCursor, from, to int) {
	v := col.v
	first, last := v.list.span(from, to)
	if last-first > maxArena {
		col.form = plainForm
		return
	}
	arena := append([]byte(nil), v.list.data[first:last]...)
	var a [blockRows][]byte
	for row := from; row < to; row++ {
		begin, end := v.list.bounds(row)
		a[row-from] = arena[begin-first+4 : end-first : end-first]
	}
	col.boxes = reflect.ValueOf(a)
}

func (c *Cursor) fillDecimals(col *columnCursor, from, to int) (bad int, err error) {
	bad, err = c.loadDecimals(col, from, to)
	t := &col.texts
	var a [blockRows]string
	begin := uint32(0)
	for i, end := range t.ends[:to-from] {
		a[i] = t.arena[begin:end]
		begin = end
	}
	col.boxes = reflect.ValueOf(a)
	return bad, err
}
