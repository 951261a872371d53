//go:build unix

package shell_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/e6data/e6data-go/enginetest"
)

// terminal is a pseudo-terminal with a shell on it, and an emulator that shows what a
// person would see.
type terminal struct {
	t    testing.TB
	cmd  *exec.Cmd
	file *os.File

	mu      sync.Mutex
	screen  *vt.Emulator
	changed chan struct{} // closed at the next change of the screen
	ended   bool
	// pastes reports that the shell has asked for pasted text in brackets.
	pastes  bool
	width   int
	height  int
	copying sync.WaitGroup
}

// patience bounds hangs. It is no measure of speed.
const patience = time.Minute

// openTerminal starts a shell on a pseudo-terminal of 120 columns and 30 lines.
func openTerminal(t testing.TB, dsn string, env ...string) *terminal {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, width: 120, height: 30, changed: make(chan struct{})}
	term.screen = vt.NewEmulator(term.width, term.height)
	term.cmd = exec.Command(program) //nolint:noctx // the test ends it
	home := t.TempDir()
	term.cmd.Env = append([]string{
		"TERM=xterm-256color", "LANG=C.UTF-8", "HOME=" + home, "INPUTRC=" + filepath.Join(home, "none"),
		"PATH=" + os.Getenv("PATH"), "GOCOVERDIR=" + home, envDSN + "=" + dsn,
	}, env...)
	term.file, err = pty.StartWithSize(term.cmd, &pty.Winsize{Rows: uint16(term.height), Cols: uint16(term.width)})
	if err != nil {
		t.Fatal(err)
	}
	term.copying.Go(term.read)
	term.copying.Go(term.answer)
	t.Cleanup(term.close)
	return term
}

// read passes the shell's output to the emulator.
func (term *terminal) read() {
	b := make([]byte, 32<<10)
	for {
		n, err := term.file.Read(b)
		if strings.Contains(string(b[:n]), enginetest.DefaultToken) {
			term.t.Errorf("the token is shown: %q", b[:n])
		}
		term.change(func() {
			_, _ = term.screen.Write(b[:n])
			term.ended = err != nil
			term.pastes = term.pastes || strings.Contains(string(b[:n]), "\x1b[?2004h")
		})
		if err != nil {
			// The emulator's own Close is not safe while another goroutine reads.
			if pipe, ok := term.screen.InputPipe().(io.Closer); ok {
				_ = pipe.Close()
			}
			return
		}
	}
}

// answer passes the emulator's answers, such as the place of the cursor, to the shell.
func (term *terminal) answer() {
	_, _ = io.Copy(term.file, term.screen)
}

// change changes the screen and wakes those that wait for it.
func (term *terminal) change(f func()) {
	term.mu.Lock()
	defer term.mu.Unlock()
	f()
	close(term.changed)
	term.changed = make(chan struct{})
}

// close ends the shell.
func (term *terminal) close() {
	_ = term.cmd.Process.Kill()
	_ = term.file.Close()
	term.copying.Wait()
	_ = term.cmd.Wait()
}

// text returns the screen, without blanks at the ends of lines and empty lines at its end.
func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.textLocked()
}

func (term *terminal) textLocked() string {
	var b strings.Builder
	for y := range term.height {
		var line strings.Builder
		for x := 0; x < term.width; {
			cell, width := term.screen.CellAt(x, y), 1
			if cell == nil || cell.Content == "" {
				line.WriteByte(' ')
			} else {
				line.WriteString(cell.Content)
				width = max(cell.Width, 1)
			}
			x += width
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// send types a text.
func (term *terminal) send(text string) {
	term.t.Helper()
	if _, err := io.WriteString(term.file, text); err != nil {
		term.t.Fatalf("typing %q: %v\n%s", text, err, term.text())
	}
}

// Keys.
const (
	enter = "\r"
	tab   = "\t"
	ctrlC = "\x03"
	ctrlD = "\x04"
	ctrlE = "\x05"
	ctrlR = "\x12"
	up    = "\x1b[A"
)

// await waits until the screen meets a condition, and returns it. The condition is called
// with term.mu held.
func (term *terminal) await(what string, cond func(screen string) bool) string {
	term.t.Helper()
	deadline := time.After(patience)
	for {
		term.mu.Lock()
		screen, changed, ended := term.textLocked(), term.changed, term.ended
		met := cond(screen)
		term.mu.Unlock()
		if met {
			return screen
		}
		if ended {
			term.t.Fatalf("the shell has ended before %s:\n%s", what, screen)
		}
		select {
		case <-changed:
		case <-deadline:
			term.t.Fatalf("no %s on the screen:\n%s", what, screen)
		}
	}
}

// see waits until the screen contains a text, and returns the screen.
func (term *terminal) see(text string) string {
	term.t.Helper()
	return term.await(text, func(screen string) bool { return strings.Contains(screen, text) })
}

// prompt waits until the last line of the screen is an empty prompt.
func (term *terminal) prompt() {
	term.t.Helper()
	term.lastLine("lake.sales>")
}

// lastLine waits until the screen ends with a line.
func (term *terminal) lastLine(line string) {
	term.t.Helper()
	term.await("last line "+line, func(screen string) bool {
		return screen == line+"\n" || strings.HasSuffix(screen, "\n"+line+"\n")
	})
}

// run types a line, waits until it is there, presses Enter, and waits for the next prompt.
func (term *terminal) run(line string) {
	term.t.Helper()
	term.prompt()
	term.send(line)
	term.lastLine("lake.sales> " + line)
	term.send(enter)
	term.prompt()
}

// resize changes the size of the terminal.
func (term *terminal) resize(width, height int) {
	term.t.Helper()
	term.change(func() {
		term.width, term.height = width, height
		term.screen.Resize(width, height)
	})
	if err := pty.Setsize(term.file, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}); err != nil {
		term.t.Fatal(err)
	}
}

// complete presses Tab until the names have arrived and the screen contains a text.
func (term *terminal) complete(want string) {
	term.t.Helper()
	const fetching = "names are being fetched"
	for {
		term.send(tab)
		term.await(want, func(screen string) bool { return strings.Contains(screen, want) || strings.Contains(screen, fetching) })
		if strings.Contains(term.text(), want) {
			return
		}
		term.send(ctrlE) // removes the message
		term.await("screen without the message", func(screen string) bool { return !strings.Contains(screen, fetching) })
	}
}

// interrupt presses Ctrl-C and waits for the next prompt.
func (term *terminal) interrupt() {
	term.t.Helper()
	const prompt = "lake.sales>"
	before := strings.Count(term.text(), prompt)
	term.send(ctrlC)
	term.await("prompt after Ctrl-C", func(screen string) bool {
		return strings.Count(screen, prompt) > before && strings.HasSuffix(screen, prompt+"\n")
	})
}

// leave presses Ctrl-D at the prompt, and expects the exit code 0.
func (term *terminal) leave() {
	term.t.Helper()
	term.prompt()
	term.send(ctrlD)
	if code := term.exit(); code != 0 {
		term.t.Errorf("the exit code is %d:\n%s", code, term.text())
	}
}

// exit waits until the shell has ended, and returns its exit code.
func (term *terminal) exit() int {
	term.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = term.cmd.Wait()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		_ = term.cmd.Process.Kill()
		<-done
		term.t.Fatalf("the shell does not end:\n%s", term.text())
	}
	return term.cmd.ProcessState.ExitCode()
}

// changing replaces what differs from run to run: times, the ids of queries, and the
// picture of the spinner.
var changing = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`\d+(\.\d+)? (ms|s)\b`), "1 ms"},
	{regexp.MustCompile(`query-blue-\d+`), "query-blue-000001"},
	{regexp.MustCompile(`[⠀-⣿]`), "⠋"},
}

// golden compares the screen with a file.
func (term *terminal) golden(name string) {
	term.t.Helper()
	golden(term.t, name, term.text())
}

// golden compares a screen with a file.
func golden(t testing.TB, name, screen string) {
	t.Helper()
	for _, c := range changing {
		screen = c.pattern.ReplaceAllString(screen, c.by)
	}
	path := filepath.Join("testdata", "screens", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(screen), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if screen != string(want) {
		t.Errorf("the screen differs from %s (go test -run %s -update writes it anew):\n%s\n--- instead of\n%s", path, t.Name(), screen, want)
	}
}
