package e6data_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// shape is an answer of a proxy (docs/protocol.md, section 6), and the error that grpc-go
// returns for it.
type shape struct {
	enginetest.Shape
	code codes.Code
	// message is the whole gRPC message.
	message string
	// bounded is the message, with code RESOURCE_EXHAUSTED, if the size of received
	// messages is bounded. It is empty if the bound makes no difference.
	bounded string
}

// hidesStatus reports whether grpc-go drops the HTTP status. The errors of 456, 502 and 503 are
// then equal, and equal to the error of a lost answer.
func (s shape) hidesStatus() bool {
	return s.Status >= 400 && s.ContentType == "application/grpc"
}

// httpShapes returns the shapes of an answer with an HTTP status.
func httpShapes(httpStatus int, text string, code codes.Code) []shape {
	const grpcType = "application/grpc"
	message := fmt.Sprintf("unexpected HTTP status code received from server: %d (%s); transport: received unexpected content-type", httpStatus, text)
	return []shape{
		{
			Shape: enginetest.Shape{Status: httpStatus},
			code:  code, message: message + ` "text/plain"`,
		},
		{
			Shape: enginetest.Shape{Status: httpStatus, Body: "not here"},
			code:  code, message: message + " \"text/plain\"\ndata: \"not here\"",
		},
		{
			Shape: enginetest.Shape{Status: httpStatus, ContentType: "text/html; charset=utf-8", Body: "<h1>not here</h1>\n"},
			code:  code, message: message + " \"text/html; charset=utf-8\"\ndata: \"<h1>not here</h1>\\n\"",
		},
		{
			Shape: enginetest.Shape{Status: httpStatus, ContentType: grpcType},
			code:  codes.Unknown,
		},
		{
			// gRPC reads the text as a message, whose length is "ot h".
			Shape: enginetest.Shape{Status: httpStatus, ContentType: grpcType, Body: "not here"},
			code:  codes.Internal, message: "unexpected EOF",
			bounded: "grpc: received message larger than max (1869881448 vs. 4194304)",
		},
		{
			// A text that is shorter than a length.
			Shape: enginetest.Shape{Status: httpStatus, ContentType: grpcType, Body: "no"},
			code:  codes.Internal, message: "unexpected EOF",
		},
		{
			// An empty message.
			Shape: enginetest.Shape{Status: httpStatus, ContentType: grpcType, Body: "\x00\x00\x00\x00\x00"},
			code:  codes.Internal, message: "server closed the stream without sending trailers",
		},
	}
}

func grpcShape(code codes.Code, message string) shape {
	return shape{Shape: enginetest.Shape{Code: code, Message: message}, code: code, message: message}
}

// wrongStrategyShapes returns the shapes of a 456.
func wrongStrategyShapes() []shape {
	return append(httpShapes(456, "", codes.Unknown),
		grpcShape(codes.Unknown, "status: 456"),
		grpcShape(codes.Unknown, "Received http2 header with status: 456"),
		grpcShape(codes.InvalidArgument, "Status: 456"),
	)
}

// suspendedShapes returns the shapes of a suspended cluster's answer.
func suspendedShapes() []shape {
	return append(httpShapes(503, "Service Unavailable", codes.Unavailable),
		grpcShape(codes.Unavailable, "status: 503"),
		grpcShape(codes.Unavailable, "status: 503, cluster is suspended"),
	)
}

// lostShapes returns the shapes of a lost answer.
func lostShapes() []shape {
	shapes := append(httpShapes(502, "Bad Gateway", codes.Unavailable),
		httpShapes(504, "Gateway Timeout", codes.Unavailable)[0],
		httpShapes(500, "Internal Server Error", codes.Unknown)[1],
	)
	for _, n := range []int{0, 3, 5, 9} {
		shapes = append(shapes, shape{
			Shape: enginetest.Shape{Reset: true, Bytes: n},
			code:  codes.Internal, message: "stream terminated by RST_STREAM with error code: INTERNAL_ERROR",
		})
	}
	return shapes
}

// grpc-go returns an error for each shape, and the driver recognises conditions by these
// errors. grpc-go does not promise them. If an update changes them, failure_text.go must
// change as well.
func TestWhatGRPCMakesOfAProxysAnswers(t *testing.T) {
	srv := newEngine(t, enginetest.Config{})
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	shapes := append(wrongStrategyShapes(), suspendedShapes()...)
	shapes = append(shapes, lostShapes()...)
	shapes = append(shapes, httpShapes(404, "Not Found", codes.Unimplemented)[0])
	for _, bound := range []int{math.MaxInt, 4 << 20} { // the driver's bound and gRPC's own
		cc, err := grpc.NewClient(p.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(bound)))
		if err != nil {
			t.Fatal(err)
		}
		defer cc.Close()
		client := wire.NewQueryEngineServiceClient(cc)
		for _, s := range shapes {
			t.Run(fmt.Sprintf("at most %d bytes/%v", bound, s), func(t *testing.T) {
				f := p.Inject(enginetest.ProxyFault{Shape: s.Shape})
				defer f.Release()
				ctx := metadata.AppendToOutgoingContext(within(t, time.Minute), "strategy", "blue")
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := client.Authenticate(ctx, &wire.AuthenticateRequest{})
				runtime.ReadMemStats(&after)
				code, message := s.code, s.message
				if s.bounded != "" && bound < math.MaxInt {
					code, message = codes.ResourceExhausted, s.bounded
				}
				if got := status.Convert(err); got.Code() != code || got.Message() != message {
					t.Errorf("got  %v %q\nwant %v %q", got.Code(), got.Message(), code, message)
				}
				// A text that is read as a length announces nearly 2 GB. gRPC must not
				// allocate that.
				if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
					t.Errorf("allocated %d bytes", n)
				}
				if f.Hits() != 1 {
					t.Errorf("sent %d times", f.Hits())
				}
			})
		}
	}
}

// The driver finds the live colour at first and after every change, for every shape of the
// proxy's 456.
func TestFailoverThroughProxy(t *testing.T) {
	t.Parallel()
	test := func(s shape, params ...string) {
		t.Run(strings.Join(append(params, s.String()), " "), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{Live: []string{enginetest.Green}})
			srv.Handle("q", ids(5, 2))
			p := newProxy(t, srv, enginetest.ProxyConfig{WrongStrategy: s.Shape})
			db := openProxyDB(t, p, params...)
			query := func() {
				t.Helper()
				if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
					t.Fatalf("%d rows, %v", n, err)
				}
				if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			query()
			if n := p.Count("authenticate"); n != 2 {
				t.Errorf("found green with %d calls", n)
			}
			// A switch without an announcement, while no query runs.
			srv.SetLive(enginetest.Blue)
			query()
			// An announced switch, with both colours live for a while.
			srv.SetLive(enginetest.Blue, enginetest.Green)
			srv.Announce(enginetest.Green)
			query()
			srv.SetLive(enginetest.Green)
			srv.Announce("")
			query()
			// A switch while prepare is in flight.
			f := p.Inject(enginetest.ProxyFault{
				Method: "prepareStatement", Times: 1,
				Do:    func() { srv.SetLive(enginetest.Blue) },
				Shape: s.Shape,
			})
			query()
			if f.Hits() != 1 {
				t.Errorf("%d prepares were struck", f.Hits())
			}
			if got := strategies(srv, "executeStatement"); got != "green blue blue green blue" {
				t.Errorf("executed on %s", got)
			}
			if n := srv.Stats().Executed; n != 5 {
				t.Errorf("%d executions of five queries", n)
			}
		})
	}
	for _, s := range wrongStrategyShapes() {
		test(s)
		if s.bounded != "" {
			test(s, "max_recv_bytes=4MiB")
		}
	}
}

// The colours switch while execute is in flight. If the answer shows the 456, nothing ran
// and the query moves. If the answer does not show its status, the query may have run, and
// the driver must not repeat it.
func TestSwitchAtExecuteThroughProxy(t *testing.T) {
	t.Parallel()
	for _, s := range wrongStrategyShapes() {
		t.Run(s.String(), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(5, 2))
			p := newProxy(t, srv, enginetest.ProxyConfig{WrongStrategy: s.Shape})
			db := openProxyDB(t, p)
			p.Inject(enginetest.ProxyFault{
				Method: "executeStatement", Times: 1,
				// Blue stays live, so that its query can be cleared.
				Do:    func() { srv.SetLive(enginetest.Blue, enginetest.Green) },
				Shape: s.Shape,
			})
			n, err := readIDs(within(t, time.Minute), db, "q")
			if s.hidesStatus() {
				if !errors.Is(err, e6data.ErrAmbiguousExecution) {
					t.Errorf("error %v", err)
				}
				if n := p.Count("executeStatement"); n != 1 {
					t.Errorf("execute was sent %d times", n)
				}
				return
			}
			if n != 5 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
			if got := strategies(srv, "executeStatement"); got != enginetest.Green {
				t.Errorf("executed on %q", got)
			}
			if n := p.Count("executeStatement"); n != 2 {
				t.Errorf("execute was sent %d times", n)
			}
		})
	}
}

// A query on a colour that ends is lost, and its caller gets an error.
func TestSwitchInMidResultThroughProxy(t *testing.T) {
	t.Parallel()
	for _, s := range wrongStrategyShapes() {
		t.Run(s.String(), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(50, 10))
			p := newProxy(t, srv, enginetest.ProxyConfig{})
			p.Inject(enginetest.ProxyFault{Method: "getNextResultBatch", Skip: 2, Times: 1, Shape: s.Shape})
			n, err := readIDs(within(t, time.Minute), openProxyDB(t, p), "q")
			want := e6data.ErrWrongStrategy
			if s.hidesStatus() {
				want = e6data.ErrIncompleteResult
			}
			if n != 20 || !errors.Is(err, want) {
				t.Errorf("%d rows, %v; want %v", n, err, want)
			}
			if n := p.Count("getNextResultBatch"); n != 3 {
				t.Errorf("%d batches were asked for", n)
			}
		})
	}
}

// If both colours answer 456, the query fails.
func TestNoColourIsLiveThroughProxy(t *testing.T) {
	t.Parallel()
	for _, s := range wrongStrategyShapes() {
		t.Run(s.String(), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
			srv.Handle("q", ids(5, 2))
			p := newProxy(t, srv, enginetest.ProxyConfig{})
			db := openProxyDB(t, p, "max_attempts=3")

			f := p.Inject(enginetest.ProxyFault{Method: "authenticate", Shape: s.Shape})
			err := db.PingContext(within(t, time.Minute))
			if !errors.Is(err, e6data.ErrWrongStrategy) {
				t.Errorf("Ping: %v", err)
			}
			if f.Hits() != 2*3 { // both colours, max_attempts times
				t.Errorf("%d calls", f.Hits())
			}
			f.Release()

			f = p.Inject(enginetest.ProxyFault{Method: "prepareStatement", Shape: s.Shape})
			_, err = readIDs(within(t, time.Minute), db, "q")
			// The error of an answer without a status is returned as it is.
			if errors.Is(err, e6data.ErrWrongStrategy) == s.hidesStatus() || s.hidesStatus() && f.Hits() != 2 {
				t.Errorf("query: %v", err)
			}
			if f.Hits() < 2 || f.Hits() > 10 {
				t.Errorf("prepare was sent %d times", f.Hits())
			}
			f.Release()

			if n, err := readIDs(within(t, time.Minute), db, "q"); n != 5 || err != nil {
				t.Errorf("later: %d rows, %v", n, err)
			}
		})
	}
}

func TestSuspendedThroughProxy(t *testing.T) {
	t.Parallel()
	var params []string
	if _, err := e6data.ParseDSN("e6data://u:t@h/d?auto_resume=false"); err == nil {
		params = append(params, "auto_resume=false", "max_attempts=3")
	}
	for _, s := range suspendedShapes() {
		t.Run(s.String(), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(5, 2))
			p := newProxy(t, srv, enginetest.ProxyConfig{Suspended: s.Shape})
			db := openProxyDB(t, p, params...)
			// An answer without a status may also be a 456.
			recognised := func(err error) bool {
				return errors.Is(err, e6data.ErrClusterSuspended) || s.hidesStatus() && errors.Is(err, e6data.ErrWrongStrategy)
			}
			srv.SetCluster(enginetest.ClusterSuspended)
			if err := db.PingContext(within(t, time.Minute)); !recognised(err) {
				t.Errorf("at authenticate: %v", err)
			}
			srv.SetCluster(enginetest.ClusterActive)
			if err := db.PingContext(within(t, time.Minute)); err != nil {
				t.Fatal(err)
			}
			srv.SetCluster(enginetest.ClusterSuspended)
			if _, err := readIDs(within(t, time.Minute), db, "q"); !recognised(err) {
				t.Errorf("at prepare: %v", err)
			}
			if n := p.Count(""); n > 25 {
				t.Errorf("%d calls", n)
			}
			srv.SetCluster(enginetest.ClusterActive)

			// A proxy also answers 503 when it loses the engine during a call.
			f := p.Inject(enginetest.ProxyFault{Method: "executeStatement", Times: 1, After: true, Shape: s.Shape})
			if _, err := readIDs(within(t, time.Minute), db, "q"); !errors.Is(err, e6data.ErrAmbiguousExecution) {
				t.Errorf("at execute: %v", err)
			}
			if n := srv.Stats().Executed; n != 1 || f.Hits() != 1 {
				t.Errorf("executed %d times, %d lost", n, f.Hits())
			}
		})
	}
}

// The error reports that an answer was lost, and no call is repeated.
func TestAnswerLostInProxy(t *testing.T) {
	t.Parallel()
	for _, s := range lostShapes() {
		t.Run(s.String(), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(50, 10))
			p := newProxy(t, srv, enginetest.ProxyConfig{})
			db := openProxyDB(t, p)

			f := p.Inject(enginetest.ProxyFault{Method: "executeStatement", Times: 1, After: true, Shape: s.Shape})
			_, err := readIDs(within(t, time.Minute), db, "q")
			if !errors.Is(err, e6data.ErrAmbiguousExecution) {
				t.Errorf("execute: %v", err)
			}
			var e *e6data.Error
			if !errors.As(err, &e) || e.Phase != e6data.PhaseExecute || e.QueryID == "" {
				t.Errorf("execute: %#v", err)
			}
			if n := srv.Stats().Executed; n != 1 || f.Hits() != 1 || p.Count("executeStatement") != 1 {
				t.Errorf("executed %d times, sent %d times", n, p.Count("executeStatement"))
			}

			f = p.Inject(enginetest.ProxyFault{Method: "getNextResultBatch", Skip: 2, Times: 1, After: true, Shape: s.Shape})
			n, err := readIDs(within(t, time.Minute), db, "q")
			if n != 20 || !errors.Is(err, e6data.ErrIncompleteResult) {
				t.Errorf("batch: %d rows, %v", n, err)
			}
			if f.Hits() != 1 || p.Count("getNextResultBatch") != 3 {
				t.Errorf("%d batches were asked for", p.Count("getNextResultBatch"))
			}

			// The connection still works.
			if n, err := readIDs(within(t, time.Minute), db, "q"); n != 50 || err != nil {
				t.Errorf("later: %d rows, %v", n, err)
			}
		})
	}
}

// grpc-go converts HTTP 404 to UNIMPLEMENTED. That is not the answer of an engine.
func TestHTTPNotFoundIsNotAnEnginesAnswer(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(50, 10))
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	db := openProxyDB(t, p, "result_batch_v2=on")
	if err := db.PingContext(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	f := p.Inject(enginetest.ProxyFault{Shape: enginetest.Shape{Status: 404, Body: "no route"}})
	if err := db.PingContext(within(t, time.Minute)); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("Ping: %v", err)
	}
	f.Release()
	p.Inject(enginetest.ProxyFault{Method: "getNextResultBatchV2", Times: 1, After: true, Shape: enginetest.Shape{Status: 404}})
	if n, err := readIDs(within(t, time.Minute), db, "q"); n != 0 || !errors.Is(err, e6data.ErrIncompleteResult) {
		t.Errorf("%d rows, %v", n, err)
	}
}
