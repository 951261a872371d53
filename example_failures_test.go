package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// The answer to an INSERT is lost. The driver does not repeat the statement, so the
// application looks for its effect before it decides.
func ExampleError_ambiguousExecution() {
	const insert = "INSERT INTO loads VALUES (42)"
	srv, db := exampleEngine()
	defer srv.Close()
	defer func() { _ = db.Close() }()
	srv.Handle(insert, enginetest.NewResult().Column("n", "LONG").Row(1))
	srv.Handle("SELECT count(*) FROM loads WHERE id = 42", enginetest.NewResult().Column("n", "LONG").Row(1))
	srv.Inject(enginetest.Fault{Method: "executeStatement", SQL: insert, Times: 1, After: true, Drop: true})

	ctx := context.Background()
	_, err := db.ExecContext(ctx, insert)
	if errors.Is(err, e6data.ErrAmbiguousExecution) {
		fmt.Println("the statement may have been executed")
		var n int
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM loads WHERE id = 42").Scan(&n); err != nil {
			log.Fatal(err)
		}
		if n == 0 {
			_, err = db.ExecContext(ctx, insert)
		} else {
			fmt.Println("it was executed")
			err = nil
		}
	}
	fmt.Println("error:", err)
	// Output:
	// the statement may have been executed
	// it was executed
	// error: <nil>
}

// The connection is lost while rows are being read. The rows that were read are
// correct, and the loop ends with an error.
func ExampleError_incompleteResult() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN("prefetch_bytes=0"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 1, After: true, Drop: true})

	rows, err := db.Query(itemsQuery)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() {
		n++
	}
	fmt.Println(n, "rows, incomplete:", errors.Is(rows.Err(), e6data.ErrIncompleteResult))
	// Output: 2 rows, incomplete: true
}

// The error names the argument, and the place of its placeholder.
func ExampleArgumentError() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer func() { _ = db.Close() }()

	_, err := db.Query("SELECT * FROM items WHERE id = :id AND name = :name", sql.Named("id", 1))
	if ae, ok := errors.AsType[*e6data.ArgumentError](err); ok {
		fmt.Println(ae.Offset, ae.Reason)
	}
	fmt.Println(err)
	// Output:
	// 46 it is missing: give it by sql.Named
	// e6data: argument :name: it is missing: give it by sql.Named
}

// The driver cannot parse the statement, and sends nothing.
func ExampleSyntaxError() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer func() { _ = db.Close() }()

	_, err := db.Query("SELECT id\nFROM items WHERE name = 'tea")
	if se, ok := errors.AsType[*e6data.SyntaxError](err); ok {
		fmt.Println(se.Line, se.Column, se.Reason)
	}
	fmt.Println("prepared:", srv.Stats().Prepared)
	// Output:
	// 2 25 the string that begins here does not end
	// prepared: 0
}

// With transactions=noop a library may begin transactions. A Rollback after a
// statement returns an error, because the statement's effect stays.
func ExampleRollbackError() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	db, err := sql.Open("e6data", srv.DSN("transactions=noop"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	tx, err := db.Begin()
	if err != nil {
		log.Fatal(err)
	}
	if _, err := tx.Exec(itemsQuery); err != nil {
		log.Fatal(err)
	}
	err = tx.Rollback()
	_, ok := errors.AsType[*e6data.RollbackError](err)
	fmt.Println("rollback refused:", ok, errors.Is(err, e6data.ErrTransactions))
	// Output: rollback refused: true true
}
