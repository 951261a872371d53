package chaos

import (
	"context"
	"flag"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/enginetest"
)

var (
	seedFlag    = flag.Uint64("chaos.seed", 0, "seed of TestChaos; 0: a random one")
	timeFlag    = flag.Duration("chaos.time", time.Second, "how long TestChaos asks")
	suspendFlag = flag.Bool("chaos.suspend", true, "suspend the cluster, too")
	switchFlag  = flag.Int("chaos.switches", 3, "how often TestRollingSwitchUnderLoad switches")
	graceFlag   = flag.Duration("chaos.grace", 100*time.Millisecond, "how long after an announcement the old colour refuses new queries in TestRollingSwitchUnderLoad")
)

// parallelTests is the number of tests that run at once without -parallel. Tests wait more
// than they compute.
const parallelTests = "16"

func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		_ = flag.Set("test.parallel", parallelTests)
	}
	goleak.VerifyTestMain(m)
}

// newServer starts an engine that closes when the test ends.
func newServer(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	srv, err := enginetest.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// balance waits until the driver has cleared all queries in the background. It
// fails the test if the engine's books do not balance then.
func balance(t testing.TB, srv *enginetest.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := srv.WaitBalanced(ctx); err != nil {
		t.Error(err)
	}
}
