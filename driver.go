// Package e6data is a database/sql driver for e6data, a distributed SQL
// analytics engine. Importing it registers the driver under the name "e6data":
//
//	import (
//		"database/sql"
//
//		_ "github.com/e6data/e6data-go"
//	)
//
//	db, err := sql.Open("e6data", "e6data://me%40example.com:token@host:443/sales?catalog=lake&secure=true")
//
// [Config] lists what a DSN can say; [NewConnector] takes a Config instead.
//
// # Connections and sessions
//
// A [Connector], and so an [database/sql.DB], has one gRPC channel, or as many as
// [Config].Channels says. A connection of the pool uses one of them, and a session
// on the engine; opening more connections opens no more sockets. Sessions belong to
// the Connector: a connection that is closed leaves its session to the next one.
// Connections are cheap: any number of queries may run at the same time, also on one
// [database/sql.Conn], where each [database/sql.Rows] has its own query.
//
// # Parameters
//
// Placeholders are ?; or $1, :1 or ?1; or :name and @name with [database/sql.Named];
// of one of these styles in a statement. The driver writes the arguments into the
// text as literals that no string can leave; with [ParamsServer] the engine takes
// them beside the text. A time.Time is a TIMESTAMP, with the wall clock in [Config].Loc; [Date] and
// [TimestampTZ] make it something else; [Decimal] is exact; a slice is the members of an IN list, as in
// x IN (?). A [QueryOption] may stand among the arguments and counts as none
// of them. What is wrong with an argument is an [ArgumentError], with the text a
// [SyntaxError].
//
// # Blue/green deployments
//
// An e6data deployment runs two stacks, blue and green, of which one is live at
// most times. The driver finds out which, moves new queries when the engine
// announces a switch, and lets running queries end where they began. What it
// knows is shared by all connectors of the process to the same endpoint and
// cluster (see package strategy).
//
// # Errors
//
// Errors are of type *[Error] where a call to the engine failed; they carry the
// phase, the gRPC code and the query's id. Nothing that may have been executed
// is ever sent again, and a result that ends early is an error
// ([ErrIncompleteResult]), never a short result.
//
// # Testing
//
// Package enginetest is an in-process engine on loopback for an application's
// own tests.
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

// Driver is the driver that database/sql knows as "e6data".
type Driver struct{}

var (
	_ driver.Driver        = (*Driver)(nil)
	_ driver.DriverContext = (*Driver)(nil)
)

// OpenConnector reads the DSN and returns its connector; it connects to
// nothing. A DSN that cannot be right is an error, but for the empty one, which
// wrappers pass to [sql.Open] just to get hold of the driver: there Connect
// fails.
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

// Open returns a connection with a channel of its own. database/sql calls
// OpenConnector instead.
func (d *Driver) Open(dsn string) (driver.Conn, error) {
	c, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	cn, err := c.Connect(context.Background())
	// The channel ends with its last connection.
	return cn, errors.Join(err, c.(*Connector).Close())
}
