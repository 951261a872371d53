package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/e6data/e6data-go/enginetest"
)

// Config says how a [Server] is set up. The zero value is an empty database in memory behind a
// plaintext server on a free port of 127.0.0.1.
type Config struct {
	// Engine is the protocol's side: credentials, colours, address, TLS and so on. Its Backend must
	// be nil.
	Engine enginetest.Config

	// OAuth, when set, issues tokens, and the server takes no others. Engine.Bearer must be nil then.
	OAuth *OAuth

	// Catalog is the name of the default catalog. Default: "local".
	Catalog string
	// File is the DuckDB database that holds the default catalog. It is made where there is
	// none. Empty: memory.
	File string
	// Demo adds the catalog "demo": a table with every type, "types", and two years of "events". Its
	// schema has the name that Engine.Database says.
	Demo bool
	// Scale adds the catalog "tpch" with TPC-H's tables at this scale factor, in a schema of the same
	// name as demo's. At 1 they have about 1 GB. 0: no such catalog.
	Scale float64
	// Tables are files to load into the default catalog: name to the path of a CSV (.csv, .tsv) or
	// Parquet (.parquet) file. A name may have a schema, as in "db.items".
	Tables map[string]string
	// Init is a script of DuckDB's SQL that is run in the default catalog before the server
	// accepts calls. It may read files.
	Init string

	// Raw passes statements on as they are, in DuckDB's SQL. Otherwise they are in e6data's dialect, and
	// what that lacks is refused.
	Raw bool
	// Native takes the functions of the engine's native executor, where they differ from those of the
	// Java one.
	Native bool
	// Now returns the time that CURRENT_TIMESTAMP and its like have in a statement. It may be called
	// concurrently. Nil: the clock's. Raw statements do not call it.
	Now func() time.Time
	// RequireCatalog refuses statements that name no catalog, those of clients that use the V1 methods, as
	// a deployment without a default catalog does.
	RequireCatalog bool
	// Zone is the time zone of the sessions, an IANA name. TIMESTAMP_TZ values have it. Default: "UTC".
	Zone string
	// BatchRows is the largest number of rows in a chunk, 2048 at most. Default: 2047.
	BatchRows int
	// Shuffle is a seed. If it is not 0, rows of a SELECT without ORDER BY come in another order,
	// so that a test finds an application that relies on one. The order of up to 65,536 rows, or of
	// 16 MiB of their values as text, depends on the seed, the statement and the rows only. A larger result
	// is shuffled in parts of this size, each of the rows that DuckDB returned next. Default: 0,
	// DuckDB's order.
	Shuffle uint64
	// JSON writes ARRAY, MAP and STRUCT values as JSON text, not in the form of Java's collections,
	// such as {a=1, b=[x, y]} (docs/protocol.md, section 12).
	JSON bool
	// Cache keeps results of up to 1 MiB for clients that take them, until a statement may have changed
	// data. Views and macros are taken for deterministic.
	Cache bool
	// Queue is how many statements execute at once; the others wait. Default: no limit.
	Queue int
	// MemoryMB bounds the database's memory, in MiB. Default: 1024.
	MemoryMB int
	// TempMB bounds the database's temporary files, in MiB. Default: 4096.
	TempMB int
	// Threads is how many threads the database has. Default: 2.
	Threads int
	// Logger logs statements, at Debug, and what goes wrong. Nil: nothing is logged.
	Logger *slog.Logger
}

const (
	defaultBatchRows = 2047
	maxBatchRows     = 2048 // of one of DuckDB's chunks
)

func (c Config) withDefaults() (Config, error) {
	c.Catalog = cmp.Or(c.Catalog, "local")
	c.Engine.Database = cmp.Or(c.Engine.Database, "db")
	c.Zone = cmp.Or(c.Zone, "UTC")
	c.BatchRows = cmp.Or(c.BatchRows, defaultBatchRows)
	c.MemoryMB = cmp.Or(c.MemoryMB, 1024)
	c.TempMB = cmp.Or(c.TempMB, 4096)
	c.Threads = cmp.Or(c.Threads, 2)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	var errs []error
	if c.Engine.Backend != nil {
		errs = append(errs, errors.New("the backend is the emulator's own: Config.Engine.Backend must be nil"))
	}
	if c.OAuth != nil && c.Engine.Bearer != nil {
		errs = append(errs, errors.New("tokens come from Config.OAuth or are checked by Config.Engine.Bearer, not both"))
	}
	if c.BatchRows < 1 || c.BatchRows > maxBatchRows {
		errs = append(errs, fmt.Errorf("BatchRows is %d: 1 to %d are possible", c.BatchRows, maxBatchRows))
	}
	if c.Queue < 0 || c.MemoryMB < 0 || c.TempMB < 0 || c.Threads < 0 {
		errs = append(errs, errors.New("queue, MemoryMB, TempMB and Threads must not be negative"))
	}
	if c.Scale < 0 || c.Scale > 100 {
		errs = append(errs, fmt.Errorf("a scale factor of %v: 0 to 100 are possible", c.Scale))
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		errs = append(errs, err)
	}
	for _, reserved := range []string{"memory", "system", "temp", "demo", "tpch", "e6dialect"} {
		if c.Catalog == reserved {
			errs = append(errs, fmt.Errorf("a catalog cannot be called %q", reserved))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return c, fmt.Errorf("emulator: %w", err)
	}
	return c, nil
}
