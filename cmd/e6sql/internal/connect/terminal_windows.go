package connect

import (
	"io"
	"os"
)

// openTerminal opens the console of the process. The caller closes in.
func openTerminal() (in *os.File, out io.Writer, err error) {
	in, err = os.OpenFile("CONIN$", os.O_RDWR, 0)
	return in, os.Stderr, err
}
