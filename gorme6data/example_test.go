package gorme6data_test

import (
	"fmt"
	"log"

	"gorm.io/gorm"

	"github.com/e6data/e6data-go/emulator"
	"github.com/e6data/e6data-go/gorme6data"
)

func Example() {
	srv, err := emulator.New(emulator.Config{}) // an engine in this process
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	db, err := gorm.Open(gorme6data.Open(srv.DSN()), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	type Order struct {
		ID     int64 `gorm:"primaryKey"`
		Amount float64
	}
	if err := db.AutoMigrate(&Order{}); err != nil {
		log.Fatal(err)
	}
	if err := db.Create([]Order{{1, 9.5}, {2, 20}}).Error; err != nil {
		log.Fatal(err)
	}
	var orders []Order
	if err := db.Where("amount > ?", 10).Find(&orders).Error; err != nil {
		log.Fatal(err)
	}
	fmt.Println(orders)
	// Output: [{2 20}]
}
