package thriftrows_test

import (
	"fmt"
	"log"

	"github.com/e6data/e6data-go/thriftrows"
)

// exampleBatch returns a batch with the two rows of exampleChunk.
func exampleBatch() *thriftrows.Batch {
	columns := []thriftrows.Column{{Name: "id", Type: "LONG"}, {Name: "name", Type: "STRING"}}
	var chunk thriftrows.Chunk
	if err := chunk.Decode(exampleChunk(), len(columns)); err != nil {
		log.Fatal(err)
	}
	batch := thriftrows.NewBatch(nil, nil)
	batch.SetColumns(columns)
	batch.Reset(&chunk)
	batch.Next()
	return batch
}

// The values of a column, found by its name.
func ExampleBatch_ColumnByName() {
	batch := exampleBatch()
	column, err := batch.ColumnByName("ID") // letter case does not matter here
	if err != nil {
		log.Fatal(err)
	}
	ids, _, err := column.Int64s()
	fmt.Println(column.Type(), ids, err)

	_, err = batch.ColumnByName("price")
	fmt.Println(err)

	// Output:
	// LONG [1 2] <nil>
	// thriftrows: no column is called "price"
}

// The elements of a column as one Go type, with false for NULL.
func ExampleColumnValues() {
	batch := exampleBatch()
	names, err := thriftrows.ColumnValues[string](batch, "name")
	if err != nil {
		log.Fatal(err)
	}
	for name, known := range names.All() {
		fmt.Printf("%q %v\n", name, known)
	}

	_, err = thriftrows.ColumnValues[int64](batch, "name")
	fmt.Println(err)

	// Output:
	// "tea" true
	// "" false
	// thriftrows: column 1 holds STRING, not integers
}
