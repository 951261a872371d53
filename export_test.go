package e6data

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"testing"
	"time"

	"github.com/e6data/e6data-go/strategy"
)

// Listen hands on what all connectors log from now on, at every level, also
// where they have a logger of their own, and the texts of all errors. It must be
// waitCalled before any connector is made.
func Listen(log slog.Handler, errorText func(string)) {
	testHooks.connector = func(c *Connector) { c.log = slog.New(slog.NewMultiHandler(c.log.Handler(), log)) }
	testHooks.errorText = errorText
}

// Poison makes the connector overwrite the memory of a batch as soon as its
// reader has moved on.
func Poison(c *Connector) { c.switches.poison = true }

// IsLoopback is isLoopback.
func IsLoopback(host string) bool { return isLoopback(host) }

// SetMaxEmptyChunks replaces the constant maxEmptyChunks.
func SetMaxEmptyChunks(c *Connector, n int) { c.switches.maxEmptyChunks = n }

// SetIdleAfter replaces the constant idleAfter.
func SetIdleAfter(c *Connector, d time.Duration) { c.switches.idleAfter = d }

// EnvNames are the environment variables that are read.
func EnvNames() []string {
	var names []string
	for _, vars := range [][]envVar{envSettings, envCredentials} {
		for _, v := range vars {
			names = append(names, v.name)
		}
	}
	return names
}

// HookCost returns the allocations of a health check on a connection with
// nobody watching, as it is made and as it would be without the possibility to
// watch.
func HookCost(dc driver.Conn) (watched, bare float64) {
	cn := dc.(*conn)
	ctx, c := context.Background(), cn.c
	k := cn.healthCheck(PhasePing, cn.session.state)
	watched = testing.AllocsPerRun(200, func() { _ = c.withHooks(ctx, k, nil) })
	bare = testing.AllocsPerRun(200, func() { _ = c.transmit(ctx, k, nil) })
	return watched, bare
}

// RecordCost returns the allocations of Record.
func RecordCost(c *Connector) float64 {
	return testing.AllocsPerRun(200, func() { Record(c) })
}

var (
	recorded    = &record{}
	errRecorded = error(&Error{condition: noAnswer})
)

// Record notes a batch, a retry and a session, with nobody watching.
func Record(c *Connector) {
	ctx := context.Background()
	recorded.c = c
	recorded.fetched(1, 1)
	c.noteRetry(ctx, PhasePing, 2, errRecorded)
	c.noteColor(ctx, strategy.Unknown)
}

// ParamNames are the names of the DSN's parameters.
func ParamNames() []string {
	var names []string
	for i := range params {
		names = append(names, params[i].name)
	}
	return names
}

// PingEvery returns how often a new channel pings.
func PingEvery(c *Connector) time.Duration { return c.pingEvery() }
