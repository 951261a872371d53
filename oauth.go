package e6data

import (
	"fmt"

	"golang.org/x/oauth2"

	"github.com/e6data/e6data-go/internal/oauth"
)

// OAuth 2.0 (docs/protocol.md, section 8). A connector with OAuth has a source of
// tokens. transmit adds the bearer header to each call. There are no sessions: the
// header alone identifies the user.

// authorizationHeader is the header with the bearer token.
const authorizationHeader = "authorization"

// WithTokenSource makes the connector authenticate with the access tokens of ts. The
// Config must not have a user, a token or a client then. The connector keeps each
// token, so ts need not cache it. It calls ts again 60 seconds before the token
// expires, or when the engine refuses the token. It never calls ts concurrently. A
// caller whose context ends does not wait for ts any longer. The driver's errors
// wrap the error of ts. The exception is an [oauth2.RetrieveError], of which they
// contain only the status and the error code.
func WithTokenSource(ts oauth2.TokenSource) Option {
	return func(c *Connector) {
		c.tokenSource = nil
		if ts != nil {
			c.tokenSource = func() *oauth.Source { return oauth.From(ts) }
		}
	}
}

// credentials returns cfg with the credentials of the environment added. It returns
// an error unless there is exactly one way to authenticate.
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

// acquireTokens returns the source of access tokens, or nil if the connector
// authenticates with user and token.
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
