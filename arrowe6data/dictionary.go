package arrowe6data

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/e6data/e6data-go/thriftrows"
)

// maxDictionary is how many texts a dictionary may have at the beginning of a record.
const maxDictionary = 1 << 16

// dictionary holds the texts of a dictionary column. The dictionaries of consecutive
// records have the same beginning, so that a writer can write the new texts only.
type dictionary struct {
	index map[string]int32
	texts []string
	array *array.String // of all texts, or nil
	zones map[*time.Location]int32
}

// begin prepares the dictionary for another record.
func (d *dictionary) begin() {
	if d.index == nil || len(d.texts) > maxDictionary {
		d.release()
		d.index, d.texts = map[string]int32{}, nil
		d.zones = map[*time.Location]int32{}
	}
	if len(d.zones) > maxDictionary { // zones that thriftrows.Zones does not keep
		clear(d.zones)
	}
}

// of returns the index of a text, which it adds if necessary.
func (d *dictionary) of(text []byte) int32 {
	if i, ok := d.index[string(text)]; ok {
		return i
	}
	i := int32(len(d.texts))
	s := string(text)
	d.texts = append(d.texts, s)
	d.index[s] = i
	return i
}

// ofZone is of for the name of a zone.
func (d *dictionary) ofZone(loc *time.Location) int32 {
	i, ok := d.zones[loc]
	if !ok {
		i = d.of([]byte(loc.String()))
		d.zones[loc] = i
	}
	return i
}

// end makes the array of the texts, if there are new ones.
func (d *dictionary) end(mem memory.Allocator) {
	if d.array != nil && d.array.Len() == len(d.texts) {
		return
	}
	d.release()
	b := array.NewStringBuilder(mem)
	defer b.Release()
	b.AppendValues(d.texts, nil)
	d.array = b.NewStringArray()
}

// data returns the texts. The caller must not release them.
func (d *dictionary) data() *array.Data { return d.array.Data().(*array.Data) }

func (d *dictionary) release() {
	if d.array != nil {
		d.array.Release()
		d.array = nil
	}
}

// readDictionary reads texts as indexes of a dictionary.
func readDictionary(b *builder) error {
	if !b.is(thriftrows.String, thriftrows.Array, thriftrows.Map, thriftrows.Struct) {
		return b.mismatch()
	}
	d, dst := b.col.dict, b.indexes()
	values, nulls, err := b.c.Bytes()
	if err != nil {
		return err
	}
	for i, text := range values {
		if nulls.Null(i) {
			dst[i] = 0
			continue
		}
		dst[i] = d.of(text)
	}
	d.end(b.mem)
	return nil
}

// readZones reads the zones of a column.
func readZones(b *builder) error {
	if !b.is(thriftrows.TimestampTZ) {
		return b.mismatch()
	}
	d, dst := b.col.dict, b.indexes()
	values, nulls, err := b.c.Zones()
	if err != nil {
		return err
	}
	var last *time.Location
	index := int32(0)
	for i, loc := range values {
		if nulls.Null(i) {
			dst[i] = 0
			continue
		}
		if loc != last {
			last, index = loc, d.ofZone(loc)
		}
		dst[i] = index
	}
	d.end(b.mem)
	return nil
}

// indexes makes the buffer of indexes for another record.
func (b *builder) indexes() []int32 {
	b.col.dict.begin()
	return arrow.Int32Traits.CastFromBytes(b.values(arrow.Int32SizeBytes))
}
