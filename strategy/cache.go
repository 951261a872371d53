package strategy

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Key names a deployment as a client reaches it. Letter case and surrounding
// blanks make no difference in either field.
type Key struct {
	Endpoint string // host:port
	Cluster  string // the cluster-name header's value; empty when the DSN names none
}

func (k Key) normal() Key {
	return Key{
		Endpoint: strings.ToLower(strings.TrimSpace(k.Endpoint)),
		Cluster:  strings.ToLower(strings.TrimSpace(k.Cluster)),
	}
}

// Cache holds one Entry for each Key. Entries do not influence each other. Make
// one with [NewCache], or use the process's with [Shared]; the zero Cache is
// not usable.
type Cache struct {
	// base is where the entries' clocks start. It carries a monotonic reading,
	// so a wall clock that is set back or forth expires nothing.
	base time.Time

	mu      sync.RWMutex
	entries map[Key]*Entry
}

var shared = NewCache()

// Shared returns the process's Cache, always the same one.
func Shared() *Cache { return shared }

// NewCache returns an empty Cache of its own, for tests and for applications
// that must keep their knowledge apart.
func NewCache() *Cache {
	return &Cache{base: time.Now(), entries: make(map[Key]*Entry)}
}

// Entry returns the entry for k, made on first use and kept for as long as the
// Cache. It takes a lock: callers on a hot path keep the result.
func (c *Cache) Entry(k Key) *Entry {
	k = k.normal()
	c.mu.RLock()
	e := c.entries[k]
	c.mu.RUnlock()
	if e != nil {
		return e
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	if e = c.entries[k]; e == nil {
		e = &Entry{key: k, base: c.base}
		c.entries[k] = e
	}
	return e
}

// Forget makes the next [Cache.Entry] for k begin anew, with nothing known and
// nothing suspected: for tests whose servers get one address after another, and
// for processes that are done with an endpoint for good. Who has the Entry keeps
// it, and shares it with nobody who comes later.
func (c *Cache) Forget(k Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, k.normal())
}

// Status is one Entry at the moment of a Snapshot.
type Status struct {
	// Key is the entry's, in lower case.
	Key Key
	// Color is Unknown before the first detection and after an invalidation. An
	// expired colour is still told, because expiry depends on the reader's TTL:
	// see ConfirmedAt.
	Color Color
	// Generation is the last one begun, also when it was invalidated since.
	Generation uint64
	// Since is when Color began to be believed without a break; for an Unknown
	// colour, when the last one was invalidated, or zero if there was none.
	Since time.Time
	// ConfirmedAt is when Color was last detected, announced or confirmed, to
	// the millisecond; zero for Unknown.
	ConfirmedAt time.Time
	// Switches counts the changes from one colour to the other, whether
	// announced or detected.
	Switches uint64
	// Invalidations counts how often the believed colour was given up because
	// the deployment did not accept it.
	Invalidations uint64
}

// Snapshot returns the status of every entry, sorted by endpoint, then cluster.
// Each is consistent in itself; they are not all of one instant.
func (c *Cache) Snapshot() []Status {
	c.mu.RLock()
	entries := make([]*Entry, 0, len(c.entries))
	for _, e := range c.entries {
		entries = append(entries, e)
	}
	c.mu.RUnlock()

	all := make([]Status, 0, len(entries))
	for _, e := range entries {
		all = append(all, e.status())
	}
	slices.SortFunc(all, func(a, b Status) int {
		return cmp.Or(
			cmp.Compare(a.Key.Endpoint, b.Key.Endpoint),
			cmp.Compare(a.Key.Cluster, b.Key.Cluster),
		)
	})
	return all
}
