package adbce6data

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/e6data/e6data-go/thriftrows"
)

func appendCatalogs(b *array.RecordBuilder, catalogs []foundCatalog) {
	names, lists := b.Field(0).(*array.StringBuilder), b.Field(1).(*array.ListBuilder)
	for _, catalog := range catalogs {
		names.Append(catalog.name)
		if catalog.schemas == nil {
			lists.AppendNull()
			continue
		}
		lists.Append(true)
		appendSchemas(lists.ValueBuilder().(*array.StructBuilder), catalog.schemas)
	}
}

func appendSchemas(b *array.StructBuilder, schemas []foundSchema) {
	names, lists := b.FieldBuilder(0).(*array.StringBuilder), b.FieldBuilder(1).(*array.ListBuilder)
	for _, schema := range schemas {
		b.Append(true)
		names.Append(schema.name)
		if schema.tables == nil {
			lists.AppendNull()
			continue
		}
		lists.Append(true)
		appendTables(lists.ValueBuilder().(*array.StructBuilder), schema.tables)
	}
}

func appendTables(b *array.StructBuilder, tables []foundTable) {
	names, types := b.FieldBuilder(0).(*array.StringBuilder), b.FieldBuilder(1).(*array.StringBuilder)
	columns, constraints := b.FieldBuilder(2).(*array.ListBuilder), b.FieldBuilder(3).(*array.ListBuilder)
	for _, table := range tables {
		b.Append(true)
		names.Append(table.name)
		types.Append(tableType)
		if table.columns == nil {
			columns.AppendNull()
			constraints.AppendNull()
			continue
		}
		constraints.Append(true) // the engine has none
		columns.Append(true)
		for _, column := range table.columns {
			appendColumn(columns.ValueBuilder().(*array.StructBuilder), column)
		}
	}
}

// The fields of adbc.ColumnSchema that have values. Those that begin with xdbc have the
// meaning that they have in JDBC and ODBC.
const (
	fieldName          = 0
	fieldPosition      = 1
	fieldDataType      = 3
	fieldTypeName      = 4
	fieldSize          = 5
	fieldDigits        = 6
	fieldRadix         = 7
	fieldNullable      = 8
	fieldIsNullable    = 13
	columnNullable     = 1     // ODBC's SQL_NULLABLE: every column may be NULL
	columnNullableWord = "YES" // the same in INFORMATION_SCHEMA
)

func appendColumn(b *array.StructBuilder, column foundColumn) {
	b.Append(true)
	written := map[int]bool{}
	text := func(field int, value string) {
		b.FieldBuilder(field).(*array.StringBuilder).Append(value)
		written[field] = true
	}
	short := func(field int, value int16) {
		b.FieldBuilder(field).(*array.Int16Builder).Append(value)
		written[field] = true
	}
	long := func(field int, value int32) {
		b.FieldBuilder(field).(*array.Int32Builder).Append(value)
		written[field] = true
	}
	text(fieldName, column.Name)
	long(fieldPosition, int32(column.position))
	text(fieldTypeName, column.Type)
	short(fieldNullable, columnNullable)
	text(fieldIsNullable, columnNullableWord)
	if code, ok := jdbcType(column.Type); ok {
		short(fieldDataType, code)
	}
	if precision, scale, ok := column.PrecisionScale(); ok {
		long(fieldSize, int32(precision))
		short(fieldDigits, int16(scale))
		short(fieldRadix, 10)
	} else if length, ok := column.Length(); ok && length <= math.MaxInt32 {
		long(fieldSize, int32(length))
	}
	for i := range b.NumField() {
		if !written[i] {
			b.FieldBuilder(i).AppendNull()
		}
	}
}

// jdbcTypes are the numbers of types in java.sql.Types. Types of one kind that the
// engine's list of columns names differently, such as SHORT and BYTE, have the number of
// the type in which their values are returned.
var jdbcTypes = map[thriftrows.VectorType]int16{
	thriftrows.Boolean:     16,
	thriftrows.Integer:     4,
	thriftrows.Long:        -5,
	thriftrows.Float:       7,
	thriftrows.Double:      8,
	thriftrows.Decimal128:  3,
	thriftrows.String:      12,
	thriftrows.Array:       12,
	thriftrows.Map:         12,
	thriftrows.Struct:      12,
	thriftrows.Binary:      -3,
	thriftrows.Date:        91,
	thriftrows.Timestamp:   93,
	thriftrows.Datetime:    93,
	thriftrows.Int96:       93,
	thriftrows.TimestampTZ: 2014,
	thriftrows.Null:        0,
}

// jdbcType returns the number of a type; false for an unknown type.
func jdbcType(word string) (int16, bool) {
	t, ok := thriftrows.ParseType(word)
	if !ok {
		return 0, false
	}
	code, ok := jdbcTypes[t]
	return code, ok
}
