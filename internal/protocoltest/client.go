package protocoltest

import (
	"context"
	"crypto/x509"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// Client makes a driver's calls one by one. Its methods whose names begin with Must, and
// Login, On and Sizes, end the test when a call fails.
type Client struct {
	t testing.TB
	wire.QueryEngineServiceClient
	Cluster wire.ClusterServiceClient
	Color   string // the strategy header; empty: none
	Session string
	Extra   []string // further headers, as name and value in turn
}

// Dial connects without authenticating. The connection is closed when the test ends.
func Dial(t testing.TB, srv *enginetest.Server) *Client {
	t.Helper()
	return DialAddr(t, srv.Addr(), srv.CertPEM())
}

// DialAddr is [Dial] for an address, with TLS where pem is not empty.
func DialAddr(t testing.TB, addr string, pem []byte) *Client {
	t.Helper()
	creds := insecure.NewCredentials()
	if len(pem) > 0 {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		creds = credentials.NewClientTLSFromCert(pool, "")
	}
	cc, err := grpc.NewClient(addr, grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)))
	NoErr(t, err)
	t.Cleanup(func() { _ = cc.Close() })
	return &Client{
		t: t, Color: enginetest.Blue,
		QueryEngineServiceClient: wire.NewQueryEngineServiceClient(cc),
		Cluster:                  wire.NewClusterServiceClient(cc),
	}
}

// Connect dials, and authenticates on blue.
func Connect(t testing.TB, srv *enginetest.Server) *Client {
	t.Helper()
	c := Dial(t, srv)
	c.Session = c.Login()
	return c
}

// On returns a client with the same connection that uses another colour, with a session of its own.
func (c *Client) On(color string) *Client {
	c.t.Helper()
	d := *c
	d.Color = color
	d.Session = d.Login()
	return &d
}

// Context returns a context with the client's headers and further ones.
func (c *Client) Context(kv ...string) context.Context {
	kv = append(kv, c.Extra...)
	if c.Color != "" {
		kv = append(kv, "strategy", c.Color)
	}
	return metadata.AppendToOutgoingContext(c.t.Context(), kv...)
}

// Login returns a new session.
func (c *Client) Login() string {
	c.t.Helper()
	r, err := c.Authenticate(c.Context(), &wire.AuthenticateRequest{User: enginetest.DefaultUser, Password: enginetest.DefaultToken})
	NoErr(c.t, err)
	return r.GetSessionId()
}

// Query is a prepared query. A call takes over the session of its answer.
type Query struct {
	*Client
	ID, IP, Session string
}

// Prepare prepares a statement by prepareStatement.
func (c *Client) Prepare(sql string) (*Query, error) {
	r, err := c.PrepareStatement(c.Context(), &wire.PrepareStatementRequest{SessionId: c.Session, Schema: "s", QueryString: sql})
	if err != nil {
		return nil, err
	}
	return &Query{Client: c, ID: r.GetQueryId(), IP: r.GetEngineIP(), Session: r.GetSessionId()}, nil
}

// MustPrepare is Prepare.
func (c *Client) MustPrepare(sql string) *Query {
	c.t.Helper()
	p, err := c.Prepare(sql)
	NoErr(c.t, err)
	return p
}

// MustExecute prepares and executes a statement.
func (c *Client) MustExecute(sql string) *Query {
	c.t.Helper()
	p := c.MustPrepare(sql)
	NoErr(c.t, p.Execute())
	return p
}

// Context returns a context with the client's headers and the query's planner.
func (p *Query) Context() context.Context { return p.Client.Context("plannerip", p.IP) }

func (p *Query) took(session string) {
	if session != "" {
		p.Session = session
	}
}

// Execute makes the call executeStatement.
func (p *Query) Execute() error {
	r, err := p.ExecuteStatement(p.Context(), &wire.ExecuteStatementRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	p.took(r.GetSessionId())
	return err
}

// ExecuteV2 makes the call executeStatementV2 with values of type STRING.
func (p *Query) ExecuteV2(values ...string) error {
	req := &wire.ExecuteStatementV2Request{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID}
	for i, v := range values {
		req.Params = append(req.Params, &wire.ParameterValue{Index: int32(i + 1), Type: "STRING", Value: v})
	}
	r, err := p.ExecuteStatementV2(p.Context(), req)
	p.took(r.GetSessionId())
	return err
}

// Metadata makes the call getResultMetadata.
func (p *Query) Metadata() ([]byte, error) {
	r, err := p.GetResultMetadata(p.Context(), &wire.GetResultMetadataRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	p.took(r.GetSessionId())
	return r.GetResultMetaData(), err
}

// Request returns the request of the next batch.
func (p *Query) Request() *wire.GetNextResultBatchRequest {
	return &wire.GetNextResultBatchRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID}
}

// Batch makes the call getNextResultBatch.
func (p *Query) Batch() ([]byte, error) {
	r, err := p.GetNextResultBatch(p.Context(), p.Request())
	p.took(r.GetSessionId())
	return r.GetResultBatch(), err
}

// BatchV2 makes the call getNextResultBatchV2.
func (p *Query) BatchV2() (*wire.GetNextResultBatchV2Response, error) {
	r, err := p.GetNextResultBatchV2(p.Context(), p.Request())
	p.took(r.GetSessionId())
	return r, err
}

// ClearQuery makes the call clearOrCancelQuery.
func (p *Query) ClearQuery() error {
	_, err := p.ClearOrCancelQuery(p.Context(), &wire.ClearOrCancelQueryRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	return err
}

// MustClear is ClearQuery.
func (p *Query) MustClear() {
	p.t.Helper()
	NoErr(p.t, p.ClearQuery())
}

// Cancel makes the call cancelQuery.
func (p *Query) Cancel() error {
	_, err := p.CancelQuery(p.Context(), &wire.CancelQueryRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	return err
}

// State makes the call status.
func (p *Query) State() (*wire.StatusResponse, error) {
	return p.Status(p.Context(), &wire.StatusRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
}

// Plan makes the call explain.
func (p *Query) Plan() string {
	p.t.Helper()
	r, err := p.Explain(p.Context(), &wire.ExplainRequest{EngineIP: p.IP, SessionId: p.Session, QueryId: p.ID})
	NoErr(p.t, err)
	return r.GetExplain()
}

// Sizes reads the result by getNextResultBatch to its end. It returns the number of rows in each
// chunk, the last chunk included where it has any bytes.
func (p *Query) Sizes() (out []int) {
	p.t.Helper()
	for {
		b, err := p.Batch()
		NoErr(p.t, err)
		if len(b) == 0 {
			return out
		}
		out = append(out, SizeOf(p.t, b))
	}
}

// SizeOf returns the number of rows of a chunk, which is its first field.
func SizeOf(t testing.TB, b []byte) int {
	t.Helper()
	if len(b) < 7 || string(b[:3]) != "\x08\x00\x01" {
		t.Fatalf("not a chunk: % x", b[:min(len(b), 16)])
	}
	return int(b[3])<<24 | int(b[4])<<16 | int(b[5])<<8 | int(b[6])
}

// WantErr ends the test unless err has the code, and a message with the text.
func WantErr(t testing.TB, err error, code codes.Code, text string) {
	t.Helper()
	if status.Code(err) != code || !strings.Contains(status.Convert(err).Message(), text) {
		t.Fatalf("got %v, want %v with %q", err, code, text)
	}
}

// NoErr ends the test when there is an error.
func NoErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Soon returns a context for what must happen, and fast.
func Soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Balanced ends the test unless the server's books balance soon.
func Balanced(t testing.TB, srv *enginetest.Server) {
	t.Helper()
	NoErr(t, srv.WaitBalanced(Soon(t)))
}

// NewProxy starts a proxy before a server. It is closed when the test ends.
func NewProxy(t testing.TB, srv *enginetest.Server, cfg enginetest.ProxyConfig) *enginetest.Proxy {
	t.Helper()
	p, err := enginetest.NewProxy(srv, cfg)
	NoErr(t, err)
	t.Cleanup(p.Close)
	return p
}
