package shell

import (
	"fmt"
	"strings"
)

// search is a search in the history that is under way.
type search struct {
	// part is the text that the inputs contain.
	part string
	// shown is the input that the search has put into the line, and at its index in the
	// history.
	shown string
	at    int
}

// find puts the next input that contains the text of the line into the line: an older one
// if step is -1, a newer one if it is 1. A search begins when the line is not what the
// search before has shown.
func (t *Terminal) find(step int) {
	if t.history == nil {
		return
	}
	inputs := t.history.Inputs()
	line := string(*t.line.Line())
	if t.search.shown == "" || line != t.search.shown {
		t.search = search{part: line, shown: line, at: len(inputs)}
	}
	at, found := nextMatch(inputs, t.search, step)
	if !found {
		t.line.Hint.SetTemporary(fmt.Sprintf("no other input contains %q", t.search.part))
		return
	}
	t.search.at, t.search.shown = at, inputs[at]
	t.line.Line().Set([]rune(inputs[at])...)
	t.line.Cursor().Set(t.line.Line().Len())
	t.line.Hint.SetTemporary(fmt.Sprintf("contains %q: Ctrl-R finds older inputs, Ctrl-S newer ones", t.search.part))
}

// nextMatch returns the index of the next input that the search has not shown, and whether
// there is one. Letter case does not count.
func nextMatch(inputs []string, s search, step int) (at int, found bool) {
	part := strings.ToLower(s.part)
	for at = s.at + step; at >= 0 && at < len(inputs); at += step {
		if inputs[at] != s.shown && strings.Contains(strings.ToLower(inputs[at]), part) {
			return at, true
		}
	}
	return 0, false
}
