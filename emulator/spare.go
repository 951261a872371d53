//go:build cgo

package emulator

import (
	"os"
	"slices"
	"sync"
	"time"
)

// spares are the instances of servers that were closed, for the next servers: DuckDB takes
// longer to open an instance than to empty one. An instance is a spare only if it has no
// files, if no statement could change more of it than its catalogs, and if it is empty
// again.
var spares spareInstances

const (
	maxSpares = 4
	// spareTime is how long a spare stays open.
	spareTime = 10 * time.Second
)

type spareInstances struct {
	mu   sync.Mutex
	idle []*spare // the oldest first
}

type spare struct {
	*instance
	expiry *time.Timer
}

// take returns a locked instance with these limits, or nil if there is none.
func (s *spareInstances) take(l limits) *instance {
	for {
		sp := s.remove(func(sp *spare) bool { return sp.limits == l })
		if sp == nil {
			return nil
		}
		sp.expiry.Stop()
		if os.Mkdir(sp.dir, 0o700) == nil {
			return sp.instance
		}
		sp.dir = "" // it is another's directory now
		_ = sp.close()
	}
}

// remove removes the first spare for which f is true. It returns nil if there is none.
func (s *spareInstances) remove(f func(*spare) bool) *spare {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := slices.IndexFunc(s.idle, f)
	if n < 0 {
		return nil
	}
	sp := s.idle[n]
	s.idle = slices.Delete(s.idle, n, n+1)
	return sp
}

// put keeps an instance, from which it detaches catalogs. It closes an instance that cannot
// be a spare, and the oldest spare if there are too many.
func (s *spareInstances) put(in *instance, catalogs []string) error {
	if !in.empty(catalogs) || !in.unusedDir() {
		return in.close()
	}
	sp := &spare{instance: in}
	s.mu.Lock()
	s.idle = append(s.idle, sp)
	sp.expiry = time.AfterFunc(spareTime, func() { s.drop(sp) })
	var oldest *spare
	if len(s.idle) > maxSpares {
		oldest = s.idle[0]
	}
	s.mu.Unlock()
	if oldest != nil {
		s.drop(oldest)
	}
	return nil
}

// drop closes a spare that is still one.
func (s *spareInstances) drop(sp *spare) {
	if sp = s.remove(func(other *spare) bool { return other == sp }); sp != nil {
		sp.expiry.Stop()
		_ = sp.close()
	}
}
