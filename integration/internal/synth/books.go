package synth

import "github.com/e6data/e6data-go/enginetest"

// Books is what an engine's control endpoint tells of it, as JSON.
type Books struct {
	enginetest.Stats
	// Unbalanced says what is wrong with the books, if anything.
	Unbalanced string
}
