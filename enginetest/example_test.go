package enginetest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// A client that does not clear its query is reported. This one uses the protocol without
// a driver.
func Example() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Handle("SELECT id, price FROM items", enginetest.NewResult().
		Column("id", "LONG").
		Column("price", "DECIMAL(10,2)").
		Row(1, "12.30").
		Row(2, nil))

	cc, err := grpc.NewClient(srv.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = cc.Close() }()
	engine := wire.NewQueryEngineServiceClient(cc)
	ctx := metadata.AppendToOutgoingContext(context.Background(), "strategy", enginetest.Blue)
	login, err := engine.Authenticate(ctx, &wire.AuthenticateRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken})
	if err != nil {
		log.Fatal(err)
	}
	_, err = engine.PrepareStatement(ctx, &wire.PrepareStatementRequest{
		SessionId: login.GetSessionId(), QueryString: "SELECT id, price FROM items",
	})
	fmt.Println("prepared:", err == nil)
	fmt.Println(srv.Balanced())

	// Output:
	// prepared: true
	// enginetest: 1 queries neither cleared nor cancelled:
	// 	query-blue-000001 (prepared): SELECT id, price FROM items
}

// A result is played for one statement. Statements without a result fail.
func ExampleServer_Handle() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Handle("SELECT count(*) FROM items", enginetest.NewResult().Column("n", "LONG").Row(42))

	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow("SELECT count(*) FROM items").Scan(&n); err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
	fmt.Println(db.QueryRow("SELECT count(*) FROM orders").Scan(&n) != nil)
	// Output:
	// 42
	// true
}

// A result is played for a statement with any arguments. The test reads the arguments
// from the recorded call.
func ExampleServer_HandleArgs() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.HandleArgs("SELECT name FROM users WHERE id = ? AND city = ?", enginetest.NewResult().
		Column("name", "STRING").
		Row("Ada"))

	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var name string
	err = db.QueryRow("SELECT name FROM users WHERE id = ? AND city = ?", 7, "St. John's").Scan(&name)
	if err != nil {
		log.Fatal(err)
	}
	literals, err := enginetest.Literals(srv.CallsTo("prepareStatement")[0].SQL)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(name)
	for _, l := range literals {
		fmt.Println(l.Kind, l.Value)
	}
	// Output:
	// Ada
	// NUMBER 7
	// STRING St. John's
}

// The answer to execute is lost: the engine ran the statement, and the driver does not
// run it again.
func ExampleServer_Inject() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	lost := srv.Inject(enginetest.Fault{
		Method: "executeStatement",
		Times:  1,
		After:  true, // the engine has handled the call
		Err:    status.Error(codes.Unavailable, "the connection was reset"),
	})

	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var n int
	err = db.QueryRow("SELECT 1").Scan(&n)
	fmt.Println("ambiguous:", errors.Is(err, e6data.ErrAmbiguousExecution))
	fmt.Println("struck:", lost.Hits())
	fmt.Println("executed:", srv.Stats().Executed)
	// Output:
	// ambiguous: true
	// struck: 1
	// executed: 1
}

// A deployment switches from blue to green between two queries. The driver follows.
func ExampleServer_SetLive() {
	srv, err := enginetest.NewServer(enginetest.Config{}) // blue is live
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.HandleFunc(func(q enginetest.Query) (*enginetest.Result, error) {
		return enginetest.NewResult().Column("color", "STRING").Row(q.Strategy), nil
	})

	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	for range 2 {
		var color string
		if err := db.QueryRow("SELECT 1").Scan(&color); err != nil {
			log.Fatal(err)
		}
		fmt.Println(color)
		srv.SetLive(enginetest.Green)
	}
	// Output:
	// blue
	// green
}

// A result has columns, rows, and optional delays and errors. Result.Err finds a value
// that does not fit its column.
func ExampleResult() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	r := enginetest.NewResult().
		Column("id", "LONG").
		Column("price", "DECIMAL(10,2)").
		Row(1, "12.30").
		Row(2, nil). // NULL
		JSON(`[{"id": 3, "price": 0.5}]`)
	if err := r.Err(); err != nil {
		log.Fatal(err)
	}
	srv.Handle("SELECT id, price FROM items", r)

	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT id, price FROM items")
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int
		var price sql.NullString
		if err := rows.Scan(&id, &price); err != nil {
			log.Fatal(err)
		}
		fmt.Println(id, price.String, price.Valid)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 1 12.30 true
	// 2  false
	// 3 0.50 true
}

// A proxy answers one call with an HTTP status and no gRPC status. The driver repeats the
// call.
func ExampleNewProxy() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	proxy, err := enginetest.NewProxy(srv, enginetest.ProxyConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer proxy.Close()
	proxy.Inject(enginetest.ProxyFault{
		Method: "prepareStatement",
		Times:  1,
		Shape:  enginetest.Shape{Status: 503, Body: "no server is available"},
	})

	db, err := sql.Open("e6data", proxy.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow("SELECT 1").Scan(&n); err != nil {
		log.Fatal(err)
	}
	fmt.Println("result:", n)
	fmt.Println("calls at the proxy:", proxy.Count("prepareStatement"))
	fmt.Println("calls at the engine:", srv.Count("prepareStatement"))
	// Output:
	// result: 1
	// calls at the proxy: 2
	// calls at the engine: 1
}
