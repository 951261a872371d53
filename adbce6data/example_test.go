package adbce6data_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/adbce6data"
	"github.com/e6data/e6data-go/enginetest"
)

// exampleEngine stands for a deployment.
func exampleEngine() *enginetest.Server {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	srv.HandleArgs("SELECT id, name, price FROM items WHERE price < 20", enginetest.NewResult().
		Column("id", "LONG").Column("name", "STRING").Column("price", "DECIMAL(10,2)").
		Row(1, "pen", "12.35").Row(2, "ink", nil))
	srv.Handle("SELEC 1", enginetest.NewResult().Fail(enginetest.PhasePrepare, status.Error(codes.Internal, "Query validation failed: at line 1, column 1")))
	srv.SetCatalogs(enginetest.Catalog{Name: "lake", Default: true, Schemas: []enginetest.Schema{{
		Name: "db", Tables: []enginetest.Table{{Name: "items", Columns: []enginetest.Column{{Name: "id", Type: "long"}, {Name: "price", Type: "decimal(10,2)"}}}},
	}}})
	return srv
}

func ExampleNewDriver() {
	srv := exampleEngine()
	defer srv.Close()
	ctx := context.Background()

	db, err := adbce6data.NewDriver(memory.DefaultAllocator).NewDatabase(map[string]string{
		adbc.OptionKeyURI: srv.DSN(), // e6data://me@example.com:token@e6.example.com:443/sales?secure=true
	})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	stmt, err := conn.NewStatement()
	if err != nil {
		log.Fatal(err)
	}
	defer stmt.Close()

	if err := stmt.SetSqlQuery("SELECT id, name, price FROM items WHERE price < ?"); err != nil {
		log.Fatal(err)
	}
	params := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "limit", Type: arrow.PrimitiveTypes.Int64}}, nil))
	defer params.Release()
	params.Field(0).(*array.Int64Builder).Append(20)
	row := params.NewRecordBatch()
	defer row.Release()
	if err := stmt.Bind(ctx, row); err != nil {
		log.Fatal(err)
	}
	reader, _, err := stmt.ExecuteQuery(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer reader.Release()
	for reader.Next() {
		fmt.Println(reader.RecordBatch().Column(1), reader.RecordBatch().Column(2))
	}
	if err := reader.Err(); err != nil {
		log.Fatal(err)
	}
	// Output: ["pen" "ink"] [12.35 (null)]
}

func ExampleDriver_NewDatabase() {
	driver := adbce6data.NewDriver(nil)
	db, err := driver.NewDatabase(map[string]string{
		adbc.OptionKeyURI:            "e6data://e6.example.com:443/sales",
		adbc.OptionKeyUsername:       "me@example.com",
		adbc.OptionKeyPassword:       "my access token",
		"e6data.secure":              "true",
		"e6data.query_timeout":       "5m",
		adbc.OptionKeyCurrentCatalog: "lake",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	uri, err := db.(adbc.GetSetOptions).GetOption(adbc.OptionKeyURI)
	fmt.Println(uri, err)

	_, err = driver.NewDatabase(map[string]string{adbc.OptionKeyURI: "e6data://e6.example.com", "e6data.timeout": "5m"})
	fmt.Println(err)
	// Output:
	// e6data://me%40example.com@e6.example.com:443/sales?secure=true&query_timeout=300s <nil>
	// Not Implemented: adbce6data: "e6data.timeout" is no option of a database: unknown DSN parameter "timeout": write query_timeout, for a whole query, prepare_timeout or connect_timeout (0A000)
}

func ExampleDriver_NewDatabase_tableSchema() {
	srv := exampleEngine()
	defer srv.Close()
	ctx := context.Background()
	db, err := adbce6data.NewDriver(nil).NewDatabase(map[string]string{adbc.OptionKeyURI: srv.DSN("catalog=lake")})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	schema, err := conn.GetTableSchema(ctx, nil, nil, "items")
	if err != nil {
		log.Fatal(err)
	}
	for _, field := range schema.Fields() {
		fmt.Println(field.Name, field.Type)
	}
	// Output:
	// id int64
	// price decimal(10, 2)
}

// An error is one of package adbc for errors.As, and one of package e6data for
// errors.Is.
func ExampleNewDriver_errors() {
	srv := exampleEngine()
	defer srv.Close()
	ctx := context.Background()
	db, err := adbce6data.NewDriver(nil).NewDatabase(map[string]string{adbc.OptionKeyURI: srv.DSN()})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	stmt, err := conn.NewStatement()
	if err != nil {
		log.Fatal(err)
	}
	defer stmt.Close()
	if err := stmt.SetSqlQuery("SELEC 1"); err != nil {
		log.Fatal(err)
	}
	_, _, err = stmt.ExecuteQuery(ctx)
	fmt.Println(errors.Is(err, e6data.ErrSQL))
	var failure adbc.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Code, string(failure.SqlState[:]))
		for _, detail := range failure.Details {
			value, _ := detail.Serialize()
			fmt.Printf("%s = %s\n", detail.Key(), value)
		}
	}
	// Output:
	// true
	// Invalid Argument 42000
	// e6data.phase = prepare
	// e6data.strategy = blue
	// e6data.kind = the engine refused the statement
	// e6data.grpc_code = 13
	// e6data.place = 1:1
}
