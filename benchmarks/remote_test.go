package benchmarks_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/e6data/e6data-go/benchmarks/data"
	"github.com/e6data/e6data-go/benchmarks/latency"
)

// remoteVariable makes TestMain run a remote engine. Its value names the data
// set and the round trip.
const remoteVariable = "E6DATA_BENCHMARKS_REMOTE"

// remote starts a server with a whole data set as its result, behind a proxy
// with the given round trip, and returns the address. Both run in another
// process, as in production. In this process the proxy would have to wait for
// the goroutines that read rows.
func remote(tb testing.TB, s *data.Set, roundTrip time.Duration) (addr string) {
	self, err := os.Executable()
	must(tb, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %v", remoteVariable, s.Name, roundTrip))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	must(tb, err)
	stdout, err := cmd.StdoutPipe()
	must(tb, err)
	must(tb, cmd.Start())
	tb.Cleanup(func() {
		must(tb, stdin.Close())
		must(tb, cmd.Wait())
	})
	addr, err = bufio.NewReader(stdout).ReadString('\n')
	must(tb, err)
	return strings.TrimSpace(addr)
}

// serveRemote is the main function of remote's process. It prints the address
// and serves until standard input ends, at the latest when the parent process
// ends.
func serveRemote(what string) error {
	var name, trip string
	if _, err := fmt.Sscan(what, &name, &trip); err != nil {
		return err
	}
	roundTrip, err := time.ParseDuration(trip)
	if err != nil {
		return err
	}
	sets := data.Sets()
	i := slices.IndexFunc(sets, func(s *data.Set) bool { return s.Name == name })
	if i < 0 {
		return fmt.Errorf("no data set %q", name)
	}
	srv, err := play(sets[i])
	if err != nil {
		return err
	}
	defer srv.Close()
	p, err := latency.New(srv.Addr(), roundTrip/2)
	if err != nil {
		return err
	}
	defer p.Close()
	fmt.Println(p.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
