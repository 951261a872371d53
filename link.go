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

// link is a way to the engine: a session and a channel, and what the queries that
// go by it leave to be done in the background. Its calls are made by one goroutine
// at a time; what a query does in the background is why the session is locked.
type link struct {
	c *Connector

	mu      sync.Mutex
	ch      *channel
	session session
	// refused is set when the engine refused the credentials: the pool drops
	// the connection.
	refused bool
	closed  bool

	// tx is the transaction that has begun, nil for none.
	tx atomic.Pointer[noopTx]
}

// channel returns the link's channel.
func (lk *link) channel() *channel {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	return lk.ch
}

// usable reports whether the link can be used further.
func (lk *link) usable() bool {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	return !lk.refused && !lk.closed
}

// Close gives the session and the channel back. Queries that were given up are
// cleared in the background: Close does not wait for that, Connector.Shutdown does.
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

// inBackground runs f on a goroutine of its own, with the link's channel kept open.
func (lk *link) inBackground(f func()) { lk.c.inBackground(lk.channel(), f) }

// sessionOn returns the link's session if it belongs to color.
func (lk *link) sessionOn(color strategy.Color) (session, bool) {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	return lk.session, color != strategy.Unknown && lk.session.state.Color == color
}

// setSession makes s the link's session. The one before is left to others.
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

// dropSession forgets the session with the given id: the engine does not know
// it any more. A newer one stays.
func (lk *link) dropSession(id string) {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	if lk.session.id == id {
		lk.session = session{}
	}
}

// haveSession returns a session of color that costs no call: the link's, or one
// that no connection uses, which then is the link's.
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

// believed returns the colour that is live now, as far as is known. A colour whose
// strategy_ttl has passed is believed further where a session of it is at hand: the
// next call tells whether it is live as well as a detection would.
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

// sessionFor returns a session for an attempt of startOver: on the colour that is
// live now, or on the one that how names. With replaces it opens one in place of
// one that was denied.
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
		// The answer may have announced a switch: look again, once.
		if now, ok := c.entry.Current(c.cfg.StrategyTTL); again || !ok || now == s.state {
			c.noteColor(ctx, s.state.Color)
			s.replacement = replaces
			return s, nil
		}
	}
}

// refuse marks the link as one whose credentials were refused.
func (lk *link) refuse() {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	lk.refused = true
}

// openSession is newSession within Config.ConnectTimeout. A channel that looked alive and
// gave no answer in that time may have lost its connection without notice: the link
// gets another.
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

// changeChannel gives the link another channel than ch, and reports whether it has.
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

// newSession authenticates with the live colour, or, where that is not known,
// finds it by authenticating: the colour that accepts is live (docs/protocol.md, section
// 3).
func (lk *link) newSession(ctx context.Context, state strategy.State, known bool) (session, error) {
	c := lk.c
	if known {
		return lk.authenticate(ctx, state)
	}
	if c.tokens != nil {
		// One failure to get a token is for all that wait: only then does one of
		// them begin the detection.
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
		case cond == gaveUp || concernsCaller(err): // another's context need not have ended
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
		return lk.authenticate(ctx, state) // another connection found it
	}
	found.state = state
	if announced != "" {
		c.announce(ctx, state, announced, "")
	}
	return found, nil
}

// authenticate gets a session on a colour that is known to be live. With OAuth
// that takes no call.
func (lk *link) authenticate(ctx context.Context, state strategy.State) (session, error) {
	if lk.c.tokens != nil {
		return session{state: state}, nil
	}
	s, _, err := lk.askForSession(ctx, state)
	return s, err
}

// probe asks whether a colour is live, by authenticating, or, with OAuth, by the
// health check, which runs nothing. An engine that has none but answers is live,
// too. It returns the colour that the answer announces, if any: a detection knows
// only afterwards under which state the call was made.
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

// healthCheck is the call that asks an engine whether it is well.
func (lk *link) healthCheck(phase Phase, state strategy.State) *call {
	return &call{
		phase: phase, route: lk.c.route(lk.channel(), state), method: wire.QueryEngineService_HealthCheck_FullMethodName,
		req: &wire.HealthCheckRequest{}, resp: &wire.HealthCheckResponse{},
	}
}

// askForSession authenticates, and returns the colour that the answer announces, if
// any, with the session.
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

// noteSession counts a session that the engine gave.
func (c *caller) noteSession(ctx context.Context, state strategy.State) {
	c.stats.opened.Add(1)
	c.logChange(ctx, slog.LevelDebug, "a session was opened", "strategy", state.Color.String())
}
