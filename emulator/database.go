//go:build cgo

package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/emulator/internal/tpch"
)

// database is DuckDB behind a server. It is safe for concurrent use.
type database struct {
	cfg      Config
	rewrite  rewriter
	in       *instance
	catalogs []string           // that are attached
	slots    chan struct{}      // a place for each statement that may execute, nil without a limit
	gone     context.Context    // ends with Close
	end      context.CancelFunc // ends gone
	using    sync.WaitGroup     // statements that are not freed yet
	cache    cache

	mu     sync.Mutex
	closed bool
	idle   map[place][]*conn
}

// place is the catalog and the schema in which names without them are looked up.
type place struct{ catalog, schema string }

// openEngine opens a database and fills it.
func openEngine(cfg Config) (_ engine, err error) {
	d := &database{cfg: cfg, idle: map[place][]*conn{}}
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
			d.end()
			if d.in != nil {
				_ = d.in.close()
			}
		}
	}()
	locked, err := d.open()
	if err != nil {
		return nil, fmt.Errorf("emulator: opening the database: %w", err)
	}
	if err := d.fill(); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	if locked {
		return d, nil
	}
	if err := d.in.lock(); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	return d, nil
}

// returnable reports whether the instance may serve another server later: nothing that the
// configuration names, and no statement of the dialect, changes more of it than its
// catalogs.
func (c *Config) returnable() bool {
	return !c.Raw && c.File == "" && c.Init == "" && c.Scale == 0 && len(c.Tables) == 0
}

// open opens an instance, or takes a spare one. It reports whether the instance is locked.
func (d *database) open() (locked bool, err error) {
	l := limitsOf(&d.cfg)
	if !d.cfg.returnable() {
		d.in, err = openInstance(l, !d.cfg.Raw)
		return false, err
	}
	if d.in = spares.take(l); d.in != nil {
		return true, nil
	}
	if d.in, err = openInstance(l, true); err != nil {
		return false, err
	}
	if err := d.in.lock(); err != nil {
		return false, err
	}
	d.in.entries, err = d.in.countEntries()
	return true, err
}

// attach attaches a database as a catalog, with the schema of the default database.
func (d *database) attach(name, file string) error {
	if err := d.in.run("ATTACH " + literal(file) + " AS " + quote(name)); err != nil {
		return err
	}
	d.catalogs = append(d.catalogs, name)
	return d.in.run("CREATE SCHEMA IF NOT EXISTS " + place{name, d.cfg.Engine.Database}.String())
}

// fill attaches the catalogs and loads their tables.
func (d *database) fill() error {
	own := place{d.cfg.Catalog, d.cfg.Engine.Database}
	if err := errors.Join(d.attach(own.catalog, cmp.Or(d.cfg.File, ":memory:")), d.in.run("USE "+own.String())); err != nil {
		return err
	}
	if d.cfg.Scale > 0 {
		if err := d.addTPCH(); err != nil {
			return err
		}
	}
	if d.cfg.Demo {
		if err := d.addDemo(); err != nil {
			return fmt.Errorf("the catalog demo: %w", err)
		}
	}
	return d.load()
}

// addTPCH makes the catalog tpch with DuckDB's own generator.
func (d *database) addTPCH() error {
	const name = "tpch"
	return tpch.Generate(d.in.db, func() error {
		return errors.Join(
			d.attach(name, ":memory:"),
			d.in.run("CALL dbgen(sf = "+strconv.FormatFloat(d.cfg.Scale, 'f', -1, 64)+
				", catalog = "+literal(name)+", schema = "+literal(d.cfg.Engine.Database)+")"))
	})
}

// load loads files, and runs the script.
func (d *database) load() error {
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
		if err := d.in.run("CREATE TABLE " + strings.Join(parts, ".") + " AS FROM " + read + "(" + literal(path) + ")"); err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
	}
	if d.cfg.Init != "" {
		if err := d.in.run(d.cfg.Init); err != nil {
			return fmt.Errorf("the init script: %w", err)
		}
	}
	return nil
}

// Close interrupts the running statements and waits for them. Then it frees the instance, or
// keeps it for another server. The server must be closed already, because it makes the calls.
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
	if d.cfg.returnable() {
		return spares.put(d.in, d.catalogs)
	}
	return d.in.close()
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
