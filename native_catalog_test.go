package e6data_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

func browsable(t *testing.T) *enginetest.Server {
	srv := newEngine(t, enginetest.Config{Database: "sales"})
	srv.SetCatalogs(
		enginetest.Catalog{Name: "lake", Schemas: []enginetest.Schema{
			{Name: "sales", Tables: []enginetest.Table{
				{Name: "items", Columns: []enginetest.Column{{Name: "id", Type: "LONG"}, {Name: "price", Type: "decimal(10, 2)"}, {Name: "code", Type: "VARCHAR(8)"}, {Name: "x", Type: "GEOMETRY"},
					{Name: "tags", Type: "array<decimal(7,2)>"}, {Name: "u", Type: "uniontype<int,string>"}, {Name: "d", Type: "DECIMAL_TYPE(7,2)"}}},
				{Name: "empty"},
			}},
			{Name: "none"},
		}},
		enginetest.Catalog{Name: "main", Default: true, Schemas: []enginetest.Schema{{Name: "sales", Tables: []enginetest.Table{{Name: "orders"}}}}},
	)
	srv.Handle("SELECT 1", ids(1, 1).DryRun("Values[1]"))
	return srv
}

func TestBrowsing(t *testing.T) {
	t.Parallel()
	srv := browsable(t)
	for _, test := range []struct {
		name            string
		params          []string
		catalog, schema string
		v2              bool
		schemas, tables []string
	}{
		{name: "engine's default", schemas: []string{"sales"}, tables: []string{"orders"}},
		{name: "configured", params: []string{"catalog=lake"}, v2: true, schemas: []string{"sales", "none"}, tables: []string{"items", "empty"}},
		{name: "named", catalog: "lake", schema: "sales", v2: true, schemas: []string{"sales", "none"}, tables: []string{"items", "empty"}},
		{name: "named over configured", params: []string{"catalog=lake"}, catalog: "main", v2: true, schemas: []string{"sales"}, tables: []string{"orders"}},
		{name: "empty schema", catalog: "lake", schema: "none", v2: true, schemas: []string{"sales", "none"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv.ResetCalls()
			mustUseConn(t, openDB(t, srv, test.params...), func(c *e6data.Conn) error {
				catalogs, err := c.Catalogs(t.Context())
				if want := []e6data.Catalog{{Name: "lake"}, {Name: "main", Default: true}}; err != nil || !slices.Equal(catalogs, want) {
					t.Errorf("catalogs %v, %v", catalogs, err)
				}
				schemas, err := c.Schemas(t.Context(), test.catalog)
				if err != nil || !slices.Equal(schemas, test.schemas) {
					t.Errorf("schemas %v, %v", schemas, err)
				}
				tables, err := c.Tables(t.Context(), test.catalog, test.schema)
				if err != nil || !slices.Equal(tables, test.tables) {
					t.Errorf("tables %v, %v", tables, err)
				}
				for _, table := range tables {
					if _, err := c.Columns(t.Context(), test.catalog, test.schema, table); err != nil {
						t.Error(err)
					}
				}
				plan, err := c.DryRun(t.Context(), "SELECT 1;")
				if err != nil || plan != "Values[1]" {
					t.Errorf("plan %q, %v", plan, err)
				}
				return nil
			})
			if v2 := srv.Count("/QueryEngineService/getTablesV2") == 1 && srv.Count("/QueryEngineService/getTables") == 0; v2 != test.v2 {
				t.Errorf("V2: %v", v2)
			}
			if v2 := srv.Count("/QueryEngineService/dryRunV2") == 1; v2 != (test.params != nil) {
				t.Errorf("dry run by V2: %v", v2)
			}
		})
	}
	if n := srv.Stats().Prepared; n != 0 {
		t.Errorf("%d queries", n)
	}
}

func TestTableColumns(t *testing.T) {
	t.Parallel()
	mustUseConn(t, openDB(t, browsable(t)), func(c *e6data.Conn) error {
		columns, err := c.Columns(t.Context(), "lake", "sales", "items")
		if err != nil {
			return err
		}
		type facts struct {
			name, word, database     string
			precision, scale, length int64
		}
		var got []facts
		for _, col := range columns {
			p, s, ok := col.PrecisionScale()
			length, _ := col.Length()
			if ok != (p != 0) {
				t.Errorf("%s: %d, %v", col.Name, p, ok)
			}
			got = append(got, facts{col.Name, col.Type, col.DatabaseTypeName(), p, s, length})
		}
		want := []facts{
			{"id", "LONG", "LONG", 0, 0, 0},
			{"price", "decimal(10, 2)", "DECIMAL", 10, 2, 0},
			{"code", "VARCHAR(8)", "VARCHAR", 0, 0, 8},
			{"x", "GEOMETRY", "GEOMETRY", 0, 0, 0},
			{"tags", "array<decimal(7,2)>", "ARRAY", 0, 0, math.MaxInt64},
			{"u", "uniontype<int,string>", "UNIONTYPE", 0, 0, math.MaxInt64},
			{"d", "DECIMAL_TYPE(7,2)", "DECIMAL_TYPE", 7, 2, 0},
		}
		if !slices.Equal(got, want) {
			t.Errorf("columns %v", got)
		}
		if n, ok := (e6data.Column{Type: "string"}).Length(); n != math.MaxInt64 || !ok {
			t.Errorf("a string of %d, %v", n, ok)
		}
		return nil
	})
}

// Browsing changes nothing, so that the driver repeats its calls after every kind of
// failure.
func TestBrowsingIsRepeated(t *testing.T) {
	t.Parallel()
	const method = "getTables"
	for name, fault := range map[string]func(*enginetest.Server) enginetest.Fault{
		"other colour": func(srv *enginetest.Server) enginetest.Fault {
			return enginetest.Fault{Do: func() { srv.SetLive(enginetest.Green) }, Err: status.Error(codes.Unknown, "status: 456")}
		},
		"session expired": func(srv *enginetest.Server) enginetest.Fault {
			return enginetest.Fault{Do: srv.ExpireSessions}
		},
		"suspended": func(srv *enginetest.Server) enginetest.Fault {
			return enginetest.Fault{Do: func() { srv.SetCluster(enginetest.ClusterSuspended) }, Err: status.Error(codes.Unavailable, "status: 503")}
		},
		"lost": func(*enginetest.Server) enginetest.Fault { return enginetest.Fault{Drop: true, After: true} },
		"mute": func(*enginetest.Server) enginetest.Fault {
			return enginetest.Fault{Err: status.Error(codes.Unknown, "")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := browsable(t)
			db := openWith(t, srv.DSN(), pollFast)
			f := fault(srv)
			f.Method, f.Times = method, 1
			mustUseConn(t, db, func(c *e6data.Conn) error {
				srv.Inject(f)
				tables, err := c.Tables(t.Context(), "", "")
				if err == nil && !slices.Equal(tables, []string{"orders"}) {
					t.Errorf("tables %q", tables)
				}
				return err
			})
			if n := srv.Count(method); n != 2 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestBrowsingFails(t *testing.T) {
	t.Parallel()
	srv := browsable(t)
	srv.Inject(enginetest.Fault{Method: "getColumns", Err: status.Error(codes.Unimplemented, "method getColumns not implemented")})
	mustUseConn(t, openDB(t, srv), func(c *e6data.Conn) error {
		var e *e6data.Error
		_, err := c.Columns(t.Context(), "", "", "orders")
		if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &e) || e.Phase != e6data.PhaseCatalog || e.Code != codes.Unimplemented {
			t.Errorf("lacking method: %v", err)
		}
		if _, err := c.Tables(t.Context(), "", "nowhere"); !errors.As(err, &e) || e.Kind != e6data.ErrSQL || e.Code != codes.Internal {
			t.Errorf("unknown schema: %v", err)
		}
		if plan, err := c.DryRun(t.Context(), "SELECT nothing"); !errors.As(err, &e) || e.Kind != e6data.ErrSQL || plan != "" {
			t.Errorf("unknown statement: %q, %v", plan, err)
		}
		if _, err := c.DryRun(t.Context(), ";"); err == nil {
			t.Error("an empty statement was accepted")
		}
		return nil
	})
	for _, call := range srv.CallsTo("dryRun") {
		if r := call.Request.(*wire.DryRunRequest); r.GetEngineIP() != "" || r.GetSchema() != "sales" {
			t.Errorf("asked %v", r)
		}
	}
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{Database: "sales"})
	mustUseConn(t, openDB(t, srv, "catalog=lake"), func(c *e6data.Conn) error {
		if catalog, schema := c.Namespace(); catalog != "lake" || schema != "sales" {
			t.Errorf("%q, %q", catalog, schema)
		}
		return nil
	})
}
