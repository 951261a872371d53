// Package doctor checks the steps of a connection one after the other, and names the
// cure for the step that fails.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
)

// Status is the outcome of a step.
type Status string

// The outcomes of a step.
const (
	OK      Status = "ok"
	Warning Status = "warn"
	Failed  Status = "FAIL"
	Skipped Status = "-"
)

// The names of the steps, in their order.
const (
	StepDNS     = "DNS"
	StepTCP     = "TCP"
	StepTLS     = "TLS"
	StepHTTP2   = "HTTP/2"
	StepColour  = "colour"
	StepAuth    = "authentication"
	StepCluster = "cluster"
	StepSession = "session"
	StepQuery   = "SELECT 1"
)

// Step is a step that was checked.
type Step struct {
	Name   string
	Status Status
	Took   time.Duration
	// Details are facts that the step found, one in each line.
	Details []string
	// Cure is what to do about a warning or a failure.
	Cure string
	// Err is the error of a failed step.
	Err error
}

// fail makes the step a failed one.
func (s *Step) fail(err error, cure string) {
	s.Status, s.Err, s.Cure = Failed, err, cure
}

// note adds a detail.
func (s *Step) note(format string, args ...any) {
	s.Details = append(s.Details, fmt.Sprintf(format, args...))
}

// Doctor checks the connection of a configuration.
type Doctor struct {
	// Config names the engine. It is not changed.
	Config *e6data.Config
	// Timeout bounds each step.
	Timeout time.Duration
	// Report is called after each step.
	Report func(Step)

	address string   // of the engine
	dial    string   // what is dialled: the engine or an HTTP proxy
	conn    net.Conn // the connection that the steps before HTTP/2 share
	query   querier
}

// step is a check. It reports whether the steps after it can be checked.
type step struct {
	name  string
	check func(context.Context, *Step) bool
}

// Run checks all steps. It reports whether none failed. When ctx ends, the step that is
// checked fails, and the others are skipped.
func (d *Doctor) Run(ctx context.Context) bool {
	d.address = connect.Address(d.Config)
	defer d.close()
	steps := []step{
		{StepDNS, d.checkDNS}, {StepTCP, d.checkTCP}, {StepTLS, d.checkTLS}, {StepHTTP2, d.checkHTTP2},
		{StepColour, d.checkColour}, {StepAuth, d.checkAuth}, {StepCluster, d.checkCluster},
		{StepSession, d.checkSession}, {StepQuery, d.checkQuery},
	}
	healthy, reachable := true, true
	for _, st := range steps {
		s := Step{Name: st.name, Status: OK}
		if !reachable || ctx.Err() != nil {
			s.Status = Skipped
			d.Report(s)
			continue
		}
		reachable = d.check(ctx, st, &s)
		healthy = healthy && s.Status != Failed
		d.Report(s)
	}
	return healthy && ctx.Err() == nil
}

// check runs one step within the timeout.
func (d *Doctor) check(ctx context.Context, st step, s *Step) (reachable bool) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.Timeout, errSlow)
	defer cancel()
	begin := time.Now()
	reachable = st.check(ctx, s)
	s.Took = time.Since(begin)
	if s.Status == Failed && errors.Is(context.Cause(ctx), errSlow) {
		s.Err = fmt.Errorf("no answer within %v: %w", d.Timeout, s.Err)
	}
	return reachable
}

var errSlow = errors.New("the step took too long")

// close closes what the steps have left open.
func (d *Doctor) close() {
	if d.conn != nil {
		_ = d.conn.Close()
	}
	d.query.close()
}
