package e6data

import (
	"cmp"
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

// Catalog is a catalog of the deployment.
type Catalog struct {
	Name string
	// Default reports whether the engine uses this catalog if none is named.
	Default bool
}

// Column is a column of a table.
type Column struct {
	Name string
	// Type is the engine's name of the type, such as LONG or DECIMAL(10,2).
	Type string
}

// DatabaseTypeName returns the type in upper case, without parameters, as
// [database/sql.ColumnType.DatabaseTypeName] does.
func (c Column) DatabaseTypeName() string { return thriftrows.TypeName(c.Type) }

// PrecisionScale returns p and s of DECIMAL(p,s); ok is false for other types.
func (c Column) PrecisionScale() (precision, scale int64, ok bool) {
	return thriftrows.TypePrecisionScale(c.Type)
}

// Length returns the length of CHAR(n) and VARCHAR(n), and math.MaxInt64 for other
// types of variable length. For all other types, ok is false.
func (c Column) Length() (length int64, ok bool) { return thriftrows.TypeLength(c.Type) }

// Namespace returns Config.Catalog and Config.Database: where the connection's
// statements run, unless [InCatalog] and [InSchema] name another place. An empty
// catalog means the engine's default.
func (nc *Conn) Namespace() (catalog, schema string) {
	return nc.cn.c.cfg.Catalog, nc.cn.c.cfg.Database
}

// Catalogs lists the catalogs. The methods Catalogs, Schemas, Tables and Columns
// return an empty list if nothing exists, and an error that is
// [errors.ErrUnsupported] if the engine lacks the call. They run no query, but
// resume a suspended cluster.
func (nc *Conn) Catalogs(ctx context.Context) ([]Catalog, error) {
	resp := &wire.GetCatalogesResponse{}
	err := nc.cn.browse(ctx, wire.QueryEngineService_GetCataloges_FullMethodName, resp, func(string) proto.Message {
		return &wire.GetCatalogesRequest{}
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

// Schemas lists the schemas of a catalog. An empty catalog means Config.Catalog or,
// if that is empty, the engine's default.
func (nc *Conn) Schemas(ctx context.Context, catalog string) ([]string, error) {
	catalog = cmp.Or(catalog, nc.cn.c.cfg.Catalog)
	resp := &wire.GetSchemaNamesResponse{}
	method := wire.QueryEngineService_GetSchemaNames_FullMethodName
	request := func(session string) proto.Message { return &wire.GetSchemaNamesRequest{SessionId: session} }
	if catalog != "" {
		method = wire.QueryEngineService_GetSchemaNamesV2_FullMethodName
		request = func(session string) proto.Message {
			return &wire.GetSchemaNamesV2Request{SessionId: session, Catalog: catalog}
		}
	}
	err := nc.cn.browse(ctx, method, resp, request)
	if err != nil {
		return nil, err
	}
	return resp.GetSchemas(), nil
}

// Tables lists the tables of a schema. An empty catalog has the meaning that it has
// in [Conn.Schemas]. An empty schema means Config.Database.
func (nc *Conn) Tables(ctx context.Context, catalog, schema string) ([]string, error) {
	catalog, schema = cmp.Or(catalog, nc.cn.c.cfg.Catalog), cmp.Or(schema, nc.cn.c.cfg.Database)
	resp := &wire.GetTablesResponse{}
	method := wire.QueryEngineService_GetTables_FullMethodName
	request := func(session string) proto.Message { return &wire.GetTablesRequest{SessionId: session, Schema: schema} }
	if catalog != "" {
		method = wire.QueryEngineService_GetTablesV2_FullMethodName
		request = func(session string) proto.Message {
			return &wire.GetTablesV2Request{SessionId: session, Schema: schema, Catalog: catalog}
		}
	}
	err := nc.cn.browse(ctx, method, resp, request)
	if err != nil {
		return nil, err
	}
	return resp.GetTables(), nil
}

// Columns lists the columns of a table, in the table's order. An empty catalog or
// schema has the meaning that it has in [Conn.Tables].
func (nc *Conn) Columns(ctx context.Context, catalog, schema, table string) ([]Column, error) {
	catalog, schema = cmp.Or(catalog, nc.cn.c.cfg.Catalog), cmp.Or(schema, nc.cn.c.cfg.Database)
	resp := &wire.GetColumnsResponse{}
	method := wire.QueryEngineService_GetColumns_FullMethodName
	request := func(session string) proto.Message {
		return &wire.GetColumnsRequest{SessionId: session, Schema: schema, Table: table}
	}
	if catalog != "" {
		method = wire.QueryEngineService_GetColumnsV2_FullMethodName
		request = func(session string) proto.Message {
			return &wire.GetColumnsV2Request{SessionId: session, Schema: schema, Table: table, Catalog: catalog}
		}
	}
	err := nc.cn.browse(ctx, method, resp, request)
	if err != nil {
		return nil, err
	}
	list := make([]Column, 0, len(resp.GetFieldInfo()))
	for _, info := range resp.GetFieldInfo() {
		list = append(list, Column{Name: info.GetFieldName(), Type: info.GetFieldType()})
	}
	return list, nil
}

// DryRun plans a statement on the engine without running it, with the schema and
// catalog of the Config. It returns the logical plan as the engine writes it. It
// returns the same error for incorrect SQL as running the statement.
func (nc *Conn) DryRun(ctx context.Context, query string) (string, error) {
	st, err := parse(query)
	if err != nil {
		return "", err
	}
	text := st.Text()
	cfg := nc.cn.c.cfg
	resp := &wire.DryRunResponse{}
	method := wire.QueryEngineService_DryRun_FullMethodName
	request := func(session string) proto.Message {
		return &wire.DryRunRequest{SessionId: session, Schema: cfg.Database, QueryString: text}
	}
	if cfg.Catalog != "" {
		method = wire.QueryEngineService_DryRunV2_FullMethodName
		request = func(session string) proto.Message {
			return &wire.DryRunRequestV2{SessionId: session, Schema: cfg.Database, QueryString: text, Catalog: cfg.Catalog}
		}
	}
	err = nc.cn.browse(ctx, method, resp, request)
	return resp.GetDryrunValue(), err
}

// browse makes a call that belongs to no query and changes nothing, with the link's
// session on the live colour; see policy. request returns the request for a session.
func (lk *link) browse(ctx context.Context, method string, resp proto.Message, request func(session string) proto.Message) error {
	return lk.startOver(ctx, start{wakes: true}, func(s session) error {
		return lk.c.repeat(ctx, &call{
			phase: PhaseCatalog, route: lk.c.route(lk.channel(), s.state), method: method,
			req: request(s.id), resp: resp, replacement: s.replacement,
		}, nil)
	})
}
