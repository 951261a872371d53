package e6data_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// priced is the result of the examples that read columns.
func priced() *enginetest.Result {
	return enginetest.NewResult().Column("id", "LONG").Column("name", "STRING").Column("price", "DECIMAL(10,2)").
		Row(1, "tea", "12.30").Row(2, nil, "0.70")
}

// A native connection is one of the pool's.
func ExampleUseConn() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, "SELECT id, name, price FROM items")
		if err != nil {
			return err
		}
		defer result.Close()
		fmt.Println(len(result.Columns()), "columns")
		return nil
	})
	fmt.Println("error:", err)

	// Output:
	// 3 columns
	// error: <nil>
}

// A result is read column by column. Each column of a batch is a slice of values, and
// a second slice shows which of them are NULL.
func ExampleConn_Query() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, "SELECT id, name, price FROM items")
		if err != nil {
			return err
		}
		defer result.Close()
		var total int64
		for result.Next() {
			ids, nulls, err := result.Batch().Column(0).Int64s()
			if err != nil {
				return err
			}
			for i, id := range ids {
				if !nulls.Null(i) {
					total += id
				}
			}
		}
		fmt.Println("total:", total)
		return result.Err() // also returns an error if the result is incomplete
	})
	fmt.Println("error:", err)

	// Output:
	// total: 3
	// error: <nil>
}

// Columns are selected by name and type. Another column or type than expected is an
// error and not a panic.
func ExampleBatches_All() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, "SELECT id, name, price FROM items")
		if err != nil {
			return err
		}
		for batch, err := range result.All() { // closes the result
			if err != nil {
				return err
			}
			names, err := thriftrows.ColumnValues[string](batch, "name")
			if err != nil {
				return err
			}
			prices, err := thriftrows.ColumnValues[e6data.Decimal](batch, "price")
			if err != nil {
				return err
			}
			for i := range batch.NumRows() {
				name, known := names.At(i)
				price, _ := prices.At(i)
				fmt.Printf("%q %v %v\n", name, known, price)
			}
		}
		return nil
	})
	fmt.Println("error:", err)

	// Output:
	// "tea" true 12.30
	// "" false 0.70
	// error: <nil>
}

// submitted submits a query and returns its handle, which has passed through its text
// form as it does on the way to another process.
func submitted(ctx context.Context, db any, query string) e6data.QueryHandle {
	var h e6data.QueryHandle
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) (err error) {
		h, err = c.Submit(ctx, query)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	return h
}

// Wait polls a submitted query until it is done.
func ExampleConn_Wait() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced().StatusPolls(1))

	ctx := context.Background()
	h := submitted(ctx, db, "SELECT id, name, price FROM items")
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		state, err := c.Wait(ctx, h, func(s e6data.QueryStatus) { fmt.Println("done:", s.Done) })
		if err != nil {
			return err
		}
		fmt.Println("rows:", state.Rows)
		return c.Clear(ctx, h) // or Fetch
	})
	fmt.Println("error:", err)

	// Output:
	// done: false
	// done: true
	// rows: 2
	// error: <nil>
}

// The result of a submitted query is read column by column.
func ExampleConn_Fetch() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	ctx := context.Background()
	h := submitted(ctx, db, "SELECT id, name, price FROM items")
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		result, err := c.Fetch(ctx, h)
		if err != nil {
			return err
		}
		defer result.Close() // also clears the query on the engine
		for result.Next() {
			names, _, err := result.Batch().Column(1).Strings()
			if err != nil {
				return err
			}
			fmt.Println(strings.Join(names, ","))
		}
		return result.Err()
	})
	fmt.Println("error:", err)

	// Output:
	// tea,
	// error: <nil>
}

// The result of a submitted query is read row by row.
func ExampleFetchRows() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	ctx := context.Background()
	h := submitted(ctx, db, "SELECT id, name, price FROM items")
	rows, err := e6data.FetchRows(ctx, db, h)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close() // also clears the query on the engine
	for rows.Next() {
		var id int64
		var name *string
		var price e6data.Decimal
		if err := rows.Scan(&id, &name, &price); err != nil {
			log.Fatal(err)
		}
		fmt.Println(id, name != nil, price)
	}
	fmt.Println("error:", rows.Err())

	// Output:
	// 1 true 12.30
	// 2 false 0.70
	// error: <nil>
}

// A result by columns that needs no function around it, since Close gives the connection
// back.
func ExampleQueryBatches() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	batches, err := e6data.QueryBatches(context.Background(), db, "SELECT id, name, price FROM items")
	if err != nil {
		log.Fatal(err)
	}
	defer batches.Close()
	for batches.Next() {
		ids, _, err := batches.Batch().Column(0).Int64s()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(ids)
	}
	fmt.Println("error:", batches.Err())

	// Output:
	// [1 2]
	// error: <nil>
}

// A submitted query is ended without reading its result.
func ExampleConn_Clear() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id, name, price FROM items", priced())

	ctx := context.Background()
	h := submitted(ctx, db, "SELECT id, name, price FROM items")
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error { return c.Clear(ctx, h) })
	fmt.Println("error:", err, "open:", srv.Stats().Open)

	// Output:
	// error: <nil> open: 0
}
