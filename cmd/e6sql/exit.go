package main

import (
	"context"
	"errors"
	"runtime"
	"syscall"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/connect"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/session"
)

// The exit codes. docs/e6sql.md lists them.
const (
	exitSuccess    = 0
	exitSQL        = 1
	exitUsage      = 2
	exitConnection = 3
	exitIncomplete = 4
	exitCancelled  = 130 // 128 + SIGINT
	exitPipe       = 141 // 128 + SIGPIPE
)

// exitCode returns the exit code for the error of a statement or of a connection. began reports
// whether rows were written before.
func exitCode(err error, began bool) int {
	if err == nil {
		return exitSuccess
	}
	if _, ok := errors.AsType[*connect.UsageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*session.SinkError](err); ok {
		switch {
		case isBrokenPipe(err):
			return exitPipe
		case errors.Is(err, context.Canceled):
			return exitCancelled
		}
		return exitIncomplete
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, e6data.ErrQueryCancelled):
		return exitCancelled
	case errors.Is(err, e6data.ErrIncompleteResult), errors.Is(err, e6data.ErrAmbiguousExecution):
		return exitIncomplete
	case errors.Is(err, e6data.ErrSQL):
		return exitSQL
	case began:
		return exitIncomplete
	case isConnection(err):
		return exitConnection
	}
	return exitSQL
}

// isConnection reports whether an error says that the engine was not reached, or let
// nobody in.
func isConnection(err error) bool {
	for _, kind := range []error{
		e6data.ErrAuthentication, e6data.ErrTokenUnavailable, e6data.ErrUnknownCluster, e6data.ErrClusterSuspended,
		e6data.ErrTLS, e6data.ErrWrongStrategy, e6data.ErrSessionExpired,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	failed, ok := errors.AsType[*e6data.Error](err)
	if !ok {
		return false
	}
	return failed.Phase == e6data.PhaseConnect || failed.Phase == e6data.PhasePing || failed.Phase == e6data.PhaseResume || unreachable(failed)
}

// unreachable reports whether a call got no answer of the engine, in a phase in which
// that does not matter for the statement.
func unreachable(failed *e6data.Error) bool {
	return failed.Code == codes.Unavailable && (failed.Phase == e6data.PhasePrepare || failed.Phase == e6data.PhaseExecute)
}

// The errors of Windows for a pipe without a reader.
const (
	errWindowsBrokenPipe syscall.Errno = 109
	errWindowsNoData     syscall.Errno = 232
)

// isBrokenPipe reports whether the reader of a pipe has gone away.
func isBrokenPipe(err error) bool {
	number, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return false
	}
	if runtime.GOOS == "windows" {
		return number == errWindowsBrokenPipe || number == errWindowsNoData
	}
	return number == syscall.EPIPE
}
