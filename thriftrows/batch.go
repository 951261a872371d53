package thriftrows

import (
	"encoding/binary"
	"fmt"
	"time"
)

// maxBatchRows bounds the rows of a Batch. A constant column of a few bytes can
// have any number of rows, and a Batch must not allocate memory for all of
// them.
const maxBatchRows = 1 << 16

// Batch is a range of a chunk's rows, read column by column, without boxing. It
// is reused for the next range. It is not safe for concurrent use.
type Batch struct {
	chunk    *Chunk
	from, to int
	cols     []BatchColumn
	names    []Column // set by SetColumns
	zones    *Zones
	loc      *time.Location
}

// NewBatch returns an empty batch. zones and loc are as in [NewCursor].
func NewBatch(zones *Zones, loc *time.Location) *Batch {
	if zones == nil {
		zones = new(Zones)
	}
	if loc == time.UTC {
		loc = nil
	}
	return &Batch{zones: zones, loc: loc}
}

// Reset sets the batch before the first range of chunk's rows. The caller must
// not decode into the chunk while it reads the batch.
func (b *Batch) Reset(chunk *Chunk) {
	b.chunk, b.from, b.to = chunk, 0, 0
	cols := grow(b.cols, len(chunk.cols))
	copy(cols, b.cols)
	b.cols = cols
	for i := range b.cols {
		b.cols[i].batch, b.cols[i].index, b.cols[i].v = b, i, &chunk.cols[i]
	}
}

// Next moves to the next range of at most 65,536 rows and reports whether there
// is one. If there is none, the batch has no rows.
func (b *Batch) Next() bool {
	if b.chunk == nil || b.to >= b.chunk.rows {
		b.from = b.to
		return false
	}
	b.from, b.to = b.to, b.to+min(maxBatchRows, b.chunk.rows-b.to)
	return true
}

// NumRows returns the number of rows.
func (b *Batch) NumRows() int { return b.to - b.from }

// NumColumns returns the number of columns.
func (b *Batch) NumColumns() int { return len(b.cols) }

// Column returns column i, from 0. It is valid until the next call of Next or
// Reset. If there is no column i, all methods of the result that have an error
// return one.
func (b *Batch) Column(i int) *BatchColumn {
	if i < 0 || i >= len(b.cols) {
		return &BatchColumn{batch: b, index: i, v: &missing}
	}
	return &b.cols[i]
}

// BatchColumn is a column of a Batch. Its methods return one element for each
// row, and the NULLs. The elements of NULL rows are unspecified. The slices are
// valid until the batch's next call of Next or Reset, and a second call of the
// same method reuses the memory. The methods named Append append to the caller's
// slice, which the caller may keep. Strings, times, zones and decimals may be
// kept, too.
//
// A method returns an error if it does not fit the column's type in this batch.
// Every method fits a column whose rows are all NULL.
type BatchColumn struct {
	batch *Batch
	index int
	v     *vector

	ints   []int64
	floats []float64
	bools  []bool
	strs   []string
	raw    [][]byte
	times  []time.Time
	locs   []*time.Location
	decs   []Decimal
	memo   *zoneMemo // of a column that has zones
}

// Nulls reports the NULL rows of a column. It refers to the chunk, and is valid
// until the batch's next call of Next or Reset.
type Nulls struct {
	flags []byte
	all   bool
}

// Any reports whether any row is NULL.
func (n Nulls) Any() bool { return n.all || n.flags != nil }

// Null reports whether row i is NULL. For a row that does not exist it reports
// whether all rows are NULL.
func (n Nulls) Null(i int) bool { return n.all || uint(i) < uint(len(n.flags)) && n.flags[i] == 1 }

// Type returns the column's type in this batch; see [Chunk.Type]. It is -1 for a
// column that does not exist.
func (c *BatchColumn) Type() VectorType { return c.v.typ }

// Nulls returns the NULLs of the column.
func (c *BatchColumn) Nulls() Nulls {
	n := Nulls{all: c.v.kind == nullKind}
	if c.v.nulls != nil {
		n.flags = c.v.nulls[c.batch.from:c.batch.to]
	}
	return n
}

func (c *BatchColumn) mismatch(want string) error {
	if c.v == &missing {
		return fmt.Errorf("thriftrows: no column %d in a batch of %d", c.index, len(c.batch.cols))
	}
	return fmt.Errorf("thriftrows: column %d holds %v, not %s", c.index, c.v.typ, want)
}

// zonesMemo returns the column's cache of zones.
func (c *BatchColumn) zonesMemo() *zoneMemo {
	if c.memo == nil && c.v.kind == timeTZKind {
		c.memo = new(zoneMemo)
	}
	return c.memo
}

func (c *BatchColumn) fail(row int, err error) error {
	return &FormatError{Column: c.index, Row: row, Offset: c.v.list.at, Msg: err.Error()}
}

// extend returns dst with n more elements, and the slice of these elements.
// Their content is unspecified.
func extend[T any](dst []T, n int) (whole, added []T) {
	from := len(dst)
	if cap(dst)-from < n {
		grown := make([]T, from+n)
		copy(grown, dst)
		dst = grown
	}
	dst = dst[:from+n]
	return dst, dst[from:]
}

// fill sets all of dst to v.
func fill[T any](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}

// Int64s returns an INTEGER or LONG column.
func (c *BatchColumn) Int64s() (values []int64, nulls Nulls, err error) {
	c.ints, nulls, err = c.AppendInt64s(c.ints[:0])
	return c.ints, nulls, err
}

// AppendInt64s appends an INTEGER or LONG column to dst.
func (c *BatchColumn) AppendInt64s(dst []int64) ([]int64, Nulls, error) {
	b, v := c.batch, c.v
	whole, add := extend(dst, b.NumRows())
	switch {
	case v.kind == nullKind:
	case v.kind != int32Kind && v.kind != int64Kind:
		return dst, Nulls{}, c.mismatch("integers")
	case v.constant:
		fill(add, v.int64(0))
	case v.kind == int32Kind:
		int32s(add, v.list.data[b.from*4:])
	default:
		int64s(add, v.list.data[b.from*8:])
	}
	return whole, c.Nulls(), nil
}

// Float64s returns a FLOAT or DOUBLE column.
func (c *BatchColumn) Float64s() (values []float64, nulls Nulls, err error) {
	c.floats, nulls, err = c.AppendFloat64s(c.floats[:0])
	return c.floats, nulls, err
}

// AppendFloat64s appends a FLOAT or DOUBLE column to dst.
func (c *BatchColumn) AppendFloat64s(dst []float64) ([]float64, Nulls, error) {
	b, v := c.batch, c.v
	whole, add := extend(dst, b.NumRows())
	switch {
	case v.kind == nullKind:
	case v.kind != floatKind:
		return dst, Nulls{}, c.mismatch("floating-point numbers")
	case v.constant:
		fill(add, v.float(0))
	default:
		float64s(add, v.list.data[b.from*8:])
	}
	return whole, c.Nulls(), nil
}

// Bools returns a BOOLEAN column.
func (c *BatchColumn) Bools() (values []bool, nulls Nulls, err error) {
	c.bools, nulls, err = c.AppendBools(c.bools[:0])
	return c.bools, nulls, err
}

// AppendBools appends a BOOLEAN column to dst.
func (c *BatchColumn) AppendBools(dst []bool) ([]bool, Nulls, error) {
	b, v := c.batch, c.v
	whole, add := extend(dst, b.NumRows())
	switch {
	case v.kind == nullKind:
	case v.kind != boolKind:
		return dst, Nulls{}, c.mismatch("booleans")
	case v.constant:
		fill(add, v.bool(0))
	default:
		data := v.list.data[b.from:b.to]
		for i := range add {
			add[i] = data[i] == 1
		}
	}
	return whole, c.Nulls(), nil
}

// Micros returns a DATE, DATETIME, TIMESTAMP, INT96 or TIMESTAMP_TZ column as
// microseconds since 1970-01-01T00:00:00Z. A DATE may be any instant of its day
// in UTC. An INT96 is truncated to microseconds.
func (c *BatchColumn) Micros() (values []int64, nulls Nulls, err error) {
	c.ints, nulls, err = c.AppendMicros(c.ints[:0])
	return c.ints, nulls, err
}

// AppendMicros appends the values of Micros to dst.
func (c *BatchColumn) AppendMicros(dst []int64) ([]int64, Nulls, error) {
	b, v := c.batch, c.v
	whole, add := extend(dst, b.NumRows())
	switch v.kind {
	case nullKind:
	case dateKind, timeKind, timeTZKind:
		if v.constant {
			fill(add, v.int64(0))
		} else {
			int64s(add, v.list.data[b.from*8:])
		}
	case int96Kind:
		for i := range add {
			if v.isNull(b.from + i) {
				continue
			}
			t, err := int96(v.list.text(b.from + i))
			if err != nil {
				return dst, Nulls{}, c.fail(b.from+i, err)
			}
			add[i] = t.UnixMicro()
		}
	default:
		return dst, Nulls{}, c.mismatch("points in time")
	}
	return whole, c.Nulls(), nil
}

// Zones returns the zone of each row of a TIMESTAMP_TZ column.
func (c *BatchColumn) Zones() (values []*time.Location, nulls Nulls, err error) {
	b, v := c.batch, c.v
	var add []*time.Location
	c.locs, add = extend(c.locs[:0], b.NumRows())
	nulls = c.Nulls()
	switch v.kind {
	case nullKind:
		return c.locs, nulls, nil
	case timeTZKind:
	default:
		return nil, Nulls{}, c.mismatch("points in time with a zone")
	}
	memo := c.zonesMemo()
	for i := range add {
		if nulls.Null(i) {
			continue
		}
		if add[i], err = memo.of(b.zones, v, b.from+i); err != nil {
			return nil, Nulls{}, c.fail(b.from+i, err)
		}
	}
	return c.locs, nulls, nil
}

// Times returns a column of any temporal type, with the values of a [Cursor].
func (c *BatchColumn) Times() (values []time.Time, nulls Nulls, err error) {
	c.times, nulls, err = c.AppendTimes(c.times[:0])
	return c.times, nulls, err
}

// AppendTimes appends the values of Times to dst.
func (c *BatchColumn) AppendTimes(dst []time.Time) ([]time.Time, Nulls, error) {
	b, v := c.batch, c.v
	switch v.kind {
	case nullKind, dateKind, timeKind, timeTZKind, int96Kind:
	default:
		return dst, Nulls{}, c.mismatch("points in time")
	}
	whole, add := extend(dst, b.NumRows())
	nulls := c.Nulls()
	memo := c.zonesMemo()
	for i := range add {
		if nulls.Null(i) {
			continue
		}
		t, err := v.time(b.from+i, b.zones, memo, b.loc)
		if err != nil {
			return dst, Nulls{}, c.fail(b.from+i, err)
		}
		add[i] = t
	}
	return whole, nulls, nil
}

// Decimals returns a DECIMAL128 column.
func (c *BatchColumn) Decimals() (values []Decimal, nulls Nulls, err error) {
	c.decs, nulls, err = c.AppendDecimals(c.decs[:0])
	return c.decs, nulls, err
}

// AppendDecimals appends a DECIMAL128 column to dst.
func (c *BatchColumn) AppendDecimals(dst []Decimal) ([]Decimal, Nulls, error) {
	b, v := c.batch, c.v
	if v.kind != nullKind && v.kind != decimalKind && v.kind != decimalTextKind {
		return dst, Nulls{}, c.mismatch("decimals")
	}
	whole, add := extend(dst, b.NumRows())
	nulls := c.Nulls()
	if v.kind == nullKind {
		return whole, nulls, nil
	}
	const stride = 4 + 16
	if v.kind == decimalKind && v.scale >= 0 && len(v.list.offs) == 0 && v.list.stride == stride {
		data := v.list.data[b.from*stride:]
		for i := range add {
			e := data[4:stride]
			add[i] = Decimal{Hi: int64(binary.BigEndian.Uint64(e)), Lo: binary.BigEndian.Uint64(e[8:]), Scale: v.scale}
			data = data[stride:]
		}
		return whole, nulls, nil
	}
	for i := range add {
		if nulls.Null(i) {
			continue
		}
		d, err := c.v.decimal(b.from + i)
		if err != nil {
			return dst, Nulls{}, c.fail(b.from+i, err)
		}
		add[i] = d
	}
	return whole, nulls, nil
}
