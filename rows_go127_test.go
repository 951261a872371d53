//go:build go1.27

package e6data_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/golden"
	"github.com/e6data/e6data-go/thriftrows"
)

type (
	myInt    int64
	myString string
	// anyScanner keeps the value that Scan gets.
	anyScanner struct{ got any }
)

func (s *anyScanner) Scan(src any) error {
	if b, ok := src.([]byte); ok {
		src = string(b)
	}
	s.got = src
	return nil
}

// destinations are the types that both ways of scanning are compared for.
var destinations = []reflect.Type{
	reflect.TypeFor[int64](), reflect.TypeFor[int](), reflect.TypeFor[int32](), reflect.TypeFor[int16](), reflect.TypeFor[int8](),
	reflect.TypeFor[uint64](), reflect.TypeFor[uint](), reflect.TypeFor[uint32](), reflect.TypeFor[uint16](), reflect.TypeFor[uint8](),
	reflect.TypeFor[float64](), reflect.TypeFor[float32](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[sql.RawBytes](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[bool](), reflect.TypeFor[any](),
	reflect.TypeFor[sql.NullInt64](), reflect.TypeFor[sql.NullInt32](), reflect.TypeFor[sql.NullInt16](), reflect.TypeFor[sql.NullByte](),
	reflect.TypeFor[sql.NullFloat64](), reflect.TypeFor[sql.NullString](), reflect.TypeFor[sql.NullTime](), reflect.TypeFor[sql.NullBool](),
	reflect.TypeFor[sql.Null[int64]](), reflect.TypeFor[sql.Null[int32]](), reflect.TypeFor[sql.Null[int]](), reflect.TypeFor[sql.Null[float64]](),
	reflect.TypeFor[sql.Null[string]](), reflect.TypeFor[sql.Null[time.Time]](), reflect.TypeFor[sql.Null[bool]](), reflect.TypeFor[sql.Null[[]byte]](),
	reflect.TypeFor[*int64](), reflect.TypeFor[*int32](), reflect.TypeFor[*float64](), reflect.TypeFor[*string](), reflect.TypeFor[*time.Time](),
	reflect.TypeFor[*bool](), reflect.TypeFor[**int64](), reflect.TypeFor[*[]byte](),
	reflect.TypeFor[e6data.Decimal](), reflect.TypeFor[sql.Null[e6data.Decimal]](), reflect.TypeFor[*e6data.Decimal](), reflect.TypeFor[**e6data.Decimal](),
	reflect.TypeFor[*sql.Null[e6data.Decimal]](),
	reflect.TypeFor[myInt](), reflect.TypeFor[myString](), reflect.TypeFor[anyScanner](), reflect.TypeFor[struct{}](),
}

// Scanning from the chunk gives the same values and errors as database/sql's conversion of
// the values of Next. This holds for every golden case and destination.
func TestScanColumnEqualsNext(t *testing.T) {
	t.Parallel()
	cases, err := golden.Load("testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	srv := newEngine(t, enginetest.Config{})
	conn, err := openDB(t, srv).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, c := range cases {
		r := enginetest.NewResult().Metadata(c.Meta).RowCount(-1)
		if c.RowCount > 0 {
			r = r.Chunks(c.Chunk)
		}
		srv.Handle(c.Name, r)
		t.Run(c.Name, func(t *testing.T) {
			err := conn.Raw(func(dc any) error {
				for from := 0; from < len(destinations); from++ {
					if err := compareScans(t, dc.(driver.QueryerContext), c, destinations[from]); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// mostRows bounds the number of rows that are compared in large cases.
const mostRows = 300

func compareScans(t *testing.T, dc driver.QueryerContext, c golden.Case, dest reflect.Type) error {
	open := func() (driver.RowsColumnScanner, error) {
		rows, err := dc.QueryContext(context.Background(), c.Name, nil)
		if err != nil {
			return nil, err
		}
		return rows.(driver.RowsColumnScanner), nil
	}
	boxed, err := open()
	if err != nil {
		return err
	}
	defer boxed.Close()
	direct, err := open()
	if err != nil {
		return err
	}
	defer direct.Close()

	values := make([]driver.Value, len(c.Columns))
	for row := range mostRows {
		err := direct.NextRow()
		if other := boxed.Next(values); (other == nil) != (err == nil) {
			return fmt.Errorf("NextRow: %v, Next: %v", err, other)
		}
		// Some cases are one chunk of a larger result.
		if errors.Is(err, io.EOF) || errors.Is(err, e6data.ErrIncompleteResult) {
			return nil
		}
		if err != nil {
			return err
		}
		for k, v := range values {
			got, want := reflect.New(dest), reflect.New(dest)
			gotErr := direct.ScanColumn(driver.ScanContext{}, k, got.Interface())
			wantErr := sql.ConvertAssign(driver.ScanContext{}, want.Interface(), v)
			if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Errorf("%v of row %d, column %d: error %v, want %v", dest, row, k, gotErr, wantErr)
			} else if !same(got.Elem().Interface(), want.Elem().Interface()) {
				t.Errorf("%v of row %d, column %d: %#v, want %#v", dest, row, k, got.Elem(), want.Elem())
			}
		}
	}
	return nil
}

// same is reflect.DeepEqual for values with NaNs.
func same(a, b any) bool {
	return reflect.DeepEqual(a, b) || containsNaN(a) && containsNaN(b)
}

func containsNaN(x any) bool {
	switch x := x.(type) {
	case float64:
		return math.IsNaN(x)
	case float32:
		return x != x
	case *float64:
		return x != nil && math.IsNaN(*x)
	case anyScanner:
		return containsNaN(x.got)
	case sql.NullFloat64:
		return math.IsNaN(x.Float64)
	case sql.Null[float64]:
		return math.IsNaN(x.V)
	}
	return false
}

// database/sql has no conversion for big.Rat. See also TestScanMatrix.
func TestScanRat(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("d", "DECIMAL(38,10)").Column("i", "LONG").
		Row("-1234567890123456789012345678.0123456789", 42).Row("0.5", -1))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for _, want := range [][2]string{{"-12345678901234567890123456780123456789/10000000000", "42/1"}, {"1/2", "-1/1"}} {
		var d, i big.Rat
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		if err := rows.Scan(&d, &i); err != nil || d.String() != want[0] || i.String() != want[1] {
			t.Errorf("%v, %v, %v; want %v", &d, &i, err, want)
		}
	}
}

// Destinations that are nil pointers are errors, as in database/sql.
func TestScanIntoNilPointer(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1, 1))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	for _, dest := range []any{(*int64)(nil), (*int)(nil), (*e6data.Decimal)(nil), (**e6data.Decimal)(nil)} {
		if err := rows.Scan(dest); err == nil {
			t.Errorf("%T(nil) was accepted", dest)
		}
	}
}

// parts is a decimal of another package, without a Scan method.
type parts struct {
	negative    bool
	coefficient []byte
	exponent    int32
	err         error
}

func (p *parts) Compose(form byte, negative bool, coefficient []byte, exponent int32) error {
	if form != 0 {
		return errors.New("not finite")
	}
	p.negative, p.coefficient, p.exponent = negative, coefficient, exponent
	return p.err
}

// scannedParts has both methods. database/sql would call Scan.
type scannedParts struct {
	parts
	src any
}

func (p *scannedParts) Scan(src any) error {
	p.src = src
	return nil
}

func TestScanComposes(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", decimals("DECIMAL(38,2)", "-2.58", "1.00", nil))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	full := errors.New("no room")
	var p parts
	var s scannedParts
	if err := rows.Scan(&p); err != nil || !reflect.DeepEqual(p, parts{true, []byte{1, 2}, -2, nil}) {
		t.Errorf("%+v, %v", p, err)
	}
	if err := rows.Scan(&s); err != nil || s.src != "-2.58" || s.coefficient != nil {
		t.Errorf("%+v, %v", s, err)
	}
	if err := rows.Scan(&parts{err: full}); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := rows.Scan(&p); err != nil || !reflect.DeepEqual(p, parts{false, []byte{100}, -2, nil}) {
		t.Errorf("%+v, %v", p, err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := rows.Scan(&p); err == nil {
		t.Error("NULL was composed")
	}
}

// A Decimal comes straight from the chunk.
func TestScanDecimalAllocations(t *testing.T) {
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", decimals("DECIMAL(38,2)", "-2.58", "12345678901234567890.12"))
	conn, err := openDB(t, srv).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(dc any) error {
		rows, err := dc.(driver.QueryerContext).QueryContext(t.Context(), "q", nil)
		if err != nil {
			return err
		}
		defer rows.Close()
		direct := rows.(driver.RowsColumnScanner)
		if err := direct.NextRow(); err != nil {
			return err
		}
		var d e6data.Decimal
		var null sql.Null[e6data.Decimal]
		var dests = []any{&d, &null}
		if n := testing.AllocsPerRun(100, func() {
			for _, dest := range dests {
				if err := direct.ScanColumn(driver.ScanContext{}, 0, dest); err != nil {
					t.Error(err)
				}
			}
		}); n != 0 || d != e6data.NewDecimal(-258, 2) || null.V != d {
			t.Errorf("%v allocations, %v, %v", n, d, null)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A row with a value that cannot be converted can be scanned again. The rows end after it.
func TestScanAgainAfterABadValue(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("n", "LONG").Column("t", "TIMESTAMP_TZ").Vectors(2,
		thriftrows.Vector{Type: thriftrows.Long, Data: thriftrows.Int64Data{7, 8}},
		thriftrows.Vector{Type: thriftrows.TimestampTZ, Data: thriftrows.TimeData{Micros: []int64{0, 0}, Zones: []string{"Nowhere/Land", "Z"}}}))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	for range 2 {
		var n int64
		var at time.Time
		var format *thriftrows.FormatError
		if err := rows.Scan(&n, &at); n != 7 || !errors.As(err, &format) {
			t.Errorf("%d, %v", n, err)
		}
	}
	if rows.Next() || rows.Err() == nil {
		t.Errorf("the rows continued, or ended without an error: %v", rows.Err())
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
}
