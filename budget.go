package e6data

import (
	"slices"
	"sync"
)

// budget bounds the sum of the bytes that several holders use. Each holder has a
// share of the budget. A budget is safe for concurrent use.
type budget struct {
	limit int64

	mu   sync.Mutex
	used int64
	// waiting holds the shares that wait for bytes, in the order of their requests.
	waiting []*share
}

// share is the part of a budget that one holder uses. Only the holder calls the
// methods. Several goroutines of the holder may call them at the same time.
type share struct {
	of *budget
	// holder.wake is called after a refused request was granted. The caller of wake
	// holds no lock of the budget. The holder may no longer want the bytes.
	holder interface{ wake() }

	// The budget's mu guards the following fields.

	held    int64
	wants   int64 // size of the waiting request; 0 for none
	granted int64 // size of the granted request, already part of held; 0 for none
}

// try takes n bytes if there is room for them, and reports whether it took them.
// Otherwise the request waits its turn. When there is room, the bytes are granted,
// wake is called, and the next try takes the granted bytes.
func (s *share) try(n int64) bool {
	b := s.of
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case s.granted > 0:
		n -= s.granted // usually 0
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

// take takes n bytes, even beyond the limit, and withdraws a waiting request.
func (s *share) take(n int64) {
	b := s.of
	b.mu.Lock()
	s.forgo()
	s.add(n)
	woken := b.grant()
	b.mu.Unlock()
	wakeAll(woken)
}

// give returns n bytes to the budget. The caller must not hold a lock that wake
// takes.
func (s *share) give(n int64) {
	b := s.of
	b.mu.Lock()
	s.add(-n)
	woken := b.grant()
	b.mu.Unlock()
	wakeAll(woken)
}

// end returns all bytes to the budget, as give does, and withdraws a waiting
// request.
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

// forgo withdraws a waiting request, and returns bytes that were granted and not
// taken. The caller holds mu.
func (s *share) forgo() {
	b := s.of
	if s.wants > 0 {
		s.wants = 0
		b.waiting = slices.DeleteFunc(b.waiting, func(other *share) bool { return other == s })
	}
	s.add(-s.granted)
	s.granted = 0
}

// grant grants the waiting requests for which there is room, and returns their
// shares. The caller holds mu.
func (b *budget) grant() (woken []*share) {
	for len(b.waiting) > 0 {
		s := b.waiting[0]
		// A request that is larger than the limit is granted when nothing else is in
		// use. Otherwise it would wait for ever.
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
