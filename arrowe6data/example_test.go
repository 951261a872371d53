package arrowe6data_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/arrowe6data"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/thriftrows"
)

// exampleDB returns a pool on an engine with a table of items.
func exampleDB() (db *sql.DB, end func()) {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		panic(err)
	}
	kolkata := time.FixedZone("+05:30", 19800)
	srv.Handle("SELECT * FROM items", enginetest.NewResult().
		Column("id", "LONG").Column("name", "STRING").Column("price", "DECIMAL(10,2)").Column("sold", "TIMESTAMP_TZ").Column("tags", "ARRAY").
		Row(1, "tea", "12.30", time.Date(2024, 2, 29, 12, 0, 0, 0, kolkata), `["hot"]`).
		Row(2, nil, "0.70", time.Date(2024, 3, 1, 9, 30, 0, 0, time.UTC), "[]"))
	if db, err = sql.Open("e6data", srv.DSN()); err != nil {
		panic(err)
	}
	return db, func() {
		_ = db.Close()
		srv.Close()
	}
}

// The records of a query.
func ExampleQuery() {
	db, end := exampleDB()
	defer end()

	r, err := arrowe6data.Query(context.Background(), db, "SELECT * FROM items")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Release()
	for r.Next() {
		rec := r.RecordBatch()
		names, prices := rec.Column(1).(*array.String), rec.Column(2).(*array.Decimal128)
		for i := range int(rec.NumRows()) {
			if names.IsNull(i) {
				fmt.Println("NULL", prices.Value(i).ToString(2))
				continue
			}
			fmt.Println(names.Value(i), prices.Value(i).ToString(2))
		}
	}
	if err := r.Err(); err != nil { // also if the result was cut short
		fmt.Println(err)
	}

	// Output:
	// tea 12.30
	// NULL 0.70
}

// A query with options, on a native connection.
func ExampleQueryConn() {
	db, end := exampleDB()
	defer end()

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		r, err := arrowe6data.QueryConn(ctx, c, "SELECT * FROM items", arrowe6data.WithZones(), arrowe6data.WithDictionary("name"))
		if err != nil {
			return err
		}
		defer r.Release()
		for _, field := range r.Schema().Fields() {
			fmt.Println(field.Name, field.Type)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}

	// Output:
	// id int64
	// name dictionary<values=utf8, indices=int32, ordered=false>
	// price decimal(10, 2)
	// sold timestamp[us, tz=UTC]
	// sold_zone dictionary<values=utf8, indices=int32, ordered=false>
	// tags utf8
}

// The result of a query that was submitted before.
func ExampleNewReader() {
	db, end := exampleDB()
	defer end()

	ctx := context.Background()
	err := e6data.UseConn(ctx, db, func(c *e6data.Conn) error {
		h, err := c.Submit(ctx, "SELECT * FROM items")
		if err != nil {
			return err
		}
		batches, err := c.Fetch(ctx, h)
		if err != nil {
			return err
		}
		r, err := arrowe6data.NewReader(batches)
		if err != nil {
			return err
		}
		defer r.Release()
		rows := int64(0)
		for r.Next() {
			rows += r.RecordBatch().NumRows()
		}
		fmt.Println(rows, "rows")
		return r.Err()
	})
	if err != nil {
		fmt.Println(err)
	}

	// Output: 2 rows
}

// The schema of a result, without its rows.
func ExampleSchema() {
	schema, err := arrowe6data.Schema([]thriftrows.Column{{Name: "id", Type: "LONG"}, {Name: "at", Type: "TIMESTAMP_TZ", Zone: "Europe/Berlin"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, field := range schema.Fields() {
		fmt.Println(field.Name, field.Type)
	}

	// Output:
	// id int64
	// at timestamp[us, tz=Europe/Berlin]
}

// Records of chunks that the program has itself.
func ExampleConverter() {
	chunk, err := thriftrows.AppendChunk(nil, 3, []thriftrows.Vector{{Type: thriftrows.Long, Data: thriftrows.Int64Data{7, 8, 9}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	columns := []thriftrows.Column{{Name: "id", Type: "LONG"}}
	converter, err := arrowe6data.NewConverter(columns)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer converter.Release()
	var decoded thriftrows.Chunk
	if err := decoded.Decode(chunk, len(columns)); err != nil {
		fmt.Println(err)
		return
	}
	batch := thriftrows.NewBatch(nil, nil)
	for batch.Reset(&decoded); batch.Next(); {
		rec, err := converter.Record(batch)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(rec.Column(0))
		rec.Release()
	}

	// Output: [7 8 9]
}

// A Parquet file from a query. After an error the file is not whole: remove it.
func ExampleWriteParquet() {
	db, end := exampleDB()
	defer end()

	file, err := os.CreateTemp("", "items*.parquet")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.Remove(file.Name()) }()
	r, err := arrowe6data.Query(context.Background(), db, "SELECT * FROM items")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Release()
	rows, err := arrowe6data.WriteParquet(file, r)
	if closed := file.Close(); err == nil {
		err = closed
	}
	fmt.Println(rows, "rows,", err)

	// Output: 2 rows, <nil>
}

// A stream in Arrow's format, which other programs read.
func ExampleWriteIPCStream() {
	db, end := exampleDB()
	defer end()

	r, err := arrowe6data.Query(context.Background(), db, "SELECT * FROM items", arrowe6data.WithZones())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Release()
	var stream bytes.Buffer
	if _, err := arrowe6data.WriteIPCStream(&stream, r); err != nil {
		fmt.Println(err)
		return
	}
	back, err := ipc.NewReader(&stream)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer back.Release()
	for back.Next() {
		zones := back.RecordBatch().Column(4).(*array.Dictionary)
		fmt.Println(zones.ValueStr(0), zones.ValueStr(1))
	}

	// Output: +05:30 UTC
}

func ExampleWriteCSV() {
	db, end := exampleDB()
	defer end()

	r, err := arrowe6data.Query(context.Background(), db, "SELECT * FROM items", arrowe6data.WithZones())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Release()
	if _, err := arrowe6data.WriteCSV(os.Stdout, r); err != nil {
		fmt.Println(err)
	}

	// Output:
	// id,name,price,sold,sold_zone,tags
	// 1,tea,12.30,2024-02-29 06:30:00Z,+05:30,"[""hot""]"
	// 2,,0.70,2024-03-01 09:30:00Z,UTC,[]
}
