package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/e6data/e6data-go/enginetest"
)

// Config configures a [Server]. The zero value is an empty database in memory behind a
// plaintext server on a free port of 127.0.0.1.
type Config struct {
	// Engine configures the protocol: credentials, colours, address, TLS and so on. Its Backend must
	// be nil.
	Engine enginetest.Config

	// OAuth issues tokens. The server accepts no other tokens then, and Engine.Bearer must be nil.
	// Default: no tokens.
	OAuth *OAuth

	// Catalog is the name of the default catalog. Default: "local".
	Catalog string
	// File is the path of the DuckDB database that holds the default catalog. New creates a file that
	// does not exist. Default: the database is in memory.
	File string
	// Demo adds the catalog "demo" with two tables: "types" has a column of every type, "events" has
	// two years of events. Their schema has the name Engine.Database.
	Demo bool
	// Scale adds the catalog "tpch" with TPC-H's tables at this scale factor, in a schema of the same
	// name as demo's. At 1 they have about 1 GB. 0: no such catalog.
	Scale float64
	// Tables has the files to load into the default catalog. The key is the table's name, which may have
	// a schema, as in "db.items". The value is the path of a CSV (.csv, .tsv) or Parquet (.parquet) file.
	Tables map[string]string
	// Init is a script of DuckDB's SQL. New runs it in the default catalog before the server accepts
	// calls. It may read files.
	Init string

	// Raw passes statements to DuckDB unchanged, in DuckDB's SQL. Otherwise statements are in e6data's
	// dialect, and DuckDB's other functions and forms are refused.
	Raw bool
	// Native selects the functions of the engine's native executor. Default: those of the Java
	// executor.
	Native bool
	// Now returns the time of CURRENT_TIMESTAMP, CURRENT_DATE and NOW in a statement. It may be called
	// concurrently. Raw statements do not call it. Default: the system's time.
	Now func() time.Time
	// RequireCatalog refuses statements of clients that name no catalog (the V1 methods), as a
	// deployment without a default catalog does.
	RequireCatalog bool
	// Zone is the time zone of the sessions, an IANA name. Each TIMESTAMP_TZ value is an instant in this
	// zone: DuckDB does not keep the zone of a literal or of a parameter. Default: "UTC".
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
	// Cache keeps results of up to 1 MiB, until a statement may have changed data. A client can refuse
	// them. The cache treats views and macros as deterministic.
	Cache bool
	// Queue is the number of statements that execute at once. The others wait. Default: no limit.
	Queue int
	// MemoryMB bounds the database's memory, in MiB. Default: 1024.
	MemoryMB int
	// TempMB bounds the database's temporary files, in MiB. Default: 4096.
	TempMB int
	// Threads is the number of the database's threads. Default: 2.
	Threads int
	// Logger logs statements and their errors at level Debug. Default: no log.
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
		errs = append(errs, fmt.Errorf("BatchRows is %d: it must be from 1 to %d", c.BatchRows, maxBatchRows))
	}
	if c.Queue < 0 || c.MemoryMB < 0 || c.TempMB < 0 || c.Threads < 0 {
		errs = append(errs, errors.New("queue, MemoryMB, TempMB and Threads must not be negative"))
	}
	if c.Scale < 0 || c.Scale > 100 {
		errs = append(errs, fmt.Errorf("the scale factor is %v: it must be from 0 to 100", c.Scale))
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
