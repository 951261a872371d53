// Command interop runs the same statements with this driver and with the vendor's Python
// connector, and compares the answers cell by cell: over package enginetest, and over the
// emulator, which has real SQL. It lists the differences, and fails if one of them is not
// in the list of those that are known: see known.go.
//
//	go run ./interop -python /usr/bin/python3
//
// Where that Python has no connector it prints the reason and compares nothing; with
// -require it fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/e6data/e6data-go/enginetest"
)

// options are the flags.
type options struct {
	python   string
	golden   string
	emulator string
	random   int
	record   string
	all      bool
	require  bool
}

func main() {
	var o options
	flag.StringVar(&o.python, "python", "python3", "the Python that has the connector")
	flag.StringVar(&o.golden, "golden", "../testdata/golden", "the directory of the golden cases")
	flag.StringVar(&o.emulator, "emulator", "../emulator", "the directory of the emulator's module; empty leaves it out")
	flag.IntVar(&o.random, "random", 100, "the number of random results")
	flag.StringVar(&o.record, "record", "", "write the answers of both sides to this directory")
	flag.BoolVar(&o.all, "all", false, "list the known differences, too")
	flag.BoolVar(&o.require, "require", false, "fail where the connector is not installed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}

// run compares everything and prints the report.
func run(ctx context.Context, o options, out io.Writer) error {
	probe, err := newConnector(o.python)
	if errors.Is(err, errNoConnector) && !o.require {
		_, err = fmt.Fprintf(out, "SKIPPED: nothing was compared: %v\n", err)
		return err
	}
	if err != nil {
		return err
	}
	if err := probe.Close(); err != nil {
		return err
	}
	cases, err := engineCases(o.golden, o.random)
	if err != nil {
		return err
	}
	var r report
	err = overEngines(cases, func(group []Case, start func() (*enginetest.Server, error)) error {
		driver, err := driverAnswers(ctx, group, start)
		if err != nil {
			return err
		}
		connector, err := connectorAnswers(ctx, o.python, group, start)
		if err != nil {
			return err
		}
		for i, c := range group {
			r.add(c, driver[i], connector[i])
		}
		return nil
	})
	if err == nil && o.emulator != "" {
		err = overEmulator(ctx, o, &r)
	}
	if err != nil {
		return err
	}
	if o.record != "" {
		if err := r.record(o.record); err != nil {
			return err
		}
	}
	return r.print(out, o.all)
}

// overEngines calls f for each group of cases that may share a connection and an engine.
// start starts an engine for the group.
func overEngines(cases []Case, f func(group []Case, start func() (*enginetest.Server, error)) error) error {
	for from := 0; from < len(cases); {
		to := from + 1
		for to < len(cases) && cases[from].Shared != "" && cases[to].Shared == cases[from].Shared {
			to++
		}
		group := cases[from:to]
		err := f(group, func() (*enginetest.Server, error) {
			cfg := group[0].Config
			cfg.Compat = true // the connector asks for a batch after the last
			srv, err := enginetest.NewServer(cfg)
			if err != nil {
				return nil, err
			}
			for _, c := range group {
				change(srv, c.Script)
			}
			return srv, nil
		})
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// driverAnswers runs cases with the driver on a new engine.
func driverAnswers(ctx context.Context, group []Case, start func() (*enginetest.Server, error)) (all []answers, err error) {
	srv, err := start()
	if err != nil {
		return nil, err
	}
	defer srv.Close()
	d, err := newDriver(group[0].dsn(srv))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return runAll(ctx, group, d, srv)
}

// connectorAnswers runs cases with the connector, in a new process, on a new engine.
func connectorAnswers(ctx context.Context, python string, group []Case, start func() (*enginetest.Server, error)) (all []answers, err error) {
	srv, err := start()
	if err != nil {
		return nil, err
	}
	defer srv.Close()
	c, err := newConnector(python)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.connect(group[0].dsn(srv)); err != nil {
		return nil, err
	}
	return runAll(ctx, group, c, srv)
}

func runAll(ctx context.Context, group []Case, side Side, srv *enginetest.Server) ([]answers, error) {
	all := make([]answers, len(group))
	for i := range group {
		var err error
		if all[i], err = group[i].run(ctx, side, srv); err != nil {
			return nil, err
		}
	}
	return all, nil
}
