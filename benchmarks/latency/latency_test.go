package latency_test

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/benchmarks/latency"
)

const oneWay = 20 * time.Millisecond

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dial connects to an echo server through a proxy.
func dial(t *testing.T) *net.TCPConn {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		c, err := lis.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.Copy(c, c)
	}()
	t.Cleanup(func() {
		_ = lis.Close()
		<-served
	})
	p, err := latency.New(lis.Addr().String(), oneWay)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

func TestDelaysBothWays(t *testing.T) {
	t.Parallel()
	c := dial(t)
	fastest := time.Hour
	for range 5 {
		start := time.Now()
		if _, err := c.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		if took < 2*oneWay {
			t.Errorf("a round trip of %v, want at least %v", took, 2*oneWay)
		}
		fastest = min(fastest, took)
	}
	if fastest > 3*oneWay {
		t.Errorf("the fastest round trip took %v, want about %v", fastest, 2*oneWay)
	}
}

// The bandwidth is not limited: a megabyte takes hardly longer than a byte. The
// bytes arrive unchanged, followed by the end of the stream.
func TestPassesBulkInOrder(t *testing.T) {
	t.Parallel()
	c := dial(t)
	sent := make([]byte, 8<<20)
	for i := range sent {
		sent[i] = byte(i * i >> 8)
	}
	start := time.Now()
	wrote := make(chan error, 1)
	go func() {
		_, err := c.Write(sent)
		if err == nil {
			err = c.CloseWrite()
		}
		wrote <- err
	}()
	got, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, sent) {
		t.Errorf("%d bytes came back changed or not at all", len(sent))
	}
	if took := time.Since(start); took < 2*oneWay || took > 2*time.Second {
		t.Errorf("8 MB there and back took %v", took)
	}
}

func TestCloseCutsConnections(t *testing.T) {
	t.Parallel()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	p, err := latency.New(lis.Addr().String(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("never arrives")); err != nil {
		t.Fatal(err)
	}
	p.Close()
	p.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
}
