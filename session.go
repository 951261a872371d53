package e6data

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"google.golang.org/grpc/codes"

	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// session is what authenticate gives: the right to ask one colour of the
// deployment. It has no end that a client could ask for. With OAuth it has no id
// and says only that the connection uses that colour.
type session struct {
	id    string
	state strategy.State
}

// currentSession returns the connection's session on the colour that is live
// now, and gets one where it has none: at first, after a switch, and after the
// session was refused.
func (cn *conn) currentSession(ctx context.Context) (session, error) {
	c := cn.c
	for try := 2; ; try++ {
		state, known := c.entry.Current(c.cfg.StrategyTTL)
		if s, ok := cn.sessionOn(state.Color); known && ok {
			s.state = state
			return s, nil
		}
		s, err := cn.attempt(ctx, state, known)
		if err == nil {
			cn.setSession(s)
			// The answer may have announced a switch: look again.
			if now, ok := c.entry.Current(c.cfg.StrategyTTL); !ok || now == s.state || try > c.cfg.MaxRetries {
				c.uses(ctx, s)
				return s, nil
			}
			continue
		}
		switch actionAfter(PhaseConnect, err) {
		case restart:
			if errors.Is(err, strategy.ErrNoLiveColor) {
				return session{}, err
			}
		case resume: // another does
		default:
			if errors.Is(err, ErrAuthentication) {
				cn.refuse()
			}
		}
		if err := cn.another(ctx, PhaseConnect, try, s, err); err != nil {
			return session{}, err
		}
	}
}

// attempt is newSession within Config.ConnectTimeout.
func (cn *conn) attempt(ctx context.Context, state strategy.State, known bool) (session, error) {
	bounded, cancel := withTimeout(ctx, "connect_timeout", cn.c.cfg.ConnectTimeout)
	defer cancel()
	s, err := cn.newSession(bounded, state, known)
	if ctx.Err() != nil || bounded.Err() == nil || !errors.Is(err, context.DeadlineExceeded) {
		return s, err
	}
	e := Error{Phase: PhaseConnect}
	if cause, ok := errors.AsType[*Error](err); ok {
		e = *cause
	}
	e.condition = gaveUp
	e.Err = contextError(bounded)
	return session{}, &e
}

// newSession authenticates with the live colour, or, where that is not known,
// finds it by authenticating: the colour that accepts is live (WIRE.md section
// 3).
func (cn *conn) newSession(ctx context.Context, state strategy.State, known bool) (session, error) {
	c := cn.c
	if known {
		return cn.authenticate(ctx, state)
	}
	if c.tokens != nil {
		// One failure to get a token is for all who wait: only then does one of
		// them begin the detection.
		if _, err := c.tokens.Token(ctx); err != nil {
			return session{}, c.noToken(ctx, PhaseConnect, route{}, codes.OK, err)
		}
	}
	var found session
	var announced string
	state, err := c.entry.Detect(ctx, c.cfg.StrategyTTL, func(ctx context.Context, color strategy.Color) error {
		s, news, err := cn.ask(ctx, strategy.State{Color: color})
		switch {
		case conditionOf(err) == wrongStrategy:
			return fmt.Errorf("%w: %w", strategy.ErrWrongColor, err)
		case conditionOf(err) == gaveUp || concernsCaller(err): // another's context need not have ended
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
		return cn.authenticate(ctx, state) // another connection found it
	}
	found.state = state
	if announced != "" {
		c.announce(ctx, state, announced, "")
	}
	return found, nil
}

// connectError makes an *Error of what a detection returned.
func connectError(err error) error {
	e := &Error{Phase: PhaseConnect, Err: err}
	var cause *Error
	if !errors.As(err, &cause) {
		return e // a waiter's context
	}
	if !errors.Is(err, strategy.ErrNoLiveColor) {
		return cause
	}
	return &Error{Phase: PhaseConnect, Code: cause.Code, Kind: ErrWrongStrategy, Err: err, condition: wrongStrategy}
}

// authenticate gets a session on a colour that is known to be live. With OAuth
// that takes no call.
func (cn *conn) authenticate(ctx context.Context, state strategy.State) (session, error) {
	if cn.c.tokens != nil {
		return session{state: state}, nil
	}
	s, announced, err := cn.ask(ctx, state)
	if announced != "" {
		cn.c.announce(ctx, state, announced, "")
	}
	return s, err
}

// ask sends authenticate, or probes. The announcement in the answer, if any, is left to
// the caller: a detection knows only afterwards under which state it was made.
func (cn *conn) ask(ctx context.Context, state strategy.State) (session, string, error) {
	c := cn.c
	if c.tokens != nil {
		s, err := cn.probe(ctx, state)
		return s, "", err
	}
	r := c.route(cn.channel, state)
	resp := &wire.AuthenticateResponse{}
	req := &wire.AuthenticateRequest{User: c.cfg.User, Password: string(c.cfg.Token)}
	if c.cfg.Impersonate != "" {
		req.UserNameForImpersonation = &c.cfg.Impersonate
	}
	refused := fmt.Sprintf("%s refused user %q or the access token", c.cfg.address(), c.cfg.User)
	err := c.invoke(ctx, PhaseConnect, r, wire.QueryEngineService_Authenticate_FullMethodName, req, resp)
	if err != nil {
		var e *Error
		if errors.As(err, &e) && e.refusal() {
			e.condition, e.Kind = noCondition, ErrAuthentication
			e.Message = refused + ": " + e.Message
		}
		return session{}, "", err
	}
	if resp.GetSessionId() == "" {
		return session{}, "", &Error{
			Phase:    PhaseConnect,
			Strategy: state.Color.String(),
			Message:  refused,
			Kind:     ErrAuthentication,
		}
	}
	cn.opened(ctx, state)
	return session{id: resp.GetSessionId(), state: state}, resp.GetNewStrategy(), nil
}

// opened counts a session that the engine gave.
func (cn *conn) opened(ctx context.Context, state strategy.State) {
	c := cn.c
	c.stats.opened.Add(1)
	msg := "a session was opened"
	if cn.sessions.Add(1) > 1 {
		c.stats.renewed.Add(1)
		msg = "a session was renewed"
	}
	c.change(ctx, slog.LevelDebug, msg, "strategy", state.Color.String())
}

// refusal tells that an answer to authenticate refuses the credentials, be it
// the engine's or a proxy's. No session was asked about.
func (e *Error) refusal() bool {
	return e.condition == sessionExpired ||
		e.condition != gaveUp && (e.Code == codes.Unauthenticated || e.Code == codes.PermissionDenied)
}
