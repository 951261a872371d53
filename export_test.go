package e6data

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/e6data/e6data-go/strategy"
)

// Listen passes the log records of all later connectors to log, at every level, also if a
// connector has its own logger. It passes the texts of all errors to errorText. Listen
// must be called before any connector is made.
func Listen(log slog.Handler, errorText func(string)) {
	testHooks.connector = func(c *Connector) { c.log = slog.New(slog.NewMultiHandler(c.log.Handler(), log)) }
	testHooks.errorText = errorText
}

// Poison makes the connector overwrite the memory of a batch as soon as its reader reads
// the next one.
func Poison(c *Connector) { c.switches.poison = true }

// IsLoopback is isLoopback.
func IsLoopback(host string) bool { return isLoopback(host) }

// SetMaxEmptyChunks replaces the constant maxEmptyChunks.
func SetMaxEmptyChunks(c *Connector, n int) { c.switches.maxEmptyChunks = n }

// SetIdleAfter replaces the constant idleAfter.
func SetIdleAfter(c *Connector, d time.Duration) { c.switches.idleAfter = d }

// EnvNames returns the names of the environment variables that the driver reads.
func EnvNames() []string {
	var names []string
	for _, vars := range [][]envVar{envSettings, envCredentials} {
		for _, v := range vars {
			names = append(names, v.name)
		}
	}
	return names
}

// HookCost returns the number of allocations of a health check on a connection that has
// neither hook nor logger: with the driver's code for hooks, and without it.
func HookCost(dc driver.Conn) (watched, bare float64) {
	cn := dc.(*conn)
	ctx, c := context.Background(), cn.c
	k := cn.healthCheck(PhasePing, cn.session.state)
	watched = testing.AllocsPerRun(200, func() { _ = c.withHooks(ctx, k, nil) })
	bare = testing.AllocsPerRun(200, func() { _ = c.transmit(ctx, k, nil) })
	return watched, bare
}

// RecordCost returns the number of allocations of Record.
func RecordCost(c *Connector) float64 {
	return testing.AllocsPerRun(200, func() { Record(c) })
}

var (
	recorded    = &record{}
	errRecorded = error(&Error{condition: noAnswer})
)

// Record records a batch, a retry and a session, without hook and logger.
func Record(c *Connector) {
	ctx := context.Background()
	recorded.c = c
	recorded.fetched(1, 1)
	c.noteRetry(ctx, PhasePing, 2, errRecorded)
	c.noteColor(ctx, strategy.Unknown)
}

// ParamNames returns the names of the DSN's parameters.
func ParamNames() []string {
	var names []string
	for i := range params {
		names = append(names, params[i].name)
	}
	return names
}

// PingEvery returns the interval between pings of a new channel.
func PingEvery(c *Connector) time.Duration { return c.pingEvery() }

// Unrefused returns a connection whose RST_STREAM frames do not have the code
// REFUSED_STREAM.
func Unrefused(c net.Conn) net.Conn { return &unrefusedConn{Conn: c} }
