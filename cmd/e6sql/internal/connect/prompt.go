package connect

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/term"
)

// ErrNoTerminal says that there is no terminal to ask a question on.
var ErrNoTerminal = errors.New("there is no terminal")

// Ask asks a question on the terminal of the process, even if standard input is a file.
// The answer is not shown. If ctx ends first, the terminal shows input again, and Ask
// returns ctx's error; the goroutine that reads the terminal goes on until the process
// ends.
func Ask(ctx context.Context, question string) (string, error) {
	tty, out, err := openTerminal()
	if err != nil {
		return "", ErrNoTerminal
	}
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		_ = tty.Close()
		return "", ErrNoTerminal
	}
	if _, err := fmt.Fprint(out, question); err != nil {
		_ = tty.Close()
		return "", ErrNoTerminal
	}
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		_, _ = fmt.Fprintln(out)
		return string(a.text), errors.Join(a.err, tty.Close())
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		_, _ = fmt.Fprintln(out)
		return "", ctx.Err()
	}
}
