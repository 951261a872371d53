package enginetest

import (
	"net"
	"sync"
)

// listener remembers the connections it accepted, so that a fault can cut them.
type listener struct {
	net.Listener
	note func(delta int)

	mu    sync.Mutex
	conns map[string]*conn // by the client's address
}

// newListener wraps l. note is called for every connection that opens (1) or closes (-1).
func newListener(l net.Listener, note func(delta int)) *listener {
	return &listener{Listener: l, note: note, conns: map[string]*conn{}}
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: nc, l: l}
	l.mu.Lock()
	l.conns[nc.RemoteAddr().String()] = c
	l.mu.Unlock()
	l.note(1)
	return c, nil
}

// drop cuts the connection of the client at addr, or all connections if addr is "".
func (l *listener) drop(addr string) {
	l.mu.Lock()
	var cut []*conn
	for a, c := range l.conns {
		if addr == "" || a == addr {
			cut = append(cut, c)
		}
	}
	l.mu.Unlock()
	for _, c := range cut {
		if t, ok := c.Conn.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // a reset, as from a machine that died
		}
		_ = c.Close()
	}
}

type conn struct {
	net.Conn
	l    *listener
	once sync.Once
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		addr := c.RemoteAddr().String()
		c.l.mu.Lock()
		if c.l.conns[addr] == c {
			delete(c.l.conns, addr)
		}
		c.l.mu.Unlock()
		c.l.note(-1)
	})
	return err
}
