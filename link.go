package e6data

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// link is a connection to the engine: a session, a channel, and the background work
// for its queries. One goroutine at a time makes its calls. The session has a lock
// because background work uses it, too.
type link struct {
	c *Connector

	mu      sync.Mutex
	ch      *channel
	session session
	// refused reports whether the engine refused the credentials. Then the pool
	// drops the connection.
	refused bool
	closed  bool

	// tx is the current transaction, or nil.
	tx atomic.Pointer[noopTx]
}

// channel returns the link's channel.
func (lk *link) channel() *channel {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	return lk.ch
}

// usable reports whether the link can be used for more calls.
func (lk *link) usable() bool {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	return !lk.refused && !lk.closed
}

// Close releases the session and the channel. It does not wait for queries that are
// being cleared in the background; Connector.Shutdown does.
func (lk *link) Close() error {
	lk.mu.Lock()
	closed, ch, s := lk.closed, lk.ch, lk.session
	lk.closed = true
	lk.session = session{}
	lk.mu.Unlock()
	if closed {
		return nil
	}
	lk.c.sessions.put(s)
	return lk.c.release(ch)
}

// inBackground runs f on a new goroutine, and keeps the link's channel open
// meanwhile.
func (lk *link) inBackground(f func()) { lk.c.inBackground(lk.channel(), f) }

// sessionOn returns the link's session if it belongs to color.
func (lk *link) sessionOn(color strategy.Color) (session, bool) {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	return lk.session, color != strategy.Unknown && lk.session.state.Color == color
}

// setSession makes s the link's session. Other links may use the previous session.
func (lk *link) setSession(s session) {
	s.replacement = false
	lk.mu.Lock()
	before := lk.session
	lk.session = s
	lk.mu.Unlock()
	if before.id != s.id {
		lk.c.sessions.put(before)
	}
}

// dropSession removes the session with the given id, which the engine no longer
// accepts. It keeps a newer session.
func (lk *link) dropSession(id string) {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	if lk.session.id == id {
		lk.session = session{}
	}
}

// haveSession returns a session of color without a call: the link's session, or one
// that no connection uses. In the second case the session becomes the link's.
func (lk *link) haveSession(color strategy.Color) (session, bool) {
	if s, ok := lk.sessionOn(color); ok {
		return s, true
	}
	s, ok := lk.c.sessions.take(color)
	if ok {
		lk.setSession(s)
	}
	return s, ok
}

// believed returns the colour that is live, as far as is known. If strategy_ttl has
// passed for a colour and a session of it is available, the colour is still
// returned: the next call shows whether the colour is live, as a detection would.
func (lk *link) believed() (state strategy.State, s session, held bool) {
	c := lk.c
	state, known := c.entry.Current(c.cfg.StrategyTTL)
	if !known {
		if state, known = c.entry.Current(0); !known {
			return strategy.State{}, session{}, false
		}
		if s, held = lk.haveSession(state.Color); !held {
			return strategy.State{}, session{}, false
		}
	} else {
		s, held = lk.haveSession(state.Color)
	}
	s.state = state
	return state, s, held
}

// sessionFor returns a session for an attempt of startOver, on the live colour or on
// the colour in how. If replaces is true, it opens a session that replaces a denied
// one.
func (lk *link) sessionFor(ctx context.Context, how start, replaces bool) (session, error) {
	if how.pinned != nil {
		s, err := lk.openSession(ctx, *how.pinned, true)
		if err == nil {
			lk.c.stats.renewed.Add(1)
			s.replacement = true
		}
		return s, err
	}
	c := lk.c
	for again := false; ; again = true {
		state, s, held := lk.believed()
		if held && !replaces {
			c.noteColor(ctx, s.state.Color)
			return s, nil
		}
		s, err := lk.openSession(ctx, state, state != strategy.State{})
		if err != nil {
			if errors.Is(err, ErrAuthentication) {
				lk.refuse()
			}
			return session{}, err
		}
		if replaces {
			c.stats.renewed.Add(1)
		}
		lk.setSession(s)
		// The answer may have announced a switch, so the loop checks once more.
		if now, ok := c.entry.Current(c.cfg.StrategyTTL); again || !ok || now == s.state {
			c.noteColor(ctx, s.state.Color)
			s.replacement = replaces
			return s, nil
		}
	}
}

// refuse records that the engine refused the link's credentials.
func (lk *link) refuse() {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	lk.refused = true
}

// openSession is newSession with a bound of Config.ConnectTimeout. If a channel
// looked alive and gave no answer in that time, its connection may be lost: the link
// gets another channel.
func (lk *link) openSession(ctx context.Context, state strategy.State, known bool) (session, error) {
	bounded, cancel := withTimeout(ctx, "connect_timeout", lk.c.cfg.ConnectTimeout)
	defer cancel()
	ch := lk.channel()
	alive := ch.looksAlive()
	s, err := lk.newSession(bounded, state, known)
	if ctx.Err() != nil || bounded.Err() == nil || !errors.Is(err, context.DeadlineExceeded) {
		return s, err
	}
	v := verdict{condition: gaveUp, cause: contextError(bounded)}
	if alive {
		if changed, changeErr := lk.changeChannel(ch); changed && changeErr == nil {
			v.condition = stuck
		}
	}
	k := &call{phase: PhaseConnect, route: lk.c.route(ch, state)}
	if alive {
		lk.c.tellStrategy(ctx, k, &v)
	}
	return session{}, lk.c.fail(ctx, k, v)
}

// changeChannel replaces the link's channel ch by another one, and reports whether
// it did.
func (lk *link) changeChannel(ch *channel) (bool, error) {
	lk.c.retire(ch)
	fresh, err := lk.c.acquire()
	if err != nil {
		return false, err
	}
	lk.mu.Lock()
	closed := lk.closed
	if !closed {
		lk.ch = fresh
	}
	lk.mu.Unlock()
	if closed {
		return false, lk.c.release(fresh)
	}
	return true, lk.c.release(ch)
}

// newSession authenticates on the live colour. If the live colour is unknown,
// newSession finds it: the colour that accepts the credentials is live
// (docs/protocol.md, section 3).
func (lk *link) newSession(ctx context.Context, state strategy.State, known bool) (session, error) {
	c := lk.c
	if known {
		return lk.authenticate(ctx, state)
	}
	if c.tokens != nil {
		// All waiting connections share the failure to get a token. Without this
		// check, each would begin a detection in turn.
		if _, err := c.tokens.Token(ctx); err != nil {
			return session{}, c.noToken(ctx, &call{phase: PhaseConnect}, codes.OK, err)
		}
	}
	var found session
	var announced string
	state, err := c.entry.Detect(ctx, c.cfg.StrategyTTL, func(ctx context.Context, color strategy.Color) error {
		s, news, err := lk.probe(ctx, strategy.State{Color: color})
		switch cond := conditionOf(err); {
		case cond == wrongStrategy || cond == mute:
			return fmt.Errorf("%w: %w", strategy.ErrWrongColor, err)
		case cond == gaveUp || concernsCaller(err): // another waiter's context may still be valid
			return fmt.Errorf("%w: %w", strategy.ErrNotShared, err)
		case err != nil:
			return err
		}
		found, announced = s, news
		return nil
	})
	if err != nil {
		return session{}, connectError(err)
	}
	if found.state.Color != state.Color {
		c.sessions.put(found)
		return lk.authenticate(ctx, state) // another connection has found the colour
	}
	found.state = state
	if announced != "" {
		c.announce(ctx, state, announced, "")
	}
	return found, nil
}

// authenticate returns a new session on the live colour. With OAuth it makes no
// call.
func (lk *link) authenticate(ctx context.Context, state strategy.State) (session, error) {
	if lk.c.tokens != nil {
		return session{state: state}, nil
	}
	s, _, err := lk.askForSession(ctx, state)
	return s, err
}

// probe asks an engine whether its colour is live. It authenticates or, with OAuth,
// calls the health check. An engine without a health check is live if it answers.
// probe returns the colour that the answer announces, if any. The strategy state of
// the call is known only after the detection.
func (lk *link) probe(ctx context.Context, state strategy.State) (session, string, error) {
	if lk.c.tokens == nil {
		return lk.askForSession(ctx, state)
	}
	err := lk.c.call(ctx, lk.healthCheck(PhaseConnect, state))
	if err != nil && conditionOf(err) != unimplemented {
		return session{}, "", err
	}
	return session{state: state}, "", nil
}

// healthCheck returns a call of the engine's health check.
func (lk *link) healthCheck(phase Phase, state strategy.State) *call {
	return &call{
		phase: phase, route: lk.c.route(lk.channel(), state), method: wire.QueryEngineService_HealthCheck_FullMethodName,
		req: &wire.HealthCheckRequest{}, resp: &wire.HealthCheckResponse{},
	}
}

// askForSession authenticates. It returns the session and the colour that the answer
// announces, if any.
func (lk *link) askForSession(ctx context.Context, state strategy.State) (session, string, error) {
	c := lk.c
	req := &wire.AuthenticateRequest{User: c.cfg.User, Password: c.cfg.Token.Reveal()}
	if c.cfg.Impersonate != "" {
		req.UserNameForImpersonation = &c.cfg.Impersonate
	}
	resp := &wire.AuthenticateResponse{}
	k := &call{
		phase: PhaseConnect, route: c.route(lk.channel(), state), method: wire.QueryEngineService_Authenticate_FullMethodName,
		req: req, resp: resp,
	}
	if err := c.call(ctx, k); err != nil {
		return session{}, "", err
	}
	if resp.GetSessionId() == "" {
		v := verdict{condition: credentialsRefused, kind: ErrAuthentication, message: c.refusedCredentials()}
		return session{}, "", c.fail(ctx, k, v)
	}
	c.noteSession(ctx, state)
	return session{id: resp.GetSessionId(), state: state}, resp.GetNewStrategy(), nil
}

// noteSession counts a new session.
func (c *caller) noteSession(ctx context.Context, state strategy.State) {
	c.stats.opened.Add(1)
	c.logChange(ctx, slog.LevelDebug, "a session was opened", "strategy", state.Color.String())
}
