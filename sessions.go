package e6data

import (
	"sync"

	"github.com/e6data/e6data-go/strategy"
)

// session is what authenticate gives: the right to ask one colour of the
// deployment. It has no end that a client could ask for. With OAuth it has no id
// and says only that the connection uses that colour.
type session struct {
	id    string
	state strategy.State
	// replacement: it was opened because another one was denied in this very
	// operation.
	replacement bool
}

// sessions are a connector's sessions that no connection uses at the moment. A
// session outlives the connection for which it was opened, so that there are never
// more of one colour than connections were open at one time. The zero value has
// none. It is safe for concurrent use.
type sessions struct {
	mu   sync.Mutex
	free [3][]session // by strategy.Color
}

// take returns a session of the given colour, the one that was used last.
func (p *sessions) take(color strategy.Color) (session, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	free := p.free[color]
	if len(free) == 0 {
		return session{}, false
	}
	s := free[len(free)-1]
	p.free[color] = free[:len(free)-1]
	return s, true
}

// put gives back a session that its connection does not use any more. One without
// an id is not worth keeping.
func (p *sessions) put(s session) {
	if s.id == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[s.state.Color] = append(p.free[s.state.Color], s)
}
