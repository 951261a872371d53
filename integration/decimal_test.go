package integration

import (
	"database/sql"
	"math/big"
	"testing"

	"github.com/cockroachdb/apd/v3"
	"github.com/shopspring/decimal"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// values holds decimals of a DECIMAL(38,10) column, including the largest and
// the smallest.
var values = []string{
	"0.0000000000", "12.3000000000", "-0.0000000001", "1234567890.1234567890",
	"9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999",
}

// more is added to each of them.
const more = "1.5"

func plusMore(d e6data.Decimal) *big.Rat {
	r, _ := new(big.Rat).SetString(more)
	return r.Add(r, d.Rat())
}

// decimalRows calls f for each row of a result with these values. The engine is
// in this process, so the test needs no Docker.
func decimalRows(t *testing.T, f func(rows *sql.Rows, want string)) {
	t.Helper()
	srv := enginetest.Start(t, enginetest.Config{})
	result := enginetest.NewResult().Column("d", "DECIMAL(38,10)")
	for _, v := range values {
		result.Row(v)
	}
	srv.Handle("q", result)
	db, err := sql.Open("e6data", srv.DSN())
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	rows, err := db.Query("q")
	must(t, err)
	defer rows.Close()
	for _, v := range values {
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		f(rows, v)
	}
	if rows.Next() || rows.Err() != nil {
		t.Error(rows.Err())
	}
}

// shopspring's decimal scans the column. It converts from a Decimal by text or
// by the unscaled value, and back by text or through database/sql.
func TestDecimalAndShopspring(t *testing.T) {
	decimalRows(t, func(rows *sql.Rows, want string) {
		var scanned decimal.Decimal
		var null decimal.NullDecimal
		var d e6data.Decimal
		must(t, rows.Scan(&scanned))
		must(t, rows.Scan(&null))
		must(t, rows.Scan(&d))
		byText, err := decimal.NewFromString(d.String())
		must(t, err)
		byValue := decimal.NewFromBigInt(d.Unscaled(), -d.Scale)
		for _, s := range []decimal.Decimal{scanned, null.Decimal, byText, byValue} {
			if s.StringFixed(10) != want || s.Rat().Cmp(d.Rat()) != 0 || s.Exponent() != -10 {
				t.Errorf("%v, want %s", s, want)
			}
		}
		if d.String() != want {
			t.Errorf("%v, want %s", d, want)
		}

		sum := byText.Add(decimal.RequireFromString(more))
		back, err := e6data.DecimalFromBigInt(sum.Coefficient(), -sum.Exponent())
		must(t, err)
		if back.Rat().Cmp(plusMore(d)) != 0 {
			t.Errorf("%v + %s is %v", d, more, back)
		}
		value, err := sum.Value()
		must(t, err)
		var scannedBack, parsed e6data.Decimal
		must(t, scannedBack.Scan(value))
		text, err := sum.MarshalText()
		must(t, err)
		must(t, parsed.UnmarshalText(text))
		if !scannedBack.Equal(back) || !parsed.Equal(back) {
			t.Errorf("%v, %v and %v differ", scannedBack, parsed, back)
		}
	})
}

// apd's decimal scans the column, and converts both ways by Decompose and
// Compose.
func TestDecimalAndAPD(t *testing.T) {
	ctx := apd.BaseContext.WithPrecision(60)
	decimalRows(t, func(rows *sql.Rows, want string) {
		var scanned, composed, byText apd.Decimal
		var null apd.NullDecimal
		var d e6data.Decimal
		must(t, rows.Scan(&scanned))
		must(t, rows.Scan(&null))
		must(t, rows.Scan(&d))
		must(t, composed.Compose(d.Decompose(nil)))
		text, err := d.MarshalText()
		must(t, err)
		must(t, byText.UnmarshalText(text))
		for _, a := range []*apd.Decimal{&scanned, &null.Decimal, &composed, &byText} {
			if a.Text('f') != want || a.Exponent != -10 {
				t.Errorf("%v, want %s", a, want)
			}
		}

		var sum apd.Decimal
		_, err = ctx.Add(&sum, &composed, apd.New(15, -1))
		must(t, err)
		var back, parsed e6data.Decimal
		must(t, back.Compose(sum.Decompose(nil)))
		must(t, parsed.UnmarshalText([]byte(sum.Text('f'))))
		if back.Rat().Cmp(plusMore(d)) != 0 || parsed != back {
			t.Errorf("%v + %s is %v, %v", d, more, back, parsed)
		}
	})

	// These are values of apd that a Decimal cannot hold.
	for _, text := range []string{"NaN", "Infinity", "-Infinity", "1E+300", "1E-300"} {
		a, _, err := apd.NewFromString(text)
		must(t, err)
		var d e6data.Decimal
		if err := d.Compose(a.Decompose(nil)); err == nil {
			t.Errorf("%s became %v", text, d)
		}
	}
}

// As an argument, apd's decimal is a DECIMAL, by value or by pointer, because
// it has Decompose. shopspring's is one because it has Coefficient and
// Exponent.
func TestDecimalArguments(t *testing.T) {
	db, srv := sqlxDB(t)
	a, _, err := apd.NewFromString("-12.30")
	must(t, err)
	for _, test := range []struct {
		v    any
		want string
	}{
		{a, "CAST('-12.30' AS DECIMAL(4,2))"}, {*a, "CAST('-12.30' AS DECIMAL(4,2))"},
		{sql.Null[apd.Decimal]{V: *a, Valid: true}, "CAST('-12.30' AS DECIMAL(4,2))"},
		{decimal.New(-1230, -2), "CAST('-12.30' AS DECIMAL(4,2))"}, {decimal.Decimal{}, "CAST('0' AS DECIMAL(1,0))"},
		{decimal.NewNullDecimal(decimal.New(5, 3)), "CAST('5000' AS DECIMAL(4,0))"}, {decimal.NullDecimal{}, "NULL"},
	} {
		var got []item
		must(t, db.Select(&got, "SELECT * FROM items WHERE price > ?", test.v))
		sentSQL(t, srv, "SELECT * FROM items WHERE price > "+test.want)
	}
}
