// Command python measures this driver beside the vendor's Python connector: the same
// results from the same engine, on the same machine, in the same run. It prints a table in
// Markdown.
//
//	go run ./python -python /usr/bin/python3
//
// Where that Python has no connector it prints the reason and measures nothing; with
// -require it fails.
//
// The engine has a process of its own, and so has each measurement. The readers take turns,
// so that other work of the machine slows all of them.
package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/e6data/e6data-go/benchmarks/data"
)

// roleVariable makes this program one of its own helpers: the engine, or a reader.
const roleVariable = "E6DATA_BESIDE_PYTHON"

//go:embed connector.py
var connectorScript string

// options are the flags.
type options struct {
	python  string
	sets    string
	repeat  int
	queries int
	require bool
}

func main() {
	var o options
	flag.StringVar(&o.python, "python", "python3", "the Python that has the connector")
	flag.StringVar(&o.sets, "sets", "mixed,wide,ints", "the results to read")
	flag.IntVar(&o.repeat, "repeat", 5, "how often each reader takes its turn")
	flag.IntVar(&o.queries, "queries", 2, "queries of a turn")
	flag.BoolVar(&o.require, "require", false, "fail where the connector is not installed")
	flag.Parse()
	var err error
	if role := os.Getenv(roleVariable); role != "" {
		err = play(role, flag.Args())
	} else {
		err = run(o, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "python:", err)
		os.Exit(1)
	}
}

// play is the main function of a helper's process.
func play(role string, args []string) error {
	switch {
	case role == "engine" && len(args) == 1:
		return serve(args[0], os.Stdin, os.Stdout)
	case role == "reader" && len(args) == 4:
		return readAndReport(args, os.Stdout)
	}
	return fmt.Errorf("no role %q with %d arguments", role, len(args))
}

// errNoConnector means that the connector cannot be imported. The text has the reason.
var errNoConnector = errors.New("the Python connector is not installed")

// notInstalled is the exit status of connector.py for errNoConnector.
const notInstalled = 3

// run measures and prints the table.
func run(o options, out, progress io.Writer) error {
	sets, err := chosen(o.sets)
	if err != nil {
		return err
	}
	python, err := connectorVersions(o.python)
	if errors.Is(err, errNoConnector) && !o.require {
		_, err = fmt.Fprintf(out, "SKIPPED: nothing was measured: %v\n", err)
		return err
	}
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	addr, stop, err := startEngine(self, o.sets)
	if err != nil {
		return err
	}
	t := newTable(sets, python, o.repeat, o.queries)
	for turn := range o.repeat {
		for _, s := range sets {
			for _, r := range readers {
				_, _ = fmt.Fprintf(progress, "turn %d of %d: %s, %s\n", turn+1, o.repeat, s.Name, r.name)
				m, err := measure(o, self, addr, r, s)
				if err != nil {
					return errors.Join(fmt.Errorf("%s, %s: %w", s.Name, r.name, err), stop())
				}
				t.add(s, r, m)
			}
		}
	}
	if err := stop(); err != nil {
		return err
	}
	_, err = io.WriteString(out, t.String())
	return err
}

// chosen returns the data sets with these names, which commas separate.
func chosen(names string) ([]*data.Set, error) {
	var sets []*data.Set
	for name := range strings.SplitSeq(names, ",") {
		s, err := setNamed(name)
		if err != nil {
			return nil, err
		}
		sets = append(sets, s)
	}
	return sets, nil
}

func setNamed(name string) (*data.Set, error) {
	for _, s := range data.Sets() {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("no result %q; there are mixed, wide and ints", name)
}

// reader is one way to read a result.
type reader struct {
	name   string // in the table
	method string // of connector.py, or of the driver's readers
	python bool
}

var readers = []reader{
	{"the connector, `fetchall`", "fetchall", true},
	{"the connector, `fetchmany(1000)`", "fetchmany", true},
	{"`rows.Scan`", "scan", false},
	{"`Select`, a struct a row", "select", false},
	{"`Collect`, a slice of structs", "collect", false},
	{"`Conn.Query`, typed columns", "columns", false},
}

// measurement is what a process reports about one turn.
type measurement struct {
	Rows       []int     `json:"rows"`        // of each query
	Seconds    []float64 `json:"seconds"`     // from the call that sends the query to its last row
	CPUSeconds []float64 `json:"cpu_seconds"` // of the process in the same time; 0 is unknown
	PeakRSS    int64     `json:"peak_rss"`    // in bytes; 0 is unknown
}

// measure runs one turn of a reader in a process of its own.
func measure(o options, self, addr string, r reader, s *data.Set) (*measurement, error) {
	args := []string{addr, statement(s), r.method, strconv.Itoa(o.queries)}
	cmd := exec.Command(self, args...) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), roleVariable+"=reader")
	if r.python {
		cmd = exec.Command(o.python, append([]string{"-c", connectorScript}, args...)...) //nolint:gosec // the user names the Python
	}
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	m := new(measurement)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("reading %q: %w", text, err)
	}
	if len(m.Rows) != o.queries || len(m.Seconds) != o.queries || len(m.CPUSeconds) != o.queries {
		return nil, fmt.Errorf("the figures are not of %d queries: %s", o.queries, text)
	}
	for _, n := range m.Rows {
		if n != s.Rows {
			return nil, fmt.Errorf("read %d rows of %d", n, s.Rows)
		}
	}
	return m, nil
}

// connectorVersions returns the versions that connector.py prints, by name.
func connectorVersions(python string) (map[string]string, error) {
	var complaint strings.Builder
	cmd := exec.Command(python, "-c", connectorScript) //nolint:gosec // the user names the Python
	cmd.Stderr = &complaint
	text, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w: %w", errNoConnector, err)
	case errors.As(err, &exit) && exit.ExitCode() == notInstalled:
		return nil, fmt.Errorf("%w: %s: %s", errNoConnector, python, strings.TrimSpace(complaint.String()))
	case err != nil:
		return nil, fmt.Errorf("%s: %w: %s", python, err, strings.TrimSpace(complaint.String()))
	}
	var versions map[string]string
	if err := json.Unmarshal(text, &versions); err != nil {
		return nil, fmt.Errorf("reading %q: %w", text, err)
	}
	return versions, nil
}

// startEngine starts the engine's process. It ends with the function that is returned, at the
// latest with this process.
func startEngine(self, sets string) (addr string, stop func() error, err error) {
	cmd := exec.Command(self, sets) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), roleVariable+"=engine")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error { return errors.Join(stdin.Close(), cmd.Wait()) }
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return "", nil, errors.Join(err, stop())
	}
	return strings.TrimSpace(line), stop, nil
}
