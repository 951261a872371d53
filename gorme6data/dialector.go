package gorme6data

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/internal/sqltext"
)

// Config describes the connection of a dialect. One of its fields must be set.
type Config struct {
	// DSN is a data source name. The pool is GORM's: close it with the Close of
	// gorm.DB.DB.
	DSN string
	// Connector opens the connections of a pool, which is GORM's as with DSN.
	Connector *e6data.Connector
	// Conn is an existing pool or connection with the driver, such as a *sql.DB.
	// It stays the caller's.
	Conn gorm.ConnPool
}

// Dialector is the dialect. It is immutable.
type Dialector struct{ cfg Config }

var _ gorm.Dialector = Dialector{}

// Open returns the dialect for a data source name.
func Open(dsn string) gorm.Dialector { return New(Config{DSN: dsn}) }

// New returns the dialect for a connection.
func New(cfg Config) gorm.Dialector { return Dialector{cfg} }

// Name returns "e6data".
func (d Dialector) Name() string { return "e6data" }

// Initialize is called by gorm.Open.
func (d Dialector) Initialize(db *gorm.DB) error {
	pool, err := d.pool()
	if err != nil {
		return err
	}
	db.ConnPool = pool
	db.SkipDefaultTransaction = true // there are no transactions
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses: []string{"INSERT", "VALUES"},
		QueryClauses:  []string{"SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT"},
		UpdateClauses: []string{"UPDATE", "SET", "WHERE"},
		DeleteClauses: []string{"DELETE", "FROM", "WHERE"},
	})
	if err := db.Callback().Create().Replace("gorm:create", create); err != nil {
		return err
	}
	return registerRefusals(db)
}

// pool returns the pool of the configuration.
func (d Dialector) pool() (gorm.ConnPool, error) {
	cfg := d.cfg
	if cfg.Conn != nil {
		return cfg.Conn, nil
	}
	connector := cfg.Connector
	if connector == nil {
		parsed, err := e6data.ParseDSN(cfg.DSN)
		if err != nil {
			return nil, err
		}
		if connector, err = e6data.NewConnector(parsed); err != nil {
			return nil, err
		}
	}
	return sql.OpenDB(connector), nil
}

// Migrator returns the migrator of a database, a [Migrator].
func (d Dialector) Migrator(db *gorm.DB) gorm.Migrator {
	return Migrator{migrator.Migrator{Config: migrator.Config{DB: db, Dialector: d}}}
}

// BindVarTo writes a placeholder.
func (d Dialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { _ = w.WriteByte('?') }

// QuoteTo writes a name in double quotes. A dot outside of quotes separates the
// parts of a name, such as a table and a column.
func (d Dialector) QuoteTo(w clause.Writer, name string) {
	for i, part := range parts(name) {
		if i > 0 {
			_ = w.WriteByte('.')
		}
		_, _ = w.WriteString(e6data.Identifier(part))
	}
}

// parts returns the parts of a name, without their quotes.
func parts(name string) (out []string) {
	var part strings.Builder
	quoted := false
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c == '"' && quoted && i+1 < len(name) && name[i+1] == '"':
			part.WriteByte('"')
			i++
		case c == '"' && (quoted || part.Len() == 0):
			quoted = !quoted
		case c == '.' && !quoted:
			out = append(out, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	return append(out, part.String())
}

// Explain returns a statement with its arguments, as the engine gets it. It is for
// logs and for ToSQL. If the driver would refuse the arguments, Explain returns a
// comment with the reason, and no statement.
func (d Dialector) Explain(query string, vars ...any) string {
	text, err := render(query, vars)
	if err != nil {
		return "/* " + strings.ReplaceAll(err.Error(), "*/", "* /") + " */"
	}
	return text
}

func render(query string, vars []any) (string, error) {
	st, err := sqltext.Parse(query)
	if err != nil {
		return "", err
	}
	args := make([]driver.NamedValue, len(vars))
	for i, v := range vars {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
		if named, ok := v.(sql.NamedArg); ok {
			args[i].Name, args[i].Value = named.Name, named.Value
		}
		if args[i].Value, err = sqltext.Value(args[i].Value); err != nil {
			return "", fmt.Errorf("argument %d: %w", i+1, err)
		}
	}
	return st.Render(args, time.UTC)
}

// DefaultValueOf returns what an INSERT of several rows has for a field without a
// value: NULL, because columns have no default values.
func (d Dialector) DefaultValueOf(*schema.Field) clause.Expression { return clause.Expr{SQL: "NULL"} }

// DataTypeOf returns the engine's type of a field.
func (d Dialector) DataTypeOf(f *schema.Field) string {
	switch f.DataType {
	case schema.Bool:
		return "BOOLEAN"
	case schema.Int, schema.Uint:
		return integer(f)
	case schema.Float:
		switch {
		case f.Precision > 0:
			return fmt.Sprintf("DECIMAL(%d,%d)", f.Precision, f.Scale)
		case f.Size > 0 && f.Size <= 32:
			return "FLOAT"
		}
		return "DOUBLE"
	case schema.String:
		return "VARCHAR"
	case schema.Time:
		return "TIMESTAMP"
	case schema.Bytes:
		return "BINARY"
	}
	return string(f.DataType) // written in the tag "type"
}

// integer returns the narrowest type that has all values of an integer field.
func integer(f *schema.Field) string {
	unsigned := f.DataType == schema.Uint
	switch {
	case f.Size > 0 && f.Size <= 16, f.Size <= 32 && f.Size > 0 && !unsigned:
		return "INTEGER"
	case unsigned && (f.Size == 0 || f.Size > 32):
		return "DECIMAL(20,0)"
	}
	return "BIGINT"
}
