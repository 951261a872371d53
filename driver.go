// Package e6data is a database/sql driver for e6data, a distributed SQL analytics
// engine. An import of the package registers the driver under the name "e6data":
//
//	import (
//		"database/sql"
//
//		_ "github.com/e6data/e6data-go"
//	)
//
//	db, err := sql.Open("e6data", "e6data://me%40example.com:token@host:443/sales?catalog=lake&secure=true")
//
// # Connecting
//
// A DSN or a [Config] holds the settings. [ParseDSN] describes the DSN and its
// common parameters. [NewConnector] takes a Config and options, and returns a
// [Connector] for [database/sql.OpenDB]. [ConfigFromEnv] reads the DSN from the
// environment variable E6DATA_DSN. Credentials are one of: user and access token, an
// OAuth 2.0 access token, an OAuth 2.0 client, or [WithTokenSource]. [WithTLSConfig]
// and [RegisterTLSConfig] set up TLS beyond the DSN's parameters.
//
// An e6data deployment runs two stacks. Most of the time one of them is live. The
// protocol calls the colour of a stack its strategy (blue or green). The driver
// finds the live colour, and moves new queries when the engine announces a switch.
// Running queries end on the colour where they began. All connectors of the process
// to the same endpoint and cluster share the known colour (see package strategy).
//
// # Parameters
//
// A statement has placeholders of one style: ?; or $1, :1 or ?1; or :name or @name
// with [database/sql.Named]. By default the driver writes the arguments into the
// statement as literals, which no string can break out of. With [ParamsServer] the
// engine receives the arguments beside the statement. A time.Time is a TIMESTAMP
// with the wall clock in [Config].Loc. [Date] makes it a DATE, and [TimestampTZ] a
// TIMESTAMP_TZ. A [Decimal] is exact. A slice becomes the members of an IN list, as
// in x IN (?). A [QueryOption] may stand among the arguments, and needs no
// placeholder. A wrong argument is an [ArgumentError]. A statement that the driver
// cannot read is a [SyntaxError].
//
// # Native connection
//
// [UseConn] calls a function with a [Conn], the driver's own connection, of a
// [database/sql.DB], a [database/sql.Conn] or a library's type around one. A Conn
// has methods that database/sql lacks: [Conn.Catalogs], [Conn.Schemas],
// [Conn.Tables] and [Conn.Columns] list the catalog, [Conn.DryRun] plans a
// statement, and [Conn.Status], [Conn.Explain] and [Conn.ExplainAnalyze] return
// facts about a query.
//
// # Reading by column
//
// [Conn.Query] returns [Batches]: the result batch by batch, with typed slices for
// the columns, such as Int64s and Strings of
// [github.com/e6data/e6data-go/thriftrows.Batch]. No value is boxed. This is the
// fastest way to read a large result.
//
// # Asynchronous queries
//
// [Conn.Submit] starts a query that outlives its connection and its process, and
// returns a [QueryHandle]. [Conn.Wait] polls the query until it is done.
// [Conn.Fetch] and [FetchRows] read the result, once. [Conn.Clear] frees the query's
// resources without reading. The text form of a handle can be passed to another
// process, and is a secret.
//
// # Observing
//
// [WithLogger] sets a [log/slog] logger. [WithHook] sets a [Hook] that is called for
// each query, call, repetition and switch; the module otele6data has a Hook for
// OpenTelemetry. [CaptureQuery] and [OnProgress] observe a single query, and
// [QueryTag] marks it for people and tools. [Connector.Stats] returns counters. The
// driver sends no telemetry of its own.
//
// # Cancellation
//
// If the context of a call ends, the call returns at once, in every phase of a
// query. The driver then clears the query on the engine in the background.
// [Conn.Cancel] ends a query that another connection or another process runs.
// [database/sql.DB.Close] and [Connector.Shutdown] wait for the queries that are
// still being cleared.
//
// # Pools
//
// A [Connector], and so a [database/sql.DB], has [Config].Channels gRPC channels. A
// connection of the pool uses one channel, and a session on the engine. More
// connections open no more sockets. A connection that is closed leaves its session
// to the next one, so connections are cheap. Any number of queries may run at the
// same time, also on one [database/sql.Conn]: each [database/sql.Rows] has its own
// query.
//
// # Errors
//
// If a call to the engine fails, the error is an *[Error]. It holds the phase, the
// gRPC code and the query's id. The variables such as [ErrAuthentication] are for
// errors.Is. The driver never repeats a call that may have executed a statement:
// then the error is [ErrAmbiguousExecution]. A result that ends early is an error,
// [ErrIncompleteResult], and never a short result.
//
// # Testing
//
// Package enginetest is an in-process engine on loopback for an application's own
// tests. [ArgumentConverter] is for mocks of database/sql.
package e6data

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// DriverName is the name under which the driver registers itself.
const DriverName = "e6data"

func init() { sql.Register(DriverName, &Driver{}) }

// Driver is the driver that is registered with database/sql under the name "e6data".
type Driver struct{}

var (
	_ driver.Driver        = (*Driver)(nil)
	_ driver.DriverContext = (*Driver)(nil)
)

// OpenConnector parses the DSN and returns its connector. It does not connect. An
// invalid DSN is an error. The empty DSN is not, because wrappers pass it to
// [sql.Open] to get the driver: the connector's Connect returns the error.
func (d *Driver) OpenConnector(dsn string) (driver.Connector, error) {
	if dsn == "" {
		return &Connector{driver: d, unusable: &Error{Phase: PhaseConnect, Message: "the DSN is empty"}}, nil
	}
	cfg, err := ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	c, err := NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	c.driver = d
	return c, nil
}

// Open returns a connection with its own channel. database/sql calls OpenConnector
// instead.
func (d *Driver) Open(dsn string) (driver.Conn, error) {
	c, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	cn, err := c.Connect(context.Background())
	// The connector is closed now; the channel is closed with its only connection.
	return cn, errors.Join(err, c.(*Connector).Close())
}
