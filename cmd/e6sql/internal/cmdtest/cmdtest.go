// Package cmdtest supports the tests of e6sql: engines whose colours are forgotten
// afterwards, and the program itself, built once for each test binary.
package cmdtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/strategy"
)

// Engine starts an engine whose books must balance when the test ends.
func Engine(t testing.TB, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	var addr string
	t.Cleanup(func() { Forget(t, addr) })
	srv := enginetest.Start(t, cfg)
	addr = srv.Addr()
	Forget(t, addr)
	return srv
}

// Forget removes what this process knows about the colours of an engine, because another
// engine may get the same port.
func Forget(t testing.TB, addr string) {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Error(err)
		return
	}
	for _, s := range strategy.Shared().Snapshot() {
		if strings.HasSuffix(s.Key.Endpoint, ":"+port) {
			strategy.Shared().Forget(s.Key)
		}
	}
}

// Within returns a context that bounds a hang. It ends long after the test should.
func Within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// binary is the built program.
var binary struct {
	sync.Mutex
	dir, path string
	err       error
}

// Binary builds e6sql on the first call, and returns the path of the program. A TestMain
// must call [Clean] at the end.
func Binary(t testing.TB) string {
	t.Helper()
	binary.Lock()
	defer binary.Unlock()
	if binary.path == "" && binary.err == nil {
		binary.path, binary.err = build()
	}
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}

func build() (string, error) {
	dir, err := os.MkdirTemp("", "e6sql-test-")
	if err != nil {
		return "", err
	}
	binary.dir = dir
	path := filepath.Join(dir, "e6sql")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	out, err := exec.Command("go", "build", "-tags", tags, "-o", path, "github.com/e6data/e6data-go/cmd/e6sql").CombinedOutput() //nolint:gosec // the path is ours
	if err != nil {
		return "", errors.Join(fmt.Errorf("building e6sql: %s", out), err)
	}
	return path, nil
}

// Clean removes the built program.
func Clean() {
	binary.Lock()
	defer binary.Unlock()
	if binary.dir != "" {
		_ = os.RemoveAll(binary.dir)
		binary.dir = ""
	}
}

// Env returns the environment of a child process: that of the test without the variables
// of e6data, and with the given ones. The child's home is an empty directory.
func Env(t testing.TB, extra ...string) []string {
	t.Helper()
	home := t.TempDir()
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "E6DATA_") || name == "HOME" || strings.HasPrefix(name, "XDG_") || name == "NO_COLOR" {
			continue
		}
		env = append(env, v)
	}
	return append(append(env, "HOME="+home), extra...)
}
