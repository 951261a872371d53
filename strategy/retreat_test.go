package strategy_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/e6data/e6data-go/strategy"
)

// An announced colour that is refused, or down, before any call under it has
// succeeded is left for the colour before, and its announcements are ignored for a
// while.
func TestRetreat(t *testing.T) {
	for name, leave := range map[string]func(*strategy.Entry, strategy.State) bool{
		"refused": (*strategy.Entry).Invalidate,
		"down":    (*strategy.Entry).Retreat,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEntry()
				old := detect(t, e, blue)
				if !e.Announce(old, green) {
					t.Fatal("the announcement was ignored")
				}
				announced := strategy.State{Color: green, Generation: 2}
				if !leave(e, announced) {
					t.Error("the announced colour was kept")
				}
				back := strategy.State{Color: blue, Generation: 3}
				wantCurrent(t, e, back)
				if leave(e, announced) {
					t.Error("it was left twice")
				}
				if e.Announce(back, green) {
					t.Error("the colour that was just refused is announced again")
				}
				time.Sleep(2 * time.Second)
				if !e.Announce(back, green) {
					t.Error("the announcement is ignored for ever")
				}
				wantCurrent(t, e, strategy.State{Color: green, Generation: 4})
			})
		})
	}
}

// A colour under which a call has succeeded, and a detected one, is not left by
// Retreat; a 456 makes it unknown.
func TestNoRetreat(t *testing.T) {
	e := newEntry()
	s := detect(t, e, blue)
	if e.Retreat(s) {
		t.Error("a detected colour was left")
	}
	e.Announce(s, green)
	s = strategy.State{Color: green, Generation: 2}
	e.Confirm(s)
	if e.Retreat(s) {
		t.Error("a proven colour was left")
	}
	wantCurrent(t, e, s)
	if !e.Invalidate(s) {
		t.Error("a proven colour that is refused was kept")
	}
	wantNone(t, e)
}

// A detection that finds the refused colour live makes its announcements count again.
func TestARefusalIsForgottenWhenTheColourIsFound(t *testing.T) {
	e := newEntry()
	s := detect(t, e, blue)
	e.Announce(s, green)
	e.Invalidate(strategy.State{Color: green, Generation: 2})
	e.Invalidate(strategy.State{Color: blue, Generation: 3})
	if s = detect(t, e, green); s.Generation != 4 {
		t.Fatalf("found %v", s)
	}
	e.Announce(s, blue)
	e.Confirm(strategy.State{Color: blue, Generation: 5})
	if !e.Announce(strategy.State{Color: blue, Generation: 5}, green) {
		t.Error("green is still taken for refused")
	}
}
