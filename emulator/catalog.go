//go:build cgo

package emulator

import (
	"context"
	"fmt"
	"slices"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// home is where the emulator's own queries run.
func (d *database) home() place { return place{d.cfg.Catalog, "main"} }

func textParams(values ...string) []*wire.ParameterValue {
	out := make([]*wire.ParameterValue, len(values))
	for i, v := range values {
		out[i] = &wire.ParameterValue{Index: int32(i + 1), Type: "STRING", Value: v}
	}
	return out
}

// Catalogs lists the attached databases.
func (d *database) Catalogs(context.Context) ([]enginetest.Catalog, error) {
	names, err := d.texts(d.home(), `SELECT database_name FROM duckdb_databases()
		WHERE NOT internal AND database_name NOT IN ('memory', 'e6dialect') ORDER BY database_name`, nil)
	var out []enginetest.Catalog
	for _, name := range names {
		out = append(out, enginetest.Catalog{Name: name, Default: name == d.cfg.Catalog})
	}
	return out, err
}

// catalog returns the name of a catalog that exists.
func (d *database) catalog(name string) (string, error) {
	if name == "" {
		return d.cfg.Catalog, nil
	}
	all, err := d.Catalogs(context.Background())
	if err == nil && !slices.ContainsFunc(all, func(c enginetest.Catalog) bool { return c.Name == name }) {
		err = internal(fmt.Sprintf("Catalog '%s' does not exist", name))
	}
	return name, err
}

// Schemas lists a catalog's schemas. DuckDB's own "main" is left out while it is empty.
func (d *database) Schemas(_ context.Context, catalog string) ([]string, error) {
	catalog, err := d.catalog(catalog)
	if err != nil {
		return nil, err
	}
	return d.texts(d.home(), `SELECT schema_name FROM duckdb_schemas() s
		WHERE database_name = ? AND NOT internal AND (schema_name <> 'main' OR EXISTS (
			SELECT 1 FROM information_schema.tables t WHERE t.table_catalog = s.database_name AND t.table_schema = 'main'))
		ORDER BY schema_name`, textParams(catalog))
}

// Tables lists a schema's tables and views.
func (d *database) Tables(ctx context.Context, catalog, schema string) ([]string, error) {
	at, err := d.schema(ctx, catalog, schema)
	if err != nil {
		return nil, err
	}
	return d.texts(d.home(), `SELECT table_name FROM information_schema.tables
		WHERE table_catalog = ? AND table_schema = ? ORDER BY table_name`, textParams(at.catalog, at.schema))
}

// schema returns the place of a schema that exists.
func (d *database) schema(ctx context.Context, catalog, schema string) (place, error) {
	catalog, err := d.catalog(catalog)
	if err != nil {
		return place{}, err
	}
	at := d.place(catalog, schema)
	all, err := d.Schemas(ctx, catalog)
	if err == nil && !slices.Contains(all, at.schema) {
		err = internal(fmt.Sprintf("Schema '%s.%s' does not exist", at.catalog, at.schema))
	}
	return at, err
}

// Columns lists a table's columns, with types as Hive spells them (docs/protocol.md, section 12).
func (d *database) Columns(ctx context.Context, catalog, schema, table string) ([]enginetest.Column, error) {
	at, err := d.schema(ctx, catalog, schema)
	if err != nil {
		return nil, err
	}
	tables, err := d.Tables(ctx, at.catalog, at.schema)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(tables, table) {
		return nil, internal(fmt.Sprintf("Table '%s.%s' does not exist", at.schema, table))
	}
	c, err := d.connect(at)
	if err != nil {
		return nil, err
	}
	defer d.release(c, true)
	var p duckdb.PreparedStatement
	defer duckdb.DestroyPrepare(&p)
	sql := "SELECT * FROM " + at.String() + "." + quote(table)
	if duckdb.Prepare(c.duckdb, sql, &p) == duckdb.StateError {
		return nil, plainError(duckdb.PrepareError(p))
	}
	var out []enginetest.Column
	for i := range duckdb.PreparedStatementColumnCount(p) {
		col := enginetest.Column{Name: duckdb.PreparedStatementColumnName(p, i), Type: "unknown"}
		typ := duckdb.PreparedStatementColumnLogicalType(p, i)
		if k, err := describe(typ); err == nil {
			col.Type = k.hive
		}
		duckdb.DestroyLogicalType(&typ)
		out = append(out, col)
	}
	return out, nil
}
