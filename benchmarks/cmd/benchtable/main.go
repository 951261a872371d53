// Command benchtable runs the benchmarks and prints ratios of their results,
// with the goals, as Markdown.
//
//	go run ./cmd/benchtable            # seven runs, about ten minutes
//	go run ./cmd/benchtable -quick     # one short run
//	go run ./cmd/benchtable -f saved   # what -o saved, or go test printed
//	go run ./cmd/benchtable -absolute  # rows/s, MB/s and MiB: the tables of docs/performance.md
//
// Every run measures all competitors. A ratio is computed within each run, and
// the table shows the median of the runs.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

const benchPackage = "github.com/e6data/e6data-go/benchmarks"

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("benchtable", flag.ExitOnError)
	var (
		file      = flags.String("f", "", "read the output of go test -bench from this `file` instead of running it")
		out       = flags.String("o", "", "save the output of go test -bench to this `file`")
		runs      = flags.Int("count", 7, "how many runs")
		bench     = flags.String("bench", ".", "which benchmarks, as for go test")
		benchtime = flags.String("benchtime", "1s", "how long each, as for go test")
		quick     = flags.Bool("quick", false, "one short run")
		inUnits   = flags.Bool("absolute", false, "print absolute figures, and run only the benchmarks that they need")
		fastest   = flags.Bool("fastest", false, "with -absolute, the best of the runs instead of their median")
		check     = flags.Bool("check", false, "fail when a goal that must be met is missed or was not measured")
	)
	_ = flags.Parse(args) // exits on an error
	if *quick {
		*runs, *benchtime = 1, "100ms"
	}
	tests := "^$"
	if *inUnits {
		*bench, tests = absoluteBench, "^TestPeakMemory$"
	}
	var output []byte
	var err error
	if *file != "" {
		output, err = os.ReadFile(*file)
	} else {
		output, err = measure(tests, *bench, *benchtime, *runs, stderr)
	}
	if err != nil {
		return err
	}
	if *out != "" {
		//nolint:gosec // the caller chooses the file
		if err := os.WriteFile(*out, output, 0o600); err != nil {
			return err
		}
	}
	r, err := parse(bytes.NewReader(output))
	if err != nil {
		return err
	}
	if *inUnits {
		_, err := io.WriteString(stdout, r.absolute(*fastest))
		return err
	}
	tables, missed := r.tables()
	if _, err := io.WriteString(stdout, tables); err != nil {
		return err
	}
	if *check {
		return errors.Join(missed...)
	}
	return nil
}

// measure builds the benchmarks once and runs tests and benchmarks so many times: unlike with
// -count, what is compared runs close together.
func measure(tests, bench, benchtime string, runs int, progress io.Writer) ([]byte, error) {
	dir, err := os.MkdirTemp("", "benchtable")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "benchmarks.test")
	//nolint:gosec // this function made the directory
	build := exec.Command("go", "test", "-c", "-o", binary, benchPackage)
	build.Stderr = progress
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building the benchmarks: %w", err)
	}
	var output bytes.Buffer
	for i := range runs {
		_, _ = fmt.Fprintf(progress, "run %d of %d\n", i+1, runs)
		//nolint:gosec // it was built above, and the caller chooses the flags
		cmd := exec.Command(binary, "-test.run", tests, "-test.v", "-test.bench", bench, "-test.benchtime", benchtime,
			"-test.timeout", "30m")
		cmd.Stdout = io.MultiWriter(&output, progress)
		cmd.Stderr = progress
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("run %d: %w", i+1, err)
		}
	}
	return output.Bytes(), nil
}
