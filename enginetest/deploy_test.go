package enginetest_test

import (
	"errors"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

func TestCatalogs(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.SetCatalogs(
		enginetest.Catalog{Name: "lake", Schemas: []enginetest.Schema{{Name: "raw"}}},
		enginetest.Catalog{Name: "main", Default: true, Schemas: []enginetest.Schema{{
			Name:   "sales",
			Tables: []enginetest.Table{{Name: "orders", Columns: []enginetest.Column{{Name: "id", Type: "LONG"}}}},
		}}},
	)
	c := connect(t, srv)
	cats, err := c.GetCataloges(c.Context(), &wire.GetCatalogesRequest{})
	noErr(t, err)
	if l := cats.GetCatalogResponses(); len(l) != 2 || l[0].GetIsDefault() || !l[1].GetIsDefault() {
		t.Errorf("catalogs %v", l)
	}
	schemas, err := c.GetSchemaNames(c.Context(), &wire.GetSchemaNamesRequest{SessionId: c.Session})
	noErr(t, err)
	raw, err := c.GetSchemaNamesV2(c.Context(), &wire.GetSchemaNamesV2Request{SessionId: c.Session, Catalog: "lake"})
	noErr(t, err)
	tables, err := c.GetTables(c.Context(), &wire.GetTablesRequest{SessionId: c.Session, Schema: "sales"})
	noErr(t, err)
	_, err = c.GetTablesV2(c.Context(), &wire.GetTablesV2Request{SessionId: c.Session, Schema: "sales", Catalog: "lake"})
	wantErr(t, err, codes.Internal, "'lake.sales'")
	cols, err := c.GetColumns(c.Context(), &wire.GetColumnsRequest{SessionId: c.Session, Schema: "sales", Table: "orders"})
	noErr(t, err)
	_, err = c.GetColumnsV2(c.Context(), &wire.GetColumnsV2Request{SessionId: c.Session, Schema: "sales", Table: "none", Catalog: "main"})
	wantErr(t, err, codes.Internal, "'sales.none'")
	_, err = c.GetColumnsV2(c.Context(), &wire.GetColumnsV2Request{SessionId: "x"})
	wantErr(t, err, codes.Internal, "Access denied")
	if len(schemas.GetSchemas()) != 1 || schemas.GetSchemas()[0] != "sales" || raw.GetSchemas()[0] != "raw" ||
		tables.GetTables()[0] != "orders" || cols.GetFieldInfo()[0].GetFieldType() != "LONG" {
		t.Errorf("%v %v %v %v", schemas, raw, tables, cols)
	}
}

func TestPlans(t *testing.T) {
	t.Parallel()
	srv := newServer(t, enginetest.Config{})
	srv.Handle(items, itemsResult().Explain("scan").ExplainAnalyze(`{"total_query_time":7}`).Timings(true, 2e6, 3e6).DryRun("fine"))
	srv.HandleFunc(func(enginetest.Query) (*enginetest.Result, error) { return nil, errors.New("no such table") })
	c := connect(t, srv)
	p := c.MustPrepare(items)
	ex, err := c.Explain(p.Context(), &wire.ExplainRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	noErr(t, err)
	noErr(t, p.Execute())
	an, err := c.ExplainAnalyze(p.Context(), &wire.ExplainAnalyzeRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	noErr(t, err)
	if ex.GetExplain() != "scan" || an.GetExplainAnalyze() == "" || !an.GetIsCached() || an.GetParsingTime() != 2 || an.GetQueueingTime() != 3 {
		t.Errorf("%v, %v", ex, an)
	}
	dry, err := c.DryRun(c.Context(), &wire.DryRunRequest{SessionId: c.Session, QueryString: items})
	noErr(t, err)
	if dry.GetDryrunValue() != "fine" {
		t.Errorf("%v", dry)
	}
	_, err = c.DryRunV2(c.Context(), &wire.DryRunRequestV2{SessionId: c.Session, QueryString: "x"})
	wantErr(t, err, codes.Internal, "no such table")
	_, err = c.Clear(p.Context(), &wire.ClearRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	noErr(t, err)
	balanced(t, srv)
}
