package e6data_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

var (
	_ sql.Scanner   = (*e6data.Decimal)(nil)
	_ driver.Valuer = e6data.Decimal{}
)

// decimals returns a result with one column, which has these values.
func decimals(word string, values ...any) *enginetest.Result {
	r := enginetest.NewResult().Column("d", word)
	for _, v := range values {
		r = r.Row(v)
	}
	return r
}

func TestScanDecimals(t *testing.T) {
	t.Parallel()
	const nines = "99999999999999999999999999999999999999"
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("binary", decimals("DECIMAL(38,2)", "12.30", nil, "-"+nines[:36]+".01", e6data.NewDecimal(5, 1)))
	text, err := thriftrows.AppendChunk(nil, 4, []thriftrows.Vector{{
		Type: thriftrows.Decimal128, Nulls: []bool{false, true, false, false},
		Data: thriftrows.Decimal128Data{Unscaled: [][]byte{[]byte("12.30"), {}, []byte("-" + nines[:36] + ".01"), []byte("5.0E-1")}, Scale: 7},
	}})
	if err != nil {
		t.Fatal(err)
	}
	srv.Handle("text", decimals("DECIMAL(38,2)").Chunks(text))
	db := openDB(t, srv)
	for query, last := range map[string]string{"binary": "0.50", "text": "0.50"} {
		want := []string{"12.30", "", "-" + nines[:36] + ".01", last}
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for i := 0; rows.Next(); i++ {
			var null sql.Null[e6data.Decimal]
			var pointer *e6data.Decimal
			var plain e6data.Decimal
			var boxed any
			if err := errors.Join(rows.Scan(&null), rows.Scan(&pointer), rows.Scan(&boxed)); err != nil {
				t.Fatal(err)
			}
			err := rows.Scan(&plain)
			if want[i] == "" {
				if err == nil || !strings.Contains(err.Error(), "sql.Null[Decimal]") || !strings.Contains(err.Error(), `name "d"`) {
					t.Errorf("%s: NULL into a Decimal: %v", query, err)
				}
				if null.Valid || pointer != nil || boxed != nil {
					t.Errorf("%s: NULL became %v, %v, %v", query, null, pointer, boxed)
				}
				continue
			}
			if err != nil || plain.String() != want[i] || !null.Valid || null.V != plain || *pointer != plain || boxed != want[i] {
				t.Errorf("%s: %v, %v, %v, %v (%v), want %s", query, plain, null, pointer, boxed, err, want[i])
			}
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
	}
}

// Values of other column types are converted by Decimal.Scan, in every Go version.
func TestScanOtherColumnsAsDecimals(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", enginetest.NewResult().Column("i", "INTEGER").Column("l", "LONG").Column("f", "DOUBLE").Column("s", "STRING").
		Row(-7, int64(1)<<62, 0.1, "1.5E-3"))
	var i, l, f, s e6data.Decimal
	if err := openDB(t, srv).QueryRow("q").Scan(&i, &l, &f, &s); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		got  e6data.Decimal
		want string
	}{{i, "-7"}, {l, "4611686018427387904"}, {f, "0.1"}, {s, "0.0015"}} {
		if test.got.String() != test.want {
			t.Errorf("%v, want %s", test.got, test.want)
		}
	}
}

// A value that does not fit its destination does not end the result: the next rows are
// read.
func TestScanOversizedDecimal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 60)
	chunk, err := thriftrows.AppendChunk(nil, 2, []thriftrows.Vector{{
		Type: thriftrows.Decimal128, Data: thriftrows.Decimal128Data{Unscaled: [][]byte{[]byte(long), []byte("1.5")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", decimals("DECIMAL(38,0)").Chunks(chunk))
	rows, err := openDB(t, srv).Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var d e6data.Decimal
	var text string
	var de *e6data.DecimalError
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := rows.Scan(&d); !errors.Is(err, e6data.ErrDecimalRange) || !errors.As(err, &de) || de.Text != long {
		t.Errorf("%v, %v", d, err)
	}
	if err := rows.Scan(&text); err != nil || text != long {
		t.Errorf("%s, %v", text, err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if err := rows.Scan(&d); err != nil || d != e6data.NewDecimal(15, 1) {
		t.Errorf("%v, %v", d, err)
	}
}

func TestDecimalConstructors(t *testing.T) {
	t.Parallel()
	want := e6data.NewDecimal(-1230, 2)
	parsed, err := e6data.ParseDecimal("-12.30")
	if err != nil || parsed != want {
		t.Errorf("%v, %v", parsed, err)
	}
	if d, err := e6data.DecimalFromBigInt(big.NewInt(-1230), 2); err != nil || d != want {
		t.Errorf("%v, %v", d, err)
	}
	if d, err := e6data.DecimalFromRat(big.NewRat(-123, 10)); err != nil || !d.Equal(want) {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := e6data.ParseDecimal("x"); !errors.Is(err, e6data.ErrDecimalSyntax) {
		t.Error(err)
	}
}
