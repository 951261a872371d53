package e6data

import (
	"fmt"

	"golang.org/x/oauth2"

	"github.com/e6data/e6data-go/internal/oauth"
)

// OAuth 2.0 (docs/protocol.md, section 8). A connector that uses it has a source of
// tokens; the bearer header is added to each call in transmit. There is no
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
	case !c.cfg.AccessToken.IsZero():
		return oauth.Fixed(c.cfg.AccessToken.Reveal())
	case c.cfg.ClientID != "":
		return oauth.Acquire(oauth.Client{
			ID:       c.cfg.ClientID,
			Secret:   c.cfg.ClientSecret.Reveal(),
			TokenURL: c.cfg.TokenURL,
			Scope:    c.cfg.OAuthScope,
			Post:     c.cfg.ClientAuthMethod == ClientAuthPost,
		})
	}
	return nil
}
