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

// The usual way in: import the driver for its name and open a DSN.
func Example() {
	db, err := sql.Open("e6data", "e6data://me@example.com:token@e6.example.com:443/sales?catalog=lake&secure=true")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	rows, err := db.QueryContext(ctx, "SELECT id, price FROM items")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		var price sql.NullString // a decimal, exact
		if err := rows.Scan(&id, &price); err != nil {
			log.Fatal(err)
		}
		fmt.Println(id, price.String)
	}
	if err := rows.Err(); err != nil { // also tells of a result that was cut short
		log.Fatal(err)
	}
}

// An application's test runs against an engine inside its own process.
func Example_testing() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Handle("SELECT id, price FROM items", enginetest.NewResult().
		Column("id", "LONG").
		Column("price", "DECIMAL(10,2)").
		Row(1, "12.30").
		Row(2, nil))

	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	var id int64
	var price string
	err = db.QueryRow("SELECT id, price FROM items").Scan(&id, &price)
	fmt.Println(id, price, err)

	_ = db.Close()
	fmt.Println("leaks:", srv.WaitBalanced(context.Background()))

	// Output:
	// 1 12.30 <nil>
	// leaks: <nil>
}

// Without a DSN: secrets that come from elsewhere need no escaping.
func ExampleNewConnector() {
	cfg := e6data.NewConfig()
	cfg.Host = "e6.example.com"
	cfg.Secure = true
	cfg.User = "me@example.com"
	cfg.Token = e6data.Secret("from/a:vault?")
	cfg.Database = "sales"
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector) // connects when it is first used
	defer func() { _ = db.Close() }()

	fmt.Println(cfg.Token)
	// Output: [redacted]
}

func ExampleParseDSN() {
	cfg, err := e6data.ParseDSN("e6data://me@example.com:token@e6.example.com/sales?catalog=lake&cluster-name=etl")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cfg.User, cfg.Host, cfg.Database, cfg.Catalog, cfg.ClusterName)

	_, err = e6data.ParseDSN("e6data://me@example.com:token@e6.example.com/sales?catalogue=lake")
	fmt.Println(err)

	// Output:
	// me@example.com e6.example.com sales lake etl
	// e6data: unknown DSN parameter "catalogue", do you mean "catalog"?
}

func ExampleConfig_FormatDSN() {
	cfg := e6data.NewConfig()
	cfg.Host, cfg.Port, cfg.Secure = "e6.example.com", 443, true
	cfg.User, cfg.Token = "me@example.com", "a/b:c"
	cfg.Database = "sales"
	fmt.Println(cfg.FormatDSN())
	// Output: e6data://me%40example.com:a%2Fb%3Ac@e6.example.com:443/sales?secure=true
}

// What went wrong, where, and with which query.
func ExampleError() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Handle("SELECT 1 / 0", enginetest.NewResult().
		Fail(enginetest.PhaseExecute, errors.New("line 1:10: division by zero")))
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	_, err = db.Exec("SELECT 1 / 0")
	var e *e6data.Error
	if errors.As(err, &e) {
		fmt.Println(e.Phase, e.Code, e.QueryID)
		fmt.Println(e.Message)
	}
	fmt.Println("may have run:", errors.Is(err, e6data.ErrAmbiguousExecution))

	// Output:
	// execute Internal query-blue-000001
	// line 1:10: division by zero
	// may have run: false
}
