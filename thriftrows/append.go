package thriftrows

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// The methods of this file append the elements of a column in the layouts of other
// columnar memory, such as Apache Arrow's. They copy each element once. Their dst and
// their errors are as those of [BatchColumn.AppendInt64s]. An element of a NULL row is
// unspecified.

// Shorten removes all rows of the batch except the first rows; the next call of Next
// or NextRun begins with the removed ones. It has no effect if rows is below 1, or not
// below NumRows. What the methods of a [BatchColumn] returned before is not valid any
// more.
func (b *Batch) Shorten(rows int) {
	if rows >= 1 && rows < b.NumRows() {
		b.to = b.from + rows
	}
}

// AppendBits appends a bit for each of the given number of rows, which is the batch's:
// 1 where the row is not NULL. The first row is the lowest bit of the first byte, and
// the unused bits of the last byte are 0. It also returns how many rows are NULL.
func (n Nulls) AppendBits(dst []byte, rows int) (bits []byte, nulls int) {
	whole, add := extend(dst, (rows+7)/8)
	switch {
	case n.all:
		fill(add, 0)
		return whole, rows
	case n.flags == nil:
		fill(add, 0xFF)
	default:
		packBits(add, n.flags[:rows])
		for i, b := range add {
			nulls += int(onesIn[b])
			add[i] = ^b
		}
	}
	if rest := rows % 8; rest > 0 {
		add[len(add)-1] &= 1<<rest - 1
	}
	return whole, nulls
}

// onesIn holds the number of ones in each byte.
var onesIn = func() (n [256]uint8) {
	for i := range n {
		n[i] = n[i/2] + uint8(i%2)
	}
	return n
}()

// packBits sets the bits of dst to whether a byte of src is 1.
func packBits(dst, src []byte) {
	for len(src) >= 8 {
		x := binary.LittleEndian.Uint64(src)
		if x&^0x0101010101010101 == 0 {
			dst[0] = byte(x * 0x0102040810204080 >> 56) // moves bit 8i to bit 56+i
		} else {
			dst[0] = packByte(src[:8])
		}
		dst, src = dst[1:], src[8:]
	}
	if len(src) > 0 {
		dst[0] = packByte(src)
	}
}

func packByte(src []byte) (bits byte) {
	for i, b := range src {
		if b == 1 {
			bits |= 1 << i
		}
	}
	return bits
}

// AppendBoolBits appends a BOOLEAN column as bits, in the order of [Nulls.AppendBits].
func (c *BatchColumn) AppendBoolBits(dst []byte) ([]byte, Nulls, error) {
	b, v := c.batch, c.v
	whole, add := extend(dst, (b.NumRows()+7)/8)
	switch {
	case v.kind == nullKind:
		fill(add, 0)
	case v.kind != boolKind:
		return dst, Nulls{}, c.mismatch("booleans")
	case v.constant:
		bits := byte(0)
		if v.bool(0) {
			bits = 0xFF
		}
		fill(add, bits)
		if rest := b.NumRows() % 8; rest > 0 {
			add[len(add)-1] &= 1<<rest - 1
		}
	default:
		packBits(add, v.list.data[b.from:b.to])
	}
	return whole, c.Nulls(), nil
}

// AppendInt32s appends an INTEGER column.
func (c *BatchColumn) AppendInt32s(dst []int32) ([]int32, Nulls, error) {
	b, v := c.batch, c.v
	whole, add := extend(dst, b.NumRows())
	switch {
	case v.kind == nullKind:
	case v.typ != Integer:
		return dst, Nulls{}, c.mismatch("integers of 32 bits")
	case v.constant:
		fill(add, int32(v.int64(0))) // resolve has checked its range
	default:
		data := v.list.data[b.from*4:]
		data = data[:len(add)*4]
		for len(add) >= 4 && len(data) >= 16 {
			add[0] = int32(binary.BigEndian.Uint32(data))
			add[1] = int32(binary.BigEndian.Uint32(data[4:]))
			add[2] = int32(binary.BigEndian.Uint32(data[8:]))
			add[3] = int32(binary.BigEndian.Uint32(data[12:]))
			add, data = add[4:], data[16:]
		}
		for i := range add {
			add[i] = int32(binary.BigEndian.Uint32(data[i*4:]))
		}
	}
	return whole, c.Nulls(), nil
}

// AppendFloat32s appends a FLOAT column. The wire has numbers of 64 bits for it, which
// are rounded to the nearest of 32 bits; the engine sends those that need no rounding.
func (c *BatchColumn) AppendFloat32s(dst []float32) ([]float32, Nulls, error) {
	b, v := c.batch, c.v
	whole, add := extend(dst, b.NumRows())
	switch {
	case v.kind == nullKind:
	case v.typ != Float:
		return dst, Nulls{}, c.mismatch("floating-point numbers of 32 bits")
	case v.constant:
		fill(add, float32(v.float(0)))
	default:
		data := v.list.data[b.from*8:]
		for i := range add {
			add[i] = float32(math.Float64frombits(binary.BigEndian.Uint64(data[i*8:])))
		}
	}
	return whole, c.Nulls(), nil
}

// AppendDays appends a DATE column as days since 1970-01-01.
func (c *BatchColumn) AppendDays(dst []int32) ([]int32, Nulls, error) {
	b, v := c.batch, c.v
	whole, add := extend(dst, b.NumRows())
	switch {
	case v.kind == nullKind:
	case v.kind != dateKind:
		return dst, Nulls{}, c.mismatch("dates")
	case v.constant:
		fill(add, days(v.int64(0)))
	default:
		data := v.list.data[b.from*8:]
		for i := range add {
			add[i] = days(int64(binary.BigEndian.Uint64(data[i*8:])))
		}
	}
	return whole, c.Nulls(), nil
}

// days returns the day of an instant. All instants of 64 bits are on days of 32 bits.
func days(micros int64) int32 {
	day := micros / microsPerDay
	if micros%microsPerDay < 0 {
		day--
	}
	return int32(day)
}

// AppendNanos appends the values of Micros as nanoseconds, without truncating an INT96.
// It is a *[FormatError] if a value does not fit 64 bits; these hold the years from 1678
// to 2261.
func (c *BatchColumn) AppendNanos(dst []int64) ([]int64, Nulls, error) {
	b, v := c.batch, c.v
	if v.kind != int96Kind {
		from := len(dst)
		whole, nulls, err := c.AppendMicros(dst)
		if err != nil || v.kind == nullKind {
			return whole, nulls, err
		}
		add := whole[from:]
		for i, micros := range add {
			const most = math.MaxInt64 / 1000
			if (micros > most || micros < -most) && !nulls.Null(i) {
				return dst, Nulls{}, c.fail(b.from+i, errNanos)
			}
			add[i] = micros * 1000
		}
		return whole, nulls, nil
	}
	whole, add := extend(dst, b.NumRows())
	nulls := c.Nulls()
	for i := range add {
		add[i] = 0
		if nulls.Null(i) {
			continue
		}
		t, err := int96(v.list.text(b.from + i))
		if err == nil && !t.Equal(time.Unix(0, t.UnixNano())) {
			err = errNanos
		}
		if err != nil {
			return dst, Nulls{}, c.fail(b.from+i, err)
		}
		add[i] = t.UnixNano()
	}
	return whole, nulls, nil
}

var errNanos = errors.New("a point in time does not fit 64 bits of nanoseconds")

// TextSize returns how many bytes AppendTexts copies. A constant counts once for each
// row, so the size can be much larger than the chunk. It is 0 for a column that
// AppendTexts does not accept.
func (c *BatchColumn) TextSize() int64 {
	b, v := c.batch, c.v
	n := b.NumRows()
	switch {
	case v.kind != textKind && v.kind != bytesKind || n == 0:
		return 0
	case v.constant:
		return int64(n) * int64(len(v.list.text(0)))
	}
	first, last := v.list.span(b.from, b.to)
	return int64(last - first - 4*n)
}

// AppendTexts appends the bytes of a STRING, ARRAY, MAP, STRUCT or BINARY column to
// dst, one text after the other, and the length of dst after each text to ends. It is
// an error if that length does not fit 32 bits; see [BatchColumn.TextSize] and
// [Batch.Shorten].
func (c *BatchColumn) AppendTexts(dst []byte, ends []int32) ([]byte, []int32, Nulls, error) {
	b, v := c.batch, c.v
	size := c.TextSize()
	switch {
	case v.kind != nullKind && v.kind != textKind && v.kind != bytesKind:
		return dst, ends, Nulls{}, c.mismatch("texts or bytes")
	case int64(len(dst))+size > math.MaxInt32:
		return dst, ends, Nulls{}, fmt.Errorf("thriftrows: the texts of column %d have %d bytes, which is too much for positions of 32 bits", c.index, size)
	}
	wholeEnds, addEnds := extend(ends, b.NumRows())
	from := len(dst)
	whole, add := extend(dst, int(size))
	switch {
	case v.kind == nullKind:
		fill(addEnds, int32(from))
	case v.constant:
		text := v.list.text(0)
		for i := range addEnds {
			copy(add[i*len(text):], text)
			addEnds[i] = int32(from + (i+1)*len(text))
		}
	case len(v.list.offs) == 0:
		joinEqual(add, addEnds, from, v.list.data[b.from*v.list.stride:], v.list.stride)
	default:
		join(add, addEnds, from, v.list.data, v.list.offs[b.from:b.to+1])
	}
	return whole, wholeEnds, c.Nulls(), nil
}

// joinEqual copies texts of one length, and stores their ends in a slice in which
// the first text begins at from. stride includes the length prefix.
func joinEqual(dst []byte, ends []int32, from int, data []byte, stride int) {
	n := stride - 4
	for i := range ends {
		copy(dst[:n], data[4:stride])
		dst, data = dst[n:], data[stride:]
		from += n
		ends[i] = int32(from)
	}
}

// join is joinEqual for texts of several lengths, with their bounds in data.
func join(dst []byte, ends []int32, from int, data []byte, bounds []uint32) {
	begin := bounds[0]
	at := 0
	for i, end := range bounds[1:][:len(ends)] {
		text := data[begin+4 : end]
		copy(dst[at:], text)
		at += len(text)
		ends[i] = int32(from + at)
		begin = end
	}
}
