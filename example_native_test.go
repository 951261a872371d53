package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"time"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// exampleEngine returns an engine for the examples, and a pool that is connected to it.
func exampleEngine() (*enginetest.Server, *sql.DB) {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	return srv, db
}

// The catalogs with their schemas, tables and columns.
func ExampleConn_Catalogs() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.SetCatalogs(enginetest.Catalog{Name: "lake", Default: true, Schemas: []enginetest.Schema{{
		Name: "sales",
		Tables: []enginetest.Table{{
			Name:    "items",
			Columns: []enginetest.Column{{Name: "id", Type: "LONG"}, {Name: "price", Type: "DECIMAL(10,2)"}},
		}},
	}}})

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		catalogs, err := c.Catalogs(ctx)
		if err != nil {
			return err
		}
		for _, catalog := range catalogs {
			schemas, err := c.Schemas(ctx, catalog.Name)
			if err != nil {
				return err
			}
			for _, schema := range schemas {
				tables, err := c.Tables(ctx, catalog.Name, schema)
				if err != nil {
					return err
				}
				for _, table := range tables {
					columns, err := c.Columns(ctx, catalog.Name, schema, table)
					if err != nil {
						return err
					}
					for _, column := range columns {
						precision, scale, _ := column.PrecisionScale()
						fmt.Println(catalog.Name, schema, table, column.Name, column.DatabaseTypeName(), precision, scale)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}

	// Output:
	// lake sales items id LONG 0 0
	// lake sales items price DECIMAL 10 2
}

// The engine plans a statement without running it.
func ExampleConn_DryRun() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id FROM items", enginetest.NewResult().Column("id", "LONG").DryRun("Project[id] <- Scan[items]"))

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		plan, err := c.DryRun(ctx, "SELECT id FROM items")
		fmt.Println(plan)
		return err
	})
	fmt.Println("error:", err, "executed:", srv.Stats().Executed)

	// Output:
	// Project[id] <- Scan[items]
	// error: <nil> executed: 0
}

// The times that a query waited and ran.
func ExampleConn_ExplainAnalyze() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT 1", enginetest.NewResult().Column("x", "LONG").Row(1).
		Timings(false, 3*time.Millisecond, 20*time.Millisecond).
		ExplainAnalyze(`{"total_query_time": "150", "parsingTime": 3, "executionQueueingTime": 20}`))

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, "SELECT 1")
		if err != nil {
			return err
		}
		defer result.Close()
		for result.Next() {
			fmt.Println("rows:", result.Batch().NumRows())
		}
		if err := result.Err(); err != nil {
			return err
		}
		a, err := c.ExplainAnalyze(ctx, result.Handle())
		if err != nil {
			return err
		}
		fmt.Println("cached:", a.Cached, "parsing:", a.Parsing, "queueing:", a.Queueing, "total:", a.Total)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}

	// Output:
	// rows: 1
	// cached: false parsing: 3ms queueing: 20ms total: 150ms
}

// One process submits a query, and sends the text of the handle to another process.
// That process waits for the query and reads the result.
func ExampleConn_Submit() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT id FROM items", enginetest.NewResult().Column("id", "LONG").Row(1).Row(2).StatusPolls(1))

	ctx := context.Background()
	var text []byte // as secret as a password
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		h, err := c.Submit(ctx, "SELECT id FROM items")
		if err != nil {
			return err
		}
		text, err = h.MarshalText()
		return err
	})
	if err != nil {
		log.Fatal(err)
	}

	h, err := e6data.ParseQueryHandle(string(text))
	if err != nil {
		log.Fatal(err)
	}
	err = e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		_, err := c.Wait(ctx, h, func(s e6data.QueryStatus) { fmt.Println("done:", s.Done) })
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	rows, err := e6data.FetchRows(ctx, db, h) // or Conn.Fetch, column by column
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close() // also clears the query on the engine
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			log.Fatal(err)
		}
		fmt.Println("id:", id)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}

	// Output:
	// done: false
	// done: true
	// id: 1
	// id: 2
}

// Another connection cancels a query that takes too long.
func ExampleConn_Cancel() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT a lot", enginetest.NewResult().Column("id", "LONG").Row(1).
		Delay(enginetest.PhaseBatch, time.Hour))

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, "SELECT a lot")
		if err != nil {
			return err
		}
		defer result.Close()

		cancelled := make(chan error, 1)
		go func() {
			cancelled <- e6data.UseConn(ctx, db, func(other *e6data.Conn) error {
				return other.Cancel(ctx, result.Handle())
			})
		}()
		for result.Next() { // would take an hour
		}
		fmt.Println("cancelled:", errors.Is(result.Err(), e6data.ErrQueryCancelled))
		return <-cancelled
	})
	fmt.Println("error:", err)

	// Output:
	// cancelled: true
	// error: <nil>
}

// A query is cancelled by its id, which the log and a QueryInfo show.
func ExampleConn_CancelID() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	srv.Handle("SELECT count(*) FROM a, b, c", enginetest.NewResult().Column("n", "LONG").Row(1).
		Delay(enginetest.PhaseExecute, time.Hour))

	ctx := context.Background()
	var info e6data.QueryInfo
	ended := make(chan error, 1)
	go func() {
		var n int64
		ended <- db.QueryRowContext(ctx, "SELECT count(*) FROM a, b, c", e6data.CaptureQuery(&info)).Scan(&n)
	}()

	// The query runs, and takes too long.
	_ = srv.Wait(ctx, func(s enginetest.Stats) bool { return s.Executed > 0 })
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		return c.CancelID(ctx, info.State().ID)
	})
	fmt.Println("error:", err)
	fmt.Println("cancelled:", errors.Is(<-ended, e6data.ErrQueryCancelled))

	// Output:
	// error: <nil>
	// cancelled: true
}

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
