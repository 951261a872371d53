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

// parallelTests is how many tests run at once unless -parallel says it. They wait
// more than they compute. Fuzzing computes, and takes a worker a processor.
const parallelTests = "16"

func TestMain(m *testing.M) {
	chosen := func(arg string) bool {
		name := strings.TrimLeft(arg, "-")
		return strings.HasPrefix(name, "test.parallel") || strings.HasPrefix(name, "test.fuzz")
	}
	if !slices.ContainsFunc(os.Args, chosen) {
		_ = flag.Set("test.parallel", parallelTests)
	}
	listener.listen()
	slog.SetDefault(slog.New(listener.handler()))
	goleak.VerifyTestMain(listening{m})
}

// A test knows nothing of an engine that had the port before.
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
