package thriftrows

import (
	"database/sql/driver"
	"fmt"
	"math"
	"reflect"
	"time"
)

// Cursor reads chunks row by row. Values are bool, int64, float64, string,
// []byte, time.Time or nil, as in the table "Types" of the project's README.
// They do not refer to the chunk's bytes and may be kept. A []byte belongs to
// the caller.
//
// A Cursor is not safe for concurrent use.
type Cursor struct {
	zones *Zones
	loc   *time.Location // nil for UTC
	chunk *Chunk
	row   int
	cols  []columnCursor
	// block is the first row of the block for which all columns are prepared,
	// or -1.
	block int
	// Values returns err from row bad on, because a value in that row is
	// invalid. bad is math.MaxInt if all values are valid.
	bad     int
	err     error
	scratch []byte // text of the current block of decimals
	one     []byte // text of one decimal
}

// NewCursor returns a cursor without a chunk. zones finds the zones of
// TIMESTAMP_TZ values and may be shared; with nil the cursor has its own.
// DATETIME, TIMESTAMP and INT96 values have no zone: they keep their wall clock
// and are in the location loc; nil is UTC.
func NewCursor(zones *Zones, loc *time.Location) *Cursor {
	if zones == nil {
		zones = new(Zones)
	}
	if loc == time.UTC {
		loc = nil
	}
	return &Cursor{zones: zones, loc: loc, row: -1}
}

// Reset sets the cursor before the first row of chunk. The caller must not
// decode into the chunk while the cursor reads it.
func (c *Cursor) Reset(chunk *Chunk) {
	c.chunk, c.row, c.block = chunk, -1, -1
	c.bad, c.err = math.MaxInt, nil
	c.cols = grow(c.cols, len(chunk.cols))
	for i := range c.cols {
		c.cols[i].reset(&chunk.cols[i])
	}
}

// Next moves to the next row and reports whether there is one.
func (c *Cursor) Next() bool {
	if c.chunk == nil || c.row >= c.chunk.rows-1 {
		return false
	}
	c.row++
	return true
}

// Values stores the current row's values in dest, which must have an element
// for each column. An error is a *[FormatError] that names the row; the content
// of dest is then unspecified.
func (c *Cursor) Values(dest []driver.Value) error {
	row := c.row
	if block := blockOf(row); block != c.block {
		c.prepareAll(block)
	}
	if row >= c.bad {
		return c.err
	}
	i := row - c.block
	cols := c.cols[:len(dest)]
	for k := range cols {
		col := &cols[k]
		if col.full { // most columns
			dest[k] = col.boxes.Index(i).Interface()
			continue
		}
		if col.nulls != nil && col.nulls[row] == 1 {
			dest[k] = nil
			continue
		}
		switch col.form {
		case boxForm:
			dest[k] = col.boxes.Index(i).Interface()
		case boolForm:
			dest[k] = col.v.list.data[row] == 1
		case sameForm:
			dest[k] = col.same
		default:
			x, err := c.value(col, row)
			if err != nil {
				return c.fail(k, row, err)
			}
			dest[k] = x
		}
	}
	return nil
}

// Value returns the current row's value of one column. An error is a
// *[FormatError].
func (c *Cursor) Value(column int) (driver.Value, error) {
	col := &c.cols[column]
	row := c.row
	if block := blockOf(row); block != col.block {
		c.prepare(column, block)
	}
	switch {
	case row >= col.bad:
		return nil, col.err
	case col.form == sameForm:
		return col.same, nil
	case col.v.isNull(row):
		return nil, nil
	case col.form == boxForm:
		return col.boxes.Index(row - col.block).Interface(), nil
	}
	x, err := c.value(col, row)
	if err != nil {
		return nil, c.fail(column, row, err)
	}
	return x, nil
}

// form is the way in which Values gets a column's value.
type form uint8

const (
	plainForm form = iota // one conversion for each cell
	boxForm               // from the block's boxes
	boolForm              // from the chunk: boxing a bool does not allocate
	sameForm              // one value for all rows
)

// columnCursor is a Cursor's state of a column for one block.
type columnCursor struct {
	form  form
	full  bool   // no row is NULL, and all values are in boxes
	nulls []byte // as in v
	boxes reflect.Value
	same  driver.Value
	v     *vector
	// block is the first row of the block of form, boxes and bad, or -1.
	block int
	// err is the error of the value in row bad.
	bad   int
	err   error
	texts texts
	zones *zoneMemo
}

func (col *columnCursor) reset(v *vector) {
	col.v, col.nulls = v, v.nulls
	if v.kind == timeTZKind && col.zones == nil {
		col.zones = new(zoneMemo)
	}
	col.block, col.same, col.boxes = -1, nil, reflect.Value{}
	col.bad, col.err = math.MaxInt, nil
	col.texts.reset()
}

// Rows are boxed in blocks: one allocation holds a column's values of blockRows
// rows, and a value that the application keeps pins only its block. A few rows
// are boxed one by one, because a block would waste memory.
const (
	blockRows = 256 // a power of two
	fewRows   = 32
	// The texts of a block share one allocation of at most this many bytes.
	// Larger texts have their own, so that a kept text does not pin others.
	maxArena = 64 << 10
)

func blockOf(row int) int { return row &^ (blockRows - 1) }

// prepareAll prepares all columns for the block that begins at row block.
func (c *Cursor) prepareAll(block int) {
	c.block = block
	for k := range c.cols {
		col := &c.cols[k]
		if col.block != block {
			c.prepare(k, block)
		}
		col.full = col.form == boxForm && col.nulls == nil
		if col.bad < c.bad {
			c.bad, c.err = col.bad, col.err
		}
	}
}

func (c *Cursor) prepare(column, block int) {
	col := &c.cols[column]
	first := col.block < 0
	col.block = block
	v := col.v
	switch {
	case v.kind == nullKind:
		col.form = sameForm
	case v.constant && v.kind == bytesKind:
		col.form = plainForm // a []byte belongs to the caller
	case v.constant:
		if !first {
			return
		}
		col.form = sameForm
		x, err := c.value(col, 0)
		if err != nil {
			col.bad, col.err = 0, c.fail(column, 0, err)
		}
		col.same = x
	case v.kind == boolKind:
		col.form = boolForm
	case c.chunk.rows < fewRows:
		col.form = plainForm
	default:
		row, err := c.fill(col, block, min(block+blockRows, c.chunk.rows))
		if err != nil && row < col.bad {
			col.bad, col.err = row, c.fail(column, row, err)
		}
	}
}

func (c *Cursor) fail(column, row int, err error) error {
	v := c.cols[column].v
	at := v.list.at
	if v.list.n > 0 && v.kind != nullKind {
		from, _ := v.list.bounds(row)
		at += from
	}
	return &FormatError{Column: column, Row: row, Offset: at, Msg: err.Error()}
}

// value returns the value of a row that is not NULL.
func (c *Cursor) value(col *columnCursor, row int) (driver.Value, error) {
	v := col.v
	switch v.kind {
	case nullKind:
		return nil, nil
	case boolKind:
		return v.bool(row), nil
	case int32Kind:
		return int64(v.int32(row)), nil
	case int64Kind:
		return v.int64(row), nil
	case floatKind:
		return v.float(row), nil
	case textKind:
		return string(v.list.text(row)), nil
	case bytesKind:
		return append([]byte{}, v.list.text(row)...), nil
	case dateKind, timeKind, timeTZKind, int96Kind:
		return v.time(row, c.zones, col.zones, c.loc)
	case decimalKind, decimalTextKind:
		b, err := v.appendDecimal(nil, row)
		return string(b), err
	}
	return nil, fmt.Errorf("vector of kind %d", v.kind)
}

func (v *vector) appendDecimal(dst []byte, row int) ([]byte, error) {
	b := v.list.text(row)
	if v.kind == decimalTextKind {
		return appendDecimalText(dst, b)
	}
	n, err := parseInt128(b)
	if err != nil {
		return dst, err
	}
	return appendDecimal(dst, n, int(v.scale)), nil
}
