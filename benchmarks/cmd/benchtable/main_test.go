package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// output is the output of three runs.
const output = `go: go1.26.8
goos: linux
goarch: amd64
cpu: Some CPU
BenchmarkWalk/mixed/e6data-2   1  10 ns/op  5.0 ns/row  0 allocs/row
BenchmarkWalk/mixed/thrift-2   1  10 ns/op  200 ns/row  2 allocs/row
BenchmarkNext/mixed/e6data-2   1  10 ns/op  100 ns/row  0.07 allocs/row
BenchmarkNext/mixed/naive-2    1  10 ns/op  400 ns/row  12 allocs/row
PASS
BenchmarkWalk/mixed/e6data-2   1  10 ns/op  6.0 ns/row  0 allocs/row
BenchmarkWalk/mixed/thrift-2   1  10 ns/op  192 ns/row  2 allocs/row
BenchmarkNext/mixed/e6data-2   1  10 ns/op  100 ns/row  0.07 allocs/row
BenchmarkNext/mixed/naive-2    1  10 ns/op  410 ns/row  12 allocs/row
BenchmarkWalk/mixed/e6data-2   1  10 ns/op  50.0 ns/row  0 allocs/row
BenchmarkWalk/mixed/thrift-2   1  10 ns/op  200 ns/row  2 allocs/row
BenchmarkNext/mixed/e6data-2   1  10 ns/op  100 ns/row  0.07 allocs/row
BenchmarkNext/mixed/naive-2    1  10 ns/op  990 ns/row  12 allocs/row
`

func TestTable(t *testing.T) {
	t.Parallel()
	r, err := parse(strings.NewReader(output))
	if err != nil {
		t.Fatal(err)
	}
	table, missing := r.tables()
	missed := errors.Join(missing...).Error()
	for _, line := range []string{
		"go1.26.8, linux/amd64, Some CPU; medians of 3 runs.\n",
		"| walk, times faster than Apache Thrift's generated decode | 32.0 ✓ | – | – | ≥ 30 / 12 / 500 | ≥ 35 / 14 / 600 |\n",
		"| `Next`, times faster than generated decode + naive rows | 4.10 ✗ |",
		"| `Next`, allocations a row | 0.070 ✓ | – | – | ≤ 0.1 | ≤ 0.03 |\n",
		"| end to end, times faster than a naive driver | – | – | – |  |  |\n",
		"| Walk, e6data | 6.00 (0.00) | – | – |\n",
	} {
		if !strings.Contains(table, line) {
			t.Errorf("no line %q in\n%s", line, table)
		}
	}
	for _, line := range []string{
		"`Next`, times faster than generated decode + naive rows, mixed: 4.10, must be ≥ 4.5\n",
		"walk, times faster than Apache Thrift's generated decode, wide: not measured\n",
	} {
		if !strings.Contains(missed, line) {
			t.Errorf("no line %q in\n%s", line, missed)
		}
	}
	if strings.Contains(missed, "walk, times faster than Apache Thrift's generated decode, mixed") {
		t.Errorf("a goal that is met is reported as missed:\n%s", missed)
	}
}

func TestGoalsOfGo127(t *testing.T) {
	t.Parallel()
	r, err := parse(strings.NewReader(strings.Replace(output, "go1.26.8", "go1.27.0", 1)))
	if err != nil {
		t.Fatal(err)
	}
	table, _ := r.tables()
	if want := "| – | – | – | ≥ 4 / 2.6 / 2.8 |"; !strings.Contains(table, want) {
		t.Errorf("no %q in\n%s", want, table)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "output")
	if err := os.WriteFile(file, []byte(output), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run([]string{"-f", file}, &out, &out); err != nil {
		t.Errorf("without -check: %v", err)
	}
	if !strings.Contains(out.String(), "| Walk, e6data |") {
		t.Errorf("no table in\n%s", out.String())
	}
	if err := run([]string{"-f", file, "-check"}, &out, &out); err == nil {
		t.Error("-check lets a missed goal pass")
	}
}

func TestAbsolute(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "output")
	const one = "=== RUN   TestPeakMemory\n    memory_test.go:62: 10002432 rows in 2.5s; the heap grew by %s MiB, the limit is 50.0 MiB\n" +
		"BenchmarkEndToEnd\nBenchmarkEndToEnd/mixed/e6data-2  3  9 ns/op  %s MB/s  %s ns/row  0.04 allocs/row\n" +
		"BenchmarkPointQuery/ints/e6data-2  3  9 ns/op  15400000 ns/query  3.08 rtt/query  400 allocs/op\n"
	text := "go: go1.26.8\ngoos: linux\ngoarch: amd64\ncpu: Some CPU\n"
	for _, v := range [][3]string{{"30.5", "320", "250"}, {"29.5", "400", "200"}, {"35.0", "160", "500"}} {
		text += fmt.Sprintf(one, v[0], v[1], v[2])
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run([]string{"-f", file, "-absolute"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"go1.26.8, linux/amd64, 2 processors of type Some CPU; medians of 3 runs, of memory the most.\n",
		"| bytes a row, as sent | 80.0 | – | – |\n",
		"| **`sql.DB` and typed `Scan`, loopback: million rows/s** | 4.00 | – | – |\n",
		"| the same: MB/s | 320 | – | – |\n",
		"| the same: round trips | 3.08 |\n",
		"| a query of one row, round trips of 5 ms: ms | 15.4 |\n",
		"| a result of many mixed rows: million rows | 10.0 |\n",
		"| the same: MiB by which the heap grows at most, with the engine's sending | 35.0 |\n",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no line %q in\n%s", line, out.String())
		}
	}
}

// On a machine that has other work the best run counts: the most rows, and the fewest
// allocations and milliseconds. Of memory it is the most.
func TestFastest(t *testing.T) {
	t.Parallel()
	r, err := parse(strings.NewReader("BenchmarkEndToEnd/ints/e6data-2  3  9 ns/op  160 MB/s  500 ns/row  0.04 allocs/row\n" +
		"x.go:1: 1000000 rows in 1s; the heap grew by 30.5 MiB\n" +
		"BenchmarkEndToEnd/ints/e6data-2  3  9 ns/op  400 MB/s  200 ns/row  0.05 allocs/row\n" +
		"x.go:1: 1000000 rows in 1s; the heap grew by 20.5 MiB\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"the best of 2 runs, of memory the most.\n", "loopback: million rows/s** | – | – | 5.00 |\n", "| the same: allocations a row, with the engine's | – | – | 0.040 |\n",
		"with the engine's sending | 30.5 |\n",
	} {
		if got := r.absolute(true); !strings.Contains(got, line) {
			t.Errorf("no %q in\n%s", line, got)
		}
	}
}

// full is a writer without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space")

func TestLostTable(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "output")
	if err := os.WriteFile(file, []byte(output), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-f", file}, full{}, io.Discard); !errors.Is(err, errFull) {
		t.Errorf("a table that was not written: %v", err)
	}
}

func TestParseFailures(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":   "PASS\n",
		"a failure": output + "--- FAIL: BenchmarkScan/mixed/e6data\n",
		"a number":  "BenchmarkWalk/mixed/e6data-2 1 x ns/op\n",
	} {
		if _, err := parse(strings.NewReader(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
