//go:build cgo

package emulator

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/emulator/dialect"
	"github.com/e6data/e6data-go/emulator/internal/refusal"
)

// instance is one DuckDB. It begins without the catalogs of a server.
type instance struct {
	limits limits
	db     duckdb.Database
	// admin runs the emulator's own statements, one at a time.
	admin duckdb.Connection
	// dir is the directory for temporary files. Only this process's user can read it.
	dir string
	// entries is the number of schemas, tables and views of a locked instance that has no
	// catalogs of a server.
	entries string
}

// limits are the settings of an instance that cannot be changed after it is locked.
type limits struct {
	memoryMB, tempMB, threads int
	zone                      string
}

func limitsOf(cfg *Config) limits {
	return limits{cfg.MemoryMB, cfg.TempMB, cfg.Threads, cfg.Zone}
}

// openInstance opens an instance. Without macros only raw statements can be run in it.
func openInstance(l limits, macros bool) (in *instance, err error) {
	dir, err := os.MkdirTemp("", "e6emulator-")
	if err != nil {
		return nil, err
	}
	in = &instance{limits: l, dir: dir}
	defer func() {
		if err != nil {
			_ = in.close()
		}
	}()
	if err := in.open(); err != nil {
		return nil, err
	}
	if duckdb.Connect(in.db, &in.admin) == duckdb.StateError {
		return nil, errors.New("no connection to the database")
	}
	if macros {
		if err := in.run(strings.Join(dialect.Macros(), ";")); err != nil {
			return nil, fmt.Errorf("the dialect's macros: %w", err)
		}
		if err := refusal.Dates(in.admin); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (in *instance) open() error {
	var config duckdb.Config
	if duckdb.CreateConfig(&config) == duckdb.StateError {
		return errors.New("no configuration")
	}
	defer duckdb.DestroyConfig(&config)
	for _, option := range [...][2]string{
		{"threads", strconv.Itoa(in.limits.threads)},
		{"memory_limit", strconv.Itoa(in.limits.memoryMB) + "MiB"},
		{"temp_directory", in.dir},
		{"max_temp_directory_size", strconv.Itoa(in.limits.tempMB) + "MiB"},
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
	if duckdb.OpenExt(":memory:", &in.db, config, &reason) == duckdb.StateError {
		return errors.New(reason)
	}
	return nil
}

// run runs statements of the emulator's own.
func (in *instance) run(sql string) error { return query(in.admin, sql) }

// lock sets the settings of all connections. Files are out of reach from then on, and no
// connection can change a setting, except those that [database.connect] sets.
func (in *instance) lock() error {
	return in.run(strings.Join([]string{
		"SET GLOBAL TimeZone = " + literal(in.limits.zone),
		"SET GLOBAL errors_as_json = true",
		"SET GLOBAL integer_division = true",
		"SET GLOBAL default_null_order = 'nulls_last_on_asc_first_on_desc'",
		"SET GLOBAL enable_external_access = false",
		// A connection sets these for itself. No statement can: SET is refused.
		"SET GLOBAL allowed_configs = ['enable_progress_bar', 'enable_progress_bar_print'," +
			" 'enable_profiling', 'profiling_coverage', 'custom_profiling_settings']",
		"SET GLOBAL lock_configuration = true",
	}, ";"))
}

// countEntries returns the number of schemas, tables and views as text. DuckDB's own views
// are not counted. The entries that an instance begins with cannot be dropped, so an equal
// number means equal entries.
func (in *instance) countEntries() (string, error) {
	texts, err := texts(in.admin, `SELECT (SELECT COUNT(*) FROM duckdb_schemas()) || ' ' ||
		(SELECT COUNT(*) FROM duckdb_tables()) || ' ' || (SELECT COUNT(*) FROM duckdb_views() WHERE NOT internal)`, nil)
	if err != nil {
		return "", err
	}
	return strings.Join(texts, " "), nil
}

// empty detaches the catalogs of a server. It reports whether the instance is as it was
// before they were attached.
func (in *instance) empty(catalogs []string) bool {
	if in.run("USE memory.main") != nil {
		return false
	}
	for _, name := range catalogs {
		if in.run("DETACH "+quote(name)) != nil {
			return false
		}
	}
	entries, err := in.countEntries()
	return err == nil && entries == in.entries
}

// close frees the instance. No connection of it may be in use.
func (in *instance) close() error {
	if in.admin.Ptr != nil {
		duckdb.Disconnect(&in.admin)
	}
	if in.db.Ptr != nil {
		duckdb.Close(&in.db)
	}
	return os.RemoveAll(in.dir)
}

// unusedDir reports whether the directory has no files, and deletes it if so.
func (in *instance) unusedDir() bool {
	left, err := filepath.Glob(filepath.Join(in.dir, "*"))
	return err == nil && len(left) == 0 && os.Remove(in.dir) == nil
}
