package shell_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/shell"
)

var update = flag.Bool("update", false, "write the golden screens anew")

// Variables for the process that is started on a pseudo-terminal: it is this test binary,
// and runs a shell instead of tests.
const (
	envDSN     = "E6SQL_TEST_DSN"
	envHistory = "E6SQL_TEST_HISTORY"
	envColor   = "E6SQL_TEST_COLOR"
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv(envDSN); dsn != "" {
		os.Exit(child(dsn))
	}
	goleak.VerifyTestMain(m)
}

// exitTerminated is the exit code of the shell after SIGTERM.
const exitTerminated = 143

// child runs a shell on the terminal, and returns the exit code.
func child(dsn string) int {
	err := func() error {
		cfg, err := e6data.ParseDSN(dsn)
		if err != nil {
			return err
		}
		s, err := session.Open(cfg)
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		err = shell.Start(ctx, shell.Options{
			Session: s, HistoryFile: os.Getenv(envHistory), Color: os.Getenv(envColor) != "", Greeting: `e6sql: \help lists the commands`,
		})
		return errors.Join(err, s.Close(context.Background()))
	}()
	if errors.Is(err, context.Canceled) {
		return exitTerminated
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
