package e6data

import (
	"sync"

	"github.com/e6data/e6data-go/strategy"
)

// session is the result of authenticate: the permission to call one colour of the
// deployment. A client cannot ask when it ends. With OAuth it has no id, and only
// records the colour.
type session struct {
	id    string
	state strategy.State
	// replacement reports whether the session replaces one that was denied in the
	// same operation.
	replacement bool
}

// sessions holds a connector's sessions that no connection uses at the moment. A
// session outlives the connection for which it was opened. So there are never more
// sessions of one colour than there were open connections at one time. The zero
// value is empty. It is safe for concurrent use.
type sessions struct {
	mu   sync.Mutex
	free [3][]session // by strategy.Color
}

// take removes and returns the session of the given colour that was used last.
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

// put adds a session that its connection no longer uses. It drops a session without
// an id.
func (p *sessions) put(s session) {
	if s.id == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[s.state.Color] = append(p.free[s.state.Color], s)
}
