package adbce6data

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"sync"

	"github.com/apache/arrow-adbc/go/adbc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/e6data/e6data-go"
)

// database is a deployment with the settings to reach it. Its methods are safe for
// concurrent use.
type database struct {
	typedOptions
	alloc memory.Allocator

	mu sync.Mutex
	// given holds the options of the DSN by their keys.
	given map[string]string
	cfg   *e6data.Config
	// place is the catalog and the schema of new connections.
	place place
	// db is the pool of the connections; nil before the first Open.
	db     *sql.DB
	closed bool
}

var (
	_ adbc.Database      = (*database)(nil)
	_ adbc.GetSetOptions = (*database)(nil)
)

// SetOptions sets options. Those that name the deployment and the way to reach it
// cannot be set any more after the first Open. Options of connections are for the
// connections that Open returns later.
func (d *database) SetOptions(opts map[string]string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.configure(opts)
}

// SetOption is SetOptions for one option.
func (d *database) SetOption(key, value string) error {
	return d.SetOptions(map[string]string{key: value})
}

// configure applies options. If it returns an error, nothing has changed. d.mu is
// held, unless no other goroutine has d.
func (d *database) configure(opts map[string]string) error {
	if d.closed {
		return invalidState("the database is closed")
	}
	given, at, moved := maps.Clone(d.given), d.place, false
	var ofDSN []string
	for _, key := range slices.Sorted(maps.Keys(opts)) {
		if isConnectionOption(key) {
			if err := at.set(key, opts[key]); err != nil {
				return err
			}
			moved = true
			continue
		}
		if err := checkDSNOption(key); err != nil {
			return err
		}
		given[key] = opts[key]
		ofDSN = append(ofDSN, key)
	}
	if len(ofDSN) > 0 || d.cfg == nil {
		if d.db != nil {
			return invalidState("the option %s cannot be changed after the first connection was opened", ofDSN[0])
		}
		cfg, err := configOf(given)
		if err != nil {
			return err
		}
		d.cfg = cfg
	}
	d.given = given
	if moved {
		d.place = at
	}
	return nil
}

// Open opens a connection. It authenticates, if the database has no session that it
// can use.
func (d *database) Open(ctx context.Context) (adbc.Connection, error) {
	db, at, err := d.pool()
	if err != nil {
		return nil, err
	}
	if err := e6data.UseConn(ctx, db, func(*e6data.Conn) error { return nil }); err != nil {
		return nil, failed(err)
	}
	c := &connection{database: d, db: db, place: at, statements: map[*statement]struct{}{}}
	c.typedOptions = typedOptions{get: c.GetOption, set: c.SetOption}
	return c, nil
}

// pool returns the pool, and the catalog and schema of a new connection.
func (d *database) pool() (*sql.DB, place, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, place{}, invalidState("the database is closed")
	}
	if d.db == nil {
		connector, err := e6data.NewConnector(d.cfg)
		if err != nil {
			return nil, place{}, invalidArgument(err)
		}
		d.db = sql.OpenDB(connector)
	}
	return d.db, d.place.or(place{catalog: d.cfg.Catalog, schema: d.cfg.Database}), nil
}

// Close closes the database. Close the connections first.
func (d *database) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return invalidState("the database is closed already")
	}
	d.closed = true
	if d.db == nil {
		return nil
	}
	return failed(d.db.Close())
}

// GetOption returns an option's value. Secrets cannot be read: the value of uri has
// none.
func (d *database) GetOption(key string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if isConnectionOption(key) {
		return d.place.or(place{catalog: d.cfg.Catalog, schema: d.cfg.Database}).get(key)
	}
	return readDSNOption(d.cfg, key)
}
