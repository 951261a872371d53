package e6data_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

type (
	namedInt    int32
	namedFloat  float64
	namedBool   bool
	namedString string
	namedBytes  []byte
	// receiver keeps the value that Scan gets.
	receiver struct{ Got any }
)

func (r *receiver) Scan(src any) error {
	if b, ok := src.([]byte); ok {
		src = string(b)
	}
	r.Got = src
	return nil
}

// matrixTypes are types of variables that columns are scanned into.
var matrixTypes = []reflect.Type{
	reflect.TypeFor[int64](), reflect.TypeFor[int](), reflect.TypeFor[int32](), reflect.TypeFor[int16](), reflect.TypeFor[int8](),
	reflect.TypeFor[uint64](), reflect.TypeFor[uint](), reflect.TypeFor[uint32](), reflect.TypeFor[uint16](), reflect.TypeFor[uint8](),
	reflect.TypeFor[float64](), reflect.TypeFor[float32](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[sql.RawBytes](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[bool](), reflect.TypeFor[any](),
	reflect.TypeFor[sql.NullInt64](), reflect.TypeFor[sql.NullInt32](), reflect.TypeFor[sql.NullInt16](), reflect.TypeFor[sql.NullByte](),
	reflect.TypeFor[sql.NullFloat64](), reflect.TypeFor[sql.NullString](), reflect.TypeFor[sql.NullTime](), reflect.TypeFor[sql.NullBool](),
	reflect.TypeFor[sql.Null[int64]](), reflect.TypeFor[sql.Null[int32]](), reflect.TypeFor[sql.Null[int]](), reflect.TypeFor[sql.Null[int16]](), reflect.TypeFor[sql.Null[int8]](),
	reflect.TypeFor[sql.Null[uint64]](), reflect.TypeFor[sql.Null[uint32]](), reflect.TypeFor[sql.Null[uint8]](), reflect.TypeFor[sql.Null[float64]](), reflect.TypeFor[sql.Null[float32]](),
	reflect.TypeFor[sql.Null[string]](), reflect.TypeFor[sql.Null[time.Time]](), reflect.TypeFor[sql.Null[bool]](), reflect.TypeFor[sql.Null[[]byte]](), reflect.TypeFor[sql.Null[any]](),
	reflect.TypeFor[*int64](), reflect.TypeFor[*int32](), reflect.TypeFor[*int](), reflect.TypeFor[*uint64](), reflect.TypeFor[*float64](), reflect.TypeFor[*float32](),
	reflect.TypeFor[*string](), reflect.TypeFor[*[]byte](), reflect.TypeFor[*time.Time](), reflect.TypeFor[*bool](), reflect.TypeFor[*any](), reflect.TypeFor[**int64](), reflect.TypeFor[**string](),
	reflect.TypeFor[e6data.Decimal](), reflect.TypeFor[sql.Null[e6data.Decimal]](), reflect.TypeFor[*e6data.Decimal](), reflect.TypeFor[**e6data.Decimal](), reflect.TypeFor[*sql.Null[e6data.Decimal]](),
	reflect.TypeFor[big.Rat](), reflect.TypeFor[*big.Rat](), reflect.TypeFor[sql.Null[big.Rat]](), reflect.TypeFor[big.Int](), reflect.TypeFor[big.Float](),
	reflect.TypeFor[json.RawMessage](), reflect.TypeFor[sql.Null[json.RawMessage]](), reflect.TypeFor[*json.RawMessage](), reflect.TypeFor[namedBytes](), reflect.TypeFor[sql.Null[namedBytes]](),
	reflect.TypeFor[net.IP](), reflect.TypeFor[json.Number](), reflect.TypeFor[namedInt](), reflect.TypeFor[namedFloat](), reflect.TypeFor[namedBool](), reflect.TypeFor[namedString](),
	reflect.TypeFor[e6data.Date](), reflect.TypeFor[sql.Null[e6data.Date]](), reflect.TypeFor[*e6data.Date](), reflect.TypeFor[e6data.TimestampTZ](), reflect.TypeFor[sql.Null[e6data.TimestampTZ]](),
	reflect.TypeFor[receiver](), reflect.TypeFor[struct{}](),
}

// destination is an argument of Scan, and the variable that it sets.
type destination struct {
	name string
	make func() (dest any, variable reflect.Value)
}

func behind[T any](name string, wrap func(*T) sql.Scanner) destination {
	return destination{name, func() (any, reflect.Value) {
		v := new(T)
		return wrap(v), reflect.ValueOf(v).Elem()
	}}
}

func matrixDestinations() []destination {
	var list []destination
	for _, t := range matrixTypes {
		// Since Go 1.27 RawMessage is an alias.
		name := strings.NewReplacer("json/jsontext.Value", "json.RawMessage", "jsontext.Value", "json.RawMessage").Replace(t.String())
		list = append(list, destination{name, func() (any, reflect.Value) {
			v := reflect.New(t)
			return v.Interface(), v.Elem()
		}})
	}
	return append(list,
		behind("Into(*big.Rat)", e6data.Into[big.Rat]), behind("Into(*sql.Null[json.RawMessage])", e6data.Into[sql.Null[json.RawMessage]]), behind("JSON(*any)", e6data.JSON[any]))
}

// matrixColumns are the columns, each with a value. The last is NULL.
var matrixColumns = []struct {
	word  string
	value any
}{
	{"BOOLEAN", true}, {"INTEGER", 1}, {"LONG", 300}, {"FLOAT", 1.5}, {"DOUBLE", 2.0}, {"DECIMAL(10,2)", "12.30"}, {"DECIMAL(10,0)", "7"},
	{"STRING", "text"}, {"VARCHAR(2)", "42"}, {"BINARY", []byte("0")}, {"ARRAY", "[1]"}, {"MAP", "{a=1}"}, {"STRUCT", `{"a":1}`},
	{"DATE", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)}, {"DATETIME", time.Date(2024, 2, 29, 12, 0, 0, 1000, time.UTC)},
	{"TIMESTAMP", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)}, {"INT96", time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC)},
	{"TIMESTAMP_TZ", time.Date(2024, 2, 29, 12, 0, 0, 0, time.FixedZone("+05:30", 19800))}, {"NULL", nil},
}

// The table has the value of each type of column in each type of variable, for each way in
// which database/sql scans. In the table - is an error. The command
// go test -run TestScanMatrix -update . writes it.
func TestScanMatrix(t *testing.T) {
	t.Parallel()
	r := enginetest.NewResult()
	var values, nulls []any
	for i, c := range matrixColumns {
		r.Column(fmt.Sprintf("c%d", i), c.word)
		values, nulls = append(values, c.value), append(nulls, nil)
	}
	srv := newEngine(t, enginetest.Config{})
	for range matrixColumns { // a row for each Scan: after a Scan into RawBytes the row cannot be scanned again
		r.Row(values...)
	}
	for range matrixColumns {
		r.Row(nulls...)
	}
	srv.Handle("q", r)
	db := openDB(t, srv)

	destinations := matrixDestinations()
	if len(destinations) != 85 || len(matrixColumns) != 19 {
		t.Errorf("%d destinations, %d columns", len(destinations), len(matrixColumns))
	}
	var table strings.Builder
	for _, c := range matrixColumns {
		fmt.Fprintf(&table, "\t%s", c.word)
	}
	for _, d := range destinations {
		cells, err := scanMatrix(db, d)
		if err != nil {
			t.Fatal(d.name, err)
		}
		fmt.Fprintf(&table, "\n%s\t%s", d.name, strings.Join(cells, "\t"))
	}
	got := table.String() + "\n"
	path := filepath.Join("testdata", "scan", matrixGo+".tsv")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, wants := strings.Split(got, "\n"), strings.Split(string(b), "\n")
	for i := range max(len(lines), len(wants)) {
		if i >= len(lines) || i >= len(wants) || lines[i] != wants[i] {
			t.Fatalf("line %d of %s differs from the scanned values, %q", i+1, path, lines[min(i, len(lines)-1)])
		}
	}
}

// scanMatrix returns the value of each column in d, which is a line of the table.
func scanMatrix(db *sql.DB, d destination) ([]string, error) {
	rows, err := db.Query("q")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var cells [2][]string
	for row := range cells {
		for column := range matrixColumns {
			if !rows.Next() {
				return nil, errors.Join(rows.Err(), errors.New("too few rows"))
			}
			dests := make([]any, len(matrixColumns))
			for i := range dests {
				dests[i] = new(any)
			}
			var v reflect.Value
			dests[column], v = d.make()
			cell := "-"
			if err := rows.Scan(dests...); err == nil {
				cell = shown(v)
			}
			cells[row] = append(cells[row], cell)
		}
	}
	null := cells[0][len(matrixColumns)-1]
	for column, cell := range cells[1] {
		if cell != null {
			return nil, fmt.Errorf("NULL of a %s is %s, and of other columns %s", matrixColumns[column].word, cell, null)
		}
	}
	return cells[0], nil
}

// shown returns a variable's value in the form of the table.
func shown(v reflect.Value) string {
	if v.Kind() == reflect.Slice && !v.IsNil() && v.Type().Elem().Kind() == reflect.Uint8 {
		return fmt.Sprintf("b%q", v.Bytes())
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return x.Format(time.RFC3339Nano)
	case big.Rat:
		return x.RatString()
	case big.Int:
		return x.String()
	case big.Float:
		return x.String()
	case fmt.Stringer:
		if v.Kind() != reflect.Pointer && v.Kind() != reflect.Slice {
			return x.String()
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		if v.Kind() == reflect.Pointer {
			return "&" + shown(v.Elem())
		}
		return v.Elem().Type().String() + " " + shown(v.Elem())
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	case reflect.Slice:
		if v.IsNil() {
			return "nil"
		}
	case reflect.Struct:
		if valid := v.FieldByName("Valid"); valid.IsValid() {
			if !valid.Bool() {
				return "NULL"
			}
			return shown(v.Field(0))
		}
	}
	return fmt.Sprintf("%v", v)
}
