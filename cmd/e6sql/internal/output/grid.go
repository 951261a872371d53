package output

import (
	"fmt"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// form is the way in which the values of a column become text.
type form uint8

const (
	nullForm form = iota // all rows are NULL
	boolForm
	intForm
	floatForm  // double precision
	singleForm // single precision
	decimalForm
	textForm
	nestedForm // the engine's text of an array, a map or a struct
	bytesForm
	dateForm
	timeForm
	nanoForm // a point in time with nanoseconds
	zonedForm
)

// isText reports whether the values of a column may contain any character.
func (f form) isText() bool { return f == textForm || f == nestedForm }

// isNumber reports whether the values of a column are JSON numbers, except for NaN and
// infinities.
func (f form) isNumber() bool { return f == intForm || f == floatForm || f == singleForm }

// vector holds one column of a batch. Its slices belong to the batch.
type vector struct {
	form  form
	nulls thriftrows.Nulls

	bools  []bool
	ints   []int64 // also microseconds since 1970
	floats []float64
	decs   []thriftrows.Decimal
	raw    [][]byte
	times  []time.Time
	zones  []*time.Location
	suffix zoneSuffix
}

// grid holds the columns of the current batch.
type grid struct {
	columns []thriftrows.Column
	vectors []vector
	rows    int
}

func newGrid(columns []thriftrows.Column, o *Options) grid {
	g := grid{columns: append([]thriftrows.Column{}, columns...), vectors: make([]vector, len(columns))}
	for i := range g.vectors {
		g.vectors[i].suffix.offsetsOnly = o.OffsetsOnly
	}
	return g
}

// load reads the columns of a batch.
func (g *grid) load(b *thriftrows.Batch) error {
	g.rows = b.NumRows()
	if b.NumColumns() != len(g.vectors) {
		return fmt.Errorf("a batch has %d columns, and the result has %d", b.NumColumns(), len(g.vectors))
	}
	for i := range g.vectors {
		if err := g.vectors[i].load(b.Column(i)); err != nil {
			return fmt.Errorf("column %q: %w", g.columns[i].Name, err)
		}
	}
	return nil
}

func (v *vector) load(c *thriftrows.BatchColumn) (err error) {
	switch typ := c.Type(); typ {
	case thriftrows.Null:
		v.form, v.nulls = nullForm, c.Nulls()
	case thriftrows.Boolean:
		v.form = boolForm
		v.bools, v.nulls, err = c.Bools()
	case thriftrows.Integer, thriftrows.Long:
		v.form = intForm
		v.ints, v.nulls, err = c.Int64s()
	case thriftrows.Double, thriftrows.Float:
		v.form = floatForm
		if typ == thriftrows.Float {
			v.form = singleForm
		}
		v.floats, v.nulls, err = c.Float64s()
	case thriftrows.Decimal128:
		v.form = decimalForm
		v.decs, v.nulls, err = c.Decimals()
	case thriftrows.String, thriftrows.Array, thriftrows.Map, thriftrows.Struct, thriftrows.Binary:
		v.form = nestedForm
		switch typ {
		case thriftrows.String:
			v.form = textForm
		case thriftrows.Binary:
			v.form = bytesForm
		}
		v.raw, v.nulls, err = c.Bytes()
	default:
		err = v.loadTimes(c, typ)
	}
	return err
}

func (v *vector) loadTimes(c *thriftrows.BatchColumn, typ thriftrows.VectorType) (err error) {
	if v.ints, v.nulls, err = c.Micros(); err != nil {
		return err
	}
	switch typ {
	case thriftrows.Date:
		v.form = dateForm
	case thriftrows.Datetime, thriftrows.Timestamp:
		v.form = timeForm
	case thriftrows.Int96:
		v.form = nanoForm
		v.times, _, err = c.Times()
	case thriftrows.TimestampTZ:
		v.form = zonedForm
		v.zones, _, err = c.Zones()
	default:
		err = fmt.Errorf("unknown vector type %v", typ)
	}
	return err
}

// isNull reports whether the value of a row is NULL.
func (v *vector) isNull(row int) bool { return v.nulls.Null(row) }

// textOf returns the text of a row that is not NULL. It is part of the batch, or of the
// scratch buffer until the next call.
func (v *vector) textOf(scratch *[]byte, row int) []byte {
	if v.form.isText() {
		return v.raw[row]
	}
	*scratch = v.append((*scratch)[:0], row)
	return *scratch
}

// append appends the text of a row that is not NULL, as package documentation
// describes it.
func (v *vector) append(dst []byte, row int) []byte {
	switch v.form {
	case boolForm:
		if v.bools[row] {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case intForm:
		return appendInt(dst, v.ints[row])
	case floatForm:
		return appendFloat(dst, v.floats[row], false)
	case singleForm:
		return appendFloat(dst, v.floats[row], true)
	case decimalForm:
		dst, _ = v.decs[row].AppendText(dst) // the decoder bounds the scale
		return dst
	case textForm, nestedForm:
		return append(dst, v.raw[row]...)
	case bytesForm:
		return appendHex(dst, v.raw[row])
	case dateForm:
		return appendDate(dst, floorDiv(v.ints[row], microsPerDay))
	case timeForm:
		return appendTime(dst, v.ints[row], 0, 0)
	case nanoForm:
		return appendTime(dst, v.ints[row], 0, v.times[row].Nanosecond()%1000)
	case zonedForm:
		return v.suffix.appendZoned(dst, v.ints[row], v.zones[row])
	}
	return dst
}
