//go:build cgo

package adbce6data_test

import (
	"testing"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/e6data/e6data-go/emulator"
)

// A parameter that a statement returns is the value that was bound, with real SQL in
// between.
func TestParametersReturn(t *testing.T) {
	srv := emulator.Start(t, emulator.Config{})
	s := newStatement(t, connect(t, openDSN(t, srv.DSN("catalog="+emulatedCatalog))), "SELECT ? AS v")
	for _, test := range []struct {
		typ  arrow.DataType
		json string
	}{
		{arrow.FixedWidthTypes.Boolean, `true`},
		{arrow.PrimitiveTypes.Int64, `-9223372036854775808`},
		{arrow.PrimitiveTypes.Float64, `0.1`},
		{&arrow.Decimal128Type{Precision: 4, Scale: 2}, `"-12.30"`},
		{arrow.BinaryTypes.String, `"it's a \\ back\nslash"`},
		{arrow.BinaryTypes.Binary, `"yv4="`},
		{arrow.FixedWidthTypes.Date32, `"2024-02-29"`},
		{&arrow.TimestampType{Unit: arrow.Microsecond}, `"2024-07-01 12:34:56.789012"`},
		{&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, `"2024-07-01 12:34:56.789012Z"`},
	} {
		record := recordOf(t, `[{"v": `+test.json+`}]`, fieldOf(test.typ))
		defer record.Release()
		if err := s.Bind(within(t), record); err != nil {
			t.Fatal(err)
		}
		reader, _, err := s.ExecuteQuery(within(t))
		if err != nil {
			t.Errorf("%v: %v", test.typ, err)
			continue
		}
		if !reader.Next() {
			t.Fatal(reader.Err())
		}
		if got := reader.RecordBatch().Column(0); !array.Equal(got, record.Column(0)) {
			t.Errorf("%v: %v came back as %v, %v", test.typ, record.Column(0), got.DataType(), got)
		}
		reader.Release()
	}
}

// Tables are made, filled and read by statements only.
func TestStatementsChangeTables(t *testing.T) {
	srv := emulator.Start(t, emulator.Config{})
	c := connect(t, openDSN(t, srv.DSN("catalog="+emulatedCatalog)))
	for _, query := range []string{"CREATE TABLE t (n BIGINT)", "INSERT INTO t VALUES (1), (2), (NULL)"} {
		reader, _, err := newStatement(t, c, query).ExecuteQuery(within(t)) // as clients of the DB-API do
		if err != nil {
			t.Fatal(err)
		}
		for reader.Next() {
		}
		if err := reader.Err(); err != nil {
			t.Error(err)
		}
		reader.Release()
	}
	if n, err := newStatement(t, c, "UPDATE t SET n = n + 1 WHERE n > 0").ExecuteUpdate(within(t)); err != nil || n != 2 {
		t.Errorf("%d, %v", n, err)
	}
	reader, _, err := newStatement(t, c, "SELECT n FROM t WHERE n IS NOT NULL ORDER BY n").ExecuteQuery(within(t))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	if all, err := readInts(reader); err != nil || len(all) != 2 || all[0] != 2 || all[1] != 3 {
		t.Errorf("%v, %v", all, err)
	}
	// A failing calculation is an error of the statement.
	_, err = newStatement(t, c, "SELECT CAST('x' AS BIGINT)").ExecuteUpdate(within(t))
	if e := adbcError(t, err); e.Code != adbc.StatusInvalidArgument {
		t.Error(err)
	}
}
