package e6data

import (
	"slices"
	"sync"
)

// budget bounds the bytes that several holders have together. Each has a share of
// it. It is safe for concurrent use.
type budget struct {
	limit int64

	mu   sync.Mutex
	used int64
	// waiting are the shares that are refused bytes, in the order in which they asked.
	waiting []*share
}

// share is what one holder has of a budget. Its methods are called by its holder
// alone, and by several goroutines of that at a time if need be.
type share struct {
	of *budget
	// holder's wake is called, with no lock of the budget held, after bytes that were
	// refused have been granted. It may be called when they are not wanted any more.
	holder interface{ wake() }

	// The budget's mu guards what follows.

	held    int64
	wants   int64 // what is waited for; 0 for nothing
	granted int64 // what was waited for, and is in held already; 0 for nothing
}

// try takes n bytes if there is room for them, and reports whether it did. If not,
// they are granted as soon as there is room, in turn with other shares: then wake is
// called, and the next try takes what was granted.
func (s *share) try(n int64) bool {
	b := s.of
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case s.granted > 0:
		n -= s.granted // as a rule there is no difference
		s.granted = 0
		s.add(n)
		return true
	case s.wants > 0:
		return false
	case len(b.waiting) == 0 && b.used+n <= b.limit:
		s.add(n)
		return true
	}
	s.wants = max(n, 1)
	b.waiting = append(b.waiting, s)
	return false
}

// take takes n bytes, whatever the limit is, and waits for none any more.
func (s *share) take(n int64) {
	b := s.of
	b.mu.Lock()
	s.forgo()
	s.add(n)
	woken := b.grant()
	b.mu.Unlock()
	wakeAll(woken)
}

// give gives n bytes back. The caller holds no lock that wake functions take.
func (s *share) give(n int64) {
	b := s.of
	b.mu.Lock()
	s.add(-n)
	woken := b.grant()
	b.mu.Unlock()
	wakeAll(woken)
}

// end gives back everything, as give does, and waits for nothing any more.
func (s *share) end() {
	b := s.of
	b.mu.Lock()
	s.forgo()
	s.add(-s.held)
	woken := b.grant()
	b.mu.Unlock()
	wakeAll(woken)
}

// add counts n bytes. The caller holds mu.
func (s *share) add(n int64) {
	s.held += n
	s.of.used += n
}

// forgo gives up what is waited for, or was granted and not taken. The caller holds
// mu.
func (s *share) forgo() {
	b := s.of
	if s.wants > 0 {
		s.wants = 0
		b.waiting = slices.DeleteFunc(b.waiting, func(other *share) bool { return other == s })
	}
	s.add(-s.granted)
	s.granted = 0
}

// grant gives those that wait what there is room for, and returns them. The caller
// holds mu.
func (b *budget) grant() (woken []*share) {
	for len(b.waiting) > 0 {
		s := b.waiting[0]
		// What is larger than the limit would wait for ever.
		if b.used > 0 && b.used+s.wants > b.limit {
			break
		}
		b.waiting = slices.Delete(b.waiting, 0, 1)
		s.granted, s.wants = s.wants, 0
		s.add(s.granted)
		woken = append(woken, s)
	}
	return woken
}

func wakeAll(shares []*share) {
	for _, s := range shares {
		s.holder.wake()
	}
}
