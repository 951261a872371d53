package synth

import "github.com/e6data/e6data-go/enginetest"

// Books is the JSON document of an engine's control endpoint.
type Books struct {
	enginetest.Stats
	// Unbalanced describes why the books do not balance. It is empty if they
	// do.
	Unbalanced string
}
