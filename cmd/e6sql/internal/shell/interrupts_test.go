//go:build unix

package shell_test

import (
	"context"
	"syscall"
	"testing"

	"github.com/e6data/e6data-go/enginetest"
)

func TestInterruptAtThePrompt(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	term := openTerminal(t, dsn(srv))
	term.prompt()
	term.send("SELECT 1")
	term.see("> SELECT 1")
	term.interrupt()
	term.leave()
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("%d statements were prepared", n)
	}
}

// TestInterruptCancelsOnTheEngine presses Ctrl-C while each call of a statement hangs,
// before the engine has the call or after that. The shell stays, and the engine's books
// balance at the end.
func TestInterruptCancelsOnTheEngine(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]enginetest.Fault{
		"prepare":                {Method: "prepareStatement"},
		"after prepare":          {Method: "prepareStatement", After: true},
		"execute":                {Method: "executeStatement"},
		"after execute":          {Method: "executeStatement", After: true},
		"description":            {Method: "getResultMetadata"},
		"first batch":            {Method: "getNextResultBatch"},
		"a batch in the middle":  {Method: "getNextResultBatch", Skip: 2},
		"after a batch was read": {Method: "getNextResultBatch", Skip: 2, After: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newEngine(t)
			term := openTerminal(t, dsn(srv))
			fault.Hang, fault.SQL = true, "SELECT 'long'"
			struck := srv.Inject(fault)
			term.prompt()
			term.send("SELECT 'long';" + enter)
			await(t, struck.Struck())
			term.send(ctrlC)
			term.see("cancelled")
			term.prompt()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			// The engine ends the query while its call still hangs.
			if err := srv.WaitBalanced(ctx); err != nil {
				t.Errorf("after Ctrl-C: %v", err)
			}
			if n := srv.Count("clearOrCancelQuery") + srv.Count("cancelQuery"); n == 0 && fault.Method != "prepareStatement" {
				t.Error("the query was not ended on the engine")
			}
			struck.Release()
			term.run("SELECT 1;")
			term.see("(1 row)")
			term.leave()
		})
	}
}

// await waits until a channel is closed.
func await(t testing.TB, c <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case <-c:
	case <-ctx.Done():
		t.Fatal("the call did not arrive")
	}
}

func TestScreenOfAnInterrupt(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true, After: true, Times: 1})
	term := openTerminal(t, dsn(srv))
	term.prompt()
	term.send("SELECT 'long';" + enter)
	await(t, hang.Struck())
	term.interrupt()
	term.run("SELECT 1;")
	term.golden("interrupt")
	term.leave()
}

// TestInterruptEndsWatch presses Ctrl-C while \watch waits for a result.
func TestInterruptEndsWatch(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true, Skip: 2, Times: 1})
	term := openTerminal(t, dsn(srv))
	term.run("SELECT 1;")
	term.send(`\watch 0.1` + enter)
	await(t, hang.Struck())
	term.send(ctrlC)
	term.see("cancelled")
	term.leave()
}

// TestTerminate ends the shell by a signal while a statement runs, and at the prompt.
func TestTerminate(t *testing.T) {
	t.Parallel()
	for name, running := range map[string]bool{"at the prompt": false, "while a statement runs": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newEngine(t)
			term := openTerminal(t, dsn(srv))
			term.prompt()
			if running {
				hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true})
				term.send("SELECT 1;" + enter)
				await(t, hang.Struck())
			} else {
				term.send(`\submit SELECT 1` + enter)
				term.see("job 1 runs")
				term.prompt()
				term.send("SELECT 2")
			}
			if err := term.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if code := term.exit(); code != exitTerminated {
				t.Errorf("the exit code is %d:\n%s", code, term.text())
			}
		})
	}
}
