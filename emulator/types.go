//go:build cgo

package emulator

import (
	"errors"
	"fmt"
	"strings"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/thriftrows"
)

// kind is a type of DuckDB's and its type on the wire.
type kind struct {
	id     duckdb.Type
	vector thriftrows.VectorType
	word   string // in result metadata
	hive   string // in the list of a table's columns
	open   bool   // a parameter's value decides

	width, scale uint8       // of a DECIMAL
	internal     duckdb.Type // how a DECIMAL and an ENUM are stored
	labels       []string    // of an ENUM
	members      []*kind     // a LIST's and ARRAY's element, a MAP's key and value, a STRUCT's fields
	names        []string    // a STRUCT's
	size         int         // an ARRAY's
}

// simple has the types without parameters.
var simple = map[duckdb.Type]kind{
	duckdb.TypeBoolean:     {vector: thriftrows.Boolean, word: "BOOLEAN", hive: "bool"},
	duckdb.TypeTinyInt:     {vector: thriftrows.Integer, word: "INTEGER", hive: "byte"},
	duckdb.TypeSmallInt:    {vector: thriftrows.Integer, word: "INTEGER", hive: "short"},
	duckdb.TypeInteger:     {vector: thriftrows.Integer, word: "INTEGER", hive: "int"},
	duckdb.TypeBigInt:      {vector: thriftrows.Long, word: "LONG", hive: "long"},
	duckdb.TypeUTinyInt:    {vector: thriftrows.Integer, word: "INTEGER", hive: "short"},
	duckdb.TypeUSmallInt:   {vector: thriftrows.Integer, word: "INTEGER", hive: "int"},
	duckdb.TypeUInteger:    {vector: thriftrows.Long, word: "LONG", hive: "long"},
	duckdb.TypeUBigInt:     {vector: thriftrows.Decimal128, word: "DECIMAL(20,0)", hive: "decimal(20,0)"},
	duckdb.TypeHugeInt:     {vector: thriftrows.Decimal128, word: "DECIMAL(38,0)", hive: "decimal(38,0)"},
	duckdb.TypeUHugeInt:    {vector: thriftrows.Decimal128, word: "DECIMAL(38,0)", hive: "decimal(38,0)"},
	duckdb.TypeFloat:       {vector: thriftrows.Float, word: "FLOAT", hive: "float"},
	duckdb.TypeDouble:      {vector: thriftrows.Double, word: "DOUBLE", hive: "double"},
	duckdb.TypeVarchar:     {vector: thriftrows.String, word: "STRING", hive: "string"},
	duckdb.TypeUUID:        {vector: thriftrows.String, word: "STRING", hive: "string"},
	duckdb.TypeBlob:        {vector: thriftrows.Binary, word: "BINARY", hive: "binary"},
	duckdb.TypeDate:        {vector: thriftrows.Date, word: "DATE", hive: "date"},
	duckdb.TypeTimestamp:   {vector: thriftrows.Timestamp, word: "TIMESTAMP", hive: "timestamp"},
	duckdb.TypeTimestampS:  {vector: thriftrows.Timestamp, word: "TIMESTAMP", hive: "timestamp"},
	duckdb.TypeTimestampMS: {vector: thriftrows.Timestamp, word: "TIMESTAMP", hive: "timestamp"},
	duckdb.TypeTimestampTZ: {vector: thriftrows.TimestampTZ, word: "TIMESTAMP_TZ", hive: "timestamp_tz"},
	duckdb.TypeSQLNull:     {vector: thriftrows.Null, word: "NULL", hive: "void"},
}

// nowhere has the types that no type of the protocol holds.
var nowhere = map[duckdb.Type]string{
	duckdb.TypeTime: "TIME", duckdb.TypeTimeTZ: "TIME WITH TIME ZONE", duckdb.TypeTimeNS: "TIME_NS",
	duckdb.TypeInterval: "INTERVAL", duckdb.TypeTimestampNS: "TIMESTAMP_NS", duckdb.TypeBit: "BIT",
	duckdb.TypeUnion: "UNION", duckdb.TypeBigNum: "BIGNUM", duckdb.TypeVariant: "VARIANT", duckdb.TypeGeometry: "GEOMETRY",
}

// describe returns the kind of a type. The error names a type that has no place on the wire.
func describe(typ duckdb.LogicalType) (*kind, error) {
	id := duckdb.GetTypeId(typ)
	if k, ok := simple[id]; ok {
		k.id = id
		return &k, nil
	}
	k := &kind{id: id}
	switch id {
	case duckdb.TypeDecimal:
		k.width, k.scale = duckdb.DecimalWidth(typ), duckdb.DecimalScale(typ)
		k.internal = duckdb.DecimalInternalType(typ)
		k.vector = thriftrows.Decimal128
		k.word = fmt.Sprintf("DECIMAL(%d,%d)", k.width, k.scale)
		k.hive = strings.ToLower(k.word)
		return k, nil
	case duckdb.TypeEnum:
		k.vector, k.word, k.hive = thriftrows.String, "STRING", "string"
		k.internal = duckdb.EnumInternalType(typ)
		for i := range duckdb.EnumDictionarySize(typ) {
			k.labels = append(k.labels, duckdb.EnumDictionaryValue(typ, duckdb.IdxT(i)))
		}
		return k, nil
	case duckdb.TypeList, duckdb.TypeArray, duckdb.TypeMap, duckdb.TypeStruct:
		return k, k.nest(typ)
	case duckdb.TypeInvalid, duckdb.TypeAny:
		k.open = true
		return k, errors.New("the type is not known")
	}
	name := nowhere[id]
	if name == "" {
		name = fmt.Sprintf("of DuckDB's number %d", id)
	}
	return k, fmt.Errorf("emulator: type %s has no place in the protocol: cast it to another", name)
}

// nest describes a nested type.
func (k *kind) nest(typ duckdb.LogicalType) error {
	switch k.id {
	case duckdb.TypeList:
		if err := k.member(duckdb.ListTypeChildType(typ)); err != nil {
			return err
		}
		k.vector, k.word, k.hive = thriftrows.Array, "ARRAY", "array<"+k.members[0].hive+">"
	case duckdb.TypeArray:
		if err := k.member(duckdb.ArrayTypeChildType(typ)); err != nil {
			return err
		}
		k.size = int(duckdb.ArrayTypeArraySize(typ))
		k.vector, k.word, k.hive = thriftrows.Array, "ARRAY", "array<"+k.members[0].hive+">"
	case duckdb.TypeMap:
		if err := errors.Join(k.member(duckdb.MapTypeKeyType(typ)), k.member(duckdb.MapTypeValueType(typ))); err != nil {
			return err
		}
		k.vector, k.word, k.hive = thriftrows.Map, "MAP", "map<"+k.members[0].hive+","+k.members[1].hive+">"
	default:
		var fields []string
		for i := range duckdb.StructTypeChildCount(typ) {
			if err := k.member(duckdb.StructTypeChildType(typ, i)); err != nil {
				return err
			}
			k.names = append(k.names, duckdb.StructTypeChildName(typ, i))
			fields = append(fields, k.names[i]+":"+k.members[i].hive)
		}
		k.vector, k.word, k.hive = thriftrows.Struct, "STRUCT", "struct<"+strings.Join(fields, ",")+">"
	}
	return nil
}

// member adds a member and destroys its type.
func (k *kind) member(typ duckdb.LogicalType) error {
	defer duckdb.DestroyLogicalType(&typ)
	m, err := describe(typ)
	k.members = append(k.members, m)
	if m.open {
		k.open = true
	}
	return err
}
