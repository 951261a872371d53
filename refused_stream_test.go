package e6data_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// refuser is a proxy that can reset a stream with REFUSED_STREAM after the engine has
// handled its call, as HAProxy does when its connection to the engine breaks.
type refuser struct {
	lis net.Listener

	mu     sync.Mutex
	client net.Conn // the latest connection
	stream uint32   // its latest stream
}

func newRefuser(t *testing.T, engine string) *refuser {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	forget(t, lis.Addr().String())
	r := &refuser{lis: lis}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			client, err := lis.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", engine)
			if err != nil {
				t.Error(err)
				return
			}
			r.mu.Lock()
			r.client = client
			r.mu.Unlock()
			serving.Go(func() {
				defer server.Close()
				r.requests(server, client)
			})
			serving.Go(func() {
				defer client.Close()
				r.answers(client, server)
			})
		}
	})
	t.Cleanup(func() {
		_ = lis.Close()
		serving.Wait()
	})
	return r
}

// copyFrame copies a frame. f is called with its header before the frame is written.
func copyFrame(to io.Writer, from io.Reader, f func(kind http2.FrameType, stream uint32, write func())) error {
	header := make([]byte, 9)
	if _, err := io.ReadFull(from, header); err != nil {
		return err
	}
	size := int(header[0])<<16 | int(header[1])<<8 | int(header[2])
	frame := make([]byte, len(header)+size)
	copy(frame, header)
	if _, err := io.ReadFull(from, frame[len(header):]); err != nil {
		return err
	}
	var err error
	f(http2.FrameType(frame[3]), binary.BigEndian.Uint32(frame[5:])&^(1<<31), func() { _, err = to.Write(frame) })
	return err
}

func (r *refuser) requests(server, client net.Conn) {
	preface := make([]byte, len(http2.ClientPreface))
	_, err := io.ReadFull(client, preface)
	if err == nil {
		_, err = server.Write(preface)
	}
	for err == nil {
		err = copyFrame(server, client, func(kind http2.FrameType, stream uint32, write func()) {
			if kind == http2.FrameHeaders {
				r.mu.Lock()
				r.stream = stream
				r.mu.Unlock()
			}
			write()
		})
	}
}

func (r *refuser) answers(client, server net.Conn) {
	for {
		err := copyFrame(client, server, func(_ http2.FrameType, _ uint32, write func()) {
			r.mu.Lock()
			defer r.mu.Unlock()
			write()
		})
		if err != nil {
			return
		}
	}
}

// refuse resets the latest stream.
func (r *refuser) refuse() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return http2.NewFramer(r.client, nil).WriteRSTStream(r.stream, http2.ErrCodeRefusedStream)
}

// A refused stream does not prove that the engine has not handled the call: HAProxy
// refuses streams whose answers it has lost. gRPC would make the call again by itself.
func TestRefusedStreamIsALostAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method string
		skip         int
		kind         error
		calls        int // of the method
	}{
		{"execute", "executeStatement", 0, e6data.ErrAmbiguousExecution, 1},
		{"the first batch", "getNextResultBatch", 0, e6data.ErrIncompleteResult, 1},
		{"a later batch", "getNextResultBatch", 2, e6data.ErrIncompleteResult, 3},
		{"prepare, which may be repeated", "prepareStatement", 0, nil, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			srv := newUncheckedEngine(t, enginetest.Config{})
			srv.Handle("q", ids(90, 10).RowCount(-1))
			proxy := newRefuser(t, srv.Addr())
			hang := srv.Inject(enginetest.Fault{Method: test.method, Skip: test.skip, Times: 1, After: true, Hang: true})
			cfg := parseDSN(t, srv.DSN("prefetch_bytes=0"))
			cfg.Port = proxy.lis.Addr().(*net.TCPAddr).Port
			db, _ := openConnector(t, cfg)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			refused := make(chan error, 1)
			go func() {
				select {
				case <-hang.Struck():
					refused <- proxy.refuse()
				case <-ctx.Done():
					refused <- ctx.Err()
				}
				hang.Release()
			}()
			n, err := count(ctx, db)
			if err := <-refused; err != nil {
				t.Fatal(err)
			}
			switch {
			case test.kind == nil && (err != nil || n != 90):
				t.Errorf("%d rows, %v", n, err)
			case test.kind != nil && !errors.Is(err, test.kind):
				t.Errorf("%d rows, %v, want %v", n, err, test.kind)
			}
			if got := srv.Count(test.method); got != test.calls {
				t.Errorf("%d calls of %s, want %d", got, test.method, test.calls)
			}
		})
	}
}

// count reads the rows of q.
func count(ctx context.Context, db *sql.DB) (n int, err error) {
	rows, err := db.QueryContext(ctx, "q")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// pieces is a connection that reads its bytes in pieces of these sizes.
type pieces struct {
	net.Conn
	data  []byte
	sizes []byte
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	size := len(b)
	if len(p.sizes) > 0 {
		size = min(size, int(p.sizes[0])+1)
		p.sizes = p.sizes[1:]
	}
	n := copy(b[:size], p.data)
	p.data = p.data[n:]
	return n, nil
}

// withoutRefusals is what a client must read of data, by another implementation.
func withoutRefusals(data []byte) []byte {
	out := slices.Clone(data)
	for at := 0; len(out)-at >= 9; {
		size := int(out[at])<<16 | int(out[at+1])<<8 | int(out[at+2])
		payload := out[at+9:]
		if out[at+3] == 3 && size == 4 && len(payload) >= 4 && binary.BigEndian.Uint32(payload) == 7 {
			payload[3] = 2
		}
		at += 9 + size
	}
	return out
}

// The code of each refused stream is another one, and no other byte changes, however
// the bytes arrive.
func FuzzUnrefused(f *testing.F) {
	var b bytes.Buffer
	w := http2.NewFramer(&b, nil)
	for _, err := range []error{
		w.WriteSettings(), w.WriteRSTStream(1, http2.ErrCodeRefusedStream), w.WriteData(3, false, []byte("\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x07")),
		w.WriteRSTStream(3, http2.ErrCodeCancel), w.WriteGoAway(5, http2.ErrCodeNo, nil), w.WriteRSTStream(7, http2.ErrCodeRefusedStream), w.WritePing(true, [8]byte{7}),
	} {
		if err != nil {
			f.Fatal(err)
		}
	}
	f.Add(b.Bytes(), []byte{})
	f.Add(b.Bytes(), bytes.Repeat([]byte{0}, b.Len()))
	f.Add(b.Bytes(), bytes.Repeat([]byte{0, 1, 4, 2}, b.Len()))
	f.Add([]byte("\x00\x00\x05\x03\x00\x00\x00\x00\x01\x00\x00\x00\x07\x07"), []byte{3})
	f.Add([]byte("\xff\xff\xff\x03\x00\x00\x00\x00\x01\x00\x00\x00\x07"), []byte{})
	f.Fuzz(func(t *testing.T, data, sizes []byte) {
		got, err := io.ReadAll(e6data.Unrefused(&pieces{data: slices.Clone(data), sizes: sizes}))
		if want := withoutRefusals(data); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%x was read as %x, want %x; %v", data, got, want, err)
		}
	})
}
