package e6data

// BytesCounted returns what the budget of prefetch_total counts.
func BytesCounted(c *Connector) int64 {
	c.ahead.mu.Lock()
	defer c.ahead.mu.Unlock()
	return c.ahead.used
}
