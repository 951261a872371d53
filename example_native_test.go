package e6data_test

import (
	"context"
	"fmt"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// The tables of a schema, and the columns of one of them. An empty catalog or schema
// means that of the DSN.
func ExampleConn_Tables() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer func() { _ = db.Close() }()
	srv.SetCatalogs(enginetest.Catalog{Name: "lake", Default: true, Schemas: []enginetest.Schema{{
		Name: "sales",
		Tables: []enginetest.Table{
			{Name: "items", Columns: []enginetest.Column{{Name: "id", Type: "LONG"}, {Name: "name", Type: "VARCHAR(20)"}}},
			{Name: "orders"},
		},
	}}})

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		tables, err := c.Tables(ctx, "lake", "sales")
		if err != nil {
			return err
		}
		fmt.Println(tables)
		columns, err := c.Columns(ctx, "lake", "sales", "items")
		if err != nil {
			return err
		}
		for _, column := range columns {
			length, ok := column.Length()
			fmt.Println(column.Name, column.Type, length, ok)
		}
		return nil
	})
	fmt.Println("error:", err)

	// Output:
	// [items orders]
	// id LONG 0 false
	// name VARCHAR(20) 20 true
	// error: <nil>
}

// The plan of a query whose rows are being read.
func ExampleConn_Explain() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer func() { _ = db.Close() }()
	srv.Handle("SELECT id FROM items", enginetest.NewResult().Column("id", "LONG").Row(1).
		Explain("Project[id] <- Scan[items]"))

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, "SELECT id FROM items")
		if err != nil {
			return err
		}
		defer func() { _ = result.Close() }()
		plan, err := c.Explain(ctx, result.Handle())
		fmt.Println(plan)
		return err
	})
	fmt.Println("error:", err)

	// Output:
	// Project[id] <- Scan[items]
	// error: <nil>
}

// The state of a query that was submitted.
func ExampleConn_Status() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer func() { _ = db.Close() }()
	srv.Handle("SELECT id, name, price FROM items", priced())

	ctx := context.Background()
	h := submitted(ctx, db, "SELECT id, name, price FROM items")
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		state, err := c.Status(ctx, h)
		if err != nil {
			return err
		}
		fmt.Println("done:", state.Done, "rows:", state.Rows)
		return c.Clear(ctx, h)
	})
	fmt.Println("error:", err)

	// Output:
	// done: true rows: 2
	// error: <nil>
}

// The text of a handle goes to another process. It is a secret.
func ExampleParseQueryHandle() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer func() { _ = db.Close() }()
	srv.Handle("SELECT id, name, price FROM items", priced())
	ctx := context.Background()
	h := submitted(ctx, db, "SELECT id, name, price FROM items")

	text, err := h.MarshalText()
	if err != nil {
		fmt.Println(err)
		return
	}
	// In the other process:
	h, err = e6data.ParseQueryHandle(string(text))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(h.ID())
	err = e6data.UseConn(ctx, db, func(c *e6data.Conn) error { return c.Clear(ctx, h) })
	fmt.Println("error:", err)

	// Output:
	// query-blue-000001
	// error: <nil>
}
