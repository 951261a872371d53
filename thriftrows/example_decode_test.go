package thriftrows_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/e6data/e6data-go/thriftrows"
)

// The columns of a result, from the bytes of getResultMetadata.
func ExampleDecodeMetadata() {
	b, err := thriftrows.AppendMetadata(nil, &thriftrows.Metadata{
		RowCount: 2,
		Columns:  []thriftrows.Column{{Name: "id", Type: "LONG"}, {Name: "price", Type: "DECIMAL(10,2)"}},
	})
	if err != nil {
		log.Fatal(err)
	}

	m, err := thriftrows.DecodeMetadata(b)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.RowCount, "rows")
	for _, c := range m.Columns {
		fmt.Println(c.Name, c.Type)
	}

	// Output:
	// 2 rows
	// id LONG
	// price DECIMAL(10,2)
}

// A type word may have parameters, and any letter case.
func ExampleParseType() {
	for _, word := range []string{"LONG", "DECIMAL(10,2)", "array<int>", "GEOMETRY"} {
		typ, ok := thriftrows.ParseType(word)
		if !ok {
			fmt.Println(word, "is unknown")
			continue
		}
		fmt.Println(word, "has vectors of", typ)
	}

	// Output:
	// LONG has vectors of LONG
	// DECIMAL(10,2) has vectors of DECIMAL128
	// array<int> has vectors of ARRAY
	// GEOMETRY is unknown
}

// Only types of variable length have a length.
func ExampleTypeLength() {
	fmt.Println(thriftrows.TypeLength("VARCHAR(10)"))
	fmt.Println(thriftrows.TypeLength("STRING"))
	fmt.Println(thriftrows.TypeLength("LONG"))

	// Output:
	// 10 true
	// 9223372036854775807 true
	// 0 false
}

// Only decimals have precision and scale.
func ExampleTypePrecisionScale() {
	fmt.Println(thriftrows.TypePrecisionScale("DECIMAL(10,2)"))
	fmt.Println(thriftrows.TypePrecisionScale("DOUBLE"))

	// Output:
	// 10 2 true
	// 0 0 false
}

// exampleChunk returns the bytes of a chunk with two rows and the columns id and name.
func exampleChunk() []byte {
	ids, err := thriftrows.NewVector(thriftrows.Long, 0, []any{1, 2})
	if err != nil {
		log.Fatal(err)
	}
	names, err := thriftrows.NewVector(thriftrows.String, 0, []any{"tea", nil})
	if err != nil {
		log.Fatal(err)
	}
	b, err := thriftrows.AppendChunk(nil, 2, []thriftrows.Vector{ids, names})
	if err != nil {
		log.Fatal(err)
	}
	return b
}

// A chunk is decoded with the number of columns in the metadata. Malformed bytes are a
// FormatError.
func ExampleChunk() {
	b := exampleChunk()
	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, 2); err != nil {
		log.Fatal(err)
	}
	fmt.Println(chunk.NumRows(), "rows of", chunk.Type(0), "and", chunk.Type(1))

	err := chunk.Decode(b[:len(b)/2], 2)
	var malformed *thriftrows.FormatError
	fmt.Println(errors.As(err, &malformed), chunk.NumRows(), "rows")

	// Output:
	// 2 rows of LONG and STRING
	// true 0 rows
}

// A Cursor reads rows as values of database/sql/driver.
func ExampleCursor() {
	var chunk thriftrows.Chunk
	if err := chunk.Decode(exampleChunk(), 2); err != nil {
		log.Fatal(err)
	}

	var zones thriftrows.Zones // one for all results
	cursor := thriftrows.NewCursor(&zones, time.UTC)
	cursor.Reset(&chunk)
	row := make([]driver.Value, chunk.NumColumns())
	for cursor.Next() {
		if err := cursor.Values(row); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%v %v\n", row[0], row[1])
	}

	// Output:
	// 1 tea
	// 2 <nil>
}

// A Batch reads columns as slices. A chunk with many rows has several batches.
func ExampleBatch() {
	var chunk thriftrows.Chunk
	if err := chunk.Decode(exampleChunk(), 2); err != nil {
		log.Fatal(err)
	}

	batch := thriftrows.NewBatch(nil, nil)
	batch.Reset(&chunk)
	var sum int64
	for batch.Next() {
		ids, nulls, err := batch.Column(0).Int64s()
		if err != nil {
			log.Fatal(err)
		}
		for i, id := range ids {
			if !nulls.Null(i) {
				sum += id
			}
		}
	}
	fmt.Println(sum)

	// Output:
	// 3
}

// A vector with the constant flag has one value for all rows of the chunk.
func ExampleAppendChunk() {
	days, err := thriftrows.NewVector(thriftrows.Date, 0, []any{
		time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC),
		time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		log.Fatal(err)
	}
	country := thriftrows.Vector{Type: thriftrows.String, Constant: true, Data: thriftrows.VarcharConstantData("IN")}
	b, err := thriftrows.AppendChunk(nil, 2, []thriftrows.Vector{days, country})
	if err != nil {
		log.Fatal(err)
	}

	var chunk thriftrows.Chunk
	if err := chunk.Decode(b, 2); err != nil {
		log.Fatal(err)
	}
	cursor := thriftrows.NewCursor(nil, nil)
	cursor.Reset(&chunk)
	row := make([]driver.Value, 2)
	for cursor.Next() {
		if err := cursor.Values(row); err != nil {
			log.Fatal(err)
		}
		fmt.Println(row[0].(time.Time).Format(time.DateOnly), row[1])
	}

	// Output:
	// 2024-01-31 IN
	// 2024-02-01 IN
}

// A decimal keeps its digits. Equal values may have different scales.
func ExampleDecimal() {
	price, err := thriftrows.ParseDecimal("12.30")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(price, price.Scale, price.Rat())
	fmt.Println(price.Equal(thriftrows.NewDecimal(123, 1)))

	_, err = thriftrows.ParseDecimal("12,30")
	fmt.Println(err)

	// Output:
	// 12.30 2 123/10
	// true
	// text is not a decimal: "12,30"
}
