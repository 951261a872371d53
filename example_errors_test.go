package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// docs/errors-and-retries.md shows the functions of this file as they are.

func insertOrder(ctx context.Context, db *sql.DB, id int64, amount e6data.Decimal) error {
	_, err := db.ExecContext(ctx, "INSERT INTO orders VALUES (?, ?)", id, amount)
	if !errors.Is(err, e6data.ErrAmbiguousExecution) {
		return err
	}
	// The context may be what has ended the statement.
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var found int64
	if failed := db.QueryRowContext(look, "SELECT count(*) FROM orders WHERE id = ?", id).Scan(&found); failed != nil {
		return errors.Join(err, failed)
	}
	if found == 1 {
		return nil // the statement was executed, and its answer was lost
	}
	return fmt.Errorf("order %d is not there: %w", id, err)
}

// The answer to an INSERT is lost. Its effect shows that it was executed.
func ExampleErrAmbiguousExecution() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	const insert = "INSERT INTO orders VALUES (7, CAST('12.30' AS DECIMAL(4,2)))"
	var rows atomic.Int64
	srv.Handle(insert, enginetest.NewResult())
	srv.HandleFunc(func(enginetest.Query) (*enginetest.Result, error) {
		return enginetest.NewResult().Column("count", "LONG").Row(rows.Load()), nil
	})
	srv.Inject(enginetest.Fault{
		Method: "executeStatement", SQL: insert, After: true, Drop: true,
		Do: func() { rows.Add(1) },
	})

	err := insertOrder(context.Background(), db, 7, e6data.NewDecimal(1230, 2))
	fmt.Println(err, rows.Load())

	// Output: <nil> 1
}

func totalAmount(ctx context.Context, db *sql.DB) (int64, error) {
	rows, err := db.QueryContext(ctx, "SELECT amount FROM orders")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var total int64
	for rows.Next() {
		var amount int64
		if err := rows.Scan(&amount); err != nil {
			return 0, err
		}
		total += amount
	}
	if err := rows.Err(); err != nil {
		return 0, err // total is the sum of a part of the rows
	}
	return total, nil
}

func retryIncomplete(ctx context.Context, db *sql.DB, tries int) (int64, error) {
	for {
		total, err := totalAmount(ctx, db)
		tries--
		if tries == 0 || !errors.Is(err, e6data.ErrIncompleteResult) {
			return total, err
		}
	}
}

// The third batch of a result is lost. The SELECT is run once more, from its beginning.
func ExampleErrIncompleteResult() {
	srv, db := exampleEngine()
	defer srv.Close()
	defer db.Close()
	amounts := enginetest.NewResult().Column("amount", "LONG").BatchRows(10)
	for range 50 {
		amounts.Row(2)
	}
	srv.Handle("SELECT amount FROM orders", amounts)
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 2, Times: 1, After: true, Drop: true})

	total, err := retryIncomplete(context.Background(), db, 3)
	fmt.Println(total, err, srv.Count("executeStatement"))

	// Output: 100 <nil> 2
}
