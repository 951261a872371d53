package arrowe6data_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

func TestSchema(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		word, zone string
		want       string
	}{
		{"BOOLEAN", "", "bool"},
		{"INTEGER", "", "int32"},
		{"int", "", "int32"},
		{"SHORT", "", "int32"},
		{"BYTE", "", "int32"},
		{"LONG", "", "int64"},
		{"BIGINT", "", "int64"},
		{"FLOAT", "", "float32"},
		{"DOUBLE", "", "float64"},
		{"DECIMAL(10,2)", "", "decimal(10, 2)"},
		{"decimal(38,38)", "", "decimal(38, 38)"},
		{"DECIMAL", "", "decimal(38, 18)"},
		{"DECIMAL128", "", "decimal(38, 18)"},
		{"DECIMAL(39,2)", "", "decimal(38, 18)"},
		{"DECIMAL(0,0)", "", "decimal(38, 18)"},
		{"STRING", "", "utf8"},
		{"VARCHAR(10)", "", "utf8"},
		{"JSON", "", "utf8"},
		{"BINARY", "", "binary"},
		{"ARRAY<INT>", "", "utf8 json"},
		{"MAP", "", "utf8 json"},
		{"STRUCT", "", "utf8 json"},
		{"DATE", "", "date32"},
		{"DATETIME", "", "timestamp[us]"},
		{"TIMESTAMP", "Europe/Berlin", "timestamp[us]"},
		{"INT96", "", "timestamp[us]"},
		{"TIMESTAMP_TZ", "", "timestamp[us, tz=UTC]"},
		{"TIMESTAMP_TZ", "Z", "timestamp[us, tz=UTC]"},
		{"TIMESTAMP_TZ", "Europe/Berlin", "timestamp[us, tz=Europe/Berlin]"},
		{"TIMESTAMP_TZ", "UTC+05:30", "timestamp[us, tz=+05:30]"},
		{"TIMESTAMP_TZ", "-0300", "timestamp[us, tz=-03:00]"},
		{"TIMESTAMP_TZ", "-00:00:15", "timestamp[us, tz=UTC]"},
		{"TIMESTAMP_TZ", "SystemV/EST5", "timestamp[us, tz=-05:00]"},
		{"TIMESTAMP_TZ", "SystemV/EST5EDT", "timestamp[us, tz=UTC]"},
		{"TIMESTAMP_TZ", "Nowhere/Land", "timestamp[us, tz=UTC]"},
		{"NULL", "", "null"},
		{"GEOMETRY", "", "utf8"},
	} {
		s, err := arrowe6data.Schema([]thriftrows.Column{{Name: "c", Type: test.word, Zone: test.zone}})
		if err != nil {
			t.Fatal(err)
		}
		f := s.Field(0)
		got := f.Type.String()
		if name, ok := f.Metadata.GetValue("ARROW:extension:name"); ok {
			got += " " + strings.TrimPrefix(name, "arrow.")
		}
		zone, _ := f.Metadata.GetValue(arrowe6data.ZoneKey)
		if word, _ := f.Metadata.GetValue(arrowe6data.TypeKey); got != test.want || !f.Nullable || f.Name != "c" || word != test.word || zone != test.zone {
			t.Errorf("%s: %v, %s, want %s", test.word, f, got, test.want)
		}
		if ts, ok := f.Type.(*arrow.TimestampType); ok && ts.TimeZone != "" {
			if _, err := ts.GetZone(); err != nil {
				t.Errorf("%s: %v", test.zone, err)
			}
		}
	}
}

func TestSchemaOptions(t *testing.T) {
	t.Parallel()
	columns := []thriftrows.Column{
		{Name: "name", Type: "STRING"}, {Name: "at", Type: "TIMESTAMP_TZ", Format: "f"}, {Name: "d", Type: "DECIMAL"}, {Name: "list", Type: "ARRAY"}, {Name: "t", Type: "INT96"},
	}
	s, err := arrowe6data.Schema(columns, arrowe6data.WithZones(), arrowe6data.WithDictionary("name"), arrowe6data.WithDecimal(20, 4),
		arrowe6data.WithPlainNested(), arrowe6data.WithInt96(arrow.Nanosecond), arrowe6data.WithAllocator(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range s.Fields() {
		got = append(got, fmt.Sprintf("%s %v %v", f.Name, f.Type, f.Metadata.ToMap()))
	}
	want := []string{
		"name dictionary<values=utf8, indices=int32, ordered=false> map[e6data.type:STRING]",
		"at timestamp[us, tz=UTC] map[e6data.format:f e6data.type:TIMESTAMP_TZ]",
		"at_zone dictionary<values=utf8, indices=int32, ordered=false> map[e6data.zones_of:at]",
		"d decimal(20, 4) map[e6data.type:DECIMAL]",
		"list utf8 map[e6data.type:ARRAY]",
		"t timestamp[ns] map[e6data.type:INT96]",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, opts := range [][]arrowe6data.Option{
		{arrowe6data.WithDecimal(0, 0)}, {arrowe6data.WithDecimal(38, 39)}, {arrowe6data.WithInt96(arrow.Second)}, {arrowe6data.WithDictionary("other")},
	} {
		if _, err := arrowe6data.Schema(columns, opts...); err == nil {
			t.Error("wrong options have a schema")
		}
	}
}

// What the metadata leave open is that of the first batch.
func TestOpenTypes(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	db := openDB(t, srv)
	decimals := func(scale int32, unscaled ...int64) thriftrows.Vector {
		values := make([]any, len(unscaled))
		for i, n := range unscaled {
			values[i] = thriftrows.NewDecimal(n, scale)
		}
		v, err := thriftrows.NewVector(thriftrows.Decimal128, scale, values)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	long := thriftrows.Vector{Type: thriftrows.Long, Data: thriftrows.Int64Data{1, 2}}
	columns := func() *enginetest.Result {
		return enginetest.NewResult().Column("d", "DECIMAL").ColumnAs("x", "HUGEINT", thriftrows.Long, 0)
	}
	srv.Handle("same", columns().Vectors(2, decimals(3, 1500, -7), long).Vectors(2, decimals(3, 1, 2), long))
	srv.Handle("smaller", columns().Vectors(2, decimals(3, 1500, -7), long).Vectors(2, decimals(1, 1, 2), long))
	srv.Handle("zeros", columns().Vectors(2, decimals(1, 15, -7), long).Vectors(2, decimals(3, 100, 2000), long))
	srv.Handle("larger", columns().Vectors(2, decimals(1, 15, -7), long).Vectors(2, decimals(3, 1, 2), long))
	for query, want := range map[string]string{"same": "decimal(38, 3)", "smaller": "decimal(38, 3)", "zeros": "decimal(38, 1)"} {
		r := begin(within(t, time.Minute), t, db, query, arrowe6data.WithZones())
		if d, x := r.Schema().Field(0).Type, r.Schema().Field(1).Type; d.String() != want || x.String() != "int64" {
			t.Errorf("%s: %v and %v", query, d, x)
		}
		r.Release()
		checkQuery(t, db, query)
		checkQuery(t, db, query, arrowe6data.WithDecimal(38, 10))
	}
	wantFailure(t, db, "larger", "set them with WithDecimal")
	checkQuery(t, db, "larger", arrowe6data.WithDecimal(30, 3))
	wantFailure(t, db, "same", "DECIMAL(3,3)", arrowe6data.WithDecimal(3, 3))
}

// A column of another type than the metadata's is accepted if each value fits.
func TestVectorsOfOtherTypes(t *testing.T) {
	t.Parallel()
	srv := enginetest.Start(t, enginetest.Config{})
	db := openDB(t, srv)
	for i, test := range []struct {
		word string
		typ  thriftrows.VectorType
		data thriftrows.Data
		fail string
	}{
		{"INTEGER", thriftrows.Long, thriftrows.Int64Data{1, -1 << 31}, ""},
		{"INTEGER", thriftrows.Long, thriftrows.Int64Data{1, 1 << 31}, "row 1 does not fit 32 bits"},
		{"LONG", thriftrows.Integer, thriftrows.Int32Data{1, -1 << 31}, ""},
		{"FLOAT", thriftrows.Double, thriftrows.Float64Data{1.5, 0}, ""},
		{"FLOAT", thriftrows.Double, thriftrows.Float64Data{1.5, 0.1}, "row 1 does not fit 32 bits"},
		{"DOUBLE", thriftrows.Float, thriftrows.Float32Data{1.5, 0}, ""},
		{"DOUBLE", thriftrows.Long, thriftrows.Int64Data{1, 2}, "LONG"},
		{"STRING", thriftrows.Array, thriftrows.VarcharData{"[]", "[1]"}, ""},
		{"STRING", thriftrows.Binary, thriftrows.VarcharData{"a", "\xFF"}, "BINARY"},
		{"BINARY", thriftrows.String, thriftrows.VarcharData{"a", "b"}, "STRING"},
		{"TIMESTAMP", thriftrows.Datetime, thriftrows.TimeData{Micros: []int64{1, 2}}, ""},
		{"TIMESTAMP", thriftrows.TimestampTZ, thriftrows.TimeData{Micros: []int64{1, 2}}, "TIMESTAMP_TZ"},
		{"TIMESTAMP_TZ", thriftrows.Timestamp, thriftrows.TimeData{Micros: []int64{1, 2}}, "TIMESTAMP"},
		{"DATE", thriftrows.Datetime, thriftrows.TimeData{Micros: []int64{1, 2}}, "DATETIME"},
		{"INT96", thriftrows.Timestamp, thriftrows.TimeData{Micros: []int64{1, 2}}, ""},
		{"NULL", thriftrows.Long, thriftrows.Int64Data{1, 2}, "LONG"},
		{"BOOLEAN", thriftrows.Long, thriftrows.Int64Data{1, 2}, "LONG"},
		{"DECIMAL(5,0)", thriftrows.Long, thriftrows.Int64Data{1, 2}, "LONG"},
	} {
		query := fmt.Sprint("q", i)
		srv.Handle(query, enginetest.NewResult().Column("c", test.word).Vectors(2, thriftrows.Vector{Type: test.typ, Data: test.data}))
		if test.fail == "" {
			checkQuery(t, db, query)
		} else {
			wantFailure(t, db, query, test.fail)
		}
	}
}
