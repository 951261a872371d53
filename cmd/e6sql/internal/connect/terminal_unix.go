//go:build !windows

package connect

import (
	"io"
	"os"
)

// openTerminal opens the terminal of the process. The caller closes in.
func openTerminal() (in *os.File, out io.Writer, err error) {
	in, err = os.OpenFile("/dev/tty", os.O_RDWR, 0)
	return in, in, err
}
