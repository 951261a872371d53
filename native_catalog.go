package e6data

import (
	"cmp"
	"context"

	"github.com/e6data/e6data-go/wire"
)

// Catalog is a catalog of the deployment.
type Catalog struct {
	Name string
	// Default marks the one that the engine takes where none is named.
	Default bool
}

// Column is a column of a table.
type Column struct {
	Name string
	// Type is the engine's word, such as LONG or DECIMAL(10,2).
	Type string
}

// DatabaseTypeName is the type in upper case, without parameters, as
// [database/sql.ColumnType.DatabaseTypeName] gives it.
func (c Column) DatabaseTypeName() string { return typeName(c.Type) }

// PrecisionScale returns p and s of DECIMAL(p,s); ok is false for other types.
func (c Column) PrecisionScale() (precision, scale int64, ok bool) { return precisionScale(c.Type) }

// Length returns the length of CHAR(n) and VARCHAR(n), math.MaxInt64 for other
// types of variable length; ok is false for the rest.
func (c Column) Length() (length int64, ok bool) { return typeLength(c.Type) }

// Catalogs lists the catalogs. It and the other calls about catalogs fail with
// [errors.ErrUnsupported] on an engine that lacks them, and return an empty
// list where there is nothing. They run no query, but wake a suspended cluster.
func (c *Conn) Catalogs(ctx context.Context) ([]Catalog, error) {
	resp := &wire.GetCatalogesResponse{}
	err := c.cn.browse(ctx, func(_ session, r route) error {
		return c.cn.c.call(ctx, PhaseCatalog, r, wire.QueryEngineService_GetCataloges_FullMethodName, &wire.GetCatalogesRequest{}, resp)
	})
	if err != nil {
		return nil, err
	}
	list := make([]Catalog, 0, len(resp.GetCatalogResponses()))
	for _, info := range resp.GetCatalogResponses() {
		list = append(list, Catalog{Name: info.GetName(), Default: info.GetIsDefault()})
	}
	return list, nil
}

// Schemas lists the schemas of a catalog. Here and in the following, an empty
// catalog stands for Config.Catalog, and where that is empty for the engine's
// default.
func (c *Conn) Schemas(ctx context.Context, catalog string) ([]string, error) {
	catalog = cmp.Or(catalog, c.cn.c.cfg.Catalog)
	resp := &wire.GetSchemaNamesResponse{}
	err := c.cn.browse(ctx, func(s session, r route) error {
		if catalog != "" {
			return c.cn.c.call(ctx, PhaseCatalog, r, wire.QueryEngineService_GetSchemaNamesV2_FullMethodName,
				&wire.GetSchemaNamesV2Request{SessionId: s.id, Catalog: catalog}, resp)
		}
		return c.cn.c.call(ctx, PhaseCatalog, r, wire.QueryEngineService_GetSchemaNames_FullMethodName,
			&wire.GetSchemaNamesRequest{SessionId: s.id}, resp)
	})
	if err != nil {
		return nil, err
	}
	return resp.GetSchemas(), nil
}

// Tables lists the tables of a schema. Here and in Columns, an empty schema
// stands for Config.Database.
func (c *Conn) Tables(ctx context.Context, catalog, schema string) ([]string, error) {
	catalog, schema = cmp.Or(catalog, c.cn.c.cfg.Catalog), cmp.Or(schema, c.cn.c.cfg.Database)
	resp := &wire.GetTablesResponse{}
	err := c.cn.browse(ctx, func(s session, r route) error {
		if catalog != "" {
			return c.cn.c.call(ctx, PhaseCatalog, r, wire.QueryEngineService_GetTablesV2_FullMethodName,
				&wire.GetTablesV2Request{SessionId: s.id, Schema: schema, Catalog: catalog}, resp)
		}
		return c.cn.c.call(ctx, PhaseCatalog, r, wire.QueryEngineService_GetTables_FullMethodName,
			&wire.GetTablesRequest{SessionId: s.id, Schema: schema}, resp)
	})
	if err != nil {
		return nil, err
	}
	return resp.GetTables(), nil
}

// Columns lists the columns of a table, in the table's order.
func (c *Conn) Columns(ctx context.Context, catalog, schema, table string) ([]Column, error) {
	catalog, schema = cmp.Or(catalog, c.cn.c.cfg.Catalog), cmp.Or(schema, c.cn.c.cfg.Database)
	resp := &wire.GetColumnsResponse{}
	err := c.cn.browse(ctx, func(s session, r route) error {
		if catalog != "" {
			return c.cn.c.call(ctx, PhaseCatalog, r, wire.QueryEngineService_GetColumnsV2_FullMethodName,
				&wire.GetColumnsV2Request{SessionId: s.id, Schema: schema, Table: table, Catalog: catalog}, resp)
		}
		return c.cn.c.call(ctx, PhaseCatalog, r, wire.QueryEngineService_GetColumns_FullMethodName,
			&wire.GetColumnsRequest{SessionId: s.id, Schema: schema, Table: table}, resp)
	})
	if err != nil {
		return nil, err
	}
	list := make([]Column, 0, len(resp.GetFieldInfo()))
	for _, info := range resp.GetFieldInfo() {
		list = append(list, Column{Name: info.GetFieldName(), Type: info.GetFieldType()})
	}
	return list, nil
}

// DryRun has the engine plan a statement without running it, with the schema and
// catalog of the Config, and returns the logical plan as the engine writes it. An
// SQL error is the engine's, as from running the statement.
func (c *Conn) DryRun(ctx context.Context, query string) (string, error) {
	st, err := parse(query)
	if err != nil {
		return "", err
	}
	text := st.Text()
	cfg := c.cn.c.cfg
	resp := &wire.DryRunResponse{}
	err = c.cn.browse(ctx, func(s session, r route) error {
		// No planner has been given to a statement that is not prepared: EngineIP
		// stays empty.
		if cfg.Catalog != "" {
			return c.cn.c.call(ctx, PhaseCatalog, r, wire.QueryEngineService_DryRunV2_FullMethodName,
				&wire.DryRunRequestV2{SessionId: s.id, Schema: cfg.Database, QueryString: text, Catalog: cfg.Catalog}, resp)
		}
		return c.cn.c.call(ctx, PhaseCatalog, r, wire.QueryEngineService_DryRun_FullMethodName,
			&wire.DryRunRequest{SessionId: s.id, Schema: cfg.Database, QueryString: text}, resp)
	})
	return resp.GetDryrunValue(), err
}

// browse makes a call that belongs to no query and changes nothing, with the
// connection's session on the live colour; see policy.
func (cn *conn) browse(ctx context.Context, call func(session, route) error) error {
	for try := 2; ; try++ {
		s, err := cn.currentSession(ctx)
		if err != nil {
			return err
		}
		err = cn.c.retry(ctx, PhaseCatalog, nil, func() error {
			return call(s, cn.c.route(cn.channel, s.state))
		})
		if err == nil {
			return nil
		}
		if err := cn.another(ctx, PhaseCatalog, try, s, err); err != nil {
			return err
		}
	}
}
