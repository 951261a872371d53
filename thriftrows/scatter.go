package thriftrows

import (
	"encoding/binary"
	"math"
	"time"
)

// The methods named Scatter write the elements of a column into variables of the
// caller, such as a field of each struct in a slice: *dst[0] is the first row's. dst has
// a pointer for each row of the batch at least, else they panic. An element of a NULL row is unspecified,
// as in the methods that return slices, whose errors and types are theirs, too. After an
// error the variables have any values.

// ScatterInt64s writes an INTEGER or LONG column.
func (c *BatchColumn) ScatterInt64s(dst []*int64) (Nulls, error) {
	b, v := c.batch, c.v
	dst = dst[:b.NumRows()]
	switch {
	case v.kind == nullKind:
	case v.kind != int32Kind && v.kind != int64Kind:
		return Nulls{}, c.mismatch("integers")
	case v.constant:
		scatter(dst, v.int64(0))
	case v.kind == int32Kind:
		data := v.list.data[b.from*4:]
		for i, p := range dst {
			*p = int64(int32(binary.BigEndian.Uint32(data[i*4:])))
		}
	default:
		data := v.list.data[b.from*8:]
		for len(dst) >= 4 && len(data) >= 32 {
			*dst[0] = int64(binary.BigEndian.Uint64(data))
			*dst[1] = int64(binary.BigEndian.Uint64(data[8:]))
			*dst[2] = int64(binary.BigEndian.Uint64(data[16:]))
			*dst[3] = int64(binary.BigEndian.Uint64(data[24:]))
			dst, data = dst[4:], data[32:]
		}
		for i, p := range dst {
			*p = int64(binary.BigEndian.Uint64(data[i*8:]))
		}
	}
	return c.Nulls(), nil
}

// scatter sets all variables to v.
func scatter[T any](dst []*T, v T) {
	for _, p := range dst {
		*p = v
	}
}

// ScatterInt32s writes an INTEGER column.
func (c *BatchColumn) ScatterInt32s(dst []*int32) (Nulls, error) {
	b, v := c.batch, c.v
	dst = dst[:b.NumRows()]
	switch {
	case v.kind == nullKind:
	case v.typ != Integer:
		return Nulls{}, c.mismatch("integers of 32 bits")
	case v.constant:
		scatter(dst, int32(v.int64(0)))
	default:
		data := v.list.data[b.from*4:]
		for i, p := range dst {
			*p = int32(binary.BigEndian.Uint32(data[i*4:]))
		}
	}
	return c.Nulls(), nil
}

// ScatterFloat64s writes a FLOAT or DOUBLE column.
func (c *BatchColumn) ScatterFloat64s(dst []*float64) (Nulls, error) {
	b, v := c.batch, c.v
	dst = dst[:b.NumRows()]
	switch {
	case v.kind == nullKind:
	case v.kind != floatKind:
		return Nulls{}, c.mismatch("floating-point numbers")
	case v.constant:
		scatter(dst, v.float(0))
	default:
		data := v.list.data[b.from*8:]
		for i, p := range dst {
			*p = math.Float64frombits(binary.BigEndian.Uint64(data[i*8:]))
		}
	}
	return c.Nulls(), nil
}

// ScatterStrings writes a STRING, ARRAY, MAP or STRUCT column. The strings share one
// allocation, as those of Strings do.
func (c *BatchColumn) ScatterStrings(dst []*string) (Nulls, error) {
	b, v := c.batch, c.v
	dst = dst[:b.NumRows()]
	switch {
	case v.kind == nullKind:
	case v.kind != textKind:
		return Nulls{}, c.mismatch("texts")
	case v.constant:
		scatter(dst, string(v.list.text(0)))
	case len(dst) > 0:
		first, last := v.list.span(b.from, b.to)
		scatterTexts(dst, string(v.list.data[first:last]), &v.list, b.from, first)
	}
	return c.Nulls(), nil
}

// scatterTexts is split for variables.
func scatterTexts(dst []*string, arena string, l *list, row, base int) {
	if len(l.offs) == 0 {
		stride := l.stride
		for _, p := range dst {
			*p = arena[4:stride]
			arena = arena[stride:]
		}
		return
	}
	begin := 0
	ends := l.offs[row+1:][:len(dst)]
	for i, end := range ends {
		end := int(end) - base
		*dst[i] = arena[begin+4 : end]
		begin = end
	}
}

// ScatterDecimals writes a DECIMAL128 column.
func (c *BatchColumn) ScatterDecimals(dst []*Decimal) (Nulls, error) {
	b, v := c.batch, c.v
	const stride = 4 + 16
	if v.kind != decimalKind || v.scale < 0 || len(v.list.offs) > 0 || v.list.stride != stride {
		values, nulls, err := c.Decimals()
		for i := range values {
			*dst[i] = values[i]
		}
		return nulls, err
	}
	data := v.list.data[b.from*stride:]
	for _, p := range dst[:b.NumRows()] {
		e := data[4:stride]
		*p = Decimal{Hi: int64(binary.BigEndian.Uint64(e)), Lo: binary.BigEndian.Uint64(e[8:]), Scale: v.scale}
		data = data[stride:]
	}
	return c.Nulls(), nil
}

// ScatterTimes writes a column of any temporal type.
func (c *BatchColumn) ScatterTimes(dst []*time.Time) (Nulls, error) {
	b, v := c.batch, c.v
	dst = dst[:b.NumRows()]
	nulls := c.Nulls()
	switch {
	case v.kind == nullKind:
	case v.constant || v.kind == int96Kind || v.kind == timeKind && b.loc != nil:
		values, nulls, err := c.Times()
		for i := range values {
			*dst[i] = values[i]
		}
		return nulls, err
	case v.kind == dateKind:
		data := v.list.data[b.from*8:]
		for i, p := range dst {
			*p = date(int64(binary.BigEndian.Uint64(data[i*8:])))
		}
	case v.kind == timeKind:
		data := v.list.data[b.from*8:]
		for i, p := range dst {
			*p = time.UnixMicro(int64(binary.BigEndian.Uint64(data[i*8:]))).UTC()
		}
	case v.kind == timeTZKind:
		if row, err := c.scatterInstants(dst); err != nil {
			return Nulls{}, c.fail(row, err)
		}
	default:
		return Nulls{}, c.mismatch("points in time")
	}
	return nulls, nil
}

// scatterInstants writes a TIMESTAMP_TZ column. It returns the row of an error.
func (c *BatchColumn) scatterInstants(dst []*time.Time) (row int, err error) {
	b, v, memo := c.batch, c.v, c.zonesMemo()
	data := v.list.data[b.from*8:]
	if v.nulls != nil || !v.zoned || len(v.zones.offs) == 0 {
		nulls := c.Nulls()
		for i, p := range dst {
			if nulls.Null(i) {
				continue
			}
			loc, err := memo.of(b.zones, v, b.from+i)
			if err != nil {
				return b.from + i, err
			}
			*p = time.UnixMicro(int64(binary.BigEndian.Uint64(data[i*8:]))).In(loc)
		}
		return 0, nil
	}
	// No row is NULL, and the names of the zones have different lengths. This loop calls no
	// function for a zone that memo has.
	names := v.zones.data
	from := v.zones.offs[b.from]
	for i, to := range v.zones.offs[b.from+1:][:len(dst)] {
		n, name := int(to-from), names[from:]
		from = to
		var loc *time.Location
		if n > 4 && n <= 24 && len(name) >= 24 {
			key := keyOf((*[24]byte)(name), n)
			if z := &memo.short[key.slot()]; z.key == key {
				loc = z.loc
			}
		}
		if loc == nil {
			if loc, err = memo.of(b.zones, v, b.from+i); err != nil {
				return b.from + i, err
			}
		}
		*dst[i] = time.UnixMicro(int64(binary.BigEndian.Uint64(data[i*8:]))).In(loc)
	}
	return 0, nil
}

// ScatterBools writes a BOOLEAN column.
func (c *BatchColumn) ScatterBools(dst []*bool) (Nulls, error) {
	b, v := c.batch, c.v
	dst = dst[:b.NumRows()]
	switch {
	case v.kind == nullKind:
	case v.kind != boolKind:
		return Nulls{}, c.mismatch("booleans")
	case v.constant:
		scatter(dst, v.bool(0))
	default:
		data := v.list.data[b.from:b.to]
		for i, p := range dst {
			*p = data[i] == 1
		}
	}
	return c.Nulls(), nil
}
