package e6data

import (
	"math/rand"
	"sync"
	"testing"
)

// wakeFunc is a holder of a share.
type wakeFunc func()

func (f wakeFunc) wake() { f() }

func shareOf(b *budget, wake func()) *share { return &share{of: b, holder: wakeFunc(wake)} }

// books reports an error unless the bytes that b has used are those that its shares hold.
func books(t *testing.T, b *budget, shares ...*share) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	sum := int64(0)
	for _, s := range shares {
		if s.held < 0 {
			t.Errorf("a share holds %d", s.held)
		}
		sum += s.held
	}
	if b.used != sum {
		t.Errorf("%d are used, and %d held", b.used, sum)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	b := &budget{limit: 100}
	var order []string
	open := func(name string) *share { return shareOf(b, func() { order = append(order, name) }) }
	a, c, d := open("a"), open("c"), open("d")
	if !a.try(60) || !a.try(40) {
		t.Fatal("a got room, and the budget is used up")
	}
	if a.try(1) || c.try(50) || d.try(10) || c.try(50) {
		t.Fatal("there was no room")
	}
	// a waits for 1, c for 50 and d for 10. They get room in this order: d does not overtake c.
	a.give(20)
	if len(order) != 1 || order[0] != "a" {
		t.Fatalf("woken: %v", order)
	}
	books(t, b, a, c, d)
	if d.try(10) {
		t.Fatal("d overtook c")
	}
	if !a.try(1) || a.held != 81 {
		t.Fatalf("a holds %d", a.held)
	}
	a.give(81)
	if len(order) != 3 || order[1] != "c" || order[2] != "d" || !c.try(50) || !d.try(10) {
		t.Fatalf("woken: %v", order)
	}
	books(t, b, a, c, d)
	// A share gives back granted bytes that it does not need.
	d.take(90)
	if c.try(50) {
		t.Fatal("there was no room")
	}
	d.end()
	if len(order) != 4 {
		t.Fatalf("woken: %v", order)
	}
	c.end()
	books(t, b, a, c, d)
	if b.used != 0 || len(b.waiting) != 0 {
		t.Errorf("%d are used, and %d wait", b.used, len(b.waiting))
	}
}

// A share that takes bytes regardless of the limit no longer waits, and the shares behind
// it get their turn.
func TestBudgetTake(t *testing.T) {
	t.Parallel()
	b := &budget{limit: 10}
	woken := 0
	a := shareOf(b, func() { t.Error("a was woken") })
	c := shareOf(b, func() { woken++ })
	d := shareOf(b, func() {})
	if !d.try(9) || a.try(5) || c.try(1) {
		t.Fatal("the room is 10")
	}
	d.give(1) // not enough for a, and c waits behind a
	a.take(0)
	if woken != 1 || !c.try(1) {
		t.Error("c was not woken")
	}
	// A request that is larger than the limit is granted when no other share holds bytes.
	if c.try(50) {
		t.Error("there was no room for 50")
	}
	d.end()
	a.end()
	c.give(1)
	if woken != 2 || !c.try(50) {
		t.Error("c got no turn")
	}
	c.end()
	books(t, b, a, c, d)
}

// With many holders, those that wait for room never hold more than the limit together,
// and every holder gets its turn.
func TestBudgetConcurrently(t *testing.T) {
	t.Parallel()
	const holders, rounds, limit = 20, 200, 1000
	b := &budget{limit: limit}
	var all sync.WaitGroup
	for i := range holders {
		all.Go(func() {
			r := rand.New(rand.NewSource(int64(i)))
			awake := make(chan struct{}, 1)
			s := shareOf(b, func() { awake <- struct{}{} })
			defer s.end()
			for range rounds {
				n := 1 + r.Int63n(limit)
				if !s.try(n) {
					<-awake
					if !s.try(n) {
						t.Error("the share does not hold the bytes that were granted")
						return
					}
				}
				b.mu.Lock()
				if b.used > limit {
					t.Errorf("%d are used", b.used)
				}
				b.mu.Unlock()
				s.give(n)
			}
		})
	}
	all.Wait()
	if b.used != 0 || len(b.waiting) != 0 {
		t.Errorf("%d are used, and %d wait", b.used, len(b.waiting))
	}
}
