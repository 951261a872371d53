package enginetest_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/keepalive"

	"github.com/e6data/e6data-go/enginetest"
)

// The frame types and flags of HTTP/2 that a client needs to send pings (RFC 9113).
const (
	frameSettings = 0x4
	framePing     = 0x6
	frameGoAway   = 0x7
	flagAck       = 0x1

	enhanceYourCalm = 0xb
)

func frame(typ, flags byte, payload []byte) []byte {
	head := []byte{0, 0, byte(len(payload)), typ, flags, 0, 0, 0, 0}
	return append(head, payload...)
}

// readFrame returns the next frame's type, flags and payload.
func readFrame(r io.Reader) (typ, flags byte, payload []byte, err error) {
	var head [9]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, nil, err
	}
	payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(r, payload)
	return head[3], head[4], payload, err
}

// ping opens a connection and sends up to n pings, each after the answer to the previous
// one. It returns the number of answers, and the GOAWAY that the server sent instead of
// an answer, nil if there is none. (gRPC's own client cannot ping more often than every
// 10 s.)
func ping(t *testing.T, srv *enginetest.Server, n int) (answered int, goAway []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", srv.Addr())
	noErr(t, err)
	defer conn.Close()
	noErr(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = conn.Write(append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(frameSettings, 0, nil)...))
	noErr(t, err)
	for i := range n {
		mark := binary.BigEndian.AppendUint64(nil, uint64(i+1))
		if _, err := conn.Write(frame(framePing, 0, mark)); err != nil {
			t.Fatal(err)
		}
		for {
			typ, flags, payload, err := readFrame(conn)
			if errors.Is(err, io.EOF) {
				t.Fatalf("the connection ended without a GOAWAY after %d pings", i+1)
			}
			noErr(t, err)
			if typ == frameGoAway {
				return answered, payload
			}
			if typ == framePing && flags&flagAck != 0 && bytes.Equal(payload, mark) {
				answered++
				break
			}
		}
	}
	return answered, nil
}

func TestTooManyPings(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy *keepalive.EnforcementPolicy
		calm   bool // the server answers ENHANCE_YOUR_CALM
	}{
		{"any number", nil, false},
		{"gRPC's own", &keepalive.EnforcementPolicy{}, true},
		{"seldom, also without a call", &keepalive.EnforcementPolicy{MinTime: time.Hour, PermitWithoutStream: true}, true},
		{"often, also without a call", &keepalive.EnforcementPolicy{MinTime: time.Nanosecond, PermitWithoutStream: true}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, enginetest.Config{Pings: test.policy})
			answered, goAway := ping(t, srv, 20)
			if !test.calm {
				if answered != 20 || goAway != nil {
					t.Errorf("%d of 20 pings were answered, GOAWAY %q", answered, goAway)
				}
				return
			}
			if len(goAway) < 8 || binary.BigEndian.Uint32(goAway[4:]) != enhanceYourCalm || string(goAway[8:]) != "too_many_pings" {
				t.Errorf("GOAWAY %q after %d pings", strings.ToValidUTF8(string(goAway), "?"), answered)
			}
			noErr(t, srv.Wait(soon(t), func(b enginetest.Stats) bool { return b.Connections == 0 }))
		})
	}
}
