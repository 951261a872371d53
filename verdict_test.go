package e6data_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/strategy"
)

// Error texts that quote the signature of another condition.
const (
	s3Denied    = "com.amazonaws.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403)"
	quotedDeny  = "cannot read s3://bucket/part-1: Access denied for user x"
	quoted456   = "cannot cast 'upstream status: 456' to INT"
	quoted503   = "cannot cast 'status: 503' to INT"
	deniedTable = "Access denied: no privilege on table t"
)

// invalidations returns how often this process has invalidated the live colour of srv.
func invalidations(srv *enginetest.Server) uint64 {
	for _, s := range strategy.Shared().Snapshot() {
		if s.Key.Endpoint == srv.Addr() {
			return s.Invalidations
		}
	}
	return 0
}

// A signature that an SQL error quotes proves nothing. The statement is sent once, the
// error is the engine's, and the live colour does not change.
func TestQuotedSignaturesAtExecute(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code    codes.Code
		message string
		// sessions is the number of authentications after the next query. A session that may
		// have expired is not used again.
		sessions int
		kind     error // nil if the message may be about the session
	}{
		{codes.Internal, s3Denied, 1, e6data.ErrSQL},
		{codes.Internal, quotedDeny, 2, nil},
		{codes.InvalidArgument, quoted456, 1, e6data.ErrSQL},
		{codes.Unknown, quoted456, 1, e6data.ErrSQL},
		{codes.Unknown, "status: 4560", 1, e6data.ErrSQL},
		{codes.Unknown, "status: 4569", 1, e6data.ErrSQL},
		{codes.Internal, quoted503, 1, e6data.ErrSQL},
		{codes.InvalidArgument, "No cluster-name header or unknown cluster", 1, e6data.ErrSQL},
	} {
		t.Run(test.message, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(5, 2))
			db := openDB(t, srv)
			srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, Err: status.Error(test.code, test.message)})
			_, err := readIDs(t.Context(), db, "q")
			e, ok := errors.AsType[*e6data.Error](err)
			if !ok || e.Kind != test.kind || e.Err != nil || e.Code != test.code || e.Message != test.message {
				t.Errorf("error %#v", err)
			}
			if n := srv.Count("executeStatement"); n != 1 {
				t.Errorf("executed %d times", n)
			}
			if n := invalidations(srv); n != 0 {
				t.Errorf("the colour was invalidated %d times", n)
			}
			if n, err := readIDs(t.Context(), db, "q"); n != 5 || err != nil {
				t.Errorf("later: %d rows, %v", n, err)
			}
			if n := srv.Count("authenticate"); n != test.sessions {
				t.Errorf("%d sessions", n)
			}
		})
	}
}

// A denial at the beginning of the message proves that the session has expired. If the
// session that replaces it is denied as well, the denial is the engine's own error.
func TestDenialAtExecute(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	srv.Inject(enginetest.Fault{Method: "executeStatement", Err: status.Error(codes.Internal, deniedTable)})
	_, err := readIDs(t.Context(), openDB(t, srv), "q")
	e, ok := errors.AsType[*e6data.Error](err)
	if !ok || e.Kind != e6data.ErrSQL || e.Message != deniedTable {
		t.Errorf("error %#v", err)
	}
	if n := srv.Count("executeStatement"); n != 2 {
		t.Errorf("sent %d times", n)
	}
	if n := srv.Stats().Executed; n != 0 {
		t.Errorf("executed %d times", n)
	}
}

// After a denial inside a message the driver repeats the call once with another session, if
// the call executes and consumes nothing. The second error is returned as it is.
func TestDenialInsideAMessage(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"prepareStatement", "getResultMetadata", "status", "explain", "getTablesV2"} {
		for times, want := range map[int]string{1: "", 0: quotedDeny} {
			t.Run(fmt.Sprint(method, times), func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{})
				srv.SetCatalogs(enginetest.Catalog{Name: "lake", Schemas: []enginetest.Schema{{Name: "db"}}})
				srv.Handle("q", ids(5, 2))
				f := srv.Inject(enginetest.Fault{Method: method, Times: times, Err: status.Error(codes.Internal, quotedDeny)})
				err := e6data.UseConn(t.Context(), openDB(t, srv), func(c *e6data.Conn) error {
					if method == "getTablesV2" {
						_, err := c.Tables(t.Context(), "lake", "db")
						return err
					}
					b, err := c.Query(t.Context(), "q")
					if err != nil {
						return err
					}
					defer b.Close()
					switch method {
					case "status":
						_, err = c.Status(t.Context(), b.Handle())
					case "explain":
						_, err = c.Explain(t.Context(), b.Handle())
					}
					return err
				})
				got := ""
				if e, ok := errors.AsType[*e6data.Error](err); ok {
					got = e.Message
				}
				if got != want || errors.Is(err, e6data.ErrSessionExpired) && method != "getResultMetadata" {
					t.Errorf("error %v", err)
				}
				if n := f.Hits(); n != max(times, 2*(1-times)) {
					t.Errorf("struck %d times", n)
				}
				if n := srv.Count("authenticate"); n != 2 {
					t.Errorf("%d sessions", n)
				}
			})
		}
	}
}

// A result of unknown size is incomplete if a fetch is denied. If the denial is the whole
// message, the engine has not handled the call, and the result continues.
func TestDenialAtFetch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		message  string
		count    int64
		rows     int
		complete bool
	}{
		{s3Denied, -1, 20, false},
		{quotedDeny, -1, 20, false},
		{quotedDeny, 50, 20, false},
		{deniedTable, -1, 20, false},
		{deniedTable, 50, 50, true},
		{"Access denied", -1, 50, true},
		{"Access denied", 50, 50, true},
	} {
		t.Run(fmt.Sprint(test.message, test.count), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(50, 10).RowCount(test.count))
			srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 2, Times: 1, Err: status.Error(codes.Internal, test.message)})
			n, err := readIDs(t.Context(), openDB(t, srv), "q")
			if n != test.rows || test.complete != (err == nil) {
				t.Errorf("%d rows, %v", n, err)
			}
			if !test.complete && test.message != s3Denied && !errors.Is(err, e6data.ErrIncompleteResult) {
				t.Errorf("error %v", err)
			}
			if want := map[bool]int{false: 3, true: 7}[test.complete]; srv.Count("getNextResultBatch") != want {
				t.Errorf("asked %d times, want %d", srv.Count("getNextResultBatch"), want)
			}
		})
	}
}

// An error that quotes a denial is not taken for a refused access token.
func TestQuotedDenialWithOAuth(t *testing.T) {
	t.Parallel()
	for _, message := range []string{s3Denied, quotedDeny} {
		i := newIssuer(t)
		srv := i.engine(t, enginetest.Config{})
		srv.Inject(enginetest.Fault{Method: "executeStatement", Err: status.Error(codes.Internal, message)})
		_, err := readIDs(t.Context(), openConfig(t, i.config(t, srv)), "q")
		if err == nil || errors.Is(err, e6data.ErrAuthentication) || strings.Contains(err.Error(), "refused the access token") {
			t.Errorf("error %v", err)
		}
		if n := srv.Count("executeStatement"); n != 1 {
			t.Errorf("sent %d times", n)
		}
	}
}

// The proxy's message that the cluster is unknown is ErrUnknownCluster in every phase. It
// does not mean that the engine lacks a method.
func TestUnknownCluster(t *testing.T) {
	t.Parallel()
	const text = "No cluster-name header or unknown cluster"
	for _, method := range []string{"authenticate", "healthCheck", "prepareStatement", "executeStatement", "getResultMetadata", "getNextResultBatchV2"} {
		t.Run(method, func(t *testing.T) {
			srv := newUncheckedEngine(t, enginetest.Config{ClusterName: "tuesday"})
			srv.Handle("q", ids(5, 2))
			srv.Inject(enginetest.Fault{Method: method, Err: status.Error(codes.Unimplemented, text)})
			db := openDB(t, srv, "result_batch_v2=on", "cleanup_timeout=1s")
			err := db.PingContext(t.Context())
			if method != "authenticate" && method != "healthCheck" {
				_, err = readIDs(t.Context(), db, "q")
			}
			if !errors.Is(err, e6data.ErrUnknownCluster) || errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), `cluster_name is "tuesday"`) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// An exception inside the engine reaches a client as UNKNOWN without a message. The driver
// repeats prepare once, after it has found the live colour, and then returns the error as
// it is.
func TestExceptionAtPrepare(t *testing.T) {
	t.Parallel()
	for times, prepares := range map[int]int{1: 2, 0: 2} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(5, 2))
		srv.Inject(enginetest.Fault{Method: "prepareStatement", Times: times, Err: status.Error(codes.Unknown, "")})
		n, err := readIDs(t.Context(), openDB(t, srv), "q")
		e, _ := errors.AsType[*e6data.Error](err)
		switch {
		case times == 1 && (n != 5 || err != nil):
			t.Errorf("%d rows, %v", n, err)
		case times == 0 && (e == nil || e.Code != codes.Unknown || e.Kind != nil || e.Phase != e6data.PhasePrepare):
			t.Errorf("error %#v", err)
		}
		if n := srv.Count("prepareStatement"); n != prepares {
			t.Errorf("prepared %d times", n)
		}
	}
}

// The engine never gets a call if the token service of its OAuth stack is down.
func TestAuthenticationUnavailable(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"executeStatement", "getNextResultBatch"} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(5, 2))
		srv.Inject(enginetest.Fault{Method: method, Times: 2, Err: status.Error(codes.Unavailable, "authentication unavailable")})
		if n, err := readIDs(t.Context(), openDB(t, srv), "q"); n != 5 || err != nil {
			t.Errorf("%s: %d rows, %v", method, n, err)
		}
		if n := srv.Stats().Executed; n != 1 {
			t.Errorf("executed %d times", n)
		}
	}
}

// A query that another client cancels ends with an error that says so.
func TestCancelledByAnotherClient(t *testing.T) {
	t.Parallel()
	srv := newUncheckedEngine(t, enginetest.Config{})
	srv.Handle("q", ids(50, 10))
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 2, Err: status.Error(codes.Internal, "Query cancelled by admin")})
	n, err := readIDs(t.Context(), openDB(t, srv), "q")
	if n != 20 || !errors.Is(err, e6data.ErrQueryCancelled) {
		t.Errorf("%d rows, %v", n, err)
	}
}

// If an interceptor replaces the context, the driver cannot prove that a call was not sent.
// It counts as sent.
func TestInterceptorDropsTheContext(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	drop := srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, After: true, Drop: true})
	db := openWith(t, srv.DSN(), e6data.WithDialOptions(grpc.WithUnaryInterceptor(
		func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			return invoke(valueless{ctx}, method, req, reply, cc, opts...)
		})))
	_, err := readIDs(within(t, time.Minute), db, "q")
	if !errors.Is(err, e6data.ErrAmbiguousExecution) {
		t.Errorf("error %v", err)
	}
	if n := srv.Stats().Executed; n != 1 || drop.Hits() != 1 {
		t.Errorf("executed %d times", n)
	}
}

// valueless is a context without the driver's value, and with those of gRPC.
type valueless struct{ context.Context }

func (c valueless) Value(key any) any {
	if strings.Contains(fmt.Sprintf("%T", key), "e6data") {
		return nil
	}
	return c.Context.Value(key)
}

// DEADLINE_EXCEEDED from the engine, long before the caller's deadline, is the engine's own
// error and keeps the engine's text.
func TestDeadlineOfTheEngine(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]error{
		"executeStatement":   e6data.ErrAmbiguousExecution,
		"getNextResultBatch": e6data.ErrIncompleteResult,
	} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(50, 10))
		srv.Inject(enginetest.Fault{Method: method, Err: status.Error(codes.DeadlineExceeded, "executor 7 took too long")})
		_, err := readIDs(within(t, time.Hour), openDB(t, srv), "q")
		if !errors.Is(err, want) || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "executor 7 took too long") {
			t.Errorf("%s: %v", method, err)
		}
	}
}

// The text of a timeout has the duration, the phase and the query.
func TestTimeoutText(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(50, 10))
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true})
	defer hang.Release()
	db, c := openConnector(t, parseDSN(t, srv.DSN()))
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := db.QueryContext(ctx, "q")
	text := fmt.Sprint(err)
	if !strings.HasPrefix(text, "e6data: timed out after ") || strings.Count(text, "deadline") > 0 ||
		!strings.Contains(text, " while executing (query query-blue-000001, blue); the query may or may not have been executed") {
		t.Errorf("error %q", text)
	}
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, e6data.ErrAmbiguousExecution) {
		t.Errorf("error %v", err)
	}
	if n := c.Stats().Queries; n.Cancelled != 1 || n.Ambiguous != 0 {
		t.Errorf("counted %+v", n)
	}
	_, err = openDB(t, srv, "query_timeout=1s").Query("q")
	if want := "e6data: timed out after 1s (query_timeout) while executing (query query-blue-000002, blue); "; !strings.HasPrefix(fmt.Sprint(err), want) {
		t.Errorf("error %q", err)
	}
}

// callErrors keeps the errors of calls.
type callErrors struct {
	e6data.NoHook
	errs chan error
}

func (h callErrors) CallEnd(_ context.Context, c e6data.CallEnd) {
	if c.Err != nil {
		h.errs <- c.Err
	}
}

// The driver itself cancels the batch that is fetched ahead for a QueryRow, so that a hook
// gets no error.
func TestCancelledFetchAheadIsNotAnError(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(50, 10))
	h := callErrors{errs: make(chan error, 100)}
	db := openWith(t, srv.DSN(), e6data.WithHook(h))
	hang := srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 1, Hang: true})
	rows, err := db.Query("q")
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	<-hang.Struck()
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	select {
	case err := <-h.errs:
		t.Errorf("a call failed: %v", err)
	default:
	}
}

// A call whose context has ended is not sent.
func TestEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(5, 2))
	db := openDB(t, srv)
	err := e6data.UseConn(t.Context(), db, func(c *e6data.Conn) error {
		calls := srv.Stats().Calls
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Query(ctx, "q"); !errors.Is(err, context.Canceled) {
			t.Errorf("Query: %v", err)
		}
		if _, err := c.Catalogs(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Catalogs: %v", err)
		}
		if n := srv.Stats().Calls; n != calls {
			t.Errorf("%d calls were sent", n-calls)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// An error of the connection names the address, and no colour before one is known.
func TestConnectionErrorNamesTheAddress(t *testing.T) {
	srv := newUncheckedEngine(t, enginetest.Config{})
	addr := srv.Addr()
	srv.Close()
	dsn := "e6data://user:secret@" + addr + "/db?max_attempts=1"
	err := openWith(t, dsn).PingContext(within(t, time.Minute))
	if !strings.Contains(fmt.Sprint(err), addr) || strings.Contains(fmt.Sprint(err), "blue") {
		t.Errorf("error %v", err)
	}
	t.Run("through a proxy", func(t *testing.T) {
		t.Setenv("HTTPS_PROXY", "http://user:t0ps3cret@proxy.invalid:3128")
		err := openWith(t, "e6data://user:secret@engine.invalid:80/db?max_attempts=1", e6data.WithDialOptions(
			grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }),
		)).PingContext(within(t, time.Minute))
		if !strings.Contains(fmt.Sprint(err), "engine.invalid:80 through the proxy proxy.invalid:3128") || strings.Contains(fmt.Sprint(err), "t0ps3cret") {
			t.Errorf("error %v", err)
		}
	})
}

// A secret is redacted from six characters on.
func TestShortSecrets(t *testing.T) {
	t.Parallel()
	for token, shown := range map[string]bool{"a": true, "12345": true, "123456": false} {
		srv := newEngine(t, enginetest.Config{Token: token})
		srv.Inject(enginetest.Fault{Method: "prepareStatement", Err: status.Error(codes.InvalidArgument, "a table of 123456 rows, 12345 and a")})
		_, err := openDB(t, srv).Query("q")
		if strings.Contains(fmt.Sprint(err), "[redacted]") == shown {
			t.Errorf("%q: %v", token, err)
		}
	}
}
