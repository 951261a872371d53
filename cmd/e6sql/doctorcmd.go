package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/doctor"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/progress"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/report"
)

// doctor checks the steps of a connection.
func (a *app) doctor(ctx context.Context, g *cli) int {
	target, err := connect.Resolve(ctx, g.dsn(), &g.Connection, a.ask)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return exitCancelled
		}
		_, _ = io.WriteString(a.stderr, report.Error(err))
		return exitCode(err, false)
	}
	defer target.Close()
	d := &doctor.Doctor{Config: target.Config, Timeout: g.Doctor.Timeout, Report: a.showStep}
	_, _ = fmt.Fprintf(a.stdout, "%s, named by %s\n", connect.Address(target.Config), target.Source)
	switch {
	case d.Run(ctx):
		return exitSuccess
	case ctx.Err() != nil:
		return exitCancelled
	}
	return exitConnection
}

// showStep prints a step: its name, its time, what it found, and the cure.
func (a *app) showStep(s doctor.Step) {
	const margin = "                                  "
	took := ""
	if s.Status != doctor.Skipped {
		took = progress.Duration(s.Took)
	}
	lines := s.Details
	if s.Err != nil {
		lines = append(lines, s.Err.Error())
	}
	if s.Cure != "" {
		lines = append(lines, "cure: "+s.Cure)
	}
	text := report.Printable(strings.Join(lines, "\n"))
	text = strings.ReplaceAll(text, "\n", "\n"+margin)
	_, _ = fmt.Fprintln(a.stdout, strings.TrimRight(fmt.Sprintf("%-4s  %-14s %10s   %s", s.Status, s.Name, took, text), " "))
}
