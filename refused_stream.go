package e6data

import (
	"context"
	"net"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/credentials"
)

// gRPC makes a call again by itself, and no option prevents it, if the server resets
// the call's stream with REFUSED_STREAM: RFC 9113 says that the server has not
// processed such a stream. HAProxy does not keep to that. Where its connection to
// the engine breaks before the answer, it refuses the stream, although the engine may
// have executed the statement or handed out the batch (docs/protocol.md, section 6).
// A second call would then execute a statement twice, or read a result without one
// of its batches.
//
// Therefore gRPC gets another code: INTERNAL_ERROR, which is a lost answer. A GOAWAY
// that names the streams which were not processed remains a proof.

// unrefused makes the connections of other credentials unrefusedConns.
type unrefused struct {
	credentials.TransportCredentials
}

// ClientHandshake is called for each new connection.
func (u unrefused) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := u.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		return conn, info, err
	}
	return &unrefusedConn{Conn: conn}, info, nil
}

// Clone returns a copy.
func (u unrefused) Clone() credentials.TransportCredentials {
	return unrefused{u.TransportCredentials.Clone()}
}

// unrefusedConn replaces the code REFUSED_STREAM in the HTTP/2 frames that are read.
// Read is not safe for concurrent use; gRPC has one reader.
type unrefusedConn struct {
	net.Conn
	header  [frameHeader]byte
	read    int  // of the header
	payload int  // bytes of the frame's payload that are still to come
	reset   bool // the frame is a RST_STREAM
	zeros   bool // all bytes of the code were 0 so far
}

// frameHeader is the size of a frame's header, and codeSize that of RST_STREAM's
// payload (RFC 9113, sections 4.1 and 6.4).
const (
	frameHeader = 9
	codeSize    = 4
)

// Read reads from the connection.
func (c *unrefusedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.replace(b[:n])
	return n, err
}

// replace goes through the next bytes of the connection.
func (c *unrefusedConn) replace(b []byte) {
	for len(b) > 0 {
		if c.payload > 0 {
			n := min(c.payload, len(b))
			if c.reset {
				c.replaceCode(b[:n])
			}
			c.payload -= n
			b = b[n:]
			continue
		}
		n := copy(c.header[c.read:], b)
		c.read += n
		b = b[n:]
		if c.read == frameHeader {
			c.read = 0
			c.payload = int(c.header[0])<<16 | int(c.header[1])<<8 | int(c.header[2])
			c.reset = http2.FrameType(c.header[3]) == http2.FrameRSTStream && c.payload == codeSize
			c.zeros = true
		}
	}
}

// replaceCode goes through the next bytes of a RST_STREAM's payload.
func (c *unrefusedConn) replaceCode(b []byte) {
	for i := range b {
		last := c.payload-i == 1
		if last && c.zeros && b[i] == byte(http2.ErrCodeRefusedStream) {
			b[i] = byte(http2.ErrCodeInternal)
		}
		c.zeros = c.zeros && b[i] == 0
	}
}
