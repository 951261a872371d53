package e6data

// BytesCounted returns the number of bytes in use of the budget of prefetch_total.
func BytesCounted(c *Connector) int64 {
	c.ahead.mu.Lock()
	defer c.ahead.mu.Unlock()
	return c.ahead.used
}
