package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/integration/internal/haproxy"
)

// programs is the directory of the programs that tests build.
var programs string

func TestMain(m *testing.M) { os.Exit(tests(m)) }

func tests(m *testing.M) int {
	var err error
	if programs, err = os.MkdirTemp("", "e6soak"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(programs) }()
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// emulator returns the emulator, which needs a C compiler. It is built once.
func emulator(t *testing.T) string {
	t.Helper()
	env, err := exec.Command("go", "-C", emulatorModule(), "env", "CGO_ENABLED").Output()
	if err != nil || strings.TrimSpace(string(env)) != "1" {
		t.Skip("SKIPPED: the soak's tests: the emulator needs cgo and a C compiler")
	}
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var build = sync.OnceValues(func() (string, error) {
	program := filepath.Join(programs, "e6emulator")
	out, err := exec.Command("go", "-C", emulatorModule(), "build", "-o", program, "./cmd/e6emulator").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return program, err
})

// A short soak behind each proxy, with switches, has no fault, and its report
// has the plots.
func TestSoak(t *testing.T) {
	program := emulator(t)
	for _, proxy := range []string{"haproxy", "router"} {
		t.Run(proxy, func(t *testing.T) {
			if _, err := haproxy.Find(); err != nil && proxy == "haproxy" {
				t.Skip("SKIPPED: a soak with HAProxy: the program haproxy is not installed")
			}
			o := options{
				length: 4 * time.Second, between: time.Second, connections: 8, proxy: proxy, emulator: program, scale: 0.01, seed: 1,
				reload: proxy == "haproxy", // HAProxy cuts off some large results
				report: filepath.Join(t.TempDir(), "report.html"), picture: filepath.Join(t.TempDir(), "report.png"), quiet: true,
			}
			if err := soak(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			page, err := os.ReadFile(o.report)
			if err != nil || !bytes.Contains(page, []byte("<svg")) || !bytes.Contains(page, []byte("No row was wrong")) {
				t.Errorf("the report: %v\n%.400s", err, page)
			}
			if picture, err := os.ReadFile(o.picture); err != nil || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
				t.Errorf("the picture: %v", err)
			}
		})
	}
}

// Each check of the soak finds its fault.
func TestSoakFindsFaults(t *testing.T) {
	ctx := t.Context()
	o := options{
		length: time.Second, between: time.Hour, connections: 4, proxy: "router", emulator: emulator(t), scale: 0.01, seed: 1, quiet: true,
	}
	d, err := deploy(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	}()
	m, err := prepare(ctx, d.dsn())
	if err != nil {
		t.Fatal(err)
	}
	m.answers["aggregate"] = answer{rows: 4} // another hash
	m.orders = m.orders[:len(m.orders)-1]    // structs finds a row too many
	r := newRun(o, d, m)
	if err := r.run(ctx); err != nil {
		t.Fatal(err)
	}
	faults := errors.Join(r.finish(ctx)...)
	if faults == nil {
		t.Fatal("no fault was found")
	}
	for _, want := range []string{"WRONG RESULTS", "aggregate: 4 rows", "of the orders from"} {
		if !strings.Contains(faults.Error(), want) {
			t.Errorf("no fault %q in:\n%v", want, faults)
		}
	}
}

// Memory and goroutines that grow are faults.
func TestGrowth(t *testing.T) {
	grow := func(bytes int64, goroutines int) []error {
		r := &run{}
		for i := range 100 {
			r.samples = append(r.samples, sample{resident: 50<<20 + int64(i)*bytes, goroutines: 50 + i*goroutines})
		}
		return r.growth()
	}
	if faults := grow(0, 0); faults != nil {
		t.Errorf("nothing grew: %v", faults)
	}
	if faults := grow(1<<20, 0); len(faults) != 1 || !strings.Contains(faults[0].Error(), "resident memory") {
		t.Errorf("memory grew: %v", faults)
	}
	if faults := grow(0, 2); len(faults) != 1 || !strings.Contains(faults[0].Error(), "goroutines") {
		t.Errorf("goroutines grew: %v", faults)
	}
}
