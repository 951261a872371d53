// Package protocoltest has the tests of the protocol that every backend of an [enginetest.Server]
// passes, and the client that they are written with. The client makes calls one by one, wrong ones
// included, which a driver does not.
package protocoltest

import (
	"testing"

	"github.com/e6data/e6data-go/enginetest"
)

// Backend says how the tests get servers whose statements a backend answers.
//
// Every server has the catalog "c", which is the default one, and in it the schema "s" with one
// table, items: the columns id, a 64-bit integer, and price, a DECIMAL(10,2), and three rows:
// (1, 12.30), (2, 0.50) and (NULL, NULL). A chunk has two rows. Statements that name another table
// or column are refused with a text that has the name.
type Backend struct {
	// Start starts a server. It is closed when the test ends.
	Start func(t testing.TB, cfg enginetest.Config) *enginetest.Server
	// Endless is a statement that executes for an hour at least.
	Endless string
	// Counts reports whether metadata and status have the number of rows before they are read.
	Counts bool
}

// The statements that every server answers.
const (
	Items = "SELECT id, price FROM items" // three rows
	Ids   = "SELECT id FROM items"        // the same rows
	Echo  = "SELECT ? AS v"               // one row with the parameter
)

// Run runs all tests. They are parallel subtests of t.
func Run(t *testing.T, b Backend) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, b Backend)
	}{
		{"query life", queryLife},
		{"refusals", refusals},
		{"bad credentials", badCredentialsAreAnEmptySession},
		{"DSN", dsn},
		{"second result call", secondResultCallIsAViolation},
		{"result call after an abandoned one", resultCallAfterAnAbandonedOneIsNone},
		{"cancel", cancelEndsAStatement},
		{"client leaves", clientLeavesAStatement},
		{"clear ends a statement", clearEndsAStatement},
		{"close ends a statement", closeEndsAStatement},
		{"parameters", parameters},
		{"V2 batches", batchesV2},
		{"concurrent queries", concurrentQueries},
		{"close", closeEndsEverything},
		{"blue and green", blueGreen},
		{"query on the other colour", queryIsUnknownOnTheOtherColor},
		{"expired sessions", expireSessions},
		{"rotating sessions", rotateSessions},
		{"OAuth", oauth},
		{"cluster", clusterResume},
		{"catalogs", catalogs},
		{"plans", plans},
		{"ended query", callsAboutAnEndedQuery},
		{"watching", watchingLeavesTheSessionAlone},
		{"fault before", faultBefore},
		{"fault after", faultAfter},
		{"fault conditions", faultConditions},
		{"fault that holds up", faultHangAndDelay},
		{"fault that drops", faultDrop},
		{"wait", waitGivesUp},
		{"no strategy", noStrategyHeader},
		{"no strategy by proxy", noStrategyHeaderByProxy},
		{"vendor's clients", compat},
		{"two readers", twoReaders},
		{"compressed calls", compressedCalls},
		{"proxy passes on", proxyPassesCallsOn},
		{"proxy refuses", proxyRefuses},
		{"proxy's faults", proxyFault},
		{"proxy loses an answer", proxyLosesAnAnswer},
		{"proxy closes", proxyClose},
		{"proxy cancels", proxyCancels},
		{"marks", mark},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, b)
		})
	}
}
