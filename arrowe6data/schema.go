package arrowe6data

import (
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/e6data/e6data-go/thriftrows"
)

// The keys of the fields' metadata.
const (
	// TypeKey is the key of the engine's type word, such as DECIMAL(10,2).
	TypeKey = "e6data.type"
	// ZoneKey is the key of the zone in the result's metadata. Usually it is empty, and
	// the key is absent.
	ZoneKey = "e6data.zone"
	// FormatKey is the key of the format in the result's metadata. Usually it is empty,
	// and the key is absent.
	FormatKey = "e6data.format"
	// ZonesOfKey is the key in the metadata of a column of WithZones. Its value is the
	// name of the column with the points in time.
	ZonesOfKey = "e6data.zones_of"

	extensionNameKey = "ARROW:extension:name"
	extensionDataKey = "ARROW:extension:metadata"
)

// maxPrecision is the largest precision of a DECIMAL128 column.
const maxPrecision = 38

// openScale is the scale of a DECIMAL column without one in its metadata, if there are
// no values that show it.
const openScale = 18

// dictionaryType is the type of zones and of the columns of WithDictionary.
var dictionaryType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// Schema returns the schema of the records of a result with these columns. The columns
// are those of [e6data.Batches.Columns], or of a catalog. All fields may be NULL.
//
// The metadata may leave the type of a column open: a DECIMAL without precision and
// scale, or an unknown type word. A [Reader] takes the type from the first batch. Schema
// returns a DECIMAL128 of precision 38 and scale 18, and a text, except for
// [WithDecimal].
func Schema(columns []thriftrows.Column, opts ...Option) (*arrow.Schema, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	p, err := newPlan(columns, cfg)
	if err != nil {
		return nil, err
	}
	return p.schema(), nil
}

// plan describes the columns of the records.
type plan struct {
	cfg     *config
	columns []column
}

// column is a column of the records.
type column struct {
	index int // of the result's column
	name  string
	word  string // the type in the result's metadata
	field arrow.Field
	read  reader
	// open means that the metadata leave the type open.
	open bool
	dict *dictionary
	// width is the size of a row's element, without the bytes of texts.
	width int
}

func newPlan(columns []thriftrows.Column, cfg *config) (*plan, error) {
	p := &plan{cfg: cfg, columns: make([]column, 0, len(columns))}
	strings := map[string]bool{}
	for i, c := range columns {
		p.columns = append(p.columns, newColumn(i, c, cfg))
		typ, known := thriftrows.ParseType(c.Type)
		strings[c.Name] = strings[c.Name] || known && typ == thriftrows.String
		if known && typ == thriftrows.TimestampTZ && cfg.zones {
			p.columns = append(p.columns, newZones(i, c))
		}
	}
	for _, name := range cfg.dictionary {
		if !strings[name] {
			return nil, fmt.Errorf("arrowe6data: WithDictionary(%q): the result has no STRING column of that name", name)
		}
	}
	return p, nil
}

func (p *plan) schema() *arrow.Schema {
	fields := make([]arrow.Field, len(p.columns))
	for i := range p.columns {
		fields[i] = p.columns[i].field
	}
	return arrow.NewSchema(fields, nil)
}

// newColumn returns the column for a column of the result.
func newColumn(index int, c thriftrows.Column, cfg *config) column {
	col := column{index: index, name: c.Name, word: c.Type}
	keys, values := []string{TypeKey}, []string{c.Type}
	add := func(key, value string) {
		if value != "" {
			keys, values = append(keys, key), append(values, value)
		}
	}
	add(ZoneKey, c.Zone)
	add(FormatKey, c.Format)
	typ, known := thriftrows.ParseType(c.Type)
	switch {
	case !known:
		col.open = true
		typ = thriftrows.String
	case typ == thriftrows.Decimal128:
		d, ok := decimalOf(c.Type, cfg)
		col.open = !ok
		col.set(d, readDecimals)
	case nested(typ) && !cfg.plainNested:
		keys, values = append(keys, extensionNameKey, extensionDataKey), append(values, "arrow.json", "")
	}
	if typ != thriftrows.Decimal128 {
		col.setType(typ, c, cfg)
	}
	col.field.Name, col.field.Nullable = c.Name, true
	col.field.Metadata = arrow.NewMetadata(keys, values)
	return col
}

func nested(typ thriftrows.VectorType) bool {
	return typ == thriftrows.Array || typ == thriftrows.Map || typ == thriftrows.Struct
}

// decimalOf returns the type of a DECIMAL column, and reports whether the metadata or
// the options determine it.
func decimalOf(word string, cfg *config) (*arrow.Decimal128Type, bool) {
	p, s, ok := thriftrows.TypePrecisionScale(word)
	switch {
	case ok && p >= 1 && p <= maxPrecision && s >= -maxPrecision && s <= maxPrecision:
		return &arrow.Decimal128Type{Precision: int32(p), Scale: int32(s)}, true
	case cfg.decimal != nil:
		return cfg.decimal, true
	}
	return &arrow.Decimal128Type{Precision: maxPrecision, Scale: openScale}, false
}

// setType sets the Arrow type of every type except DECIMAL128.
func (col *column) setType(typ thriftrows.VectorType, c thriftrows.Column, cfg *config) {
	switch typ {
	case thriftrows.Boolean:
		col.set(arrow.FixedWidthTypes.Boolean, readBools)
	case thriftrows.Integer:
		col.set(arrow.PrimitiveTypes.Int32, readInt32s)
	case thriftrows.Long:
		col.set(arrow.PrimitiveTypes.Int64, readInt64s)
	case thriftrows.Float:
		col.set(arrow.PrimitiveTypes.Float32, readFloat32s)
	case thriftrows.Double:
		col.set(arrow.PrimitiveTypes.Float64, readFloat64s)
	case thriftrows.Date:
		col.set(arrow.FixedWidthTypes.Date32, readDays)
	case thriftrows.Datetime, thriftrows.Timestamp:
		col.set(&arrow.TimestampType{Unit: arrow.Microsecond}, readTimes)
	case thriftrows.TimestampTZ:
		col.set(&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: zoneOf(c.Zone)}, readInstants)
	case thriftrows.Int96:
		col.set(&arrow.TimestampType{Unit: cfg.int96}, readInt96s)
	case thriftrows.Null:
		col.set(arrow.Null, readNulls)
	case thriftrows.Binary:
		col.set(arrow.BinaryTypes.Binary, readBytes)
	case thriftrows.String:
		if cfg.isDictionary(c.Name) && !col.open {
			col.dict = new(dictionary)
			col.set(dictionaryType, readDictionary)
			return
		}
		col.set(arrow.BinaryTypes.String, readTexts)
	default:
		col.set(arrow.BinaryTypes.String, readTexts)
	}
}

func (col *column) set(typ arrow.DataType, read reader) {
	col.field.Type, col.read = typ, read
	col.width = 4 // the end of a text
	if fixed, ok := typ.(arrow.FixedWidthDataType); ok {
		col.width = (fixed.BitWidth() + 7) / 8
	}
}

// newZones returns the column of the zones of a column.
func newZones(index int, c thriftrows.Column) column {
	col := column{index: index, name: c.Name, word: c.Type, dict: new(dictionary)}
	col.set(dictionaryType, readZones)
	col.field.Name, col.field.Nullable = c.Name+"_zone", true
	col.field.Metadata = arrow.NewMetadata([]string{ZonesOfKey}, []string{c.Name})
	return col
}

// zones finds the zones of metadata.
var zones thriftrows.Zones

// zoneOf returns the zone of a column in the metadata, in the spelling of Arrow. An
// absent or unknown zone is UTC.
func zoneOf(name string) string {
	loc, err := zones.Lookup([]byte(name))
	if err != nil {
		return "UTC"
	}
	if _, err := time.LoadLocation(loc.String()); err == nil {
		return loc.String()
	}
	if at, rule := time.Unix(0, 0).In(loc), time.Unix(0, 0).AddDate(0, 6, 0).In(loc); sameOffset(at, rule) {
		if offset := at.Format("-07:00:00"); offset[len(offset)-3:] == ":00" {
			return offset[:len(offset)-3]
		}
	}
	return "UTC"
}

func sameOffset(a, b time.Time) bool {
	_, x := a.Zone()
	_, y := b.Zone()
	return x == y
}

// settle sets the type of an open column from the first batch.
func (col *column) settle(c *thriftrows.BatchColumn, cfg *config) error {
	if !col.open || c.Nulls().All() {
		return nil
	}
	meta := col.field.Metadata
	if c.Type() != thriftrows.Decimal128 {
		if _, known := thriftrows.ParseType(col.word); !known {
			col.setType(c.Type(), thriftrows.Column{Name: col.name}, cfg)
		}
		col.field.Metadata = meta
		return nil
	}
	d := cfg.decimal
	if d == nil {
		values, nulls, err := c.Decimals()
		if err != nil {
			return err
		}
		d = &arrow.Decimal128Type{Precision: maxPrecision, Scale: -maxPrecision}
		for i, v := range values {
			if !nulls.Null(i) {
				d.Scale = max(d.Scale, v.Scale)
			}
		}
	}
	col.set(d, readDecimals)
	return nil
}
