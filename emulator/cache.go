//go:build cgo

package emulator

import (
	"slices"
	"strings"
	"sync"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"

	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/internal/sqltext"
	"github.com/e6data/e6data-go/wire"
)

// cache keeps results as they were sent, for clients that take them (shouldNotCache is false). A
// statement that may change data empties it.
type cache struct {
	mu      sync.Mutex
	entries map[string]*kept
	order   []string // of the entries, the oldest first
	size    int
	version int // how often data may have changed
}

// kept is a result in the cache. It never changes.
type kept struct {
	metadata []byte
	chunks   [][]byte
	size     int
	rows     int64
}

const (
	maxKept     = 1 << 20  // of a result, in bytes
	maxAllKept  = 64 << 20 // of all results
	maxKeptRows = 1 << 16  // of a result, in chunks
)

// get returns a result, or nil, and the version of the data.
func (c *cache) get(key string) (*kept, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[key], c.version
}

// put keeps a result of the data's version.
func (c *cache) put(key string, k *kept, version int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version != c.version || c.entries[key] != nil {
		return
	}
	if c.entries == nil {
		c.entries = map[string]*kept{}
	}
	c.entries[key] = k
	c.order = append(c.order, key)
	c.size += k.size
	for c.size > maxAllKept {
		c.size -= c.entries[c.order[0]].size
		delete(c.entries, c.order[0])
		c.order = c.order[1:]
	}
}

// empty drops all results. It is called when the data may have changed.
func (c *cache) empty() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.version++
	c.entries, c.order, c.size = nil, nil, 0
}

// caching is the part of a statement that uses the cache.
type caching struct {
	key     string // empty: nothing
	from    *kept  // the result comes from the cache
	next    int    // the next chunk of it
	version int
	keep    *kept // the chunks that were sent so far; nil if they are not kept
}

// fromCache finds the statement's result in the cache, and reports whether it is there.
func (st *statement) fromCache(o enginetest.Execution) bool {
	if o.NoCache || st.kind != duckdb.StatementTypeSelect || volatile(st.sql.text) {
		return false
	}
	key := cacheKey(st.conn.at, st.sql.text, o.Params)
	found, version := st.d.cache.get(key)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.caching = caching{key: key, from: found, version: version}
	if found == nil {
		st.keep = &kept{}
		return false
	}
	st.rows, st.ended, st.took = found.rows, true, time.Since(st.started)
	return true
}

// cacheKey returns a key that differs for statements with different results.
func cacheKey(at place, sql string, params []*wire.ParameterValue) string {
	parts := []string{at.catalog, at.schema, sql}
	for _, p := range params {
		parts = append(parts, p.GetType(), p.GetValue())
	}
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(strings.ReplaceAll(p, "\x00", "\x00\x01"))
		b.WriteString("\x00\x02")
	}
	return b.String()
}

// volatiles has the functions that return another value from call to call.
var volatiles = []string{
	"clock_timestamp", "current_date", "current_time", "current_timestamp", "currval", "gen_random_uuid", "get_current_time",
	"get_current_timestamp", "getdate", "localtime", "localtimestamp", "nextval", "now", "rand", "random", "setseed", "today",
	"transaction_timestamp", "uuid", "uuidv4", "uuidv7", "txid_current",
}

// volatile reports whether a statement may have another result each time.
func volatile(sql string) bool {
	scan := sqltext.NewScanner(sql)
	for {
		t, ok := scan.Next()
		if !ok {
			return false
		}
		word := strings.Trim(sql[t.Start:t.End], `"`)
		if (t.Kind == sqltext.KindWord || t.Kind == sqltext.KindIdentifier) && slices.Contains(volatiles, strings.ToLower(word)) {
			return true
		}
	}
}

// keepBatch keeps the chunks that were sent, and puts them into the cache at the end of the
// result.
func (st *statement) keepBatch(out enginetest.Batches) error {
	if st.keep == nil {
		return nil
	}
	for _, b := range out.Chunks {
		st.keep.chunks = append(st.keep.chunks, b)
		st.keep.size += len(b)
	}
	if st.keep.size > maxKept || len(st.keep.chunks) > maxKeptRows {
		st.keep = nil
		return nil
	}
	if !out.End {
		return nil
	}
	metadata, err := st.result.metadata()
	if err != nil {
		return err
	}
	st.keep.metadata, st.keep.rows = metadata, st.rows
	st.d.cache.put(st.key, st.keep, st.version)
	st.keep = nil
	return nil
}

// keptBatches returns chunks of the cache.
func (st *statement) keptBatches(r enginetest.BatchRequest) (out enginetest.Batches) {
	n := min(r.Max, len(st.from.chunks)-st.next)
	out.Chunks = st.from.chunks[st.next : st.next+n : st.next+n]
	st.next += n
	out.End = n == 0 || r.V2 && st.next == len(st.from.chunks)
	return out
}
