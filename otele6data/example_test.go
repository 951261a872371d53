package otele6data_test

import (
	"context"
	"database/sql"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/otele6data"
)

// The example prints the spans of a query in the order of their ends. An
// application uses an exporter instead of the recorder, and a cluster instead
// of the engine. It does not need the two options if it sets its providers with
// otel.SetTracerProvider and otel.SetMeterProvider.
func Example() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Handle("SELECT id FROM items", enginetest.NewResult().Column("id", "LONG").Row(1).Row(2))

	spans := tracetest.NewSpanRecorder()
	hook, err := otele6data.New(otele6data.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))))
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg, err := e6data.ParseDSN(srv.DSN("catalog=lake", "result_batch_v2=true"))
	if err != nil {
		fmt.Println(err)
		return
	}
	connector, err := e6data.NewConnector(cfg, e6data.WithHook(hook))
	if err != nil {
		fmt.Println(err)
		return
	}
	db := sql.OpenDB(connector)

	var id int64
	if err := db.QueryRowContext(context.Background(), "SELECT id FROM items").Scan(&id); err != nil {
		fmt.Println(err)
	}
	if err := db.Close(); err != nil {
		fmt.Println(err)
	}
	for _, span := range spans.Ended() {
		fmt.Println(span.Name())
	}

	// Output:
	// e6data connect
	// e6data prepare
	// e6data execute
	// e6data metadata
	// e6data fetch
	// SELECT lake|db
	// e6data clear
}
