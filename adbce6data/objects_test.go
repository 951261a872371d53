package adbce6data_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/enginetest"
)

// newCatalogs starts an engine with two catalogs.
func newCatalogs(t testing.TB) *enginetest.Server {
	t.Helper()
	table := func(name string, columns ...enginetest.Column) enginetest.Table {
		return enginetest.Table{Name: name, Columns: columns}
	}
	srv := enginetest.Start(t, enginetest.Config{})
	srv.SetCatalogs(
		enginetest.Catalog{Name: "lake", Default: true, Schemas: []enginetest.Schema{
			{Name: "db", Tables: []enginetest.Table{
				table("items", enginetest.Column{Name: "id", Type: "long"}, enginetest.Column{Name: "name", Type: "varchar(16)"}, enginetest.Column{Name: "price", Type: "decimal(10,2)"}),
				table("items2", enginetest.Column{Name: "id", Type: "long"}),
			}},
			{Name: "empty"},
		}},
		enginetest.Catalog{Name: "leak", Schemas: []enginetest.Schema{{Name: "db", Tables: []enginetest.Table{table("t_1", enginetest.Column{Name: "x", Type: "mystery"})}}}},
	)
	return srv
}

// outline returns the objects of a reader as text: lake{db{items(id name)}}. A part that
// is null is a question mark.
func outline(t testing.TB, reader array.RecordReader, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	if !reader.Schema().Equal(adbc.GetObjectsSchema) {
		t.Errorf("the schema is %v", reader.Schema())
	}
	type columns []struct {
		Name string `json:"column_name"`
	}
	type tables []struct {
		Name    string   `json:"table_name"`
		Type    string   `json:"table_type"`
		Columns *columns `json:"table_columns"`
	}
	type schemas []struct {
		Name   string  `json:"db_schema_name"`
		Tables *tables `json:"db_schema_tables"`
	}
	var catalogs []struct {
		Name    string   `json:"catalog_name"`
		Schemas *schemas `json:"catalog_db_schemas"`
	}
	if !reader.Next() {
		t.Fatal("there is no record")
	}
	text, err := reader.RecordBatch().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &catalogs); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range catalogs {
		if c.Schemas == nil {
			out = append(out, c.Name+"?")
			continue
		}
		var inCatalog []string
		for _, s := range *c.Schemas {
			if s.Tables == nil {
				inCatalog = append(inCatalog, s.Name+"?")
				continue
			}
			var inSchema []string
			for _, table := range *s.Tables {
				if table.Type != "TABLE" {
					t.Errorf("%s is a %s", table.Name, table.Type)
				}
				if table.Columns == nil {
					inSchema = append(inSchema, table.Name+"?")
					continue
				}
				var names []string
				for _, column := range *table.Columns {
					names = append(names, column.Name)
				}
				inSchema = append(inSchema, table.Name+"("+strings.Join(names, " ")+")")
			}
			inCatalog = append(inCatalog, s.Name+"{"+strings.Join(inSchema, " ")+"}")
		}
		out = append(out, c.Name+"{"+strings.Join(inCatalog, " ")+"}")
	}
	return strings.Join(out, " ")
}

func TestGetObjects(t *testing.T) {
	c := openConnection(t, newCatalogs(t))
	const all = adbc.ObjectDepthAll
	tests := []struct {
		depth                          adbc.ObjectDepth
		catalog, schema, table, column string // a bar is no filter
		types                          []string
		want                           string
	}{
		{adbc.ObjectDepthCatalogs, "|", "|", "|", "|", nil, "lake? leak?"},
		{adbc.ObjectDepthDBSchemas, "|", "|", "|", "|", nil, "lake{db? empty?} leak{db?}"},
		{adbc.ObjectDepthTables, "|", "|", "|", "|", nil, "lake{db{items? items2?} empty{}} leak{db{t_1?}}"},
		{all, "|", "|", "|", "|", nil, "lake{db{items(id name price) items2(id)} empty{}} leak{db{t_1(x)}}"},
		{all, "lake", "db", "items", "id", nil, "lake{db{items(id)}}"},
		{all, "l%", "d_", "items_", "|", nil, "lake{db{items2(id)}} leak{db{}}"},
		{all, "%k%", "%", "%", "%m%", nil, "lake{db{items(name) items2()} empty{}} leak{db{t_1()}}"},
		{all, "LAKE", "|", "|", "|", nil, ""},
		{all, "", "|", "|", "|", nil, ""},
		{all, "|", "", "|", "|", nil, "lake{} leak{}"},
		{all, "lake", "db", "|", "|", []string{"VIEW"}, "lake{db{}}"},
		{all, "leak", "|", "|", "|", []string{"VIEW", "TABLE"}, "leak{db{t_1(x)}}"},
	}
	pattern := func(s string) *string {
		if s == "|" {
			return nil
		}
		return &s
	}
	for _, test := range tests {
		reader, err := c.GetObjects(within(t), test.depth, pattern(test.catalog), pattern(test.schema), pattern(test.table), pattern(test.column), test.types)
		if got := outline(t, reader, err); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
	if _, err := c.GetObjects(within(t), 17, nil, nil, nil, nil, nil); adbcError(t, err).Code != adbc.StatusInvalidArgument {
		t.Error(err)
	}
}

// Patterns select what the regular expressions of the same meaning select.
func TestPatterns(t *testing.T) {
	names := []string{"", "a", "b", "ab", "aab", "ba", "a%", "a_b", "äb", "abab", "日本", "a日", strings.Repeat("a", 30)}
	var tables []enginetest.Table
	for _, name := range names {
		tables = append(tables, enginetest.Table{Name: name})
	}
	srv := enginetest.Start(t, enginetest.Config{})
	srv.SetCatalogs(enginetest.Catalog{Name: "c", Schemas: []enginetest.Schema{{Name: "s", Tables: tables}}})
	c := openConnection(t, srv)
	random := rand.New(rand.NewPCG(1, 2))
	letters := []string{"a", "b", "%", "_", "ä", "日"}
	for range 300 {
		var pattern string
		for range random.IntN(6) {
			pattern += letters[random.IntN(len(letters))]
		}
		like := regexp.MustCompile("^(?s:" + strings.NewReplacer("%", ".*", "_", ".").Replace(pattern) + ")$")
		var want []string
		for _, name := range names {
			if like.MatchString(name) {
				want = append(want, name+"?")
			}
		}
		reader, err := c.GetObjects(within(t), adbc.ObjectDepthTables, nil, nil, &pattern, nil, nil)
		if got := outline(t, reader, err); got != "c{s{"+strings.Join(want, " ")+"}}" {
			t.Errorf("%q: %s, want %q", pattern, got, want)
		}
	}
}

// The columns have the facts that the engine reports.
func TestColumnFacts(t *testing.T) {
	c := openConnection(t, newCatalogs(t))
	reader, err := c.GetObjects(within(t), adbc.ObjectDepthAll, nil, nil, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	if !reader.Next() {
		t.Fatal(reader.Err())
	}
	text, err := reader.RecordBatch().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var catalogs []struct {
		Schemas []struct {
			Tables []struct {
				Columns     []map[string]any `json:"table_columns"`
				Constraints []any            `json:"table_constraints"`
			} `json:"db_schema_tables"`
		} `json:"catalog_db_schemas"`
	}
	if err := json.Unmarshal(text, &catalogs); err != nil {
		t.Fatal(err)
	}
	items := catalogs[0].Schemas[0].Tables[0]
	if items.Constraints == nil || len(items.Constraints) != 0 {
		t.Errorf("the constraints are %v, want an empty list", items.Constraints)
	}
	facts := func(more map[string]any) map[string]any {
		more["xdbc_nullable"], more["xdbc_is_nullable"] = 1., "YES"
		return more
	}
	want := []map[string]any{
		facts(map[string]any{"column_name": "id", "ordinal_position": 1., "xdbc_data_type": -5., "xdbc_type_name": "long"}),
		facts(map[string]any{"column_name": "name", "ordinal_position": 2., "xdbc_data_type": 12., "xdbc_type_name": "varchar(16)", "xdbc_column_size": 16.}),
		facts(map[string]any{
			"column_name": "price", "ordinal_position": 3., "xdbc_data_type": 3., "xdbc_type_name": "decimal(10,2)",
			"xdbc_column_size": 10., "xdbc_decimal_digits": 2., "xdbc_num_prec_radix": 10.,
		}),
		facts(map[string]any{"column_name": "x", "ordinal_position": 1., "xdbc_type_name": "mystery"}),
	}
	got := slices.Concat(items.Columns, catalogs[1].Schemas[0].Tables[0].Columns)
	for _, column := range got {
		maps.DeleteFunc(column, func(_ string, value any) bool { return value == nil })
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the columns are\n%v, want\n%v", got, want)
	}
}

func TestGetTableSchema(t *testing.T) {
	srv := newCatalogs(t)
	c := openConnection(t, srv, adbc.OptionKeyCurrentCatalog, "lake")
	schema, err := c.GetTableSchema(within(t), nil, nil, "items")
	if err != nil {
		t.Fatal(err)
	}
	want := []arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true, Metadata: arrow.NewMetadata([]string{arrowe6data.TypeKey}, []string{"long"})},
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true, Metadata: arrow.NewMetadata([]string{arrowe6data.TypeKey}, []string{"varchar(16)"})},
		{Name: "price", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}, Nullable: true, Metadata: arrow.NewMetadata([]string{arrowe6data.TypeKey}, []string{"decimal(10,2)"})},
	}
	if !schema.Equal(arrow.NewSchema(want, nil)) {
		t.Errorf("%v", schema)
	}
	catalog, db, empty := "leak", "db", "empty"
	if schema, err = c.GetTableSchema(within(t), &catalog, &db, "t_1"); err != nil || schema.NumFields() != 1 {
		t.Errorf("%v, %v", schema, err)
	}
	for name, at := range map[string]*string{"items": &empty, "none": nil} {
		if _, err := c.GetTableSchema(within(t), nil, at, name); adbcError(t, err).Code != adbc.StatusNotFound || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Another error is that of the engine.
	srv.Inject(enginetest.Fault{Method: "getColumnsV2", Err: status.Error(codes.Internal, "the metastore is down")})
	if _, err := c.GetTableSchema(within(t), nil, nil, "items"); adbcError(t, err).Code == adbc.StatusNotFound || !strings.Contains(err.Error(), "metastore") {
		t.Error(err)
	}
}

// An error in the middle of GetObjects is returned, and no objects.
func TestGetObjectsFails(t *testing.T) {
	for _, method := range []string{"getCataloges", "getSchemaNamesV2", "getTablesV2", "getColumnsV2"} {
		srv := newCatalogs(t)
		c := openConnection(t, srv)
		srv.Inject(enginetest.Fault{Method: method, Err: status.Error(codes.Internal, "the metastore is down")})
		if _, err := c.GetObjects(within(t), adbc.ObjectDepthAll, nil, nil, nil, nil, nil); err == nil || !strings.Contains(adbcError(t, err).Msg, "metastore") {
			t.Errorf("%s: %v", method, err)
		}
	}
}

func TestGetInfo(t *testing.T) {
	c := openConnection(t, enginetest.Start(t, enginetest.Config{}))
	info, err := adbc.GetDriverInfo(within(t), c)
	if err != nil || info.VendorName != "e6data" || info.DriverADBCVersion != adbc.AdbcVersion1_1_0 || info.LibraryInfo[adbc.DriverInfoKeyVendorSQLSupport] != "true" {
		t.Errorf("%+v, %v", info, err)
	}
	reader, err := c.GetInfo(within(t), []adbc.InfoCode{adbc.InfoVendorVersion, adbc.InfoDriverName, 9999})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	if !reader.Next() || reader.RecordBatch().NumRows() != 1 {
		t.Error("unknown codes have rows, or a known one has none")
	}
}
