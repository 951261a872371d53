package connect

import (
	"os"

	"golang.org/x/term"
)

// openTerminal returns the console of the process.
func openTerminal() (*os.File, error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return nil, ErrNoTerminal
	}
	return os.Stdin, nil
}
