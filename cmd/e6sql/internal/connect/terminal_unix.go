//go:build !windows

package connect

import "os"

// openTerminal opens the terminal of the process.
func openTerminal() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }
