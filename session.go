package e6data

import (
	"context"
	"errors"
	"fmt"

	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// session is what authenticate gives: the right to ask one colour of the
// deployment. It has no end that a client could ask for.
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
		s, err := cn.newSession(ctx, state, known)
		if err == nil {
			cn.setSession(s)
			// The answer may have announced a switch: look again.
			if now, ok := c.entry.Current(c.cfg.StrategyTTL); !ok || now == s.state || try > c.cfg.MaxRetries {
				return s, nil
			}
			continue
		}
		switch actionAfter(PhaseConnect, err) {
		case restart:
			if errors.Is(err, strategy.ErrNoLiveColor) || try > c.cfg.MaxRetries {
				return session{}, err
			}
			if pause(ctx, delayBefore(try, err)) != nil {
				return session{}, interrupted(ctx, err)
			}
		case resume:
			if wakeErr := cn.wake(ctx, err); wakeErr != nil {
				return session{}, wakeErr
			}
			if try > c.cfg.MaxRetries {
				return session{}, err
			}
		default:
			if errors.Is(err, ErrAuthentication) {
				cn.refuse()
			}
			return session{}, err
		}
	}
}

// newSession authenticates with the live colour, or, where that is not known,
// finds it by authenticating: the colour that accepts is live (WIRE.md section
// 3).
func (cn *conn) newSession(ctx context.Context, state strategy.State, known bool) (session, error) {
	c := cn.c
	if known {
		return cn.authenticate(ctx, state)
	}
	var found session
	var announced string
	state, err := c.entry.Detect(ctx, c.cfg.StrategyTTL, func(ctx context.Context, color strategy.Color) error {
		s, news, err := cn.ask(ctx, strategy.State{Color: color})
		switch {
		case conditionOf(err) == wrongStrategy:
			return fmt.Errorf("%w: %w", strategy.ErrWrongColor, err)
		case conditionOf(err) == gaveUp || errors.Is(err, ErrAuthentication):
			// What this connection's user or context met is not for others.
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
	if found.id == "" || found.state.Color != state.Color {
		return cn.authenticate(ctx, state) // another connection found it
	}
	found.state = state
	if announced != "" {
		c.announce(state, announced)
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

func (cn *conn) authenticate(ctx context.Context, state strategy.State) (session, error) {
	s, announced, err := cn.ask(ctx, state)
	if announced != "" {
		cn.c.announce(state, announced)
	}
	return s, err
}

// ask sends authenticate. The announcement in the answer, if any, is left to
// the caller: a detection knows only afterwards under which state it was made.
func (cn *conn) ask(ctx context.Context, state strategy.State) (session, string, error) {
	c := cn.c
	r := c.route(cn.channel, state)
	resp := &wire.AuthenticateResponse{}
	err := c.invoke(ctx, PhaseConnect, r, wire.QueryEngineService_Authenticate_FullMethodName, &wire.AuthenticateRequest{
		User:     c.cfg.User,
		Password: string(c.cfg.Token),
	}, resp)
	if err != nil {
		var e *Error
		if errors.As(err, &e) && e.condition == sessionExpired {
			e.condition, e.Kind = noCondition, ErrAuthentication // no session was asked about
		}
		return session{}, "", err
	}
	if resp.GetSessionId() == "" {
		return session{}, "", &Error{
			Phase:    PhaseConnect,
			Strategy: state.Color.String(),
			Message:  fmt.Sprintf("%s refused user %q or its access token", c.cfg.address(), c.cfg.User),
			Kind:     ErrAuthentication,
		}
	}
	return session{id: resp.GetSessionId(), state: state}, resp.GetNewStrategy(), nil
}
