package naive

import (
	"context"
	"database/sql/driver"
	"errors"
	"math"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/e6data/e6data-go/benchmarks/internal/life"
	"github.com/e6data/e6data-go/thriftrows"
	"github.com/e6data/e6data-go/wire"
)

// NewConnector returns a connector, for [database/sql.OpenDB], to an enginetest
// server with the default credentials. It can only query.
func NewConnector(addr string) driver.Connector { return connector{addr} }

type connector struct{ addr string }

func (c connector) Driver() driver.Driver { return nil }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	cc, err := grpc.NewClient(c.addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)), // a chunk may exceed gRPC's default limit of 4 MB
	)
	if err != nil {
		return nil, err
	}
	session, err := life.Login(ctx, cc)
	if err != nil {
		return nil, errors.Join(err, cc.Close())
	}
	return &conn{cc, session}, nil
}

type conn struct {
	cc      *grpc.ClientConn
	session string
}

var _ driver.QueryerContext = (*conn)(nil)

var errQueryOnly = errors.New("naive: only queries without arguments")

func (c *conn) Prepare(string) (driver.Stmt, error) { return nil, errQueryOnly }
func (c *conn) Begin() (driver.Tx, error)           { return nil, errQueryOnly }
func (c *conn) Close() error                        { return c.cc.Close() }

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(args) > 0 {
		return nil, errQueryOnly
	}
	q, err := life.Start(ctx, c.cc, c.session, query)
	if err != nil {
		return nil, err
	}
	b, err := q.Metadata()
	if err != nil {
		return nil, err
	}
	meta, err := thriftrows.DecodeMetadata(b)
	if err != nil {
		return nil, err
	}
	columns := make([]string, len(meta.Columns))
	for i, column := range meta.Columns {
		columns[i] = column.Name
	}
	next := func() ([]byte, error) {
		resp := &wire.GetNextResultBatchResponse{}
		err := q.Batch(resp)
		return resp.GetResultBatch(), err
	}
	return NewRows(columns, next, q.Clear), nil
}
