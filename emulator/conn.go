//go:build cgo

package emulator

import (
	"errors"
	"fmt"
	"strings"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// conn is a connection to the database. One statement at a time uses it.
type conn struct {
	duckdb duckdb.Connection
	at     place
}

// maxIdle is the number of idle connections that are kept for a place.
const maxIdle = 8

// connect returns a connection that looks names up at a place. The place must exist.
func (d *database) connect(at place) (*conn, error) {
	d.mu.Lock()
	if idle := d.idle[at]; len(idle) > 0 {
		c := idle[len(idle)-1]
		d.idle[at] = idle[:len(idle)-1]
		d.mu.Unlock()
		return c, nil
	}
	d.mu.Unlock()
	c := &conn{at: at}
	if duckdb.Connect(d.in.db, &c.duckdb) == duckdb.StateError {
		return nil, errors.New("emulator: no connection to the database")
	}
	if err := query(c.duckdb, "USE "+at.String()); err != nil {
		c.free()
		return nil, fmt.Errorf("Schema '%s.%s' does not exist", at.catalog, at.schema) //nolint:staticcheck // the engine's text
	}
	sets := append(profiling(), "SET enable_progress_bar = true", "SET enable_progress_bar_print = false")
	if err := query(c.duckdb, strings.Join(sets, ";")); err != nil {
		c.free()
		return nil, err
	}
	return c, nil
}

// release keeps a connection for another statement, if it is clean. A connection may have
// temporary tables of its own otherwise.
func (d *database) release(c *conn, clean bool) {
	d.mu.Lock()
	if keep := clean && !d.closed && len(d.idle[c.at]) < maxIdle; keep {
		d.idle[c.at] = append(d.idle[c.at], c)
		d.mu.Unlock()
		return
	}
	d.mu.Unlock()
	c.free()
}

func (c *conn) free() { duckdb.Disconnect(&c.duckdb) }
