// Package latency is a TCP proxy that delays all bytes. It acts as a network
// with a given round trip, unlimited bandwidth and no loss.
package latency

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Proxy forwards connections to a target. [New] returns one. It is safe for
// concurrent use.
type Proxy struct {
	target string
	delay  time.Duration
	lis    net.Listener
	done   chan struct{}
	work   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
}

// New starts a proxy on a free port of 127.0.0.1 in front of the target. The
// bytes of either side, and the end of its stream, arrive at the other side
// oneWay later. A round trip takes twice that time. The caller must call Close.
func New(target string, oneWay time.Duration) (*Proxy, error) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, delay: oneWay, lis: lis, done: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	p.work.Go(p.accept)
	return p, nil
}

// Addr returns the proxy's address.
func (p *Proxy) Addr() string { return p.lis.Addr().String() }

// Close closes all connections and returns when all goroutines of the proxy
// have ended. It may be called again.
func (p *Proxy) Close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.done)
		_ = p.lis.Close()
		for c := range p.conns {
			_ = c.Close()
		}
	}
	p.mu.Unlock()
	p.work.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.lis.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.serve(client) })
	}
}

// serve forwards one connection. The connection to the target is not delayed,
// like the client's own.
func (p *Proxy) serve(client net.Conn) {
	defer p.drop(client)
	if !p.keep(client) {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer p.drop(server)
	if !p.keep(server) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { p.pass(server, client) })
	both.Go(func() { p.pass(client, server) })
	both.Wait()
}

// keep registers a connection for Close. It returns false after Close.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.conns[c] = struct{}{}
	}
	return !p.closed
}

func (p *Proxy) drop(c net.Conn) {
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	_ = c.Close()
}

// pass forwards one direction until its end.
func (p *Proxy) pass(dst, src net.Conn) {
	q := newQueue()
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			b := q.buffer()
			n, err := src.Read(b)
			due := time.Now().Add(p.delay)
			if n > 0 {
				q.put(parcel{due: due, b: b[:n]})
			}
			if err != nil {
				q.put(parcel{due: due, err: err})
				return
			}
		}
	})
	p.deliver(q, dst, src)
	reader.Wait()
}

// deliver writes each parcel of the queue when it is due.
func (p *Proxy) deliver(q *queue, dst, src net.Conn) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		x := q.take()
		timer.Reset(time.Until(x.due))
		select {
		case <-timer.C:
		case <-p.done:
			// Close has closed the connections, so the reader ends.
			return
		}
		if x.err != nil {
			if half, ok := dst.(*net.TCPConn); ok && errors.Is(x.err, io.EOF) {
				_ = half.CloseWrite() // the other direction may go on
			} else {
				_ = dst.Close()
			}
			return
		}
		if _, err := dst.Write(x.b); err != nil {
			_ = src.Close()
			return
		}
		q.free(x.b)
	}
}

// parcel is bytes that arrive at one moment, or the end of the stream.
type parcel struct {
	due time.Time
	b   []byte
	err error
}

// queue has no limit, because the bandwidth is unlimited. The flow control of
// the forwarded protocol bounds it.
type queue struct {
	mu      sync.Mutex
	filled  sync.Cond
	parcels []parcel
	spare   [][]byte
}

const bufferSize = 64 << 10

func newQueue() *queue {
	q := &queue{}
	q.filled.L = &q.mu
	return q
}

func (q *queue) put(x parcel) {
	q.mu.Lock()
	q.parcels = append(q.parcels, x)
	q.mu.Unlock()
	q.filled.Signal()
}

func (q *queue) take() parcel {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.parcels) == 0 {
		q.filled.Wait()
	}
	x := q.parcels[0]
	q.parcels = append(q.parcels[:0], q.parcels[1:]...)
	return x
}

// buffer returns a buffer for reading. free returns it to the queue.
func (q *queue) buffer() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.spare); n > 0 {
		b := q.spare[n-1]
		q.spare = q.spare[:n-1]
		return b
	}
	return make([]byte, bufferSize)
}

func (q *queue) free(b []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spare = append(q.spare, b[:bufferSize])
}
