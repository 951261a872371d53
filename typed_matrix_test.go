package e6data_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/golden"
	"github.com/e6data/e6data-go/thriftrows"
)

// typedCase is a type of matrixTypes as the type parameter that reflection cannot make
// of it.
type typedCase struct {
	typ reflect.Type
	// cell selects a row of one column, and returns it as the table of TestScanMatrix
	// has it.
	cell func(db *sql.DB, query string) (string, error)
	// compare reads a golden case's column with Select's code and with Rows.Scan.
	compare func(chunk *thriftrows.Chunk, column int) error
}

func typedAs[T any]() typedCase {
	return typedCase{reflect.TypeFor[T](), selectCell[T], compareTyped[T]}
}

// jsonAny stands for the destination JSON(*any).
type jsonAny struct{ V any }

func (j *jsonAny) Scan(src any) error { return e6data.JSON(&j.V).Scan(src) }

var typedCases = []typedCase{
	typedAs[int64](), typedAs[int](), typedAs[int32](), typedAs[int16](), typedAs[int8](),
	typedAs[uint64](), typedAs[uint](), typedAs[uint32](), typedAs[uint16](), typedAs[uint8](),
	typedAs[float64](), typedAs[float32](), typedAs[string](), typedAs[[]byte](), typedAs[sql.RawBytes](),
	typedAs[time.Time](), typedAs[bool](), typedAs[any](),
	typedAs[sql.NullInt64](), typedAs[sql.NullInt32](), typedAs[sql.NullInt16](), typedAs[sql.NullByte](),
	typedAs[sql.NullFloat64](), typedAs[sql.NullString](), typedAs[sql.NullTime](), typedAs[sql.NullBool](),
	typedAs[sql.Null[int64]](), typedAs[sql.Null[int32]](), typedAs[sql.Null[int]](), typedAs[sql.Null[int16]](), typedAs[sql.Null[int8]](),
	typedAs[sql.Null[uint64]](), typedAs[sql.Null[uint32]](), typedAs[sql.Null[uint8]](), typedAs[sql.Null[float64]](), typedAs[sql.Null[float32]](),
	typedAs[sql.Null[string]](), typedAs[sql.Null[time.Time]](), typedAs[sql.Null[bool]](), typedAs[sql.Null[[]byte]](), typedAs[sql.Null[any]](),
	typedAs[*int64](), typedAs[*int32](), typedAs[*int](), typedAs[*uint64](), typedAs[*float64](), typedAs[*float32](),
	typedAs[*string](), typedAs[*[]byte](), typedAs[*time.Time](), typedAs[*bool](), typedAs[*any](), typedAs[**int64](), typedAs[**string](),
	typedAs[e6data.Decimal](), typedAs[sql.Null[e6data.Decimal]](), typedAs[*e6data.Decimal](), typedAs[**e6data.Decimal](), typedAs[*sql.Null[e6data.Decimal]](),
	typedAs[big.Rat](), typedAs[*big.Rat](), typedAs[sql.Null[big.Rat]](), typedAs[big.Int](), typedAs[big.Float](),
	typedAs[json.RawMessage](), typedAs[sql.Null[json.RawMessage]](), typedAs[*json.RawMessage](), typedAs[namedBytes](), typedAs[sql.Null[namedBytes]](),
	typedAs[net.IP](), typedAs[json.Number](), typedAs[namedInt](), typedAs[namedFloat](), typedAs[namedBool](), typedAs[namedString](),
	typedAs[e6data.Date](), typedAs[sql.Null[e6data.Date]](), typedAs[*e6data.Date](), typedAs[e6data.TimestampTZ](), typedAs[sql.Null[e6data.TimestampTZ]](),
	typedAs[receiver](), typedAs[struct{}](),
}

// Select stores what Rows.Scan does with Go 1.27, whatever the Go version, in all types
// of variables.
func TestSelectMatrix(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	for i, c := range matrixColumns {
		srv.Handle(fmt.Sprintf("value %d", i), enginetest.NewResult().Column("c", c.word).Row(c.value))
		// As many rows as are read by block, with a NULL among them.
		many := enginetest.NewResult().Column("c", c.word)
		for row := range 600 {
			if row == 300 {
				many.Row(nil)
			} else {
				many.Row(c.value)
			}
		}
		srv.Handle(fmt.Sprintf("values %d", i), many)
	}
	db := openDB(t, srv)
	table := scanTable(t)
	cases := append(slices.Clone(typedCases), typedAs[jsonAny]())
	for i, typ := range matrixTypes {
		if i >= len(typedCases) || typedCases[i].typ != typ {
			t.Fatalf("typedCases lacks %v", typ)
		}
	}
	for i, c := range cases {
		want := table[min(i, len(table)-1)]
		if i == len(typedCases) {
			want = table[len(table)-1] // JSON(*any)
		}
		for k := range matrixColumns {
			got, err := c.cell(db, fmt.Sprintf("value %d", k))
			if got != want[k+1] {
				t.Errorf("%v of a %s: %s, %v; want %s", c.typ, matrixColumns[k].word, got, err, want[k+1])
			}
			var field *e6data.FieldError
			if err != nil && (!errors.As(err, &field) || field.Column != "c" || field.Row != 0 || field.Field != "C") {
				t.Errorf("%v of a %s: %v", c.typ, matrixColumns[k].word, err)
			}
			if err := c.checkMany(db, k, want); err != nil {
				t.Errorf("%v of many %s: %v", c.typ, matrixColumns[k].word, err)
			}
		}
	}
}

// checkMany compares the same in a long result, whose row 300 is NULL.
func (c typedCase) checkMany(db *sql.DB, column int, want []string) error {
	got, err := c.cell(db, fmt.Sprintf("values %d", column))
	value, null := want[column+1], want[len(want)-1]
	switch {
	case value == "-" || matrixColumns[column].value == nil && null == "-":
		if err == nil || !strings.Contains(err.Error(), "row 0,") {
			return fmt.Errorf("%s, %w", got, err)
		}
	case null == "-":
		var field *e6data.FieldError
		if !errors.As(err, &field) || field.Row != 300 || !field.Null {
			return fmt.Errorf("%s, %w", got, err)
		}
	default:
		if err != nil || got != strings.Repeat(value+"\n", 300)+null+"\n"+strings.Repeat(value+"\n", 298)+value {
			return fmt.Errorf("%.99q, %w", got, err)
		}
	}
	return nil
}

// scanTable is testdata/scan/go1.27.tsv, without its head: lines of cells.
func scanTable(t *testing.T) [][]string {
	t.Helper()
	b, err := os.ReadFile("testdata/scan/go1.27.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var table [][]string
	for line := range strings.Lines(string(b)) {
		table = append(table, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return table[1:]
}

func selectCell[T any](db *sql.DB, query string) (string, error) {
	var cells []string
	for row, err := range e6data.Select[struct {
		C T `e6:"c"`
	}](context.Background(), db, query) {
		if err != nil {
			return "-", err
		}
		v := reflect.ValueOf(&row).Elem().Field(0)
		if v.Type() == reflect.TypeFor[jsonAny]() {
			v = v.Field(0)
		}
		cells = append(cells, shown(v))
	}
	return strings.Join(cells, "\n"), nil
}

// memoryRows are a driver's rows of one column, made by a Cursor. They have no
// ScanColumn, so that database/sql alone converts.
type memoryRows struct {
	cursor *thriftrows.Cursor
	column int
}

func (r *memoryRows) Connect(context.Context) (driver.Conn, error) { return r, nil }
func (r *memoryRows) Driver() driver.Driver                        { return nil }
func (r *memoryRows) Prepare(string) (driver.Stmt, error)          { return nil, errors.ErrUnsupported }
func (r *memoryRows) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (r *memoryRows) Close() error                                 { return nil }
func (r *memoryRows) Columns() []string                            { return []string{"c"} }

func (r *memoryRows) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return r, nil
}

func (r *memoryRows) Next(dest []driver.Value) (err error) {
	if !r.cursor.Next() {
		return io.EOF
	}
	dest[0], err = r.cursor.Value(r.column)
	return err
}

// mostTypedRows bounds what is compared of the large cases: more than a block.
const mostTypedRows = 300

// mostTypedColumns bounds what is compared of a case with hundreds of columns, which are
// all alike.
const mostTypedColumns = 20

// compareTyped compares values and errors. What database/sql alone has no conversion
// for is scanned by way of Into.
func compareTyped[T any](chunk *thriftrows.Chunk, column int) error {
	got, gotErr := e6data.ReadTyped[T](chunk, column, mostTypedRows)
	source := &memoryRows{thriftrows.NewCursor(nil, nil), column}
	source.cursor.Reset(chunk)
	db := sql.OpenDB(source)
	defer db.Close()
	rows, err := db.Query("")
	if err != nil {
		return err
	}
	defer rows.Close()
	for i := range mostTypedRows {
		if !rows.Next() {
			if err := rows.Err(); err != nil || gotErr != nil {
				return sameError(i, gotErr, err)
			}
			return wantRows(len(got), i)
		}
		var want T
		err := rows.Scan(&want)
		if beyondSQL[reflect.TypeFor[T]()] {
			err = rows.Scan(e6data.Into(&want))
		}
		if err != nil {
			return sameError(i, gotErr, err)
		}
		if i >= len(got) {
			return fmt.Errorf("row %d: %w, want %v", i, gotErr, want)
		}
		// NaNs are alike only as texts.
		if !reflect.DeepEqual(got[i], want) && shown(reflect.ValueOf(&got[i]).Elem()) != shown(reflect.ValueOf(&want).Elem()) {
			return fmt.Errorf("row %d: %#v, want %#v", i, got[i], want)
		}
	}
	return nil
}

// beyondSQL are the types that Go 1.26's database/sql cannot scan all of into.
var beyondSQL = map[reflect.Type]bool{
	reflect.TypeFor[big.Rat](): true, reflect.TypeFor[*big.Rat](): true, reflect.TypeFor[sql.Null[big.Rat]](): true,
	reflect.TypeFor[json.RawMessage](): true, reflect.TypeFor[sql.Null[json.RawMessage]](): true, reflect.TypeFor[*json.RawMessage](): true,
	reflect.TypeFor[namedBytes](): true, reflect.TypeFor[sql.Null[namedBytes]](): true,
}

// sameError compares the errors of a row, apart from the words for its place.
func sameError(row int, got, want error) error {
	var field *e6data.FieldError
	if !errors.As(got, &field) || field.Row != int64(row) {
		return fmt.Errorf("row %d: error %w, want %w", row, got, want)
	}
	var format, other *thriftrows.FormatError
	if errors.As(want, &format) {
		if !errors.As(got, &other) || *format != *other {
			return fmt.Errorf("row %d: error %w, want %w", row, got, want)
		}
		return nil
	}
	cause := want
	if inner := errors.Unwrap(want); inner != nil && strings.HasPrefix(want.Error(), "sql: Scan error") {
		cause = inner
	}
	text := cause.Error()
	if _, hinted, ok := strings.Cut(text, "NULL does not fit a "); ok && field.Null && hinted != "" {
		return nil // Into's own words
	}
	if field.Err.Error() != text {
		return fmt.Errorf("row %d: error %w, want %w", row, field.Err, cause)
	}
	return nil
}

// Select's conversions are those of Rows.Scan, values and errors, for every column of
// every golden case and every type.
func TestTypedConversionsAreScans(t *testing.T) {
	t.Parallel()
	cases, err := golden.Load("testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.RowCount == 0 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			var chunk thriftrows.Chunk
			if err := chunk.Decode(c.Chunk, len(c.Columns)); err != nil {
				t.Fatal(err)
			}
			for _, typ := range typedCases {
				if typ.typ == reflect.TypeFor[sql.RawBytes]() {
					continue // of Rows.Scan it is the driver's memory
				}
				for column := range min(len(c.Columns), mostTypedColumns) {
					if err := typ.compare(&chunk, column); err != nil {
						t.Errorf("%v of column %d: %v", typ.typ, column, err)
					}
				}
			}
		})
	}
}
