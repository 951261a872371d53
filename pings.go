package e6data

import (
	"fmt"
	"sync"
	"time"
)

// calmed counts, for each address, how often servers ended a connection because of
// too many pings. It is process-wide, because gRPC remembers this for one channel
// only.
var calmed sync.Map // of *pingCount

type pingCount struct {
	mu    sync.Mutex
	times int
	last  time.Time
}

// pingEvery returns the time between two pings of a new channel. It is twice as long
// after each time that a server refused pings.
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

// pingsRefused records that the server refused pings, and returns advice for the
// error. All calls of a connection fail then, and count as one refusal.
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
