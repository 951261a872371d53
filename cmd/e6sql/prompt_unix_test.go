//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/enginetest"
)

// screen collects what a program writes to its terminal.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // holds a value after each write
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait waits until the screen has a text.
func (s *screen) wait(t *testing.T, ctx context.Context, text string) { //nolint:revive // t comes first, as in all helpers
	t.Helper()
	for !strings.Contains(s.String(), text) {
		select {
		case <-s.changed:
		case <-ctx.Done():
			t.Fatalf("the terminal lacks %q:\n%s", text, s)
		}
	}
}

// startOnTerminal starts a program whose terminal is a new pseudo-terminal. Its output
// goes there, unless cmd says otherwise. copied is closed when all of it has arrived.
func startOnTerminal(t *testing.T, cmd *exec.Cmd) (master, slave *os.File, shown *screen, copied chan struct{}) {
	t.Helper()
	cmd.Env = cmdtest.Env(t)
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if cmd.Stdout == nil {
		cmd.Stdout = slave
	}
	cmd.Stderr = slave
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true, Ctty: 2}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	shown, copied = &screen{changed: make(chan struct{}, 1)}, make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(shown, master) // ends with an error when the terminal has gone
	}()
	return master, slave, shown, copied
}

// Progress is shown on the terminal while a statement runs, and is gone when it has
// ended. Ctrl-C ends the statement on the engine.
func TestProgressOnTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, phase, key string
		code               int
		want               string
	}{
		{"prepareStatement", "preparing", "\x03", exitCancelled, "cancelled\r\n"},
		{"getNextResultBatch", "fetching", "\x03", exitCancelled, "cancelled\r\n"},
		{"executeStatement", "executing", "", 0, "1 row, "},
	} {
		t.Run(c.phase, func(t *testing.T) {
			t.Parallel()
			srv := engine(t, enginetest.Config{})
			fault := srv.Inject(enginetest.Fault{Method: c.method, Hang: true})
			ctx := cmdtest.Within(t, time.Minute)
			cmd := exec.CommandContext(ctx, cmdtest.Binary(t), srv.DSN(), "-c", "SELECT 1")
			var stdout strings.Builder
			cmd.Stdout = &stdout
			master, slave, shown, copied := startOnTerminal(t, cmd)
			shown.wait(t, ctx, c.phase)
			if c.key == "" {
				fault.Release()
			} else if _, err := io.WriteString(master, c.key); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // the code is checked below
			_ = slave.Close()
			<-copied
			_ = master.Close()
			text := shown.String()
			after := text[strings.LastIndex(text, "\x1b[2K"):]
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(after, c.want) || strings.Contains(after, c.phase) {
				t.Errorf("exit code %d:\n%q", code, text)
			}
			if (c.code == 0) != (stdout.String() == "n\n1\n") {
				t.Errorf("standard output: %q", stdout.String())
			}
		})
	}
}

// The token is asked for on the terminal although standard input is a script, is not
// shown, and opens the session.
func TestTokenPrompt(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	host, port, err := net.SplitHostPort(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--host", host, "--port", port, "-u", enginetest.DefaultUser, "-s", "db"}
	for _, c := range []struct {
		name, typed string
		code        int
		want        string
	}{
		{"token", enginetest.DefaultToken + "\n", 0, "│ 1 │"},
		{"wrong token", "wrong\n", exitConnection, "cure:  correct the user"},
		{"Ctrl-C", "\x03", exitCancelled, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := cmdtest.Within(t, time.Minute)
			cmd := exec.CommandContext(ctx, cmdtest.Binary(t), args...)
			cmd.Stdin = strings.NewReader("SELECT 1;")
			master, slave, shown, copied := startOnTerminal(t, cmd)
			shown.wait(t, ctx, "Access token of "+enginetest.DefaultUser+" at "+host+": ")
			awaitNoEcho(t, ctx, int(slave.Fd()))
			if _, err := io.WriteString(master, c.typed); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
				t.Fatal(exit, err)
			}
			if state, err := unix.IoctlGetTermios(int(slave.Fd()), termiosRequest); err != nil || state.Lflag&unix.ECHO == 0 {
				t.Errorf("the terminal does not show input any more: %v", err)
			}
			_ = slave.Close()
			<-copied
			_ = master.Close()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(shown.String(), c.want) {
				t.Errorf("exit code %d:\n%s", code, shown)
			}
			if strings.Contains(shown.String(), enginetest.DefaultToken) {
				t.Errorf("the token is shown:\n%s", shown)
			}
		})
	}
}

// awaitNoEcho waits until the terminal does not show input.
func awaitNoEcho(t *testing.T, ctx context.Context, fd int) { //nolint:revive // t comes first, as in all helpers
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		state, err := unix.IoctlGetTermios(fd, termiosRequest)
		if err != nil {
			t.Fatal(err)
		}
		if state.Lflag&unix.ECHO == 0 {
			return
		}
		select {
		case <-tick.C: // the terminal reports no change
		case <-ctx.Done():
			t.Fatal("the terminal shows the token")
		}
	}
}
