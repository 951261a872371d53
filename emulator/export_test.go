//go:build cgo

package emulator

// Spares returns the number of instances with this memory limit that are kept for other
// servers.
func Spares(memoryMB int) (n int) {
	spares.mu.Lock()
	defer spares.mu.Unlock()
	for _, sp := range spares.idle {
		if sp.limits.memoryMB == memoryMB {
			n++
		}
	}
	return n
}
