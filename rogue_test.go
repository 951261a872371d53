package e6data_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// answer is the HTTP/2 answer of a rogue proxy.
type answer struct {
	name    string
	header  [2]string // beside the content type
	body    string
	status  string // grpc-status
	message string // grpc-message
}

// write sends the answer.
func (a answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/grpc")
	if a.header[0] != "" {
		w.Header().Set(a.header[0], a.header[1])
	}
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush() // the headers are sent without the trailers
	_, _ = io.WriteString(w, a.body)
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", a.status)
	if a.message != "" {
		w.Header().Set(http.TrailerPrefix+"Grpc-Message", a.message)
	}
}

// An answer that gRPC cannot decode counts as a lost answer: the engine may have handled the
// call.
func TestUnreadableAnswers(t *testing.T) {
	t.Parallel()
	const empty = "\x00\x00\x00\x00\x00" // message
	for _, a := range []answer{
		{name: "compressed without an encoding", body: "\x01\x00\x00\x00\x01x", status: "0"},
		{name: "compressed in an unknown encoding", header: [2]string{"Grpc-Encoding", "snappy"}, body: "\x01\x00\x00\x00\x01x", status: "0"},
		{name: "malformed gzip", header: [2]string{"Grpc-Encoding", "gzip"}, body: "\x01\x00\x00\x00\x01x", status: "0"},
		{name: "unknown flag", body: "\x07\x00\x00\x00\x01x", status: "0"},
		{name: "two messages", body: empty + empty, status: "0"},
		{name: "no message", status: "0"},
		{name: "malformed status", status: "done"},
		{name: "malformed status after a message", body: empty, status: "done"},
		{name: "malformed header", header: [2]string{"X-Bin", "!!!"}, status: "0"},
		{name: "not a protobuf message", body: "\x00\x00\x00\x00\x01\xff", status: "0"},
		{name: "truncated message", body: "\x00\x00\x00\x00\x09\xff", status: "0"},
	} {
		for method, want := range map[string]error{
			"executeStatement":     e6data.ErrAmbiguousExecution,
			"getResultMetadata":    e6data.ErrIncompleteResult,
			"getNextResultBatch":   e6data.ErrIncompleteResult,
			"getNextResultBatchV2": e6data.ErrIncompleteResult,
		} {
			t.Run(a.name+"/"+method, func(t *testing.T) {
				srv := newEngine(t, enginetest.Config{})
				srv.Handle("q", ids(50, 10).RowCount(-1))
				var calls atomic.Int32
				db := newRogue(t, srv, method, func(w http.ResponseWriter, r *http.Request, engine http.Handler) {
					calls.Add(1)
					engine.ServeHTTP(httptest.NewRecorder(), r)
					a.write(w)
				}, "result_batch_v2="+map[bool]string{false: "off", true: "on"}[strings.HasSuffix(method, "V2")])
				_, err := readIDs(within(t, time.Minute), db, "q")
				if !errors.Is(err, want) {
					t.Errorf("error %v, want %v", err, want)
				}
				var e *e6data.Error
				if !errors.As(err, &e) || e.QueryID == "" {
					t.Errorf("error %#v", err)
				}
				if n := calls.Load(); n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		}
	}
}

// The answer to execute may be larger than max_recv_bytes.
func TestAnswerTooLarge(t *testing.T) {
	t.Parallel()
	for _, compression := range []string{"none", "gzip"} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(50, 10))
		db := openDB(t, srv, "max_recv_bytes=1000", "compression="+compression)
		srv.Inject(enginetest.Fault{Method: "executeStatement", Do: func() { srv.Announce(strings.Repeat("x", 2000)) }})
		srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Do: func() { srv.Announce("") }})
		_, err := readIDs(within(t, time.Minute), db, "q")
		if !errors.Is(err, e6data.ErrAmbiguousExecution) || !strings.Contains(err.Error(), "max_recv_bytes is 1000") {
			t.Errorf("compression %s: %v", compression, err)
		}
	}
}

// The answer to prepare may be larger than max_recv_bytes, too. It is not asked for again: it
// would be as large.
func TestAnswerToPrepareTooLarge(t *testing.T) {
	t.Parallel()
	srv := newUncheckedEngine(t, enginetest.Config{}) // the answer with the query's id is lost
	srv.Handle("q", ids(50, 10))
	db := openDB(t, srv, "max_recv_bytes=1000")
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Do: func() { srv.Announce(strings.Repeat("x", 2000)) }})
	_, err := readIDs(within(t, time.Minute), db, "q")
	if errors.Is(err, e6data.ErrAmbiguousExecution) || err == nil || !strings.Contains(err.Error(), "max_recv_bytes is 1000") {
		t.Errorf("error %v", err)
	}
	if n := srv.Count("prepareStatement"); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// A length of four blanks or more is the text of a proxy, which is no reason to raise
// max_recv_bytes.
func TestLengthOfBlanks(t *testing.T) {
	t.Parallel()
	for size, hint := range map[uint32]bool{0x20202020: false, 0x20202020 - 1: true} {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(50, 10))
		srv.Inject(enginetest.Fault{Method: "executeStatement", Err: status.Errorf(codes.ResourceExhausted, "grpc: received message larger than max (%d vs. 1000)", size)})
		_, err := readIDs(within(t, time.Minute), openDB(t, srv), "q")
		if !errors.Is(err, e6data.ErrAmbiguousExecution) || strings.Contains(err.Error(), "max_recv_bytes is") != hint {
			t.Errorf("a length of %d: %v", size, err)
		}
	}
}

// A response may have both rows and a refusal. It counts as a refusal: its rows are not
// delivered in addition to those of the next attempt.
func TestRefusalWithRows(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"off", "on"} {
		t.Run("V2 "+version, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(500, 10).RowCount(-1))
			method := "getNextResultBatch"
			if version == "on" {
				method += "V2"
			}
			var mu sync.Mutex
			var first []byte
			calls := 0
			db := newRogue(t, srv, method, func(w http.ResponseWriter, r *http.Request, engine http.Handler) {
				mu.Lock()
				defer mu.Unlock()
				calls++
				switch calls {
				case 1:
					rec := httptest.NewRecorder()
					engine.ServeHTTP(rec, r)
					first = rec.Body.Bytes()
					answer{body: string(first), status: "13", message: "Access denied"}.write(w)
				case 2:
					_, _ = io.Copy(io.Discard, r.Body)
					answer{body: string(first), status: "0"}.write(w)
				default:
					engine.ServeHTTP(w, r)
				}
			}, "result_batch_v2="+version)
			if n, err := readIDs(within(t, time.Minute), db, "q"); n != 500 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
}
