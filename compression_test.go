package e6data_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// bomb is a gRPC message that is small and large after decompression.
func bomb(t *testing.T, size int) string {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	zeros := make([]byte, 1<<20)
	for n := 0; n < size; n += len(zeros) {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	head := binary.BigEndian.AppendUint32([]byte{1}, uint32(packed.Len()))
	return string(head) + packed.String()
}

// A small answer does not become a large one in memory: it is refused before it is
// inflated where nobody asked for compression, and bounded where somebody did.
func TestCompressionBomb(t *testing.T) {
	const size = 256 << 20
	if e6data.MaxUnpacked != size {
		t.Errorf("without max_recv_bytes the bound is %d", e6data.MaxUnpacked)
	}
	a := answer{header: [2]string{"Grpc-Encoding", "gzip"}, body: bomb(t, size), status: "0"}
	for _, test := range []struct{ params, text string }{
		{"", "it is compressed, which was not asked for; compression=gzip accepts it"},
		{"compression=none&max_recv_bytes=1GiB", "it is compressed, which was not asked for"},
		{"compression=gzip&max_recv_bytes=1MiB", "it is larger than 1MiB; max_recv_bytes is 1MiB"},
	} {
		for method, want := range map[string]error{
			"executeStatement":   e6data.ErrAmbiguousExecution,
			"getResultMetadata":  e6data.ErrIncompleteResult,
			"getNextResultBatch": e6data.ErrIncompleteResult,
		} {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(50, 10))
			db := newRogue(t, srv, method, func(w http.ResponseWriter, r *http.Request, engine http.Handler) {
				engine.ServeHTTP(httptest.NewRecorder(), r)
				a.write(w)
			}, test.params)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := readIDs(within(t, time.Minute), db, "q")
			runtime.ReadMemStats(&after)
			if !errors.Is(err, want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("%s, %s: error %v", test.params, method, err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > size/4 {
				t.Errorf("%s, %s: %d bytes were allocated", test.params, method, took)
			}
		}
	}
}

// A channel announces what it accepts, and no more on account of another connector.
// (enginetest has registered gzip in this process, so that one that accepts
// nothing announces gzip, too, as each gRPC client of the process does then.)
func TestCompressedAnswersAreAskedFor(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{ServerOptions: []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, h grpc.UnaryHandler) (any, error) {
			// An engine that compresses without being asked to.
			if err := grpc.SetSendCompressor(ctx, "gzip"); err != nil {
				t.Error(err)
			}
			return h(ctx, req)
		}),
	}})
	srv.Handle("q", ids(20_000, 5_000))
	if n, err := readIDs(within(t, time.Minute), openDB(t, srv, "compression=gzip"), "q"); n != 20_000 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if err := openDB(t, srv).PingContext(within(t, time.Minute)); err == nil || !strings.Contains(err.Error(), "compression=gzip accepts it") {
		t.Errorf("error %v", err)
	}
}

// What is malformed, cut off or followed by something else is an error.
func FuzzUnpack(f *testing.F) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, strings.Repeat("abc", 1000))
	_ = z.Close()
	for _, b := range [][]byte{nil, packed.Bytes(), packed.Bytes()[:20], append(packed.Bytes(), 'x'), append(packed.Bytes(), packed.Bytes()...)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, bound := range []int{1, 100, 1 << 16} {
			out, err := e6data.Unpack(bound, bytes.NewReader(b))
			if len(out) > bound || err != nil && out != nil {
				t.Errorf("%d bytes of %d, %v", len(out), bound, err)
			}
		}
	})
}
