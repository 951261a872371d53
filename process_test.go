package e6data_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// The other process is this test binary, which finds here what it is to do.
const (
	otherTask   = "E6DATA_TEST_TASK"
	otherDSN    = "E6DATA_TEST_DSN"
	otherHandle = "E6DATA_TEST_HANDLE"
)

// elsewhere has another process do something about a query, of which it is told
// the handle's text alone.
func elsewhere(t *testing.T, srv *enginetest.Server, task string, h e6data.QueryHandle) {
	t.Helper()
	text, err := h.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(within(t, time.Minute), self, "-test.run=^TestOtherProcess$", "-test.v")
	cmd.Env = append(os.Environ(), otherTask+"="+task, otherDSN+"="+srv.DSN(), otherHandle+"="+string(text))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "done: "+task) {
		t.Fatalf("the other process: %v\n%s", err, out)
	}
}

// TestOtherProcess is what the other process does.
func TestOtherProcess(t *testing.T) {
	t.Parallel()
	task := os.Getenv(otherTask)
	if task == "" {
		t.Skip("for TestHandleInAnotherProcess")
	}
	h, err := e6data.ParseQueryHandle(os.Getenv(otherHandle))
	if err != nil {
		t.Fatal(err)
	}
	db, _ := openOne(t, os.Getenv(otherDSN))
	switch task {
	case "cancel":
		mustUseConn(t, db, func(c *e6data.Conn) error { return c.Cancel(t.Context(), h) })
	case "fetch":
		mustUseConn(t, db, func(c *e6data.Conn) error {
			_, err := c.Wait(t.Context(), h, nil)
			return err
		})
		rows, err := e6data.FetchRows(t.Context(), db, h)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			n++
		}
		if err := rows.Err(); err != nil || n != 90 {
			t.Fatalf("%d rows, %v", n, err)
		}
	}
	t.Log("done:", task)
}

func TestHandleInAnotherProcess(t *testing.T) {
	t.Parallel()
	t.Run("cancel", func(t *testing.T) {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(100, 10).Delay(enginetest.PhaseBatch, time.Hour))
		mustUseConn(t, openDB(t, srv), func(c *e6data.Conn) error {
			result, err := c.Query(t.Context(), "q")
			if err != nil {
				return err
			}
			defer result.Close()
			waitCalled(t, srv, "getNextResultBatch", 1)
			elsewhere(t, srv, "cancel", result.Handle())
			if result.Next() || result.Err() == nil {
				t.Error("a result that was cancelled seems to be whole")
			}
			return nil
		})
		waitEnded(t, srv, 1, 1) // its reader could not know
	})
	t.Run("fetch", func(t *testing.T) {
		srv := newEngine(t, enginetest.Config{})
		srv.Handle("q", ids(90, 10).StatusPolls(3))
		elsewhere(t, srv, "fetch", submit(t, srv))
		waitEnded(t, srv, 1, 0)
	})
}
