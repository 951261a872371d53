package thriftrows

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"math/bits"
)

// maxPrecision is the largest number of digits of a DECIMAL.
const maxPrecision = 38

// AppendUnscaled appends a DECIMAL128 column as integers: each value times 10^scale,
// in 16 bytes of two's complement, of which the lowest comes first. It is a
// *[FormatError] if a value has more digits after the point than scale, or more than
// precision digits. A precision of 38 or more accepts every value of 128 bits.
func (c *BatchColumn) AppendUnscaled(dst []byte, precision, scale int32) ([]byte, Nulls, error) {
	b, v := c.batch, c.v
	if v.kind != nullKind && v.kind != decimalKind && v.kind != decimalTextKind {
		return dst, Nulls{}, c.mismatch("decimals")
	}
	if precision < 1 || scale < -maxScale || scale > maxScale {
		return dst, Nulls{}, fmt.Errorf("thriftrows: no decimals of precision %d and scale %d", precision, scale)
	}
	whole, add := extend(dst, 16*b.NumRows())
	nulls := c.Nulls()
	if v.kind == nullKind || b.NumRows() == 0 {
		return whole, nulls, nil
	}
	const stride = 4 + 16
	if v.kind == decimalKind && v.scale == scale && len(v.list.offs) == 0 && v.list.stride == stride {
		data := v.list.data[b.from*stride : b.to*stride]
		if precision >= maxPrecision {
			swap128(add, data)
			return whole, nulls, nil
		}
		if swap128Within(add, data, limits[precision]) {
			return whole, nulls, nil
		}
		// A value is too large. It may be the placeholder of a NULL.
	}
	if err := c.unscaledEach(add, nulls, precision, scale); err != nil {
		return dst, Nulls{}, err
	}
	return whole, nulls, nil
}

// unscaledEach does what AppendUnscaled does, value by value.
func (c *BatchColumn) unscaledEach(add []byte, nulls Nulls, precision, scale int32) error {
	b, v := c.batch, c.v
	same := v.kind == decimalKind && v.scale == scale && !v.constant
	all := precision >= maxPrecision
	for i := range b.NumRows() {
		e := add[16*i:][:16]
		if text := v.list.text(b.from + i); same && len(text) == 16 {
			n := int128{binary.BigEndian.Uint64(text), binary.BigEndian.Uint64(text[8:])}
			if all || n.within(limits[precision]) {
				binary.LittleEndian.PutUint64(e, n.lo)
				binary.LittleEndian.PutUint64(e[8:], n.hi)
				continue
			}
		}
		if i > 0 && v.constant {
			copy(e, add)
			continue
		}
		if nulls.Null(i) {
			clear(e)
			continue
		}
		d, err := v.decimal(b.from + i)
		if err != nil {
			return c.fail(b.from+i, err)
		}
		n, ok := d.rescaled(scale)
		if !ok || !all && !n.within(limits[precision]) {
			return c.fail(b.from+i, fmt.Errorf("a decimal does not fit DECIMAL(%d,%d)", precision, scale))
		}
		binary.LittleEndian.PutUint64(e, n.lo)
		binary.LittleEndian.PutUint64(e[8:], n.hi)
	}
	return nil
}

// swap128 reverses the bytes of each value in src, which come after a length prefix.
func swap128(dst, src []byte) {
	for len(src) >= 20 && len(dst) >= 16 {
		hi, lo := binary.BigEndian.Uint64(src[4:]), binary.BigEndian.Uint64(src[12:])
		binary.LittleEndian.PutUint64(dst, lo)
		binary.LittleEndian.PutUint64(dst[8:], hi)
		dst, src = dst[16:], src[20:]
	}
}

// limits holds 10^p - 1 for each precision p below 38.
var limits = func() (l [maxPrecision]int128) {
	n := int128{}
	for p := 1; p < len(l); p++ {
		n, _ = n.times10(9)
		l[p] = n
	}
	return l
}()

// within reports whether n is from -limit to limit.
func (n int128) within(limit int128) bool {
	// This is n + limit <= 2 * limit, without signs.
	lo, c := bits.Add64(n.lo, limit.lo, 0)
	hi, _ := bits.Add64(n.hi, limit.hi, c)
	_, borrow := bits.Sub64(limit.lo<<1, lo, 0)
	_, borrow = bits.Sub64(limit.hi<<1|limit.lo>>63, hi, borrow)
	return borrow == 0
}

// swap128Within is swap128, and reports whether all values are within the limit.
func swap128Within(dst, src []byte, limit int128) bool {
	doubleLo, doubleHi := limit.lo<<1, limit.hi<<1|limit.lo>>63
	beyond := uint64(0)
	for len(src) >= 20 && len(dst) >= 16 {
		n := int128{binary.BigEndian.Uint64(src[4:]), binary.BigEndian.Uint64(src[12:])}
		binary.LittleEndian.PutUint64(dst, n.lo)
		binary.LittleEndian.PutUint64(dst[8:], n.hi)
		lo, c := bits.Add64(n.lo, limit.lo, 0)
		hi, _ := bits.Add64(n.hi, limit.hi, c)
		_, borrow := bits.Sub64(doubleLo, lo, 0)
		_, borrow = bits.Sub64(doubleHi, hi, borrow)
		beyond |= borrow
		dst, src = dst[16:], src[20:]
	}
	return beyond == 0
}

// rescaled returns d * 10^scale, and reports whether that is an integer of 128 bits.
func (d Decimal) rescaled(scale int32) (int128, bool) {
	if d.Scale == scale {
		return int128{uint64(d.Hi), d.Lo}, true
	}
	m, neg := d.magnitude()
	if m == (int128{}) {
		return m, true
	}
	from, to := int(d.Scale), int(scale)
	if from > to {
		q, r := new(big.Int).QuoRem(d.Unscaled(), powerOf10(from-to), new(big.Int))
		if r.Sign() != 0 {
			return int128{}, false
		}
		b := q.FillBytes(make([]byte, 16)) // the magnitude
		m = int128{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
		from = to
	}
	m, from = m.raise(from, to)
	e, ok := signedDecimal(neg, m, from)
	return int128{uint64(e.Hi), e.Lo}, ok && from == to
}
