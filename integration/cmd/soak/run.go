package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/integration/internal/load"
)

// maxSamples bounds the errors that are kept.
const maxSamples = 10

// run is the state of a soak.
type run struct {
	o     options
	d     *deployment
	m     *mix
	began time.Time
	books enginetest.Stats // at the end

	mu       sync.Mutex
	byKind   []tally
	window   *hdrhistogram.Histogram // since the last sample
	rows     int64
	errors   map[load.Class]int
	failures []string // some of the errors
	wrong    []string
	samples  []sample
	switches []time.Duration // when
}

// tally counts the queries of a kind.
type tally struct {
	queries, rows int64
	latency       *hdrhistogram.Histogram // microseconds
}

// sample is the state at one moment.
type sample struct {
	at                time.Duration
	queries, rows     int64 // since the last sample
	p50, p99          time.Duration
	resident          int64 // bytes; 0 if the system does not tell
	goroutines, open  int   // open: queries on the engine
	switches, retries uint64
	errors            int
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(10*time.Minute/time.Microsecond), 3)
}

func newRun(o options, d *deployment, m *mix) *run {
	r := &run{o: o, d: d, m: m, window: newHistogram(), errors: map[load.Class]int{}, byKind: make([]tally, len(kinds))}
	for i := range r.byKind {
		r.byKind[i].latency = newHistogram()
	}
	return r
}

// run runs the mix until its time is over or ctx ends. An error is one of the
// deployment.
func (r *run) run(ctx context.Context) error {
	r.m.db.SetMaxOpenConns(r.o.connections)
	r.m.db.SetMaxIdleConns(r.o.connections)
	r.began = time.Now()
	over, stop := context.WithTimeout(ctx, r.o.length)
	defer stop()
	var workers, helpers sync.WaitGroup
	for i := range uint64(r.o.connections) {
		workers.Go(func() {
			for random := rand.New(rand.NewPCG(r.o.seed, i)); over.Err() == nil; {
				r.query(ctx, random)
			}
		})
	}
	failed := make(chan error, 2)
	helpers.Go(func() { failed <- r.sampleAll(over) })
	helpers.Go(func() { failed <- r.switchAll(ctx, over) })
	workers.Wait()
	stop()
	helpers.Wait()
	return errors.Join(<-failed, <-failed)
}

// query runs one query and counts it.
func (r *run) query(ctx context.Context, random *rand.Rand) {
	kind := choose(random)
	began := time.Now()
	rows, err := kinds[kind].run(r.m, ctx, random)
	took := time.Since(began).Microseconds()
	if err != nil && ctx.Err() != nil {
		return // the program ends
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &r.byKind[kind]
	t.queries++
	t.rows += int64(rows)
	r.rows += int64(rows)
	_ = t.latency.RecordValue(took) // fails only beyond 10 minutes
	_ = r.window.RecordValue(took)
	var wrong *wrongError
	switch {
	case errors.As(err, &wrong):
		r.wrong = append(r.wrong, wrong.text)
	case err != nil:
		r.errors[load.Classify(err)]++
		if len(r.failures) < maxSamples {
			r.failures = append(r.failures, fmt.Sprintf("%s: %v", kinds[kind].name, err))
		}
	}
}

// switchAll switches the deployment again and again until over ends.
func (r *run) switchAll(ctx, over context.Context) error {
	for {
		select {
		case <-over.Done():
			return nil
		case <-time.After(r.o.between):
		}
		at := time.Since(r.began)
		if err := r.d.switchColour(ctx, r.o.reload); err != nil && ctx.Err() == nil {
			return fmt.Errorf("switching: %w", err)
		}
		r.mu.Lock()
		r.switches = append(r.switches, at)
		r.mu.Unlock()
	}
}

// sampleAll takes a sample each second until over ends.
func (r *run) sampleAll(over context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-over.Done():
			return nil
		case <-tick.C:
		}
		books, err := r.d.books(over)
		switch {
		case over.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		s := r.sample(books)
		if !r.o.quiet {
			fmt.Fprintf(os.Stderr, "%6v %5d queries/s %8d rows/s  p50 %v p99 %v  %d MiB %d goroutines  %d open  %d switches %d retries %d errors\n",
				s.at.Round(time.Second), s.queries, s.rows, s.p50, s.p99, s.resident>>20, s.goroutines, s.open, s.switches, s.retries, s.errors)
		}
	}
}

// sample adds a sample and returns it.
func (r *run) sample(books enginetest.Stats) sample {
	stats := r.m.connector.Stats()
	s := sample{
		at: time.Since(r.began), resident: resident(), goroutines: runtime.NumGoroutine(), open: books.Open,
		switches: stats.Switches,
	}
	for _, n := range stats.Retries {
		s.retries += n
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.queries, s.rows = r.window.TotalCount(), r.rows
	s.p50, s.p99 = quantile(r.window, 50), quantile(r.window, 99)
	r.window.Reset()
	r.rows = 0
	for _, n := range r.errors {
		s.errors += n
	}
	r.samples = append(r.samples, s)
	return s
}

func quantile(h *hdrhistogram.Histogram, percent float64) time.Duration {
	return time.Duration(h.ValueAtQuantile(percent)) * time.Microsecond
}

// finish closes the pool and returns the faults of the soak.
func (r *run) finish(ctx context.Context) (faults []error) {
	if err := r.m.db.Close(); err != nil {
		faults = append(faults, fmt.Errorf("closing the pool: %w", err))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var err error
	for {
		if r.books, err = r.d.books(ctx); err != nil || r.books.Open == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		faults = append(faults, fmt.Errorf("%d queries are left on the engine: %w", r.books.Open, err))
	}
	for _, violation := range r.books.Violations {
		// The driver gives a fetch up and clears its query when a context ends. A
		// proxy sends the two calls on two connections, so that the fetch may
		// arrive last.
		if strings.HasPrefix(violation, "getNextResultBatch") && strings.HasSuffix(violation, " is cleared") {
			continue
		}
		faults = append(faults, errors.New("a call that violates the protocol: "+violation))
	}
	for _, text := range r.wrong[:min(len(r.wrong), maxSamples)] {
		faults = append(faults, errors.New(text))
	}
	if len(r.wrong) > 0 {
		faults = append(faults, fmt.Errorf("%d WRONG RESULTS", len(r.wrong)))
	}
	lost := []load.Class{load.Incomplete, load.Ambiguous}
	for class, n := range r.errors {
		if r.o.reload && slices.Contains(lost, class) {
			continue // HAProxy ends the connections of its old process, and says so
		}
		faults = append(faults, fmt.Errorf("%d queries failed unexpectedly (%s)", n, class))
	}
	if len(faults) > 0 {
		for _, text := range r.failures {
			faults = append(faults, errors.New(text))
		}
	}
	return append(faults, r.growth()...)
}

// growth compares the resident memory and the goroutines of the last quarter of
// the time with those of the second quarter.
func (r *run) growth() (faults []error) {
	n := len(r.samples)
	if n < 40 {
		return nil // too short
	}
	median := func(from, to int, of func(sample) int64) int64 {
		var all []int64
		for _, s := range r.samples[from:to] {
			all = append(all, of(s))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	compare := func(what string, slack int64, of func(sample) int64) {
		early, late := median(n/4, n/2, of), median(3*n/4, n, of)
		if late > early+early/4+slack {
			faults = append(faults, fmt.Errorf("%s grew from %d to %d (medians of the second and of the last quarter)", what, early, late))
		}
	}
	compare("resident memory", 16<<20, func(s sample) int64 { return s.resident })
	compare("the number of goroutines", 16, func(s sample) int64 { return int64(s.goroutines) })
	return faults
}

// resident returns the process's resident memory in bytes, or 0 where the system
// has no /proc.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
