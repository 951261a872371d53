package enginetest

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Catalog is what there is to browse in one catalog.
type Catalog struct {
	Name string
	// Default marks the catalog of the V1 methods; without one it is the first.
	Default bool
	Schemas []Schema
}

// Schema is a schema of a [Catalog].
type Schema struct {
	Name   string
	Tables []Table
}

// Table is a table of a [Schema].
type Table struct {
	Name    string
	Columns []Column
}

// Column is a column of a [Table]; Type is the engine's type word.
type Column struct{ Name, Type string }

// SetCatalogs sets what getCataloges, getSchemaNames, getTables and getColumns
// show, unless there is a [Config.Backend]. The server keeps the values: they must not change any more.
func (s *Server) SetCatalogs(catalogs ...Catalog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catalogs = slices.Clone(catalogs)
}

// catalog finds a catalog by name, or the default one for "". s.mu is held.
func (s *Server) catalog(name string) (*Catalog, error) {
	for i := range s.catalogs {
		if c := &s.catalogs[i]; c.Name == name || name == "" && c.Default {
			return c, nil
		}
	}
	if name == "" && len(s.catalogs) > 0 {
		return &s.catalogs[0], nil
	}
	return nil, status.Errorf(codes.Internal, "Catalog '%s' does not exist", name)
}

func (c *Catalog) schema(name string) (*Schema, error) {
	for i := range c.Schemas {
		if c.Schemas[i].Name == name {
			return &c.Schemas[i], nil
		}
	}
	return nil, status.Errorf(codes.Internal, "Schema '%s.%s' does not exist", c.Name, name)
}

func (s *Schema) table(name string) (*Table, error) {
	for i := range s.Tables {
		if s.Tables[i].Name == name {
			return &s.Tables[i], nil
		}
	}
	return nil, status.Errorf(codes.Internal, "Table '%s.%s' does not exist", s.Name, name)
}

// backend returns what answers for the catalogs.
func (s *Server) backend() Backend {
	if s.cfg.Backend != nil {
		return s.cfg.Backend
	}
	return scripted{s}
}

func (b scripted) Catalogs(context.Context) ([]Catalog, error) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	return b.s.catalogs, nil
}

func (b scripted) Schemas(_ context.Context, catalog string) ([]string, error) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	c, err := b.s.catalog(catalog)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, sc := range c.Schemas {
		out = append(out, sc.Name)
	}
	return out, nil
}

// schema finds a schema of a catalog. b.s.mu is held.
func (b scripted) schema(catalog, schema string) (*Schema, error) {
	c, err := b.s.catalog(catalog)
	if err != nil {
		return nil, err
	}
	return c.schema(schema)
}

func (b scripted) Tables(_ context.Context, catalog, schema string) ([]string, error) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	sc, err := b.schema(catalog, schema)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, t := range sc.Tables {
		out = append(out, t.Name)
	}
	return out, nil
}

func (b scripted) Columns(_ context.Context, catalog, schema, table string) ([]Column, error) {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	sc, err := b.schema(catalog, schema)
	if err != nil {
		return nil, err
	}
	t, err := sc.table(table)
	if err != nil {
		return nil, err
	}
	return t.Columns, nil
}
