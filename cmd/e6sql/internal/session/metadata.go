package session

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/e6data/e6data-go"
)

// metadataTTL is how long an answer about the catalogs is used.
const metadataTTL = 5 * time.Minute

// Metadata lists catalogs, schemas, tables and columns. It keeps the answers of the
// engine for five minutes, or until Refresh. An empty catalog or schema means the
// session's current one. It is safe for concurrent use. The slices that it returns must
// not be changed.
//
// The methods Catalogs, Schemas, Tables and Columns wait for the engine. The methods
// whose names begin with Known never wait: they return what is there, ask the engine in
// the background for the rest, and are for completion.
type Metadata struct {
	s    *Session
	ctx  context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	entries map[metadataKey]*entry
}

// metadataKey names a list. Empty names stand for the lists above.
type metadataKey struct {
	kind                   byte // 'c', 's', 't' or 'd'
	catalog, schema, table string
}

// entry is an answer, or the wait for one.
type entry struct {
	done  chan struct{} // closed when the fields below are set
	value any
	err   error
	until time.Time
}

func newMetadata(s *Session) *Metadata {
	m := &Metadata{s: s, entries: map[metadataKey]*entry{}}
	m.ctx, m.end = context.WithCancel(context.Background())
	return m
}

// Catalogs lists the catalogs.
func (m *Metadata) Catalogs(ctx context.Context) ([]e6data.Catalog, error) {
	return wait[[]e6data.Catalog](ctx, m, m.key('c', "", "", ""))
}

// Schemas lists the schemas of a catalog.
func (m *Metadata) Schemas(ctx context.Context, catalog string) ([]string, error) {
	return wait[[]string](ctx, m, m.key('s', catalog, "", ""))
}

// Tables lists the tables of a schema.
func (m *Metadata) Tables(ctx context.Context, catalog, schema string) ([]string, error) {
	return wait[[]string](ctx, m, m.key('t', catalog, schema, ""))
}

// Columns lists the columns of a table.
func (m *Metadata) Columns(ctx context.Context, catalog, schema, table string) ([]e6data.Column, error) {
	return wait[[]e6data.Column](ctx, m, m.key('d', catalog, schema, table))
}

// KnownCatalogs returns the catalogs, and reports whether they are known.
func (m *Metadata) KnownCatalogs() ([]e6data.Catalog, bool) {
	return known[[]e6data.Catalog](m, m.key('c', "", "", ""))
}

// KnownSchemas returns the schemas of a catalog, and reports whether they are known.
func (m *Metadata) KnownSchemas(catalog string) ([]string, bool) {
	return known[[]string](m, m.key('s', catalog, "", ""))
}

// KnownTables returns the tables of a schema, and reports whether they are known.
func (m *Metadata) KnownTables(catalog, schema string) ([]string, bool) {
	return known[[]string](m, m.key('t', catalog, schema, ""))
}

// KnownColumns returns the columns of a table, and reports whether they are known.
func (m *Metadata) KnownColumns(catalog, schema, table string) ([]e6data.Column, bool) {
	return known[[]e6data.Column](m, m.key('d', catalog, schema, table))
}

// Prefetch asks the engine in the background for the catalogs, for the schemas of the
// current catalog, and for the tables of the current schema.
func (m *Metadata) Prefetch() {
	m.KnownCatalogs()
	m.KnownSchemas("")
	m.KnownTables("", "")
}

// Refresh forgets all answers.
func (m *Metadata) Refresh() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries = map[metadataKey]*entry{}
}

// close ends the background work and waits for it.
func (m *Metadata) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.end()
	m.work.Wait()
}

// key fills in the current catalog and schema.
func (m *Metadata) key(kind byte, catalog, schema, table string) metadataKey {
	k := metadataKey{kind: kind, table: table}
	currentCatalog, currentSchema := m.s.settings()
	if kind != 'c' {
		k.catalog = cmp.Or(catalog, currentCatalog)
	}
	if kind == 't' || kind == 'd' {
		k.schema = cmp.Or(schema, currentSchema)
	}
	return k
}

// entry returns the entry of a key, and starts the call for one that is not there. It
// returns nil after close.
func (m *Metadata) entry(key metadataKey) *entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entries[key]
	if e != nil {
		select {
		case <-e.done:
			if time.Now().Before(e.until) {
				return e
			}
		default:
			return e
		}
	}
	if m.closed {
		return nil
	}
	e = &entry{done: make(chan struct{})}
	m.entries[key] = e
	m.work.Go(func() { m.load(key, e) })
	return e
}

// retryAfter is how long the error of a call is used, so that completion does not ask
// a failing engine at every key stroke.
const retryAfter = 5 * time.Second

// load asks the engine.
func (m *Metadata) load(key metadataKey, e *entry) {
	defer close(e.done)
	e.err = m.s.connector.UseConn(m.ctx, func(c *e6data.Conn) (err error) {
		switch key.kind {
		case 'c':
			e.value, err = c.Catalogs(m.ctx)
		case 's':
			e.value, err = c.Schemas(m.ctx, key.catalog)
		case 't':
			e.value, err = c.Tables(m.ctx, key.catalog, key.schema)
		case 'd':
			e.value, err = c.Columns(m.ctx, key.catalog, key.schema, key.table)
		}
		return err
	})
	e.until = time.Now().Add(metadataTTL)
	if e.err != nil {
		e.until = time.Now().Add(retryAfter)
	}
}

// wait returns the answer for a key.
func wait[T any](ctx context.Context, m *Metadata, key metadataKey) (T, error) {
	var zero T
	for {
		e := m.entry(key)
		if e == nil {
			return zero, context.Canceled
		}
		cached := true
		select {
		case <-e.done:
		default:
			cached = false
		}
		select {
		case <-e.done:
		case <-ctx.Done():
			return zero, ctx.Err()
		}
		if e.err != nil && cached { // somebody who waits wants a new answer
			m.forget(key, e)
			continue
		}
		value, _ := e.value.(T)
		return value, e.err
	}
}

// forget removes an entry, if it is still the one of its key.
func (m *Metadata) forget(key metadataKey, e *entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[key] == e {
		delete(m.entries, key)
	}
}

// known returns the answer for a key if it is there.
func known[T any](m *Metadata, key metadataKey) (T, bool) {
	var zero T
	e := m.entry(key)
	if e == nil {
		return zero, false
	}
	select {
	case <-e.done:
	default:
		return zero, false
	}
	value, ok := e.value.(T)
	return value, ok && e.err == nil
}
