package arrowe6data

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/e6data/e6data-go/thriftrows"
)

// Converter makes Arrow records of batches that the caller reads, such as those of
// [e6data.Batches]. A [Reader] reads the batches itself. A Converter is not safe for
// concurrent use.
type Converter struct {
	plan   *plan
	schema *arrow.Schema // of all records; nil before the first
	arrays []arrow.Array
}

// NewConverter returns a converter for a result with these columns. It copies what it needs
// of the slice.
func NewConverter(columns []thriftrows.Column, opts ...Option) (*Converter, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	p, err := newPlan(columns, cfg)
	if err != nil {
		return nil, err
	}
	return &Converter{plan: p, arrays: make([]arrow.Array, len(p.columns))}, nil
}

// Schema returns the schema of the records. Before the first record it is that of function
// [Schema]: if the metadata leave the type of a column open, the first batch determines it.
func (c *Converter) Schema() *arrow.Schema {
	if c.schema == nil {
		return c.plan.schema()
	}
	return c.schema
}

// Record returns the rows of a batch as a record, which the caller releases. The record
// does not refer to the batch. If a value does not fit its column, the error is a
// *[ColumnError].
func (c *Converter) Record(batch *thriftrows.Batch) (arrow.RecordBatch, error) {
	if err := c.settle(batch); err != nil {
		return nil, err
	}
	defer func() {
		for i, a := range c.arrays {
			if a != nil {
				a.Release()
				c.arrays[i] = nil
			}
		}
	}()
	for i := range c.plan.columns {
		col := &c.plan.columns[i]
		b := builder{mem: c.plan.cfg.mem, col: col, c: batch.Column(col.index), rows: batch.NumRows()}
		data, err := b.build()
		if err != nil {
			return nil, columnError(col, err)
		}
		c.arrays[i] = array.MakeFromData(data)
		data.Release()
	}
	return array.NewRecordBatch(c.schema, c.arrays, int64(batch.NumRows())), nil
}

// settle determines the schema from the first batch.
func (c *Converter) settle(batch *thriftrows.Batch) error {
	if c.schema != nil {
		return nil
	}
	for i := range c.plan.columns {
		col := &c.plan.columns[i]
		if err := col.settle(batch.Column(col.index), c.plan.cfg); err != nil {
			return columnError(col, err)
		}
	}
	c.schema = c.plan.schema()
	return nil
}

// Release releases the dictionaries of [WithDictionary] and [WithZones]. The records stay
// valid.
func (c *Converter) Release() {
	for i := range c.plan.columns {
		if d := c.plan.columns[i].dict; d != nil {
			d.release()
		}
	}
}

func columnError(col *column, err error) error {
	return &ColumnError{Column: col.index, Name: col.name, Type: col.word, Arrow: col.field.Type, Err: err}
}
