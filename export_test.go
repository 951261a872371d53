package e6data

// Poison makes the connector overwrite the memory of a batch as soon as its
// reader has moved on.
func Poison(c *Connector) { c.poison = true }

// SetMaxEmptyChunks replaces the constant maxEmptyChunks.
func SetMaxEmptyChunks(c *Connector, n int) { c.maxEmptyChunks = n }
