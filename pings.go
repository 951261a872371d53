package e6data

import (
	"fmt"
	"sync"
	"time"
)

// calmed counts, by address, how often servers have ended a connection because it
// was pinged too often. It is the process's, as gRPC's own memory is a channel's.
var calmed sync.Map // of *pingCount

type pingCount struct {
	mu    sync.Mutex
	times int
	last  time.Time
}

// pingEvery is how often a new channel pings: half as often after each time that a
// server has refused that.
func (c *caller) pingEvery() time.Duration {
	every := c.cfg.KeepaliveTime
	if n, ok := calmed.Load(c.cfg.address()); ok {
		count := n.(*pingCount)
		count.mu.Lock()
		defer count.mu.Unlock()
		every <<= min(count.times, maxCalm)
	}
	return every
}

// maxCalm bounds how often the time between two pings is doubled.
const maxCalm = 6

// pingsRefused notes that the server has refused to be pinged so often, and returns
// what to do about it. The calls of one connection, which all fail then, count as
// one.
func (c *caller) pingsRefused() string {
	n, _ := calmed.LoadOrStore(c.cfg.address(), &pingCount{})
	count := n.(*pingCount)
	count.mu.Lock()
	if time.Since(count.last) > time.Second {
		count.times++
		count.last = time.Now()
	}
	count.mu.Unlock()
	return fmt.Sprintf("; the server allows fewer keepalive pings than one in %v: raise keepalive_time (new channels of this process now ping every %v)",
		c.cfg.KeepaliveTime, c.pingEvery())
}
