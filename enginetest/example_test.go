package enginetest_test

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// A client that forgets to clear its query is found out. An application's test
// would open srv.DSN() with database/sql instead of calling the wire.
func Example() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Handle("SELECT id, price FROM items", enginetest.NewResult().
		Column("id", "LONG").
		Column("price", "DECIMAL(10,2)").
		Row(1, "12.30").
		Row(2, nil))

	cc, err := grpc.NewClient(srv.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = cc.Close() }()
	engine := wire.NewQueryEngineServiceClient(cc)
	ctx := metadata.AppendToOutgoingContext(context.Background(), "strategy", enginetest.Blue)
	login, err := engine.Authenticate(ctx, &wire.AuthenticateRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken})
	if err != nil {
		fmt.Println(err)
		return
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
