package enginetest

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/wire"
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
// show. The server keeps the values: they must not change any more.
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

func (e *engine) GetCataloges(context.Context, *wire.GetCatalogesRequest) (*wire.GetCatalogesResponse, error) {
	s := e.s
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &wire.GetCatalogesResponse{}
	for _, c := range s.catalogs {
		out.CatalogResponses = append(out.CatalogResponses, &wire.CatalogResponse{Name: c.Name, IsDefault: c.Default})
	}
	return out, nil
}

func (e *engine) GetSchemaNames(ctx context.Context, r *wire.GetSchemaNamesRequest) (*wire.GetSchemaNamesResponse, error) {
	return e.s.schemaNames(ctx, r.GetSessionId(), "")
}

func (e *engine) GetSchemaNamesV2(ctx context.Context, r *wire.GetSchemaNamesV2Request) (*wire.GetSchemaNamesResponse, error) {
	return e.s.schemaNames(ctx, r.GetSessionId(), r.GetCatalog())
}

func (s *Server) schemaNames(ctx context.Context, sessionID, catalog string) (*wire.GetSchemaNamesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.browse(ctx, sessionID, catalog)
	if err != nil {
		return nil, err
	}
	out := &wire.GetSchemaNamesResponse{SessionId: sessionID}
	for _, sc := range c.Schemas {
		out.Schemas = append(out.Schemas, sc.Name)
	}
	return out, nil
}

func (e *engine) GetTables(ctx context.Context, r *wire.GetTablesRequest) (*wire.GetTablesResponse, error) {
	return e.s.tables(ctx, r.GetSessionId(), "", r.GetSchema())
}

func (e *engine) GetTablesV2(ctx context.Context, r *wire.GetTablesV2Request) (*wire.GetTablesResponse, error) {
	return e.s.tables(ctx, r.GetSessionId(), r.GetCatalog(), r.GetSchema())
}

func (s *Server) tables(ctx context.Context, sessionID, catalog, schema string) (*wire.GetTablesResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.browse(ctx, sessionID, catalog)
	if err != nil {
		return nil, err
	}
	sc, err := c.schema(schema)
	if err != nil {
		return nil, err
	}
	out := &wire.GetTablesResponse{SessionId: sessionID}
	for _, t := range sc.Tables {
		out.Tables = append(out.Tables, t.Name)
	}
	return out, nil
}

func (e *engine) GetColumns(ctx context.Context, r *wire.GetColumnsRequest) (*wire.GetColumnsResponse, error) {
	return e.s.columns(ctx, r.GetSessionId(), "", r.GetSchema(), r.GetTable())
}

func (e *engine) GetColumnsV2(ctx context.Context, r *wire.GetColumnsV2Request) (*wire.GetColumnsResponse, error) {
	return e.s.columns(ctx, r.GetSessionId(), r.GetCatalog(), r.GetSchema(), r.GetTable())
}

func (s *Server) columns(ctx context.Context, sessionID, catalog, schema, table string) (*wire.GetColumnsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.browse(ctx, sessionID, catalog)
	if err != nil {
		return nil, err
	}
	sc, err := c.schema(schema)
	if err != nil {
		return nil, err
	}
	t, err := sc.table(table)
	if err != nil {
		return nil, err
	}
	out := &wire.GetColumnsResponse{SessionId: sessionID}
	for _, col := range t.Columns {
		out.FieldInfo = append(out.FieldInfo, &wire.GFieldInfo{FieldName: col.Name, FieldType: col.Type})
	}
	return out, nil
}

// browse checks the session of a browsing call and finds its catalog. s.mu is
// held.
func (s *Server) browse(ctx context.Context, sessionID, catalog string) (*Catalog, error) {
	if _, err := s.session(callOf(ctx), sessionID, nil, runs); err != nil {
		return nil, err
	}
	return s.catalog(catalog)
}
