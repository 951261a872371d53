//go:build !windows

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/enginetest"
)

// process is the real program, started by a test.
type process struct {
	*exec.Cmd
	stderr bytes.Buffer
}

// start starts the real program with its standard output on a pipe, which the test reads.
func start(t *testing.T, args ...string) (*process, *bufio.Reader, io.Closer) {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(cmdtest.Within(t, time.Minute), cmdtest.Binary(t), args...)}
	p.Env = cmdtest.Env(t)
	p.Stderr = &p.stderr
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout = in
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	t.Cleanup(func() { _ = out.Close() })
	return p, bufio.NewReader(out), out
}

// end waits for the program and returns its exit code.
func (p *process) end(t *testing.T) int {
	t.Helper()
	if err := p.Wait(); err != nil && p.ProcessState == nil {
		t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// When the reader of a pipe goes away, as head does, the program ends the query on the
// engine before it ends itself, without a message.
func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	srv.Handle("SELECT endless", enginetest.NewResult().Column("n", "LONG").BatchRows(1000).Generate(1<<30, func(i int) []any { return []any{i} }))
	p, out, closer := start(t, srv.DSN(), "-c", "SELECT endless; SELECT 1")
	for want := range strings.SplitSeq("n,0,1,2", ",") {
		if line, err := out.ReadString('\n'); err != nil || strings.TrimSpace(line) != want {
			t.Fatalf("%q, %v, want %q", line, err, want)
		}
	}
	_ = closer.Close()
	if code := p.end(t); code != exitPipe || p.stderr.Len() > 0 {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
	if got := srv.Stats(); got.Prepared != 1 || got.Cleared != 1 {
		t.Errorf("%+v", got)
	}
}

// A signal ends the query on the engine before the program ends, in each phase.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method string
		signal syscall.Signal
	}{
		{"authenticate", syscall.SIGINT}, {"prepareStatement", syscall.SIGTERM}, {"executeStatement", syscall.SIGINT},
		{"getNextResultBatch", syscall.SIGHUP},
	} {
		t.Run(c.method, func(t *testing.T) {
			t.Parallel()
			srv := engine(t, enginetest.Config{})
			fault := srv.Inject(enginetest.Fault{Method: c.method, Hang: true})
			p, _, _ := start(t, srv.DSN(), "-c", "SELECT many")
			<-fault.Struck()
			if err := p.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if code := p.end(t); code != exitCancelled || !strings.Contains(p.stderr.String(), "cancelled") {
				t.Errorf("exit code %d: %s", code, &p.stderr)
			}
		})
	}
}

// A signal ends the program although nobody reads its output and the pipe is full.
func TestSignalWhileOutputIsBlocked(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	srv.Handle("SELECT endless", enginetest.NewResult().Column("n", "LONG").BatchRows(1000).Generate(1<<30, func(i int) []any { return []any{i} }))
	p, _, _ := start(t, srv.DSN(), "-c", "SELECT endless")
	// A pipe holds far less than these batches.
	if err := srv.Wait(cmdtest.Within(t, time.Minute), func(enginetest.Stats) bool { return srv.Count("getNextResultBatch") > 100 }); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.end(t); code != exitCancelled || !strings.Contains(p.stderr.String(), "cancelled") {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
}

// A second signal ends the program although the engine does not end the query.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	srv, err := enginetest.NewServer(enginetest.Config{}) // the query stays, so that the books do not balance
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	execute := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true})
	clearing := srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Hang: true})
	p, _, _ := start(t, srv.DSN(), "-c", "SELECT 1")
	<-execute.Struck()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-clearing.Struck()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.end(t); code != exitCancelled || strings.Contains(p.stderr.String(), "warning") {
		t.Errorf("exit code %d: %s", code, &p.stderr)
	}
}

// Standard input that is a pipe and has no end yet does not keep the program from ending.
func TestSignalWhileReadingInput(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(cmdtest.Within(t, time.Minute), cmdtest.Binary(t), "e6data://u:t@127.0.0.1:1/db")
	cmd.Env = cmdtest.Env(t)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The pipe holds 64 KiB: a longer text is written when the program reads, and so has
	// set up its signals.
	if _, err := io.WriteString(in, strings.Repeat("-- comment\n", 20000)); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitCancelled {
		t.Errorf("exit code %d", code)
	}
}
