package enginetest

import (
	"context"

	"github.com/e6data/e6data-go/wire"
)

func (e *engine) GetCataloges(ctx context.Context, _ *wire.GetCatalogesRequest) (*wire.GetCatalogesResponse, error) {
	catalogs, err := e.s.backend().Catalogs(ctx)
	if err != nil {
		return nil, asStatus(err)
	}
	out := &wire.GetCatalogesResponse{}
	for _, c := range catalogs {
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
	b, err := s.browse(ctx, sessionID)
	if err != nil {
		return nil, err
	}
	names, err := b.Schemas(ctx, catalog)
	if err != nil {
		return nil, asStatus(err)
	}
	return &wire.GetSchemaNamesResponse{Schemas: names, SessionId: sessionID}, nil
}

func (e *engine) GetTables(ctx context.Context, r *wire.GetTablesRequest) (*wire.GetTablesResponse, error) {
	return e.s.tables(ctx, r.GetSessionId(), "", r.GetSchema())
}

func (e *engine) GetTablesV2(ctx context.Context, r *wire.GetTablesV2Request) (*wire.GetTablesResponse, error) {
	return e.s.tables(ctx, r.GetSessionId(), r.GetCatalog(), r.GetSchema())
}

func (s *Server) tables(ctx context.Context, sessionID, catalog, schema string) (*wire.GetTablesResponse, error) {
	b, err := s.browse(ctx, sessionID)
	if err != nil {
		return nil, err
	}
	names, err := b.Tables(ctx, catalog, schema)
	if err != nil {
		return nil, asStatus(err)
	}
	return &wire.GetTablesResponse{Tables: names, SessionId: sessionID}, nil
}

func (e *engine) GetColumns(ctx context.Context, r *wire.GetColumnsRequest) (*wire.GetColumnsResponse, error) {
	return e.s.columns(ctx, r.GetSessionId(), "", r.GetSchema(), r.GetTable())
}

func (e *engine) GetColumnsV2(ctx context.Context, r *wire.GetColumnsV2Request) (*wire.GetColumnsResponse, error) {
	return e.s.columns(ctx, r.GetSessionId(), r.GetCatalog(), r.GetSchema(), r.GetTable())
}

func (s *Server) columns(ctx context.Context, sessionID, catalog, schema, table string) (*wire.GetColumnsResponse, error) {
	b, err := s.browse(ctx, sessionID)
	if err != nil {
		return nil, err
	}
	columns, err := b.Columns(ctx, catalog, schema, table)
	if err != nil {
		return nil, asStatus(err)
	}
	out := &wire.GetColumnsResponse{SessionId: sessionID}
	for _, col := range columns {
		out.FieldInfo = append(out.FieldInfo, &wire.GFieldInfo{FieldName: col.Name, FieldType: col.Type})
	}
	return out, nil
}

// browse checks the session of a browsing call, and returns what answers it.
func (s *Server) browse(ctx context.Context, sessionID string) (Backend, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.session(callOf(ctx), sessionID, nil, runs); err != nil {
		return nil, err
	}
	return s.backend(), nil
}
