package e6data_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// whereEngine is an engine that answers every statement with the query's catalog
// and schema.
func whereEngine() *enginetest.Server {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		return enginetest.NewResult().Column("place", "STRING").Row(q.Catalog + "." + q.Schema), nil
	})
	return srv
}

// One query uses another catalog and schema than the pool. Options stand among the
// arguments, and need no placeholder.
func ExampleInCatalog() {
	srv := whereEngine()
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN("catalog=lake"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	ctx := context.Background()

	var place string
	err = db.QueryRowContext(ctx, "SELECT place").Scan(&place)
	fmt.Println(place, err)
	err = db.QueryRowContext(ctx, "SELECT place", e6data.InCatalog("archive"), e6data.InSchema("sales")).Scan(&place)
	fmt.Println(place, err)
	// Output:
	// lake.db <nil>
	// archive.sales <nil>
}

// Every query with the context has the options. This also works through libraries
// that pass on a context and not the arguments.
func ExampleContextWithOptions() {
	srv := whereEngine()
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN("catalog=lake"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	ctx := e6data.ContextWithOptions(context.Background(), e6data.InSchema("sales"), e6data.NoCache())
	var place string
	err = db.QueryRowContext(ctx, "SELECT place").Scan(&place)
	fmt.Println(place, err)
	// An argument takes precedence over the context.
	err = db.QueryRowContext(ctx, "SELECT place", e6data.InSchema("stock")).Scan(&place)
	fmt.Println(place, err)
	// Output:
	// lake.sales <nil>
	// lake.stock <nil>
}

// The engine's list of queries shows the tag, and so do the log and a Hook.
func ExampleQueryTag() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	if _, err := db.Exec(itemsQuery, e6data.QueryTag("nightly-report")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(srv.CallsTo("executeStatement")[0].SQL)
	// Output: /* nightly-report */ SELECT id, name, price FROM items ORDER BY id
}

// A progress bar for one query.
func ExampleOnProgress() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	_, err = db.Exec(itemsQuery, e6data.OnProgress(func(p e6data.Progress) {
		if p.Done { // earlier calls come while the query runs
			fmt.Printf("%d of %d rows\n", p.Rows, p.RowsKnown)
		}
	}))
	fmt.Println("error:", err)
	// Output:
	// 5 of 5 rows
	// error: <nil>
}
