package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/progress"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/report"
)

// ping connects, and calls the engine's health check.
func (a *app) ping(ctx context.Context, g *cli) int {
	target, s, code := a.open(ctx, g)
	if s == nil {
		return code
	}
	defer target.Close()
	begin := time.Now()
	err := s.Ping(ctx)
	took := time.Since(begin)
	a.close(ctx, s)
	if err == nil {
		_, _ = io.WriteString(a.stdout, connect.Address(target.Config)+" answers, after "+progress.Duration(took)+"\n")
		return exitSuccess
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		a.say("cancelled")
		return exitCancelled
	}
	_, _ = io.WriteString(a.stderr, report.Error(err))
	return exitConnection
}
