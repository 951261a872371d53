package arrowe6data

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/e6data/e6data-go/thriftrows"
)

// Converter makes Arrow records of batches. It is for a program that has chunks without
// a connection; [Query] and [NewReader] use one.
//
// It is not safe for concurrent use. Call Release when it is no longer needed. The
// records are independent of it.
type Converter struct {
	cfg     *config
	columns []column
	schema  *arrow.Schema
	width   int // of a row, without the bytes of texts
	arrays  []arrow.Array
}

// NewConverter returns a converter for the batches of a result with these columns.
func NewConverter(columns []thriftrows.Column, opts ...Option) (*Converter, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	c := &Converter{cfg: cfg, columns: make([]column, 0, len(columns))}
	texts := map[string]bool{}
	for i, col := range columns {
		c.columns = append(c.columns, newColumn(i, col, cfg))
		typ, known := thriftrows.ParseType(col.Type)
		texts[col.Name] = texts[col.Name] || known && typ == thriftrows.String
		if known && typ == thriftrows.TimestampTZ && cfg.zones {
			c.columns = append(c.columns, newZones(i, col))
		}
	}
	for _, name := range cfg.dictionary {
		if !texts[name] {
			return nil, fmt.Errorf("arrowe6data: WithDictionary(%q): the result has no STRING column of that name", name)
		}
	}
	c.arrays = make([]arrow.Array, len(c.columns))
	c.describe()
	return c, nil
}

// describe sets the schema.
func (c *Converter) describe() {
	fields := make([]arrow.Field, len(c.columns))
	c.width = 0
	for i := range c.columns {
		fields[i] = c.columns[i].field
		c.width += c.columns[i].width
	}
	c.schema = arrow.NewSchema(fields, nil)
}

// Schema returns the schema of the records.
func (c *Converter) Schema() *arrow.Schema { return c.schema }

func (c *Converter) isOpen() bool {
	for i := range c.columns {
		if c.columns[i].open {
			return true
		}
	}
	return false
}

// Settle sets the types that the metadata leave open from the values of a batch; see
// [Schema]. It may be called before the first call of Record, and changes the schema.
func (c *Converter) Settle(batch *thriftrows.Batch) error {
	for i := range c.columns {
		col := &c.columns[i]
		if err := col.settle(batch.Column(col.index), c.cfg); err != nil {
			return col.failed(err)
		}
	}
	c.describe()
	return nil
}

// maxRecordBytes bounds the memory of a record. A constant column of a few bytes may
// have any number of rows, and Arrow has memory for all of them.
const maxRecordBytes = 256 << 20

// shorten removes rows of the batch until its record is not too large.
func (c *Converter) shorten(batch *thriftrows.Batch) {
	for rows := int64(batch.NumRows()); rows > 1; rows = int64(batch.NumRows()) {
		size := rows * int64(c.width)
		for i := range c.columns {
			size += batch.Column(c.columns[i].index).TextSize()
		}
		if size <= maxRecordBytes {
			return
		}
		batch.Shorten(int(min(max(rows*maxRecordBytes/size, 1), rows-1)))
	}
}

// Record returns the rows of a batch as a record, which the caller must release. If the
// record would need more than 256 MiB, it has the first rows only, and
// [thriftrows.Batch.Next] moves to the others. An error is a *[ColumnError].
func (c *Converter) Record(batch *thriftrows.Batch) (arrow.RecordBatch, error) {
	c.shorten(batch)
	defer func() {
		for i, a := range c.arrays {
			if a != nil {
				a.Release()
				c.arrays[i] = nil
			}
		}
	}()
	rows := batch.NumRows()
	record := c.allocate(batch)
	defer record.whole.Release()
	for i := range c.columns {
		col := &c.columns[i]
		b := builder{mem: c.cfg.mem, record: record, col: col, c: batch.Column(col.index), rows: rows}
		data, err := b.build()
		if err != nil {
			return nil, col.failed(err)
		}
		c.arrays[i] = array.MakeFromData(data)
		data.Release()
	}
	return array.NewRecordBatch(c.schema, c.arrays, int64(rows)), nil
}

// allocate returns the memory of a batch's record.
func (c *Converter) allocate(batch *thriftrows.Batch) *arena {
	size := 0
	for i := range c.columns {
		col := &c.columns[i]
		size += col.sizeOf(batch.Column(col.index), batch.NumRows())
	}
	a := &arena{whole: memory.NewResizableBuffer(c.cfg.mem)}
	a.whole.Resize(size)
	return a
}

// Release releases the dictionaries. Record may not be called any more.
func (c *Converter) Release() {
	for i := range c.columns {
		if d := c.columns[i].dict; d != nil {
			d.release()
		}
	}
}

// failed returns the error for a column that cannot be read.
func (col *column) failed(err error) error {
	return &ColumnError{Column: col.index, Name: col.name, Type: col.word, Arrow: col.field.Type, Err: err}
}
