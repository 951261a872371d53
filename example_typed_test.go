package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	e6data "github.com/e6data/e6data-go"
)

// Item is a row of the examples.
type Item struct {
	ID    int64
	Name  sql.Null[string]
	Price e6data.Decimal
}

// Rows are read into structs, at the columns' speed.
func ExampleSelect() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	ctx := context.Background()
	for item, err := range e6data.Select[Item](ctx, db, "SELECT id, name, price FROM items") {
		if err != nil {
			fmt.Println("error:", err) // tells, too, when the result was cut short
			return
		}
		fmt.Printf("%d %q %v %v\n", item.ID, item.Name.V, item.Name.Valid, item.Price)
	}

	// Output:
	// 1 "tea" true 12.30
	// 2 "" false 0.70
}

// Names in tags, and a column that is of no interest.
func ExampleSelect_tags() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT * FROM items", priced())

	type label struct {
		Title *string `e6:"name"` // or db:"name"; nil for NULL
		Cost  float64 `e6:"price"`
		Note  string  `e6:"-"`
	}
	ctx := context.Background()
	for row, err := range e6data.Select[label](ctx, db, "SELECT * FROM items", e6data.AllowExtra()) {
		if err != nil {
			fmt.Println("error:", err)
			return
		}
		fmt.Println(row.Title != nil, row.Cost)
	}

	// Output:
	// true 12.3
	// false 0.7
}

// All rows at once.
func ExampleCollect() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	items, err := e6data.Collect[Item](context.Background(), db, "SELECT id, name, price FROM items")
	fmt.Println(len(items), items[0].Price, err)

	// Output:
	// 2 12.30 <nil>
}

// Rows by their key.
func ExampleCollectMap() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	byID, err := e6data.CollectMap(context.Background(), db, func(i Item) int64 { return i.ID }, "SELECT id, name, price FROM items")
	fmt.Println(len(byID), byID[2].Price, err)

	// Output:
	// 2 0.70 <nil>
}

// One row, or an error that says how many there are.
func ExampleOne() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	_, err := e6data.One[Item](context.Background(), db, "SELECT id, name, price FROM items")
	fmt.Println("none:", errors.Is(err, sql.ErrNoRows), "more:", errors.Is(err, e6data.ErrMultipleRows))

	// Output:
	// none: false more: true
}

// The result of a submitted query is read into structs.
func ExampleSelectHandle() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	ctx := context.Background()
	h := submitted(ctx, db, "SELECT id, name, price FROM items")
	for item, err := range e6data.SelectHandle[Item](ctx, db, h) {
		if err != nil {
			fmt.Println("error:", err)
			return
		}
		fmt.Println(item.ID, item.Price)
	}

	// Output:
	// 1 12.30
	// 2 0.70
}

// A column without a field is an error, which names both sides and the cure.
func ExampleAllowExtra() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	type row struct{ ID, Stock int64 }
	ctx := context.Background()
	_, err := e6data.Collect[row](ctx, db, "SELECT id, name, price FROM items")
	fmt.Println(err)
	rows, err := e6data.Collect[row](ctx, db, "SELECT id, name, price FROM items", e6data.AllowExtra(), e6data.AllowMissing())
	fmt.Println(rows, err)

	// Output:
	// e6data: the result does not fit e6data_test.row: no field for 2 columns, "name", "price" (AllowExtra permits that); no column for the field Stock (AllowMissing permits that)
	// [{1 0} {2 0}] <nil>
}
