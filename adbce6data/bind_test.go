package adbce6data_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/extensions"

	"github.com/e6data/e6data-go/enginetest"
)

// recordOf returns a record of fields in JSON, in the form of [array.RecordFromJSON].
func recordOf(t testing.TB, rows string, fields ...arrow.Field) arrow.RecordBatch {
	t.Helper()
	record, _, err := array.RecordFromJSON(checked(t), arrow.NewSchema(fields, nil), strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func fieldOf(typ arrow.DataType) arrow.Field {
	return arrow.Field{Name: "v", Type: typ, Nullable: true}
}

// engineOfTexts starts an engine that answers each statement with its text.
func engineOfTexts(t testing.TB) *enginetest.Server {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{})
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		return enginetest.NewResult().Column("sql", "STRING").Column("catalog", "STRING").Column("schema", "STRING").Row(q.SQL, q.Catalog, q.Schema), nil
	})
	return srv
}

// sent executes a statement of engineOfTexts, and returns the text, the catalog and the
// schema that the engine received.
func sent(t testing.TB, s adbc.Statement) (row [3]string, err error) {
	t.Helper()
	reader, _, err := s.ExecuteQuery(within(t))
	if err != nil {
		return row, err
	}
	defer reader.Release()
	for reader.Next() {
		for i := range row {
			row[i] = strings.Clone(reader.RecordBatch().Column(i).(*array.String).Value(0))
		}
	}
	return row, reader.Err()
}

func TestBind(t *testing.T) {
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	tests := []struct {
		typ  arrow.DataType
		json string
		want string // the literal in SELECT ?
	}{
		{arrow.Null, `null`, "NULL"},
		{arrow.FixedWidthTypes.Boolean, `true`, "TRUE"},
		{arrow.FixedWidthTypes.Boolean, `null`, "NULL"},
		{arrow.PrimitiveTypes.Int8, `-7`, "(-7)"},
		{arrow.PrimitiveTypes.Int16, `7`, "7"},
		{arrow.PrimitiveTypes.Int32, `7`, "7"},
		{arrow.PrimitiveTypes.Int64, `-9223372036854775808`, "(-9223372036854775807 - 1)"},
		{arrow.PrimitiveTypes.Uint8, `255`, "255"},
		{arrow.PrimitiveTypes.Uint16, `65535`, "65535"},
		{arrow.PrimitiveTypes.Uint32, `4294967295`, "4294967295"},
		{arrow.PrimitiveTypes.Uint64, `18446744073709551615`, "CAST('18446744073709551615' AS DECIMAL(20,0))"},
		{arrow.FixedWidthTypes.Float16, `1.5`, "1.5E0"},
		{arrow.PrimitiveTypes.Float32, `0.1`, "1.0000000149011612E-1"},
		{arrow.PrimitiveTypes.Float64, `0.1`, "1E-1"},
		{&arrow.Decimal32Type{Precision: 5, Scale: 2}, `"12.30"`, "CAST('12.30' AS DECIMAL(4,2))"},
		{&arrow.Decimal64Type{Precision: 5, Scale: 2}, `"-12.30"`, "CAST('-12.30' AS DECIMAL(4,2))"},
		{&arrow.Decimal128Type{Precision: 38, Scale: 2}, `"12.30"`, "CAST('12.30' AS DECIMAL(4,2))"},
		{&arrow.Decimal256Type{Precision: 60, Scale: 3}, `"12.300"`, "CAST('12.300' AS DECIMAL(5,3))"},
		{arrow.BinaryTypes.String, `"it's"`, "'it''s'"},
		{arrow.BinaryTypes.LargeString, `"x"`, "'x'"},
		{arrow.BinaryTypes.StringView, `"a text that is longer than twelve bytes"`, "'a text that is longer than twelve bytes'"},
		{arrow.BinaryTypes.Binary, `"yv4="`, "X'CAFE'"},
		{arrow.BinaryTypes.LargeBinary, `""`, "X''"},
		{arrow.BinaryTypes.BinaryView, `"yv4="`, "X'CAFE'"},
		{&arrow.FixedSizeBinaryType{ByteWidth: 2}, `"yv4="`, "X'CAFE'"},
		{arrow.FixedWidthTypes.Date32, `"2024-02-29"`, "DATE '2024-02-29'"},
		{arrow.FixedWidthTypes.Date64, `"2024-02-29"`, "DATE '2024-02-29'"},
		{&arrow.TimestampType{Unit: arrow.Microsecond}, `"2024-07-01 12:34:56.789012"`, "TIMESTAMP '2024-07-01 12:34:56.789012'"},
		{&arrow.TimestampType{Unit: arrow.Second}, `"0099-07-01 00:00:00"`, "TIMESTAMP '0099-07-01 00:00:00.000000'"},
		{&arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}, `"2024-07-01 12:34:56.789Z"`, "TIMESTAMP_TZ '2024-07-01 12:34:56.789000+00:00'"},
		{&arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Berlin"}, `"2024-07-01 12:34:56Z"`, "TIMESTAMP_TZ '2024-07-01 14:34:56.000000+02:00'"},
		{dictionary, `"x"`, "'x'"},
		{extensions.NewUUIDType(), `"00112233-4455-6677-8899-aabbccddeeff"`, "X'00112233445566778899AABBCCDDEEFF'"},
	}
	for _, params := range [][]string{nil, {"loc=Europe/Berlin"}} {
		srv := engineOfTexts(t)
		s := newStatement(t, connect(t, openDSN(t, srv.DSN(params...))), "SELECT ?")
		for _, test := range tests {
			record := recordOf(t, `[{"v": `+test.json+`}]`, fieldOf(test.typ))
			err := s.Bind(within(t), record)
			record.Release() // the statement must not need it any more
			if err != nil {
				t.Errorf("%v: %v", test.typ, err)
				continue
			}
			if got, err := sent(t, s); err != nil || got[0] != "SELECT "+test.want {
				t.Errorf("%v with %q: sent %q, %v, want %q", test.typ, params, got[0], err, "SELECT "+test.want)
			}
		}
	}
}

// The elements of a list are those of an IN list.
func TestBindList(t *testing.T) {
	s := newStatement(t, openConnection(t, engineOfTexts(t)), "SELECT 1 WHERE n IN (?)")
	for _, typ := range []arrow.DataType{
		arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.LargeListOf(arrow.PrimitiveTypes.Int64), arrow.FixedSizeListOf(3, arrow.PrimitiveTypes.Int64),
	} {
		record := recordOf(t, `[{"v": [1, null, 3]}]`, fieldOf(typ))
		err := s.Bind(within(t), record)
		record.Release()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sent(t, s); err != nil || got[0] != "SELECT 1 WHERE n IN (1, NULL, 3)" {
			t.Errorf("%v: sent %q, %v", typ, got[0], err)
		}
	}
}

// A statement names its parameters, or numbers them.
func TestBindNames(t *testing.T) {
	c := openConnection(t, engineOfTexts(t))
	fields := []arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}, {Name: "b", Type: arrow.PrimitiveTypes.Int64}}
	record := recordOf(t, `[{"a": 1, "b": 2}]`, fields...)
	defer record.Release()
	for query, want := range map[string]string{
		"SELECT ?, ?":        "SELECT 1, 2",
		"SELECT $2, $1":      "SELECT 2, 1",
		"SELECT :b, @a, :b":  "SELECT 2, 1, 2",
		"SELECT :1, :2 + :1": "SELECT 1, 2 + 1",
	} {
		s := newStatement(t, c, query)
		if err := s.Bind(within(t), record); err != nil {
			t.Fatal(err)
		}
		if got, err := sent(t, s); err != nil || got[0] != want {
			t.Errorf("%s: sent %q, %v, want %q", query, got[0], err, want)
		}
	}
	for query, state := range map[string]string{
		"SELECT ?":      "07001", // too many arguments
		"SELECT ?, ?,?": "07001", // too few
		"SELECT :a, :c": "07001", // no such name
		"SELECT ?, :a":  "07001", // two styles
		"SELECT 'a":     "42601",
	} {
		s := newStatement(t, c, query)
		if err := s.Bind(within(t), record); err != nil {
			t.Fatal(err)
		}
		_, err := sent(t, s)
		if e := adbcError(t, err); e.Code != adbc.StatusInvalidArgument || string(e.SqlState[:]) != state {
			t.Errorf("%s: %v, want the SQLSTATE %s", query, err, state)
		}
	}
}

// One row is bound. Other numbers of rows are errors, and nothing is executed.
func TestBindRows(t *testing.T) {
	srv := engineOfTexts(t)
	s := newStatement(t, openConnection(t, srv), "SELECT ?")
	for rows, json := range map[string]string{"3 rows": `[{"v": 1}, {"v": 2}, {"v": 3}]`, "0 rows": `[]`} {
		record := recordOf(t, json, fieldOf(arrow.PrimitiveTypes.Int64))
		stream, err := array.NewRecordReader(record.Schema(), []arrow.RecordBatch{record})
		if err != nil {
			t.Fatal(err)
		}
		binds := map[string]func() error{
			"Bind":       func() error { return s.Bind(within(t), record) },
			"BindStream": func() error { return s.BindStream(within(t), stream) },
		}
		for name, bind := range binds {
			if err := bind(); err != nil {
				t.Fatal(err)
			}
			_, err := sent(t, s)
			if e := adbcError(t, err); e.Code != adbc.StatusNotImplemented || !strings.Contains(e.Msg, rows) {
				t.Errorf("%s of %s: %v", name, rows, err)
			}
			_, err = s.ExecuteUpdate(within(t))
			if e := adbcError(t, err); e.Code != adbc.StatusNotImplemented || !strings.Contains(e.Msg, rows) {
				t.Errorf("%s of %s: %v", name, rows, err)
			}
		}
		stream.Release()
		record.Release()
	}
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("%d statements were prepared", n)
	}
}

// A stream may have its one row in any of its records.
func TestBindStream(t *testing.T) {
	s := newStatement(t, openConnection(t, engineOfTexts(t)), "SELECT ?")
	empty := recordOf(t, `[]`, fieldOf(arrow.PrimitiveTypes.Int64))
	defer empty.Release()
	one := recordOf(t, `[{"v": 42}]`, fieldOf(arrow.PrimitiveTypes.Int64))
	defer one.Release()
	for _, test := range []struct {
		records []arrow.RecordBatch
		want    string
	}{
		{[]arrow.RecordBatch{one}, "SELECT 42"},
		{[]arrow.RecordBatch{empty, one, empty}, "SELECT 42"},
		{[]arrow.RecordBatch{one, empty, one}, ""},
	} {
		stream, err := array.NewRecordReader(one.Schema(), test.records)
		if err != nil {
			t.Fatal(err)
		}
		err = s.BindStream(within(t), stream)
		stream.Release()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := sent(t, s); got[0] != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%d records: sent %q, %v", len(test.records), got[0], err)
		}
	}
}

// A new text has no arguments of the old one, and an execution keeps them.
func TestBindLasts(t *testing.T) {
	s := newStatement(t, openConnection(t, engineOfTexts(t)), "SELECT ?")
	record := recordOf(t, `[{"v": 42}]`, fieldOf(arrow.PrimitiveTypes.Int64))
	defer record.Release()
	if err := s.Bind(within(t), record); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := sent(t, s); err != nil || got[0] != "SELECT 42" {
			t.Errorf("sent %q, %v", got[0], err)
		}
	}
	if err := s.SetSqlQuery("SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if got, err := sent(t, s); err != nil || got[0] != "SELECT 1" {
		t.Errorf("sent %q, %v", got[0], err)
	}
}

func TestBindRefuses(t *testing.T) {
	srv := engineOfTexts(t)
	s := newStatement(t, connect(t, openDSN(t, srv.DSN("loc=Europe/Berlin"))), "SELECT ?")
	for _, test := range []struct {
		typ  arrow.DataType
		json string
		text string
	}{
		{arrow.FixedWidthTypes.Time32s, `"12:00:00"`, "time32"},
		{arrow.FixedWidthTypes.Duration_s, `7`, "duration"},
		{arrow.StructOf(fieldOf(arrow.PrimitiveTypes.Int64)), `{"v": 1}`, "struct"},
		{arrow.ListOf(arrow.FixedWidthTypes.Time32s), `["12:00:00"]`, "time32"},
		{&arrow.TimestampType{Unit: arrow.Second}, `"2024-03-31 02:30:00"`, "Europe/Berlin"}, // the clocks skip it
	} {
		record := recordOf(t, `[{"v": `+test.json+`}]`, fieldOf(test.typ))
		err := s.Bind(within(t), record)
		record.Release()
		if e := adbcError(t, err); e.Code != adbc.StatusInvalidArgument || !strings.Contains(e.Msg, test.text) || !strings.Contains(e.Msg, `parameter 1, "v"`) {
			t.Errorf("%v: %v", test.typ, err)
		}
	}
	if err := s.Bind(within(t), nil); adbcError(t, err).Code != adbc.StatusInvalidArgument {
		t.Error(err)
	}
	if err := s.BindStream(within(t), nil); adbcError(t, err).Code != adbc.StatusInvalidArgument {
		t.Error(err)
	}
}
