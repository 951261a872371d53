package chaos

import (
	"net"
	"sync"
	"testing"
)

// link is the network between driver and engine. It copies bytes, and cuts a
// connection after a given number of bytes, also in mid-message.
type link struct {
	lis  net.Listener
	to   string
	cut  func() // is called before each cut
	done sync.WaitGroup

	mu     sync.Mutex
	closed bool
	wires  map[*wirePair]bool
	// left is the number of bytes until the cut, or negative if no cut is
	// planned.
	left     int
	toClient bool
}

// wirePair holds the two halves of a connection through the link.
type wirePair struct{ client, server net.Conn }

func newLink(t testing.TB, to string, cut func()) *link {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{lis: lis, to: to, cut: cut, wires: map[*wirePair]bool{}, left: -1}
	l.done.Go(l.accept)
	t.Cleanup(l.close)
	return l
}

func (l *link) addr() string { return l.lis.Addr().String() }

func (l *link) accept() {
	for {
		client, err := l.lis.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", l.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		p := &wirePair{client, server}
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			p.reset()
			return
		}
		l.wires[p] = true
		l.mu.Unlock()
		l.done.Go(func() { l.pass(p, client, server, false) })
		l.done.Go(func() { l.pass(p, server, client, true) })
	}
}

// pass copies one direction until either side closes.
func (l *link) pass(p *wirePair, from, to net.Conn, toClient bool) {
	defer l.drop(p)
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			m := l.allow(n, toClient)
			if _, err := to.Write(buf[:m]); err != nil {
				return
			}
			if m < n {
				p.reset()
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// allow returns the number of bytes, up to n, that may pass.
func (l *link) allow(n int, toClient bool) int {
	l.mu.Lock()
	if l.left < 0 || l.toClient != toClient {
		l.mu.Unlock()
		return n
	}
	if n <= l.left {
		l.left -= n
		l.mu.Unlock()
		return n
	}
	n, l.left = l.left, -1
	l.mu.Unlock()
	l.cut()
	return n
}

// cutAfter plans a cut of the connection on which byte n+1 from now passes in
// the given direction.
func (l *link) cutAfter(n int, toClient bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left, l.toClient = n, toClient
}

// spare cancels cutAfter.
func (l *link) spare() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = -1
}

// reset closes both halves with a TCP reset.
func (p *wirePair) reset() {
	for _, c := range [2]net.Conn{p.client, p.server} {
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
	}
}

func (l *link) drop(p *wirePair) {
	l.mu.Lock()
	delete(l.wires, p)
	l.mu.Unlock()
	_ = p.client.Close()
	_ = p.server.Close()
}

func (l *link) close() {
	_ = l.lis.Close()
	l.mu.Lock()
	l.closed = true
	for p := range l.wires {
		_ = p.client.Close()
		_ = p.server.Close()
	}
	l.mu.Unlock()
	l.done.Wait()
}
