package shell_test

import (
	"context"
	"flag"
	"fmt"
	"os"
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
		err = shell.Start(context.Background(), shell.Options{
			Session: s, HistoryFile: os.Getenv(envHistory), Color: os.Getenv(envColor) != "", Greeting: `e6sql: \help lists the commands`,
		})
		if err != nil {
			return err
		}
		return s.Close(context.Background())
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
