package arrowe6data

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/endian"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/e6data/e6data-go/thriftrows"
)

// builder makes the array of a column of a batch. It has up to three buffers, which it
// releases in case of an error.
type builder struct {
	mem     memory.Allocator
	col     *column
	c       *thriftrows.BatchColumn
	rows    int
	buffers [3]*memory.Buffer // the bits of the rows that are not NULL, then the type's own
	used    int
}

// reader fills the buffers of a builder, except the first one.
type reader func(b *builder) error

func (b *builder) build() (*array.Data, error) {
	if b.col.field.Type.ID() == arrow.NULL {
		return b.finish(b.col.read(b), b.rows, nil)
	}
	b.used = 1
	nulls := 0
	if n := b.c.Nulls(); n.Any() {
		b.buffers[0] = b.buffer(0, (b.rows+7)/8)
		_, nulls = n.AppendBits(b.buffers[0].Bytes()[:0], b.rows)
	}
	if err := b.col.read(b); err != nil {
		return b.finish(err, 0, nil)
	}
	var dict *array.Data
	if b.col.dict != nil {
		dict = b.col.dict.data()
	}
	return b.finish(nil, nulls, dict)
}

// finish returns the data of the array. It releases the builder's own references to the
// buffers.
func (b *builder) finish(err error, nulls int, dict *array.Data) (data *array.Data, _ error) {
	buffers := b.buffers[:max(b.used, 1)]
	if err == nil {
		if dict != nil {
			data = array.NewDataWithDictionary(b.col.field.Type, b.rows, buffers, nulls, 0, dict)
		} else {
			data = array.NewData(b.col.field.Type, b.rows, buffers, nil, nulls, 0)
		}
	}
	for _, buf := range b.buffers {
		if buf != nil {
			buf.Release()
		}
	}
	return data, err
}

// buffer makes buffer i with a size in bytes. The elements of a column of NULLs are 0.
func (b *builder) buffer(i, size int) *memory.Buffer {
	buf := memory.NewResizableBuffer(b.mem)
	buf.Resize(size)
	b.buffers[i] = buf
	b.used = max(b.used, i+1)
	if i > 0 && b.c.Nulls().All() {
		clear(buf.Bytes()) // else they would show what was in the memory before
	}
	return buf
}

// values makes the buffer of the column's elements.
func (b *builder) values(width int) []byte { return b.buffer(1, b.rows*width).Bytes() }

// is reports whether the column of the batch has one of the types, or only NULLs.
func (b *builder) is(types ...thriftrows.VectorType) bool {
	if b.c.Nulls().All() {
		return true
	}
	for _, typ := range types {
		if b.c.Type() == typ {
			return true
		}
	}
	return false
}

func (b *builder) mismatch() error {
	return fmt.Errorf("the engine sent a column of type %v", b.c.Type())
}

func readNulls(b *builder) error {
	if !b.is(thriftrows.Null) {
		return b.mismatch()
	}
	return nil
}

func readBools(b *builder) error {
	_, _, err := b.c.AppendBoolBits(b.buffer(1, (b.rows+7)/8).Bytes()[:0])
	return err
}

func readInt32s(b *builder) error {
	dst := arrow.Int32Traits.CastFromBytes(b.values(arrow.Int32SizeBytes))
	if b.is(thriftrows.Integer) {
		_, _, err := b.c.AppendInt32s(dst[:0])
		return err
	}
	values, nulls, err := b.c.Int64s()
	for i, v := range values {
		if v != int64(int32(v)) && !nulls.Null(i) {
			return fmt.Errorf("a value of row %d does not fit 32 bits", i)
		}
		dst[i] = int32(v)
	}
	return err
}

func readInt64s(b *builder) error {
	_, _, err := b.c.AppendInt64s(arrow.Int64Traits.CastFromBytes(b.values(arrow.Int64SizeBytes))[:0])
	return err
}

func readFloat32s(b *builder) error {
	dst := arrow.Float32Traits.CastFromBytes(b.values(arrow.Float32SizeBytes))
	if b.is(thriftrows.Float) {
		_, _, err := b.c.AppendFloat32s(dst[:0])
		return err
	}
	values, nulls, err := b.c.Float64s()
	for i, v := range values {
		if float64(float32(v)) != v && !math.IsNaN(v) && !nulls.Null(i) {
			return fmt.Errorf("a value of row %d does not fit 32 bits", i)
		}
		dst[i] = float32(v)
	}
	return err
}

func readFloat64s(b *builder) error {
	_, _, err := b.c.AppendFloat64s(arrow.Float64Traits.CastFromBytes(b.values(arrow.Float64SizeBytes))[:0])
	return err
}

func readDays(b *builder) error {
	_, _, err := b.c.AppendDays(arrow.Int32Traits.CastFromBytes(b.values(arrow.Date32SizeBytes))[:0])
	return err
}

// readTimes reads times without a zone. Arrow has the wall clock as if it were in UTC,
// and so has the engine.
func readTimes(b *builder) error {
	if !b.is(thriftrows.Datetime, thriftrows.Timestamp) {
		return b.mismatch()
	}
	return b.micros()
}

func readInstants(b *builder) error {
	if !b.is(thriftrows.TimestampTZ) {
		return b.mismatch()
	}
	return b.micros()
}

func (b *builder) micros() error {
	_, _, err := b.c.AppendMicros(arrow.Int64Traits.CastFromBytes(b.values(arrow.TimestampSizeBytes))[:0])
	return err
}

func readInt96s(b *builder) error {
	if !b.is(thriftrows.Int96, thriftrows.Datetime, thriftrows.Timestamp) {
		return b.mismatch()
	}
	dst := arrow.Int64Traits.CastFromBytes(b.values(arrow.TimestampSizeBytes))
	clear(dst) // some NULLs have no element
	if t, ok := b.col.field.Type.(*arrow.TimestampType); ok && t.Unit == arrow.Nanosecond {
		if _, _, err := b.c.AppendNanos(dst[:0]); err != nil {
			return fmt.Errorf("%w: use WithInt96(arrow.Microsecond)", err)
		}
		return nil
	}
	if b.is(thriftrows.Int96) {
		times, nulls, err := b.c.Times()
		if err != nil {
			return err
		}
		for i, t := range times {
			if !nulls.Null(i) && t.Nanosecond()%1000 != 0 {
				return fmt.Errorf("the INT96 of row %d has nanoseconds: use WithInt96(arrow.Nanosecond)", i)
			}
		}
	}
	_, _, err := b.c.AppendMicros(dst[:0])
	return err
}

func readDecimals(b *builder) error {
	t := b.col.field.Type.(*arrow.Decimal128Type)
	dst := b.values(arrow.Decimal128SizeBytes)
	_, _, err := b.c.AppendUnscaled(dst[:0], t.Precision, t.Scale)
	if endian.IsBigEndian {
		for i := 0; i < len(dst); i += arrow.Decimal128SizeBytes {
			e := dst[i:][:arrow.Decimal128SizeBytes]
			for k := range len(e) / 2 {
				e[k], e[len(e)-1-k] = e[len(e)-1-k], e[k]
			}
		}
	}
	if err != nil && b.col.open {
		err = fmt.Errorf("%w; the result's metadata has no precision and scale: set them with WithDecimal", err)
	}
	return err
}

// readTexts reads texts as the engine sent them. They are UTF-8 unless the engine
// breaks its protocol.
func readTexts(b *builder) error {
	if !b.is(thriftrows.String, thriftrows.Array, thriftrows.Map, thriftrows.Struct) {
		return b.mismatch()
	}
	return b.texts()
}

func readBytes(b *builder) error {
	if !b.is(thriftrows.Binary) {
		return b.mismatch()
	}
	return b.texts()
}

func (b *builder) texts() error {
	size := b.c.TextSize()
	if size > math.MaxInt32 {
		return fmt.Errorf("a text of %d bytes does not fit an Arrow array", size)
	}
	ends := arrow.Int32Traits.CastFromBytes(b.buffer(1, (b.rows+1)*arrow.Int32SizeBytes).Bytes())
	data := b.buffer(2, int(size)).Bytes()
	ends[0] = 0
	_, _, _, err := b.c.AppendTexts(data[:0], ends[:1])
	return err
}
