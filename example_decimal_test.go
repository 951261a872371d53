package e6data_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/big"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// items is an engine with a few items, and a pool of connections to it.
func items() (db *sql.DB, stop func()) {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	srv.Handle("SELECT price FROM items", enginetest.NewResult().
		Column("price", "DECIMAL(10,2)").
		Row("12.30").
		Row(nil).
		Row("-0.05"))
	srv.Handle("SELECT lines FROM orders", enginetest.NewResult().
		Column("lines", "ARRAY").
		Row(`[{"sku":"A1","price":12.30},{"sku":"B2","price":0.10}]`).
		Row(nil).
		Row(`[{"sku":"A1","price":"a lot"},{"sku":3}]`))
	if db, err = sql.Open("e6data", srv.DSN()); err != nil {
		log.Fatal(err)
	}
	return db, func() {
		_ = db.Close()
		srv.Close()
	}
}

// Exact decimals, some of them NULL, and a sum by way of big.Rat.
func ExampleDecimal() {
	db, stop := items()
	defer stop()
	rows, err := db.Query("SELECT price FROM items")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	sum := new(big.Rat)
	for rows.Next() {
		var price sql.Null[e6data.Decimal] // e6data.Decimal where no NULL can be
		if err := rows.Scan(&price); err != nil {
			log.Fatal(err)
		}
		if !price.Valid {
			fmt.Println("no price")
			continue
		}
		fmt.Println(price.V, "at scale", price.V.Scale)
		sum.Add(sum, price.V.Rat())
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	total, err := e6data.DecimalFromRat(sum)
	fmt.Println("sum:", total, err)

	// Output:
	// 12.30 at scale 2
	// no price
	// -0.05 at scale 2
	// sum: 12.25 <nil>
}

// money stands for the decimal of a package that calculates, such as
// github.com/cockroachdb/apd: it has the methods by which database/sql's
// decimals convert.
type money struct {
	unscaled big.Int
	exponent int32
}

func (m *money) Compose(form byte, negative bool, coefficient []byte, exponent int32) error {
	if form != 0 {
		return errors.New("not finite")
	}
	m.unscaled.SetBytes(coefficient)
	if negative {
		m.unscaled.Neg(&m.unscaled)
	}
	m.exponent = exponent
	return nil
}

func (m *money) Decompose(buf []byte) (form byte, negative bool, coefficient []byte, exponent int32) {
	return 0, m.unscaled.Sign() < 0, m.unscaled.Bytes(), m.exponent
}

// To another package's decimal and back without text. One that has no Compose,
// such as github.com/shopspring/decimal, takes the text: its NewFromString of
// Decimal.String, or its Scan of the column.
func ExampleDecimal_Decompose() {
	price, err := e6data.ParseDecimal("-12.30")
	if err != nil {
		log.Fatal(err)
	}
	var m money
	if err := m.Compose(price.Decompose(nil)); err != nil {
		log.Fatal(err)
	}
	m.unscaled.Mul(&m.unscaled, big.NewInt(3))

	var total e6data.Decimal
	if err := total.Compose(m.Decompose(nil)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(total)
	// Output: -36.90
}

// As JSON a Decimal is a string, which no reader takes for a float64. It reads
// numbers, too.
func ExampleDecimal_MarshalJSON() {
	var item struct {
		Price e6data.Decimal `json:"price"`
	}
	if err := json.Unmarshal([]byte(`{"price": 1234567890123456789.10}`), &item); err != nil {
		log.Fatal(err)
	}
	b, err := json.Marshal(item)
	fmt.Println(string(b), err)
	// Output: {"price":"1234567890123456789.10"} <nil>
}

func ExampleParseDecimal() {
	d, err := e6data.ParseDecimal("1.50E-3")
	fmt.Println(d, d.Scale, err)
	_, err = e6data.ParseDecimal("1,50")
	fmt.Println(errors.Is(err, e6data.ErrDecimalSyntax), err)
	// Output:
	// 0.00150 5 <nil>
	// true text is not a decimal: "1,50"
}

// ARRAY, MAP and STRUCT columns into Go types.
func ExampleJSON() {
	db, stop := items()
	defer stop()
	rows, err := db.Query("SELECT lines FROM orders")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var lines []struct {
			SKU   string         `json:"sku"`
			Price e6data.Decimal `json:"price"`
		}
		err := rows.Scan(e6data.JSON(&lines))
		var je *e6data.JSONError
		if errors.As(err, &je) {
			fmt.Println("malformed:", je.Err)
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(lines == nil, lines)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// false [{A1 12.30} {B2 0.10}]
	// true []
	// malformed: text is not a decimal: "a lot"
}
