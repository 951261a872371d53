package bune6data_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/uptrace/bun"

	"github.com/e6data/e6data-go/bune6data"
	"github.com/e6data/e6data-go/emulator"
)

func Example() {
	ctx := context.Background()
	srv, err := emulator.New(emulator.Config{}) // an engine in this process
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	pool, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	db := bun.NewDB(pool, bune6data.New())
	defer db.Close()

	type Order struct {
		ID     int64 `bun:",pk"`
		Amount float64
	}
	if _, err := db.NewCreateTable().Model((*Order)(nil)).Exec(ctx); err != nil {
		log.Fatal(err)
	}
	orders := []Order{{1, 9.5}, {2, 20}}
	if _, err := db.NewInsert().Model(&orders).Exec(ctx); err != nil {
		log.Fatal(err)
	}
	var large []Order
	if err := db.NewSelect().Model(&large).Where("amount > ?", 10).Scan(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(large)
	// Output: [{2 20}]
}
