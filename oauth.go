package e6data

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"golang.org/x/oauth2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/e6data/e6data-go/internal/oauth"
	"github.com/e6data/e6data-go/strategy"
	"github.com/e6data/e6data-go/wire"
)

// OAuth 2.0 (WIRE.md section 8). A connector that uses it has a source of
// tokens; the bearer header is added to each call in invoke. There is no
// session: the engine knows a connection by the header alone.

// authorizationHeader carries the bearer token.
const authorizationHeader = "authorization"

// WithTokenSource makes the connector authenticate with the access tokens of ts
// instead of anything in the Config, which must then name no user, token or
// client. ts is asked by one goroutine at a time, again 60 seconds before its
// token expires and when the engine refuses the token before that; between, the
// connector keeps the token, so ts need not. A caller whose context ends does
// not wait for ts any longer. What ts returns as its error is found in the
// driver's, but for an [oauth2.RetrieveError], of which only the status and the
// error code are told.
func WithTokenSource(ts oauth2.TokenSource) Option {
	return func(c *Connector) {
		c.tokenSource = nil
		if ts != nil {
			c.tokenSource = func() *oauth.Source { return oauth.From(ts) }
		}
	}
}

// credentials returns cfg with what the environment adds to it, and tells
// whether that is exactly one way to authenticate.
func (c *Connector) credentials(cfg *Config) (*Config, error) {
	if c.tokenSource == nil {
		full, err := cfg.withEnvCredentials()
		if err != nil {
			return nil, err
		}
		if m, _ := full.authMethod(); m == nil {
			return nil, errNoCredentials
		}
		return full, nil
	}
	for _, m := range authMethods {
		if given, ok := cfg.firstOf(m.params...); ok {
			return nil, fmt.Errorf("e6data: WithTokenSource and %s contradict each other: they are two ways to authenticate", given)
		}
	}
	return cfg.Clone(), cfg.checkOAuth("WithTokenSource")
}

// acquireTokens returns the source of access tokens, nil where user and token
// authenticate.
func (c *Connector) acquireTokens() *oauth.Source {
	switch {
	case c.tokenSource != nil:
		return c.tokenSource()
	case c.cfg.AccessToken != "":
		return oauth.Fixed(string(c.cfg.AccessToken))
	case c.cfg.ClientID != "":
		return oauth.Acquire(oauth.Client{
			ID:       c.cfg.ClientID,
			Secret:   string(c.cfg.ClientSecret),
			TokenURL: c.cfg.TokenURL,
			Scope:    c.cfg.OAuthScope,
			Post:     c.cfg.ClientAuthMethod == ClientAuthPost,
		})
	}
	return nil
}

// bear makes one call with a token: send once, and, where the engine refuses
// the token and policy allows it, once more with another.
func (c *Connector) bear(ctx context.Context, phase Phase, r route, send func(*oauth.Grant) error) error {
	grant, err := c.tokens.Token(ctx)
	if err != nil {
		return c.noToken(ctx, phase, r, codes.OK, err)
	}
	err = send(grant)
	if actionAfter(phase, err) != newToken {
		return err
	}
	c.change(ctx, slog.LevelInfo, "the engine refused the access token", "phase", string(phase), "query_id", r.queryID)
	grant, renewErr := c.tokens.Renew(ctx, grant)
	switch {
	case errors.Is(renewErr, oauth.ErrFixed):
		return err
	case renewErr != nil:
		return c.noToken(ctx, phase, r, codes.Unauthenticated, renewErr)
	}
	c.retrying(ctx, phase, 2, err)
	return send(grant)
}

// noToken is the error of a call that was not made, or not again, for want of a
// token. code is what the engine said to the last one.
func (c *Connector) noToken(ctx context.Context, phase Phase, r route, code codes.Code, err error) *Error {
	e := &Error{Phase: phase, QueryID: r.queryID, Strategy: r.state.Color.String(), Code: code}
	if gone := ended(ctx); gone != nil {
		e.condition, e.Err = gaveUp, gone
		return e
	}
	e.Kind, e.Err = ErrTokenUnavailable, err
	if refused, ok := errors.AsType[*oauth.Error](err); ok && refused.Refused {
		e.Kind = ErrAuthentication
	}
	if phase == PhaseMetadata || phase == PhaseFetch {
		e.Kind, e.Err = ErrIncompleteResult, fmt.Errorf("%w: %w", e.Kind, err)
	}
	return e
}

// refusesToken tells whether an answer to a call with a token refuses it. An
// engine that denies access to a call that brought no session can mean nothing
// else.
func refusesToken(s *status.Status, cond condition, req proto.Message) bool {
	if s.Code() == codes.Unauthenticated {
		return true
	}
	r, ok := req.(interface{ GetSessionId() string })
	return cond == sessionExpired && (!ok || r.GetSessionId() == "")
}

// probe asks whether a colour is live, where no authenticate does that by the
// way: by the health check, which runs nothing. An engine that has none but
// answers is live, too.
func (cn *conn) probe(ctx context.Context, state strategy.State) (session, error) {
	err := cn.c.invoke(ctx, PhaseConnect, cn.c.route(cn.channel, state), wire.QueryEngineService_HealthCheck_FullMethodName,
		&wire.HealthCheckRequest{}, &wire.HealthCheckResponse{})
	if err != nil && conditionOf(err) != unimplemented {
		return session{}, err
	}
	return session{state: state}, nil
}
