package e6data_test

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// A program that imports the driver initializes the driver's package variables at its
// start, also if it opens no connection. They must be cheap: no regular expression is
// compiled there. Package wire is generated.
func TestInitAllocatesLittle(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(within(t, time.Minute), self, "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const root = "github.com/e6data/e6data-go"
	// The root package's variables are here together with those of its tests.
	most := map[string]int{root: 64 << 10, root + "/thriftrows": 4 << 10, root + "/strategy": 4 << 10, root + "/internal/sqltext": 4 << 10, root + "/internal/oauth": 4 << 10}
	found := 0
	for _, m := range regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) bytes`).FindAllSubmatch(out, -1) {
		pkg := string(m[1])
		bound, ok := most[pkg]
		if !ok {
			continue
		}
		found++
		if n, err := strconv.Atoi(string(m[2])); err != nil || n > bound {
			t.Errorf("%s allocates %d bytes before main, %d are allowed", pkg, n, bound)
		}
	}
	if found == 0 {
		t.Errorf("the runtime reported no package:\n%s", out)
	}
}
