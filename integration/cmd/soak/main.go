// Command soak runs a mix of queries for a long time against a deployment that
// switches between its colours: the emulator, with real SQL over TPC-H data, as
// a blue/green pair behind HAProxy or behind a router like Envoy.
//
//	go run ./cmd/soak -time 15m -switch 20s -report soak.html
//
// It checks every row. It prints a line each second and a table at the end, and
// writes a page with plots. It exits with 1 if a row was wrong, a query failed
// unexpectedly, a query was left on the engine, or memory or goroutines grew.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	length, between time.Duration
	connections     int
	proxy           string
	reload          bool
	emulator        string
	scale           float64
	seed            uint64
	report, picture string
	quiet           bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	var o options
	f := flag.NewFlagSet("soak", flag.ContinueOnError)
	f.DurationVar(&o.length, "time", 15*time.Minute, "how `long` queries are started")
	f.DurationVar(&o.between, "switch", 20*time.Second, "the `time` between two switches")
	f.IntVar(&o.connections, "connections", 16, "run `n` queries at the same time")
	f.StringVar(&o.proxy, "proxy", "haproxy", "`haproxy`, or router for one like Envoy")
	f.BoolVar(&o.reload, "reload", false, "also reload the proxy in each switch; results that HAProxy cuts off then are no fault")
	f.StringVar(&o.emulator, "emulator", "", "the `program` e6emulator; it is built from ../emulator otherwise")
	f.Float64Var(&o.scale, "scale", 0.01, "the scale `factor` of the TPC-H data")
	f.Uint64Var(&o.seed, "seed", 1, "the `seed` of the mix")
	f.StringVar(&o.report, "report", "", "write a page with plots to this `file`")
	f.StringVar(&o.picture, "picture", "", "write the plots to this PNG `file`")
	f.BoolVar(&o.quiet, "quiet", false, "print no line each second")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.proxy != "haproxy" && o.proxy != "router" {
		return fmt.Errorf("-proxy %s: want haproxy or router", o.proxy)
	}
	return soak(ctx, o)
}

// soak starts the deployment, runs the mix and reports. An error lists all
// faults that were found.
func soak(ctx context.Context, o options) (err error) {
	d, err := deploy(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	m, err := prepare(ctx, d.dsn())
	if err != nil {
		return err
	}
	r := newRun(o, d, m)
	if err := r.run(ctx); err != nil {
		return err
	}
	faults := r.finish(ctx)
	r.printTable(os.Stdout)
	if o.report != "" || o.picture != "" {
		if err := r.writeReport(faults); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) == 0 {
		fmt.Println("\nNo row was wrong, no query failed unexpectedly, and nothing was left.")
	}
	return errors.Join(faults...)
}
