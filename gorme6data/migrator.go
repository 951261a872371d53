package gorme6data

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/e6data/e6data-go"
)

// Migrator lists the catalog with the driver's native calls, and creates and drops
// tables. The engine's statements for tables are not documented publicly; those that
// a Migrator sends are CREATE TABLE and DROP TABLE in their plain form.
//
// Other changes are an [UnsupportedError].
type Migrator struct{ migrator.Migrator }

var _ gorm.Migrator = Migrator{}

// MigrationError lists the differences between a model and its table, which
// AutoMigrate does not change.
type MigrationError struct {
	// Table is the name of the table.
	Table string
	// Missing holds the columns of the model that the table does not have, and
	// Different those of another type, such as "name: the table has LONG, the model
	// VARCHAR".
	Missing, Different []string
}

// Error returns a text with the differences.
func (e *MigrationError) Error() string {
	var what []string
	if len(e.Missing) > 0 {
		what = append(what, "columns are missing: "+strings.Join(e.Missing, ", "))
	}
	if len(e.Different) > 0 {
		what = append(what, "columns have other types: "+strings.Join(e.Different, ", "))
	}
	return fmt.Sprintf("gorme6data: the table %s differs from its model, and the engine cannot change tables: %s", e.Table, strings.Join(what, "; "))
}

// onConn calls f with the native connection.
func (m Migrator) onConn(f func(ctx context.Context, nc *e6data.Conn) error) error {
	pool := m.DB.Statement.ConnPool
	if stmts, ok := pool.(*gorm.PreparedStmtDB); ok {
		pool = stmts.ConnPool
	}
	ctx := m.DB.Statement.Context
	return e6data.UseConn(ctx, pool, func(nc *e6data.Conn) error { return f(ctx, nc) })
}

// place returns the catalog, the schema and the name of a table. Empty parts are the
// connection's.
func place(name string) (catalog, schema, table string) {
	p := parts(name)
	table = p[len(p)-1]
	if len(p) > 1 {
		schema = p[len(p)-2]
	}
	if len(p) > 2 {
		catalog = p[len(p)-3]
	}
	return catalog, schema, table
}

// table returns the name of the table of a value: a model, a name or a clause.
func (m Migrator) table(value any) (name string, err error) {
	err = m.RunWithValue(value, func(st *gorm.Statement) error {
		name = st.Table
		return nil
	})
	return name, err
}

// CurrentDatabase returns the catalog and the schema of the connection, such as
// lake.sales.
func (m Migrator) CurrentDatabase() (name string) {
	err := m.onConn(func(_ context.Context, nc *e6data.Conn) error {
		catalog, schema := nc.Namespace()
		name = schema
		if catalog != "" {
			name = catalog + "." + schema
		}
		return nil
	})
	_ = m.DB.AddError(err)
	return name
}

// GetTables returns the names of the tables of the connection's schema.
func (m Migrator) GetTables() (tables []string, err error) {
	err = m.onConn(func(ctx context.Context, nc *e6data.Conn) error {
		tables, err = nc.Tables(ctx, "", "")
		return err
	})
	return tables, err
}

// HasTable reports whether a table exists. An error of the engine goes to the
// Error of the gorm.DB.
func (m Migrator) HasTable(value any) bool {
	has, err := m.hasTable(value)
	_ = m.DB.AddError(err)
	return has
}

func (m Migrator) hasTable(value any) (has bool, err error) {
	name, err := m.table(value)
	if err != nil {
		return false, err
	}
	catalog, schema, table := place(name)
	err = m.onConn(func(ctx context.Context, nc *e6data.Conn) error {
		tables, err := nc.Tables(ctx, catalog, schema)
		has = slices.ContainsFunc(tables, func(t string) bool { return strings.EqualFold(t, table) })
		return err
	})
	return has, err
}

// ColumnTypes returns the columns of a table.
func (m Migrator) ColumnTypes(value any) ([]gorm.ColumnType, error) {
	columns, err := m.columns(value)
	types := make([]gorm.ColumnType, len(columns))
	for i, c := range columns {
		types[i] = columnType{c}
	}
	return types, err
}

func (m Migrator) columns(value any) (columns []e6data.Column, err error) {
	name, err := m.table(value)
	if err != nil {
		return nil, err
	}
	catalog, schema, table := place(name)
	err = m.onConn(func(ctx context.Context, nc *e6data.Conn) error {
		columns, err = nc.Columns(ctx, catalog, schema, table)
		return err
	})
	return columns, err
}

// HasColumn reports whether a table has a column. field is the name of a field of
// the model, or of the column.
func (m Migrator) HasColumn(value any, field string) (has bool) {
	err := m.RunWithValue(value, func(st *gorm.Statement) error {
		name := field
		if st.Schema != nil {
			if f := st.Schema.LookUpField(field); f != nil {
				name = f.DBName
			}
		}
		columns, err := m.columns(value)
		has = slices.ContainsFunc(columns, func(c e6data.Column) bool { return strings.EqualFold(c.Name, name) })
		return err
	})
	_ = m.DB.AddError(err)
	return has
}

// AutoMigrate creates the tables that do not exist. If a table exists and differs
// from its model, AutoMigrate changes nothing and returns a [MigrationError].
// Columns that only the table has are no difference. Indexes, constraints and
// default values of the models are not created.
func (m Migrator) AutoMigrate(values ...any) error {
	var errs []error
	for _, value := range m.ReorderModels(values, true) {
		has, err := m.hasTable(value)
		switch {
		case err != nil:
		case has:
			err = m.compare(value)
		default:
			err = m.CreateTable(value)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// compare returns a MigrationError if a table differs from its model.
func (m Migrator) compare(value any) error {
	return m.RunWithValue(value, func(st *gorm.Statement) error {
		columns, err := m.columns(value)
		if err != nil {
			return err
		}
		diff := &MigrationError{Table: st.Table}
		for _, name := range st.Schema.DBNames {
			field := st.Schema.FieldsByDBName[name]
			if field.IgnoreMigration {
				continue
			}
			want := m.DataTypeOf(field)
			i := slices.IndexFunc(columns, func(c e6data.Column) bool { return strings.EqualFold(c.Name, name) })
			switch {
			case i < 0:
				diff.Missing = append(diff.Missing, name+" "+want)
			case !sameType(columns[i].Type, want):
				diff.Different = append(diff.Different, fmt.Sprintf("%s: the table has %s, the model %s", name, columns[i].Type, want))
			}
		}
		if diff.Missing == nil && diff.Different == nil {
			return nil
		}
		return diff
	})
}

// names are the words of the catalog and of statements that mean one type.
var names = map[string]string{
	"BIGINT": "LONG", "INT": "INTEGER", "SMALLINT": "INTEGER", "TINYINT": "INTEGER", "REAL": "FLOAT", "VARCHAR": "STRING", "CHAR": "STRING",
	"TEXT": "STRING", "VARBINARY": "BINARY", "BLOB": "BINARY", "DATETIME": "TIMESTAMP", "NUMERIC": "DECIMAL",
}

// sameType reports whether two words mean one type. Lengths of texts do not count.
func sameType(a, b string) bool {
	canonical := func(word string) string {
		c := e6data.Column{Type: word}
		name := c.DatabaseTypeName()
		if other, ok := names[name]; ok {
			name = other
		}
		if p, s, ok := c.PrecisionScale(); ok {
			name += fmt.Sprintf("(%d,%d)", p, s)
		}
		return name
	}
	return canonical(a) == canonical(b)
}

// CreateTable creates tables with the columns of their models, without keys,
// indexes, constraints and default values.
func (m Migrator) CreateTable(values ...any) error {
	for _, value := range m.ReorderModels(values, false) {
		err := m.RunWithValue(value, func(st *gorm.Statement) error {
			if st.Schema == nil {
				return errors.New("gorme6data: CreateTable needs a model")
			}
			query, vars := "CREATE TABLE ? (", []any{m.CurrentTable(st)}
			n := 0
			for _, name := range st.Schema.DBNames {
				field := st.Schema.FieldsByDBName[name]
				if field.IgnoreMigration {
					continue
				}
				if n > 0 {
					query += ", "
				}
				query += "? ?"
				vars = append(vars, clause.Column{Name: name}, clause.Expr{SQL: m.DataTypeOf(field)})
				n++
			}
			return m.DB.Session(&gorm.Session{}).Exec(query+")", vars...).Error
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// DropTable drops tables. A table that does not exist is no error.
func (m Migrator) DropTable(values ...any) error {
	for _, value := range slices.Backward(m.ReorderModels(values, false)) {
		err := m.RunWithValue(value, func(st *gorm.Statement) error {
			has, err := m.hasTable(value)
			if err != nil || !has {
				return err
			}
			return m.DB.Session(&gorm.Session{}).Exec("DROP TABLE ?", m.CurrentTable(st)).Error
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func none(what string) error { return &UnsupportedError{What: what} }

// RenameTable returns an UnsupportedError.
func (m Migrator) RenameTable(any, any) error { return none("RENAME TABLE") }

// AddColumn returns an UnsupportedError.
func (m Migrator) AddColumn(any, string) error { return none("ALTER TABLE ADD") }

// DropColumn returns an UnsupportedError.
func (m Migrator) DropColumn(any, string) error { return none("ALTER TABLE DROP") }

// AlterColumn returns an UnsupportedError.
func (m Migrator) AlterColumn(any, string) error { return none("ALTER TABLE ALTER") }

// RenameColumn returns an UnsupportedError.
func (m Migrator) RenameColumn(any, string, string) error { return none("ALTER TABLE RENAME") }

// MigrateColumn returns an UnsupportedError.
func (m Migrator) MigrateColumn(any, *schema.Field, gorm.ColumnType) error {
	return none("ALTER TABLE ALTER")
}

// MigrateColumnUnique returns an UnsupportedError.
func (m Migrator) MigrateColumnUnique(any, *schema.Field, gorm.ColumnType) error {
	return none("unique columns")
}

// CreateConstraint returns an UnsupportedError.
func (m Migrator) CreateConstraint(any, string) error { return none("constraints") }

// DropConstraint returns an UnsupportedError.
func (m Migrator) DropConstraint(any, string) error { return none("constraints") }

// HasConstraint returns false.
func (m Migrator) HasConstraint(any, string) bool { return false }

// CreateIndex returns an UnsupportedError.
func (m Migrator) CreateIndex(any, string) error { return none("indexes") }

// DropIndex returns an UnsupportedError.
func (m Migrator) DropIndex(any, string) error { return none("indexes") }

// RenameIndex returns an UnsupportedError.
func (m Migrator) RenameIndex(any, string, string) error { return none("indexes") }

// HasIndex returns false.
func (m Migrator) HasIndex(any, string) bool { return false }

// GetIndexes returns no indexes.
func (m Migrator) GetIndexes(any) ([]gorm.Index, error) { return nil, nil }

// CreateView returns an UnsupportedError: the statement is not documented.
func (m Migrator) CreateView(string, gorm.ViewOption) error { return none("documented CREATE VIEW") }

// DropView returns an UnsupportedError: the statement is not documented.
func (m Migrator) DropView(string) error { return none("documented DROP VIEW") }

// TableType returns an UnsupportedError.
func (m Migrator) TableType(any) (gorm.TableType, error) { return nil, none("types of tables") }

// columnType is a column of the catalog, which does not have more about it.
type columnType struct{ c e6data.Column }

var _ gorm.ColumnType = columnType{}

func (t columnType) Name() string                      { return t.c.Name }
func (t columnType) DatabaseTypeName() string          { return t.c.DatabaseTypeName() }
func (t columnType) ColumnType() (string, bool)        { return t.c.Type, true }
func (t columnType) PrimaryKey() (is, ok bool)         { return false, false }
func (t columnType) AutoIncrement() (is, ok bool)      { return false, true }
func (t columnType) Length() (int64, bool)             { return t.c.Length() }
func (t columnType) DecimalSize() (int64, int64, bool) { return t.c.PrecisionScale() }
func (t columnType) Nullable() (is, ok bool)           { return false, false }
func (t columnType) Unique() (is, ok bool)             { return false, true }
func (t columnType) ScanType() reflect.Type            { return nil }
func (t columnType) Comment() (string, bool)           { return "", false }
func (t columnType) DefaultValue() (string, bool)      { return "", false }
