// Package life runs a query on the engine with bare gRPC calls, for the
// competitors of the driver.
package life

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// Login returns a session of a server with the default credentials.
func Login(ctx context.Context, cc *grpc.ClientConn) (string, error) {
	ctx = metadata.AppendToOutgoingContext(ctx, "strategy", enginetest.Blue)
	resp, err := wire.NewQueryEngineServiceClient(cc).Authenticate(ctx, &wire.AuthenticateRequest{
		User:     enginetest.DefaultUser,
		Password: enginetest.DefaultToken,
	})
	if err != nil {
		return "", err
	}
	if resp.GetSessionId() == "" {
		return "", fmt.Errorf("life: no session")
	}
	return resp.GetSessionId(), nil
}

// Query is an executed query. Its calls are made one at a time.
type Query struct {
	ctx     context.Context
	cc      *grpc.ClientConn
	client  wire.QueryEngineServiceClient
	session string
	planner string
	id      string
}

// Start prepares and executes a statement. All calls of the query except Clear
// use ctx.
func Start(ctx context.Context, cc *grpc.ClientConn, session, sql string) (*Query, error) {
	ctx = metadata.AppendToOutgoingContext(ctx, "strategy", enginetest.Blue)
	q := &Query{cc: cc, client: wire.NewQueryEngineServiceClient(cc), session: session}
	prepared, err := q.client.PrepareStatement(ctx, &wire.PrepareStatementRequest{SessionId: session, Schema: "db", QueryString: sql})
	if err != nil {
		return nil, err
	}
	q.planner, q.id = prepared.GetEngineIP(), prepared.GetQueryId()
	q.ctx = metadata.AppendToOutgoingContext(ctx, "plannerip", q.planner)
	_, err = q.client.ExecuteStatement(q.ctx, &wire.ExecuteStatementRequest{EngineIP: q.planner, SessionId: session, QueryId: q.id})
	if err != nil {
		return nil, err
	}
	return q, nil
}

// Metadata returns the result's metadata.
func (q *Query) Metadata() ([]byte, error) {
	resp, err := q.client.GetResultMetadata(q.ctx, &wire.GetResultMetadataRequest{EngineIP: q.planner, SessionId: q.session, QueryId: q.id})
	return resp.GetResultMetaData(), err
}

// Batch fetches a batch into resp, which must be a type that the channel's
// codec accepts.
func (q *Query) Batch(resp any, opts ...grpc.CallOption) error {
	return q.cc.Invoke(q.ctx, wire.QueryEngineService_GetNextResultBatch_FullMethodName,
		&wire.GetNextResultBatchRequest{EngineIP: q.planner, SessionId: q.session, QueryId: q.id}, resp, opts...)
}

// Clear ends the query on the engine.
func (q *Query) Clear() error {
	_, err := q.client.ClearOrCancelQuery(context.WithoutCancel(q.ctx), &wire.ClearOrCancelQueryRequest{
		EngineIP: q.planner, SessionId: q.session, QueryId: q.id,
	})
	return err
}
