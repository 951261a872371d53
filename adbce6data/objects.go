package adbce6data

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/e6data/e6data-go"
)

// tableType is the type of all tables: the engine does not report which are views.
const tableType = "TABLE"

// The objects that GetObjects found. A nil list was not asked for.
type (
	foundCatalog struct {
		name    string
		schemas []foundSchema
	}
	foundSchema struct {
		name   string
		tables []foundTable
	}
	foundTable struct {
		name    string
		columns []foundColumn
	}
	foundColumn struct {
		e6data.Column
		position int // in the table, from 1
	}
)

// objectFilter selects objects. A nil pattern selects all.
type objectFilter struct {
	depth                          adbc.ObjectDepth
	catalog, schema, table, column *string
	types                          []string
}

// GetObjects returns the objects that the patterns select, down to a depth. It makes
// one call for each catalog, schema and table that is selected: use patterns where
// there are many. The patterns are case-sensitive.
func (c *connection) GetObjects(ctx context.Context, depth adbc.ObjectDepth, catalog, dbSchema, tableName, columnName *string, tableTypes []string) (array.RecordReader, error) {
	if _, err := c.at(); err != nil {
		return nil, err
	}
	if depth < adbc.ObjectDepthAll || depth > adbc.ObjectDepthTables {
		return nil, status(adbc.StatusInvalidArgument, "HY000", "there is no depth of objects %d", depth)
	}
	f := &objectFilter{depth: depth, catalog: catalog, schema: dbSchema, table: tableName, column: columnName, types: tableTypes}
	found := []foundCatalog{}
	err := e6data.UseConn(ctx, c.db, func(nc *e6data.Conn) (err error) {
		found, err = f.catalogs(ctx, nc)
		return err
	})
	if err != nil {
		return nil, failed(err)
	}
	b := array.NewRecordBuilder(c.database.alloc, adbc.GetObjectsSchema)
	defer b.Release()
	appendCatalogs(b, found)
	return oneRecord(b)
}

// goesTo reports whether the objects of a depth were asked for.
func (f *objectFilter) goesTo(depth adbc.ObjectDepth) bool {
	return f.depth == adbc.ObjectDepthAll || depth != adbc.ObjectDepthAll && f.depth >= depth
}

func (f *objectFilter) catalogs(ctx context.Context, nc *e6data.Conn) ([]foundCatalog, error) {
	all, err := nc.Catalogs(ctx)
	if err != nil {
		return nil, err
	}
	found := []foundCatalog{}
	for _, catalog := range all {
		if !selects(f.catalog, catalog.Name) {
			continue
		}
		at := foundCatalog{name: catalog.Name}
		if f.goesTo(adbc.ObjectDepthDBSchemas) {
			if at.schemas, err = f.schemas(ctx, nc, catalog.Name); err != nil {
				return nil, err
			}
		}
		found = append(found, at)
	}
	return found, nil
}

func (f *objectFilter) schemas(ctx context.Context, nc *e6data.Conn, catalog string) ([]foundSchema, error) {
	all, err := nc.Schemas(ctx, catalog)
	if err != nil {
		return nil, err
	}
	found := []foundSchema{}
	for _, name := range all {
		if !selects(f.schema, name) {
			continue
		}
		at := foundSchema{name: name}
		if f.goesTo(adbc.ObjectDepthTables) {
			if at.tables, err = f.tables(ctx, nc, catalog, name); err != nil {
				return nil, err
			}
		}
		found = append(found, at)
	}
	return found, nil
}

func (f *objectFilter) tables(ctx context.Context, nc *e6data.Conn, catalog, schema string) ([]foundTable, error) {
	found := []foundTable{}
	if len(f.types) > 0 && !slices.Contains(f.types, tableType) {
		return found, nil
	}
	all, err := nc.Tables(ctx, catalog, schema)
	if err != nil {
		return nil, err
	}
	for _, name := range all {
		if !selects(f.table, name) {
			continue
		}
		at := foundTable{name: name}
		if f.goesTo(adbc.ObjectDepthColumns) {
			if at.columns, err = f.columns(ctx, nc, catalog, schema, name); err != nil {
				return nil, err
			}
		}
		found = append(found, at)
	}
	return found, nil
}

func (f *objectFilter) columns(ctx context.Context, nc *e6data.Conn, catalog, schema, table string) ([]foundColumn, error) {
	all, err := nc.Columns(ctx, catalog, schema, table)
	if err != nil {
		return nil, err
	}
	found := []foundColumn{}
	for i, column := range all {
		if selects(f.column, column.Name) {
			found = append(found, foundColumn{Column: column, position: i + 1})
		}
	}
	return found, nil
}

// selects reports whether a pattern matches a name. In a pattern, % stands for any
// text and _ for one character. An empty pattern selects only what has no name.
func selects(pattern *string, name string) bool {
	if pattern == nil {
		return true
	}
	p := *pattern
	// If a match fails, it is tried again one character further behind the latest %.
	afterPercent, retry := -1, 0
	i, j := 0, 0 // the positions in p and name
	for j < len(name) {
		_, width := utf8.DecodeRuneInString(name[j:])
		switch {
		case i < len(p) && p[i] == '%':
			i++
			afterPercent, retry = i, j
		case i < len(p) && p[i] == '_':
			i++
			j += width
		case i < len(p) && p[i] == name[j]:
			i++
			j++
		case afterPercent >= 0:
			_, width := utf8.DecodeRuneInString(name[retry:])
			retry += width
			i, j = afterPercent, retry
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '%' {
		i++
	}
	return i == len(p)
}
