package sqltext

import (
	"database/sql/driver"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// shop has the methods of github.com/shopspring/decimal that the package uses.
type shop struct {
	n *big.Int
	e int32
}

func shopOf(coefficient string, exponent int32) shop { return shop{bigOf(coefficient), exponent} }

func (d shop) Coefficient() *big.Int        { return d.n }
func (d shop) Exponent() int32              { return d.e }
func (d shop) Value() (driver.Value, error) { return fmt.Sprintf("%se%d", d.n, d.e), nil }

// nullShop is like NullDecimal of that package.
type nullShop struct {
	Decimal shop
	Valid   bool
}

func (d nullShop) Value() (driver.Value, error) {
	if !d.Valid {
		return nil, nil
	}
	return d.Decimal.Value()
}

// embedded is NULL if it is not valid, although it has a coefficient.
type embedded struct {
	shop
	Valid bool
}

func (d embedded) Value() (driver.Value, error) {
	if !d.Valid {
		return nil, nil
	}
	return d.shop.Value()
}

// price is more than its decimal.
type price struct {
	shop
	currency string
}

func (p price) Value() (driver.Value, error) { return p.n.String() + " " + p.currency, nil }

// bare has no Value method.
type bare struct {
	n *big.Int
	e int32
}

func (d bare) Coefficient() *big.Int { return d.n }
func (d bare) Exponent() int32       { return d.e }

func TestScaledDecimals(t *testing.T) {
	t.Parallel()
	nines := strings.Repeat("9", 38)
	d := shopOf("-1230", -2)
	for _, test := range []struct {
		v       any
		literal string
		text    string // as a parameter of type STRING, where it is not NULL
	}{
		{d, "CAST('-12.30' AS DECIMAL(4,2))", "-12.30"}, {&d, "CAST('-12.30' AS DECIMAL(4,2))", "-12.30"}, {(*shop)(nil), "NULL", ""},
		{shopOf("0", 0), "CAST('0' AS DECIMAL(1,0))", "0"}, {shopOf("12", 3), "CAST('12000' AS DECIMAL(5,0))", "12000"},
		{shopOf(nines, -38), "CAST('0." + nines + "' AS DECIMAL(38,38))", "0." + nines}, {shopOf(nines, 0), "CAST('" + nines + "' AS DECIMAL(38,0))", nines},
		{shopOf("10", -38), "CAST('0." + strings.Repeat("0", 36) + "10' AS DECIMAL(38,38))", "0." + strings.Repeat("0", 36) + "10"}, // no zero is removed in vain
		{shopOf("1"+strings.Repeat("0", 1000), -1000), "CAST('1." + strings.Repeat("0", 37) + "' AS DECIMAL(38,37))", "1." + strings.Repeat("0", 37)},
		{nullShop{d, true}, "CAST('-12.30' AS DECIMAL(4,2))", "-12.30"}, {&nullShop{d, true}, "CAST('-12.30' AS DECIMAL(4,2))", "-12.30"}, {nullShop{}, "NULL", ""}, {(*nullShop)(nil), "NULL", ""},
		{embedded{d, true}, "CAST('-12.30' AS DECIMAL(4,2))", "-12.30"}, {embedded{d, false}, "NULL", ""},
		{price{d, "EUR"}, "'-1230 EUR'", "-1230 EUR"}, {bare{big.NewInt(15), -1}, "CAST('1.5' AS DECIMAL(2,1))", "1.5"}, {&bare{big.NewInt(15), -1}, "CAST('1.5' AS DECIMAL(2,1))", "1.5"}, {(*bare)(nil), "NULL", ""},
	} {
		if got, err := Literal(test.v); err != nil || got != test.literal {
			t.Errorf("%T %v: %s, %v; want %s", test.v, test.v, got, err, test.literal)
		}
		if test.text == "" {
			continue
		}
		if got, err := Text(arg(test.v), "STRING", nil); err != nil || got != test.text {
			t.Errorf("%T %v as a parameter: %s, %v; want %s", test.v, test.v, got, err, test.text)
		}
	}
	if got, err := Text(arg(d), "DECIMAL(10,2)", nil); err != nil || got != "-12.30" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := parse(t, "x in (?)").Render(args([]shop{d, shopOf("1", 0)}), nil); err != nil || got != "x in (CAST('-12.30' AS DECIMAL(4,2)), CAST('1' AS DECIMAL(1,0)))" {
		t.Errorf("%s, %v", got, err)
	}
	for _, v := range []any{shopOf(nines+"1", 0), shopOf("1", 1<<30), shopOf("1", -1<<30), bare{}} {
		if got, err := Literal(v); err == nil {
			t.Errorf("%v: %s", v, got)
		}
		if got, err := Text(arg(v), "DECIMAL(38,2)", nil); err == nil {
			t.Errorf("%v as a parameter: %s", v, got)
		}
	}
}
