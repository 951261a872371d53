package complete

import (
	"context"
	"sync"
	"time"
)

// Source lists what the engine has. Its methods may be called concurrently. An empty
// catalog or schema means the current one.
type Source interface {
	Catalogs(ctx context.Context) ([]string, error)
	Schemas(ctx context.Context, catalog string) ([]string, error)
	Tables(ctx context.Context, catalog, schema string) ([]string, error)
	Columns(ctx context.Context, catalog, schema, table string) ([]Column, error)
}

// Column is a column of a table.
type Column struct{ Name, Type string }

const (
	// freshFor is how long a list is used before it is fetched again. The old list is
	// used until the new one arrives.
	freshFor = time.Minute
	// retryAfter is how long a failed fetch is not repeated.
	retryAfter = 5 * time.Second
	// fetchTimeout bounds one fetch.
	fetchTimeout = 30 * time.Second
	// maxFetches bounds the fetches at a time, so that completion leaves the engine to
	// queries.
	maxFetches = 2
)

// Cache holds lists of a [Source], and fetches them in the background. Its methods
// may be called concurrently.
type Cache struct {
	source Source
	notify func()
	now    func() time.Time

	ctx    context.Context //nolint:containedctx // the cache's own life: Close ends it
	cancel context.CancelFunc
	slots  chan struct{}
	wg     sync.WaitGroup

	mu    sync.Mutex
	lists map[key]*list
	// epoch counts the calls of Clear: a fetch that began before the last call
	// stores nothing.
	epoch int
}

type level uint8

const (
	levelCatalogs level = iota
	levelSchemas
	levelTables
	levelColumns
)

// key identifies a list.
type key struct {
	level                  level
	catalog, schema, table string
}

// list is a list of names; columns have types, too.
type list struct {
	columns  []Column
	loaded   bool
	fetching bool
	// due is when the list is fetched again.
	due time.Time
}

// NewCache returns an empty cache. If notify is not nil, the cache calls it, from
// another goroutine, whenever a list has arrived. The caller must call Close.
func NewCache(source Source, notify func()) *Cache {
	c := &Cache{
		source: source, notify: notify, now: time.Now,
		slots: make(chan struct{}, maxFetches), lists: map[key]*list{},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Close ends the fetches, and returns when they have ended. Later look-ups fetch
// nothing.
func (c *Cache) Close() {
	c.mu.Lock()
	c.cancel()
	c.mu.Unlock()
	c.wg.Wait()
}

// Clear forgets all lists. It is called after a statement that may have changed them.
func (c *Cache) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists = map[key]*list{}
	c.epoch++
}

// lookup returns the list of k, and whether it has ever arrived. If the list is missing
// or old, lookup starts a fetch. It does not wait.
func (c *Cache) lookup(k key) ([]Column, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lists[k]
	if l == nil {
		l = &list{}
		c.lists[k] = l
	}
	if !l.fetching && !c.now().Before(l.due) && c.ctx.Err() == nil {
		l.fetching = true
		epoch := c.epoch
		c.wg.Go(func() { c.fetch(k, epoch) })
	}
	return l.columns, l.loaded
}

// fetch fetches the list of k.
func (c *Cache) fetch(k key, epoch int) {
	select {
	case c.slots <- struct{}{}:
	case <-c.ctx.Done():
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, fetchTimeout)
	columns, err := c.request(ctx, k)
	cancel()
	<-c.slots
	if c.store(k, epoch, columns, err) && c.notify != nil {
		c.notify()
	}
}

// store stores the result of a fetch, and reports whether there is a new list.
func (c *Cache) store(k key, epoch int, columns []Column, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.lists[k]
	if c.epoch != epoch || l == nil {
		return false
	}
	l.fetching = false
	if err != nil {
		l.due = c.now().Add(retryAfter)
		return false
	}
	l.columns, l.loaded, l.due = columns, true, c.now().Add(freshFor)
	return c.ctx.Err() == nil
}

func (c *Cache) request(ctx context.Context, k key) ([]Column, error) {
	switch k.level {
	case levelCatalogs:
		return named(c.source.Catalogs(ctx))
	case levelSchemas:
		return named(c.source.Schemas(ctx, k.catalog))
	case levelTables:
		return named(c.source.Tables(ctx, k.catalog, k.schema))
	default:
		return c.source.Columns(ctx, k.catalog, k.schema, k.table)
	}
}

func named(names []string, err error) ([]Column, error) {
	columns := make([]Column, len(names))
	for i, name := range names {
		columns[i].Name = name
	}
	return columns, err
}
