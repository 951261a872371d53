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

// Cache holds one Entry for each Key. Entries do not influence each other.
// [NewCache] makes a Cache; [Shared] returns the Cache of the process. The zero
// Cache is not usable. A Cache may be used concurrently.
type Cache struct {
	// base is the zero of the entries' clocks. It has a monotonic reading, so
	// setting the wall clock expires nothing.
	base time.Time

	mu      sync.RWMutex
	entries map[Key]*Entry
}

var shared = NewCache()

// Shared returns the Cache of the process. It is the same Cache for every call.
func Shared() *Cache { return shared }

// NewCache returns a new, empty Cache. It is for tests, and for applications
// that must not share colours between their parts.
func NewCache() *Cache {
	return &Cache{base: time.Now(), entries: make(map[Key]*Entry)}
}

// Entry returns the entry for k. It makes the entry on first use, and the Cache
// keeps it. Entry takes a lock: a caller on a hot path keeps the result.
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

// Forget removes the entry for k. The next [Cache.Entry] for k returns a new
// entry. Forget is for tests whose servers reuse an address, and for processes
// that no longer need an endpoint. An Entry that was returned before stays
// usable; it is not shared with later callers.
func (c *Cache) Forget(k Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, k.normal())
}

// Status is one Entry at the moment of a Snapshot.
type Status struct {
	// Key is the entry's key, in lower case.
	Key Key
	// Color is Unknown before the first detection and after an invalidation. It
	// includes an expired colour, because expiry depends on the reader's TTL:
	// see ConfirmedAt.
	Color Color
	// Generation is the number of the last generation, even if that generation
	// has been invalidated.
	Generation uint64
	// Since is the time from which Color has been live without a break. For
	// Unknown it is the time of the last invalidation, or zero if there was
	// none.
	Since time.Time
	// ConfirmedAt is the time at which Color was last detected, announced or
	// confirmed, to the millisecond. It is zero for Unknown.
	ConfirmedAt time.Time
	// Switches counts the announced and the detected changes of colour.
	Switches uint64
	// Invalidations counts the times that the deployment refused the entry's
	// colour and the entry dropped it.
	Invalidations uint64
}

// Snapshot returns the status of every entry, sorted by endpoint, then cluster.
// Each status is consistent in itself. The statuses are not taken at one
// instant.
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
