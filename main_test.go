package e6data_test

import (
	"flag"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/enginetest"
)

// parallelTests is the number of tests that run at once without -parallel. Tests wait more
// than they compute. Fuzzing computes, so that it has one worker for each processor.
const parallelTests = "16"

func TestMain(m *testing.M) {
	chosen := func(arg string) bool {
		name := strings.TrimLeft(arg, "-")
		return strings.HasPrefix(name, "test.parallel") || strings.HasPrefix(name, "test.fuzz")
	}
	if !slices.ContainsFunc(os.Args, chosen) {
		_ = flag.Set("test.parallel", parallelTests)
	}
	outputSearch.listen()
	slog.SetDefault(slog.New(outputSearch.handler()))
	goleak.VerifyTestMain(searchedRun{m})
}

// An engine on the port of an earlier engine does not inherit that engine's strategy.
func TestPortsAreForgotten(t *testing.T) {
	t.Parallel()
	before := newEngine(t, enginetest.Config{Live: []string{enginetest.Green}})
	if err := openDB(t, before).PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	before.Close()
	srv := newEngine(t, enginetest.Config{Listen: before.Addr()})
	if err := openDB(t, srv).PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strategies(srv, "authenticate"); got != "blue" {
		t.Errorf("authenticated on %s", got)
	}
}
