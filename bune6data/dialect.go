package bune6data

import (
	"database/sql"
	"reflect"
	"strings"
	"time"

	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/feature"
	"github.com/uptrace/bun/schema"

	"github.com/e6data/e6data-go"
)

// Dialect is the dialect of e6data for bun. Make one with [New] for each bun.DB.
type Dialect struct {
	schema.BaseDialect
	tables *schema.Tables
}

var _ schema.Dialect = (*Dialect)(nil)

// New returns a dialect for bun.NewDB.
func New() *Dialect {
	d := new(Dialect)
	d.tables = schema.NewTables(d)
	return d
}

// Init does nothing: the dialect needs no question to the engine.
func (*Dialect) Init(*sql.DB) {}

// name is none of bun's own names. bun prints it as "custom".
const name dialect.Name = 0xE6

// Name returns a name that is none of bun's own.
func (*Dialect) Name() dialect.Name { return name }

// Features returns what bun may write in statements for this engine. RETURNING, ON
// CONFLICT, DEFAULT as a value and :: casts are not in it.
func (*Dialect) Features() feature.Feature {
	return feature.CTE | feature.SelectExists | feature.TableNotExists | feature.TableTruncate
}

// Tables returns the models that bun has seen.
func (d *Dialect) Tables() *schema.Tables { return d.tables }

// generated stands in a statement for a key that nothing generates. It contains a
// placeholder without an argument, so that the driver refuses the statement.
const generated = "?!(bune6data: the engine generates no keys: give each row its own)"

// OnTable adapts the fields of a model.
func (d *Dialect) OnTable(table *schema.Table) {
	for _, f := range table.FieldMap {
		if f.AutoIncrement || f.Identity {
			f.NotNull, f.SQLDefault = false, generated
		}
		f.DiscoveredSQLType = typeOf(f.IndirectType, f.DiscoveredSQLType)
		if f.UserSQLType != "" {
			f.CreateTableSQLType = f.UserSQLType
		} else {
			f.CreateTableSQLType = f.DiscoveredSQLType
		}
	}
}

var (
	decimalType = reflect.TypeFor[e6data.Decimal]()
	dateType    = reflect.TypeFor[e6data.Date]()
)

// typeOf returns the engine's type for a field.
func typeOf(typ reflect.Type, discovered string) string {
	switch {
	case typ == decimalType:
		return "DECIMAL(38,9)"
	case typ == dateType:
		return "DATE"
	case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Uint8:
		return "BINARY"
	case strings.EqualFold(discovered, "DOUBLE PRECISION"):
		return "DOUBLE"
	case strings.EqualFold(discovered, "REAL"):
		return "FLOAT"
	case strings.HasPrefix(strings.ToUpper(discovered), "JSON"):
		return "VARCHAR"
	}
	return discovered
}

// IdentQuote returns the quote of names.
func (*Dialect) IdentQuote() byte { return '"' }

// literal appends a value as the driver writes it. bun has no way to return an error: a
// value that the driver refuses becomes a text that no engine reads as SQL, with a
// placeholder, so that the driver refuses the statement.
func literal(b []byte, v any) []byte {
	text, err := e6data.Literal(v)
	if err != nil {
		return dialect.AppendError(b, err)
	}
	return append(b, text...)
}

// AppendString appends a text as a literal. A backslash is an escape in the engine's
// literals, so that doubled quotes are not sufficient.
func (*Dialect) AppendString(b []byte, s string) []byte { return literal(b, s) }

// AppendTime appends a time as a TIMESTAMP literal in UTC.
func (*Dialect) AppendTime(b []byte, t time.Time) []byte { return literal(b, t) }

// AppendBytes appends bytes as a literal; nil is NULL.
func (*Dialect) AppendBytes(b, v []byte) []byte {
	if v == nil {
		return dialect.AppendNull(b)
	}
	return literal(b, v)
}

// AppendJSON appends JSON as the literal of a text.
func (*Dialect) AppendJSON(b, v []byte) []byte { return literal(b, string(v)) }

// AppendSequence appends nothing: the engine has no sequences.
func (*Dialect) AppendSequence(b []byte, _ *schema.Table, _ *schema.Field) []byte { return b }

// DefaultVarcharLen returns 0, because a VARCHAR needs no length.
func (*Dialect) DefaultVarcharLen() int { return 0 }

// DefaultSchema returns the empty name: the session's schema is in the DSN.
func (*Dialect) DefaultSchema() string { return "" }
