package enginetest_test

import (
	"context"
	"crypto/x509"
	"math"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client calls a server as a driver does. It makes exactly the calls of the test, in any
// order.
type client struct {
	t testing.TB
	wire.QueryEngineServiceClient
	cluster wire.ClusterServiceClient
	color   string
	session string
	extra   []string // further headers
}

func newServer(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	srv, err := enginetest.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// dial connects without authenticating.
func dial(t testing.TB, srv *enginetest.Server) *client {
	t.Helper()
	return dialAddr(t, srv.Addr(), srv.CertPEM())
}

func dialAddr(t testing.TB, addr string, pem []byte) *client {
	t.Helper()
	creds := insecure.NewCredentials()
	if len(pem) > 0 {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		creds = credentials.NewClientTLSFromCert(pool, "")
	}
	cc, err := grpc.NewClient(addr, grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cc.Close() })
	return &client{
		t: t, color: enginetest.Blue,
		QueryEngineServiceClient: wire.NewQueryEngineServiceClient(cc),
		cluster:                  wire.NewClusterServiceClient(cc),
	}
}

// connect dials and authenticates on blue.
func connect(t testing.TB, srv *enginetest.Server) *client {
	t.Helper()
	c := dial(t, srv)
	c.session = c.login()
	return c
}

// on returns a client that uses the same connection, and another colour with its own
// session.
func (c *client) on(color string) *client {
	c.t.Helper()
	d := *c
	d.color = color
	d.session = d.login()
	return &d
}

func (c *client) ctx(kv ...string) context.Context {
	kv = append(kv, c.extra...)
	if c.color != "" {
		kv = append(kv, "strategy", c.color)
	}
	return metadata.AppendToOutgoingContext(c.t.Context(), kv...)
}

func (c *client) login() string {
	c.t.Helper()
	r, err := c.Authenticate(c.ctx(), &wire.AuthenticateRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken})
	if err != nil {
		c.t.Fatal(err)
	}
	return r.GetSessionId()
}

// q is a prepared query.
type q struct {
	*client
	id, ip, session string
}

func (c *client) prepare(sql string) (*q, error) {
	r, err := c.PrepareStatement(c.ctx(), &wire.PrepareStatementRequest{SessionId: c.session, Schema: "s", QueryString: sql})
	if err != nil {
		return nil, err
	}
	return &q{client: c, id: r.GetQueryId(), ip: r.GetEngineIP(), session: r.GetSessionId()}, nil
}

func (c *client) mustPrepare(sql string) *q {
	c.t.Helper()
	p, err := c.prepare(sql)
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// mustExecute prepares and executes a statement.
func (c *client) mustExecute(sql string) *q {
	c.t.Helper()
	p := c.mustPrepare(sql)
	if err := p.execute(); err != nil {
		c.t.Fatal(err)
	}
	return p
}

func (p *q) ctx() context.Context { return p.client.ctx("plannerip", p.ip) }

func (p *q) took(session string) {
	if session != "" {
		p.session = session
	}
}

func (p *q) execute() error {
	r, err := p.ExecuteStatement(p.ctx(), &wire.ExecuteStatementRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	p.took(r.GetSessionId())
	return err
}

func (p *q) executeV2(values ...string) error {
	req := &wire.ExecuteStatementV2Request{EngineIP: p.ip, SessionId: p.session, QueryId: p.id}
	for i, v := range values {
		req.Params = append(req.Params, &wire.ParameterValue{Index: int32(i + 1), Type: "STRING", Value: v})
	}
	r, err := p.ExecuteStatementV2(p.ctx(), req)
	p.took(r.GetSessionId())
	return err
}

func (p *q) metadata() ([]byte, error) {
	r, err := p.GetResultMetadata(p.ctx(), &wire.GetResultMetadataRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	p.took(r.GetSessionId())
	return r.GetResultMetaData(), err
}

func (p *q) request() *wire.GetNextResultBatchRequest {
	return &wire.GetNextResultBatchRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id}
}

func (p *q) batch() ([]byte, error) {
	r, err := p.GetNextResultBatch(p.ctx(), p.request())
	p.took(r.GetSessionId())
	return r.GetResultBatch(), err
}

func (p *q) batchV2() (*wire.GetNextResultBatchV2Response, error) {
	r, err := p.GetNextResultBatchV2(p.ctx(), p.request())
	p.took(r.GetSessionId())
	return r, err
}

func (p *q) clear() error {
	_, err := p.ClearOrCancelQuery(p.ctx(), &wire.ClearOrCancelQueryRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	return err
}

func (p *q) mustClear() {
	p.t.Helper()
	if err := p.clear(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *q) cancel() error {
	_, err := p.CancelQuery(p.ctx(), &wire.CancelQueryRequest{EngineIP: p.ip, SessionId: p.session, QueryId: p.id})
	return err
}

// sizes reads the result by V1 to its end and returns the size field of every
// chunk, the last one included when it has any bytes.
func (p *q) sizes() []int {
	p.t.Helper()
	var out []int
	for {
		b, err := p.batch()
		if err != nil {
			p.t.Fatal(err)
		}
		if len(b) == 0 {
			return out
		}
		out = append(out, sizeOf(p.t, b))
	}
}

// sizeOf reads the first field of a chunk, i32 size.
func sizeOf(t testing.TB, b []byte) int {
	t.Helper()
	if len(b) < 7 || string(b[:3]) != "\x08\x00\x01" {
		t.Fatalf("not a chunk: % x", b[:min(len(b), 16)])
	}
	return int(b[3])<<24 | int(b[4])<<16 | int(b[5])<<8 | int(b[6])
}

func wantErr(t testing.TB, err error, code codes.Code, text string) {
	t.Helper()
	if status.Code(err) != code || !strings.Contains(status.Convert(err).Message(), text) {
		t.Fatalf("got %v, want %v with %q", err, code, text)
	}
}

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// soon returns a context that ends after 20 s, for an event that the test waits for.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func balanced(t testing.TB, srv *enginetest.Server) {
	t.Helper()
	noErr(t, srv.WaitBalanced(soon(t)))
}
