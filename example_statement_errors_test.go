package e6data_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

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
