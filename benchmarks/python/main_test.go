package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/e6data/e6data-go/benchmarks/data"
)

// TestMain plays the helpers' roles, like main.
func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		goleak.VerifyTestMain(m)
		return
	}
	flag.Parse()
	if err := play(role, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// python returns a Python. The test is skipped where there is none.
func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: this test needs python3: ", err)
	}
	return path
}

// standIn is a module with the name of the connector and just the calls that connector.py
// makes. It serves rows without any engine.
const standIn = `
ROWS = {"SELECT 1": 1, "SELECT * FROM mixed": %d}

class Cursor:
    def execute(self, sql):
        self.left = ROWS[sql]

    def fetchmany(self, size):
        n = min(size, self.left)
        self.left -= n
        return [[None]] * n

    def fetchall(self):
        return self.fetchmany(self.left)

    def close(self):
        pass

class Connection:
    def __init__(self, host, port, username, password, database):
        pass

    def cursor(self):
        return Cursor()

    def close(self):
        pass
`

// install puts a module in the connector's place.
func install(t *testing.T, module string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "e6data_python_connector.py"), []byte(module), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYTHONPATH", dir)
}

func TestEveryReaderIsMeasured(t *testing.T) {
	o := options{python: python(t), sets: "mixed", repeat: 1, queries: 1}
	install(t, fmt.Sprintf(standIn, data.Mixed.Rows))
	var out, progress strings.Builder
	if err := run(o, &out, &progress); err != nil {
		t.Fatal(err)
	}
	for _, r := range readers {
		if got := strings.Count(out.String(), "\n| "+r.name+" | "); got != 5 {
			t.Errorf("%s has %d rows in the tables, want 5:\n%s", r.name, got, &out)
		}
	}
	if strings.Contains(out.String(), "SKIPPED") {
		t.Errorf("skipped: %s", &out)
	}
}

func TestRowsThatAreMissingAreAnError(t *testing.T) {
	install(t, fmt.Sprintf(standIn, data.Mixed.Rows-1))
	_, err := measure(options{python: python(t), queries: 1}, "", "127.0.0.1:1", readers[0], data.Mixed)
	if want := fmt.Sprintf("read %d rows of %d", data.Mixed.Rows-1, data.Mixed.Rows); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want an error with %q", err, want)
	}
}

func TestSkipsWithAReason(t *testing.T) {
	python := python(t)
	for _, c := range []struct{ name, python, module, reason string }{
		{"no Python", filepath.Join(t.TempDir(), "python3"), "", "no such file"},
		{"a package is missing", python, "import a_package_that_nobody_has", "No module named 'a_package_that_nobody_has'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			install(t, c.module)
			var out, progress strings.Builder
			if err := run(options{python: c.python, sets: "ints", repeat: 1, queries: 1}, &out, &progress); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(out.String(), "SKIPPED: ") || !strings.Contains(out.String(), c.reason) {
				t.Errorf("%q, want SKIPPED and %q", &out, c.reason)
			}
			if err := run(options{python: c.python, sets: "ints", repeat: 1, queries: 1, require: true}, &out, &progress); err == nil {
				t.Error("no error with -require")
			}
		})
	}
}

func TestUnknownResult(t *testing.T) {
	t.Parallel()
	var out, progress strings.Builder
	if err := run(options{python: "python3", sets: "mixed,narrow"}, &out, &progress); err == nil || !strings.Contains(err.Error(), `"narrow"`) {
		t.Errorf("%v, want an error that names narrow", err)
	}
}

// A ratio is of two measurements of the same turn, and then the median counts.
func TestRatiosAreOfTheSameTurn(t *testing.T) {
	t.Parallel()
	table := newTable([]*data.Set{data.Ints}, nil, 3, 2)
	table.bytes = func(*data.Set) int64 { return 8_000_000 }
	for turn, slow := range []float64{1, 10, 2} { // other work slows a whole turn
		for i, r := range readers {
			seconds := slow / float64(i+1)
			table.add(data.Ints, r, &measurement{Seconds: []float64{seconds * 3, seconds}, CPUSeconds: []float64{seconds * 2, seconds * 4}, PeakRSS: int64(turn+1) << 20})
		}
	}
	text := table.String()
	for i, r := range readers {
		for _, want := range []string{
			fmt.Sprintf("| %s | %s |", r.name, format(float64(i+1))),   // the ratio
			fmt.Sprintf("| %s | %s |", r.name, format(float64(i+1)/2)), // a million rows in the median turn
			fmt.Sprintf("| %s | %s |", r.name, format(4*float64(i+1))), // megabytes
			fmt.Sprintf("| %s | %s |", r.name, format(4/float64(i+1))), // seconds of processors
			fmt.Sprintf("| %s | 3.00 |", r.name),                       // MiB
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0.0244: "0.024", 1.234: "1.23", 56.78: "56.8", 1234.5: "1234"} {
		if got := format(v); got != want {
			t.Errorf("format(%v) = %s, want %s", v, got, want)
		}
	}
}
