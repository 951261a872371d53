package strategy_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/e6data/e6data-go/strategy"
)

// When an announced colour is refused or down before any call under it has
// succeeded, the entry goes back to the colour before. It ignores the announcement
// for a while.
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

// Retreat does not leave a detected colour, nor one under which a call has
// succeeded. A 456 makes such a colour unknown.
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

// A failure under an earlier state says nothing about the announced colour.
func TestALateFailureDoesNotRetreat(t *testing.T) {
	e := newEntry()
	if e.Retreat(strategy.State{}) {
		t.Error("an entry without a colour was left")
	}
	old := detect(t, e, blue)
	e.Announce(old, green)
	for _, late := range []strategy.State{old, {Color: green, Generation: 1}, {Color: green, Generation: 3}} {
		if e.Retreat(late) || e.Invalidate(late) {
			t.Errorf("%v was left", late)
		}
	}
	wantCurrent(t, e, strategy.State{Color: green, Generation: 2})
}

// After a detection finds the refused colour live, its announcements are accepted
// again.
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
		t.Error("announcements of green are still ignored")
	}
}
