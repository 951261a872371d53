//go:build cgo

package emulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/emulator/dialect"
	"github.com/e6data/e6data-go/emulator/internal/tpch"
)

// database is DuckDB behind a server. It is safe for concurrent use.
type database struct {
	cfg     Config
	rewrite rewriter
	db      duckdb.Database
	dir     string             // for temporary files
	slots   chan struct{}      // a place for each statement that may execute, nil without a limit
	gone    context.Context    // ends with Close
	end     context.CancelFunc // ends gone
	using   sync.WaitGroup     // statements that are not freed yet
	cache   cache

	mu     sync.Mutex
	closed bool
	idle   map[place][]*conn
}

// place is where names without a catalog or schema are looked up.
type place struct{ catalog, schema string }

// openEngine opens a database and fills it.
func openEngine(cfg Config) (_ engine, err error) {
	dir, err := os.MkdirTemp("", "e6emulator-")
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	d := &database{cfg: cfg, dir: dir, idle: map[place][]*conn{}}
	d.rewrite = fromDialect(&d.cfg)
	if cfg.Raw {
		d.rewrite = unchanged
	}
	d.gone, d.end = context.WithCancel(context.Background())
	if cfg.Queue > 0 {
		d.slots = make(chan struct{}, cfg.Queue)
	}
	defer func() {
		if err != nil {
			_ = d.Close()
		}
	}()
	if err := d.open(); err != nil {
		return nil, fmt.Errorf("emulator: opening the database: %w", err)
	}
	if err := d.fill(); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	return d, nil
}

// open opens the database in memory; catalogs are attached to it.
func (d *database) open() error {
	var config duckdb.Config
	if duckdb.CreateConfig(&config) == duckdb.StateError {
		return errors.New("no configuration")
	}
	defer duckdb.DestroyConfig(&config)
	for _, option := range [...][2]string{
		{"threads", strconv.Itoa(d.cfg.Threads)},
		{"memory_limit", strconv.Itoa(d.cfg.MemoryMB) + "MiB"},
		{"temp_directory", d.dir},
		{"max_temp_directory_size", strconv.Itoa(d.cfg.TempMB) + "MiB"},
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
		{"allow_community_extensions", "false"},
		{"allow_persistent_secrets", "false"},
	} {
		if duckdb.SetConfig(config, option[0], option[1]) == duckdb.StateError {
			return fmt.Errorf("option %s is refused", option[0])
		}
	}
	var reason string
	if duckdb.OpenExt(":memory:", &d.db, config, &reason) == duckdb.StateError {
		return errors.New(reason)
	}
	return nil
}

// fill attaches the catalogs, loads what is in them, and locks the database.
func (d *database) fill() error {
	var admin duckdb.Connection
	if duckdb.Connect(d.db, &admin) == duckdb.StateError {
		return errors.New("no connection to the database")
	}
	defer duckdb.Disconnect(&admin)
	run := func(sql string) error { return query(admin, sql) }

	if err := run(strings.Join(dialect.Macros(), ";")); err != nil {
		return fmt.Errorf("the dialect's macros: %w", err)
	}
	file := d.cfg.File
	if file == "" {
		file = ":memory:"
	}
	own := place{d.cfg.Catalog, d.cfg.Engine.Database}
	err := errors.Join(
		run("ATTACH "+literal(file)+" AS "+quote(own.catalog)),
		run("CREATE SCHEMA IF NOT EXISTS "+own.String()),
		run("USE "+own.String()))
	if err != nil {
		return err
	}
	if d.cfg.Scale > 0 {
		if err := d.addTPCH(run); err != nil {
			return err
		}
	}
	if d.cfg.Demo {
		if err := d.addDemo(run); err != nil {
			return fmt.Errorf("the catalog demo: %w", err)
		}
	}
	if err := d.load(run); err != nil {
		return err
	}
	return lock(run, d.cfg.Zone)
}

// lock sets what holds for all sessions, and takes the right to change it.
func lock(run func(string) error, zone string) error {
	return run(strings.Join([]string{
		"SET GLOBAL TimeZone = " + literal(zone),
		"SET GLOBAL errors_as_json = true",
		"SET GLOBAL integer_division = true",
		"SET GLOBAL default_null_order = 'nulls_last_on_asc_first_on_desc'",
		"SET GLOBAL enable_external_access = false",
		// A connection sets these for itself, and no statement can: SET is refused.
		"SET GLOBAL allowed_configs = ['enable_progress_bar', 'enable_progress_bar_print'," +
			" 'enable_profiling', 'profiling_coverage', 'custom_profiling_settings']",
		"SET GLOBAL lock_configuration = true",
	}, ";"))
}

// addTPCH makes the catalog tpch with DuckDB's own generator.
func (d *database) addTPCH(run func(string) error) error {
	at := place{"tpch", d.cfg.Engine.Database}
	return tpch.Generate(d.db, func() error {
		return errors.Join(
			run("ATTACH ':memory:' AS "+quote(at.catalog)),
			run("CREATE SCHEMA IF NOT EXISTS "+at.String()),
			run("CALL dbgen(sf = "+strconv.FormatFloat(d.cfg.Scale, 'f', -1, 64)+
				", catalog = "+literal(at.catalog)+", schema = "+literal(at.schema)+")"))
	})
}

// load loads files, and runs the script.
func (d *database) load(run func(string) error) error {
	for name, path := range d.cfg.Tables {
		parts := strings.Split(name, ".")
		for i, p := range parts {
			parts[i] = quote(p)
		}
		var read string
		switch ext := strings.ToLower(filepath.Ext(path)); ext {
		case ".csv", ".tsv":
			read = "read_csv"
		case ".parquet":
			read = "read_parquet"
		default:
			return fmt.Errorf("table %s: a %q file is neither CSV nor Parquet", name, ext)
		}
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
		if err := run("CREATE TABLE " + strings.Join(parts, ".") + " AS FROM " + read + "(" + literal(path) + ")"); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
	}
	if d.cfg.Init != "" {
		if err := run(d.cfg.Init); err != nil {
			return fmt.Errorf("the init script: %w", err)
		}
	}
	return nil
}

// Close interrupts what is running, waits for it, and frees everything. The server, which makes
// the calls, must be closed already.
func (d *database) Close() error {
	d.end()
	d.using.Wait()
	d.mu.Lock()
	d.closed = true
	for _, conns := range d.idle {
		for _, c := range conns {
			c.free()
		}
	}
	d.idle = nil
	d.mu.Unlock()
	if d.db.Ptr != nil {
		duckdb.Close(&d.db)
	}
	return os.RemoveAll(d.dir)
}

// query runs statements of the emulator's own.
func query(c duckdb.Connection, sql string) error {
	var r duckdb.Result
	defer duckdb.DestroyResult(&r)
	if duckdb.Query(c, sql, &r) == duckdb.StateError {
		return errors.New(duckdb.ResultError(&r))
	}
	return nil
}

// quote returns a name in quotes, literal a text.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func (p place) String() string { return quote(p.catalog) + "." + quote(p.schema) }
