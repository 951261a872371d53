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

// shape is an answer of a proxy (docs/protocol.md, section 6) and what grpc-go hands its
// caller of it.
type shape struct {
	enginetest.Shape
	code codes.Code
	// message is all of the gRPC message.
	message string
	// bounded is the message, of code RESOURCE_EXHAUSTED, with a bound on the
	// size of what is received; empty when that makes no difference.
	bounded string
}

// mute tells that grpc-go drops the HTTP status: 456, 502 and 503 look the same,
// and like an engine's answer that was lost.
func (s shape) mute() bool {
	return s.Status >= 400 && s.ContentType == "application/grpc"
}

// httpShapes are the looks of an HTTP status.
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
			// The text is taken for a message: "ot h" is its length.
			Shape: enginetest.Shape{Status: httpStatus, ContentType: grpcType, Body: "not here"},
			code:  codes.Internal, message: "unexpected EOF",
			bounded: "grpc: received message larger than max (1869881448 vs. 4194304)",
		},
		{
			// Not even a length.
			Shape: enginetest.Shape{Status: httpStatus, ContentType: grpcType, Body: "no"},
			code:  codes.Internal, message: "unexpected EOF",
		},
		{
			// A message, though an empty one.
			Shape: enginetest.Shape{Status: httpStatus, ContentType: grpcType, Body: "\x00\x00\x00\x00\x00"},
			code:  codes.Internal, message: "server closed the stream without sending trailers",
		},
	}
}

func grpcShape(code codes.Code, message string) shape {
	return shape{Shape: enginetest.Shape{Code: code, Message: message}, code: code, message: message}
}

// wrongStrategyShapes are those that a deployment says 456 in.
func wrongStrategyShapes() []shape {
	return append(httpShapes(456, "", codes.Unknown),
		grpcShape(codes.Unknown, "status: 456"),
		grpcShape(codes.Unknown, "Received http2 header with status: 456"),
		grpcShape(codes.InvalidArgument, "Status: 456"),
	)
}

// suspendedShapes are those that a deployment says in that it is suspended.
func suspendedShapes() []shape {
	return append(httpShapes(503, "Service Unavailable", codes.Unavailable),
		grpcShape(codes.Unavailable, "status: 503"),
		grpcShape(codes.Unavailable, "status: 503, cluster is suspended"),
	)
}

// lostShapes are those of an answer that is lost on its way.
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

// What grpc-go makes of each shape. The driver recognises conditions in it, and
// nothing of it is promised: should an update of grpc-go change it, then errors.go
// mustUseConn follow.
func TestWhatGRPCMakesOfAProxysAnswers(t *testing.T) {
	srv := newEngine(t, enginetest.Config{})
	p := newProxy(t, srv, enginetest.ProxyConfig{})
	shapes := append(wrongStrategyShapes(), suspendedShapes()...)
	shapes = append(shapes, lostShapes()...)
	shapes = append(shapes, httpShapes(404, "Not Found", codes.Unimplemented)[0])
	for _, bound := range []int{math.MaxInt, 4 << 20} { // the driver's, gRPC's own
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
				// The size that a text seems to announce, near 2 GB, is not taken
				// at its word.
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

// A failover whose proxy answers 456 in any shape: green is found at first, and
// again whenever the colours change.
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
			// Unannounced, with nothing running.
			srv.SetLive(enginetest.Blue)
			query()
			// Announced, with an overlap.
			srv.SetLive(enginetest.Blue, enginetest.Green)
			srv.Announce(enginetest.Green)
			query()
			srv.SetLive(enginetest.Green)
			srv.Announce("")
			query()
			// While prepare is on its way.
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

// A switch just when execute is on its way: where the answer says 456, nothing
// ran, and the query moves; where it says nothing, the driver must not guess.
func TestColourDiesAtExecuteThroughProxy(t *testing.T) {
	t.Parallel()
	for _, s := range wrongStrategyShapes() {
		t.Run(s.String(), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(5, 2))
			p := newProxy(t, srv, enginetest.ProxyConfig{WrongStrategy: s.Shape})
			db := openProxyDB(t, p)
			p.Inject(enginetest.ProxyFault{
				Method: "executeStatement", Times: 1,
				// Blue stays for what it holds to be cleared.
				Do:    func() { srv.SetLive(enginetest.Blue, enginetest.Green) },
				Shape: s.Shape,
			})
			n, err := readIDs(within(t, time.Minute), db, "q")
			if s.mute() {
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

// A query that runs on a colour that dies is lost, and its caller is told.
func TestColourDiesInMidResultThroughProxy(t *testing.T) {
	t.Parallel()
	for _, s := range wrongStrategyShapes() {
		t.Run(s.String(), func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(50, 10))
			p := newProxy(t, srv, enginetest.ProxyConfig{})
			p.Inject(enginetest.ProxyFault{Method: "getNextResultBatch", Skip: 2, Times: 1, Shape: s.Shape})
			n, err := readIDs(within(t, time.Minute), openProxyDB(t, p), "q")
			want := e6data.ErrWrongStrategy
			if s.mute() {
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

// Where both colours answer 456, the driver gives up.
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
			// An answer without a status is reported as it came.
			if errors.Is(err, e6data.ErrWrongStrategy) == s.mute() || s.mute() && f.Hits() != 2 {
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
			// An answer without a status may as well be a 456.
			recognised := func(err error) bool {
				return errors.Is(err, e6data.ErrClusterSuspended) || s.mute() && errors.Is(err, e6data.ErrWrongStrategy)
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

			// A proxy says 503 as well when it has lost the engine in mid-call.
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

// An answer that is lost is reported as such, and nothing is sent again.
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

			// The connection is as good as before.
			if n, err := readIDs(within(t, time.Minute), db, "q"); n != 50 || err != nil {
				t.Errorf("later: %d rows, %v", n, err)
			}
		})
	}
}

// grpc-go makes UNIMPLEMENTED of HTTP 404, but it is not an engine that says so.
func TestNotFoundIsNoEngine(t *testing.T) {
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
