package migratee6data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync/atomic"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/internal/migrations"
)

// DefaultTable is the name of the table of versions.
const DefaultTable = "schema_migrations"

const (
	clean = "clean"
	dirty = "dirty"
)

func init() { database.Register("e6data", &driver{}) }

// Config describes the table of versions.
type Config struct {
	// Table is its name. A dot separates a schema from it. Default: DefaultTable.
	Table string
}

// driver implements database.Driver.
type driver struct {
	db     *sql.DB
	log    migrations.Log
	locked atomic.Bool
}

var _ database.Driver = (*driver)(nil)

// WithInstance returns a driver for an existing pool, and creates the table of
// versions if it does not exist. The Close of the driver closes the pool.
func WithInstance(db *sql.DB, cfg *Config) (database.Driver, error) {
	d := &driver{db: db, log: migrations.Log{Table: DefaultTable}}
	if cfg != nil && cfg.Table != "" {
		d.log.Table = cfg.Table
	}
	ctx := context.Background()
	exists, err := d.log.Exists(ctx, db)
	if err == nil && !exists {
		err = d.log.Create(ctx, db)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Open is called by migrate.New. The URL is a data source name.
func (d *driver) Open(dsn string) (database.Driver, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errors.New("migratee6data: the data source name is no URL") // err has the token
	}
	table := u.Query().Get("x-migrations-table")
	cfg, err := e6data.ParseDSN(migrate.FilterCustomQuery(u).String())
	if err != nil {
		return nil, err
	}
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	opened, err := WithInstance(db, &Config{Table: table})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return opened, nil
}

// Close closes the pool.
func (d *driver) Close() error { return d.db.Close() }

// Lock keeps another migration of this driver away.
func (d *driver) Lock() error {
	if !d.locked.CompareAndSwap(false, true) {
		return database.ErrLocked
	}
	return nil
}

// Unlock ends Lock.
func (d *driver) Unlock() error {
	if !d.locked.CompareAndSwap(true, false) {
		return database.ErrNotLocked
	}
	return nil
}

// Run executes the statements of a migration one after the other, and stops at the
// first that fails.
func (d *driver) Run(migration io.Reader) error {
	script, err := io.ReadAll(migration)
	if err != nil {
		return err
	}
	statements, err := migrations.Statements(string(script))
	if err != nil {
		return database.Error{OrigErr: err, Err: err.Error(), Query: script}
	}
	for _, st := range statements {
		if _, err := d.db.ExecContext(context.Background(), st.Text); err != nil {
			return database.Error{OrigErr: err, Err: fmt.Sprintf("the statement in line %d failed", st.Line), Line: uint(st.Line), Query: []byte(st.Text)}
		}
	}
	return nil
}

// SetVersion adds a row to the table of versions.
func (d *driver) SetVersion(version int, isDirty bool) error {
	state := clean
	if isDirty {
		state = dirty
	}
	return d.log.Append(context.Background(), d.db, int64(version), state)
}

// Version returns the version of the latest row.
func (d *driver) Version() (version int, isDirty bool, err error) {
	entries, err := d.log.Entries(context.Background(), d.db)
	if err != nil || len(entries) == 0 {
		return database.NilVersion, false, err
	}
	last := entries[len(entries)-1]
	return int(last.Version), last.State == dirty, nil
}

// Drop drops all tables of the connection's schema.
func (d *driver) Drop() error {
	ctx := context.Background()
	var tables []string
	err := e6data.UseConn(ctx, d.db, func(c *e6data.Conn) (err error) {
		tables, err = c.Tables(ctx, "", "")
		return err
	})
	for _, table := range tables {
		if err == nil {
			_, err = d.db.ExecContext(ctx, "DROP TABLE "+e6data.Identifier(table))
		}
	}
	return err
}
