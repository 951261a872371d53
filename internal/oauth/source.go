// Package oauth gets, caches and renews the access tokens of connections that
// authenticate with OAuth 2.0 (docs/protocol.md, section 8).
//
// A [Source] returns tokens to any number of callers and makes one exchange at
// a time for all of them. [Acquire] returns the same Source for equal clients
// in the whole process. No error and no formatted value of this package shows a
// token, a secret, or a token endpoint's text.
package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	// early is the time between a token's renewal and its expiry.
	early = 60 * time.Second
	// patience is the time from the start of an exchange for which callers wait
	// while the current token is still valid.
	patience = 2 * time.Second
	// pauseAfterFailure is the shortest pause after a failed exchange while the
	// current token is still valid.
	pauseAfterFailure = 5 * time.Second
	// keepFailure is the shortest time for which Token returns a failure again
	// while there is no valid token. Some failures last longer: see Error.
	keepFailure = time.Second
	// exchangeTimeout bounds an exchange with all its attempts.
	exchangeTimeout = 30 * time.Second
)

// ErrFixed means that the engine refused a fixed token.
var ErrFixed = errors.New("the access token is a fixed one and cannot be renewed")

// Grant is an access token. A Grant never changes. Grants are compared by
// pointer, because an endpoint may return equal tokens.
type Grant struct {
	header  string
	renew   time.Time // time of the renewal; zero is never
	expires time.Time // zero is never
}

const bearer = "Bearer "

// Header returns the value of the authorization header.
func (g *Grant) Header() string { return g.header }

// Secret returns the token.
func (g *Grant) Secret() string { return g.header[len(bearer):] }

// Format hides the token from fmt.
func (g *Grant) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// fresh reports whether g needs no renewal yet.
func (g *Grant) fresh(now time.Time) bool {
	return g != nil && (g.renew.IsZero() || now.Before(g.renew))
}

// valid reports whether g has not expired.
func (g *Grant) valid(now time.Time) bool {
	return g != nil && (g.expires.IsZero() || now.Before(g.expires))
}

// newGrant returns a grant for a token. A token that lives for 60 seconds or
// less is renewed after half its lifetime, because it could not be used if it
// were renewed 60 seconds early.
func newGrant(token string, expires time.Time) *Grant {
	g := &Grant{header: bearer + token, expires: expires}
	if !expires.IsZero() {
		now := time.Now()
		if left := expires.Sub(now); left > early {
			g.renew = expires.Add(-early)
		} else {
			g.renew = now.Add(left / 2)
		}
	}
	return g
}

// Source returns access tokens. It is safe for concurrent use.
type Source struct {
	// exchange gets a token. It is nil for a fixed token.
	exchange func(context.Context) (*oauth2.Token, error)
	// endless reports that exchange ignores its context.
	endless bool
	// users is guarded by the registry's mu.
	users int

	mu      sync.Mutex
	grant   *Grant // nil before the first exchange and after a refusal
	flight  *flight
	failure failure // the failure of the latest exchange
}

// failure is a failed exchange. The zero value means that none failed.
type failure struct {
	err error
	// The next exchange is at until if there is no valid token, and at renew if
	// there is one.
	until, renew time.Time
}

func newFailure(err error, now time.Time) failure {
	pause := keepFailure
	if e, ok := errors.AsType[*Error](err); ok {
		pause = max(pause, e.pause)
	}
	return failure{err: err, until: now.Add(pause), renew: now.Add(max(pause, pauseAfterFailure))}
}

// flight is a running exchange. grant and err are written before done is
// closed.
type flight struct {
	began  time.Time
	done   chan struct{}
	cancel context.CancelFunc
	grant  *Grant
	err    error
}

// Fixed returns a Source with a fixed token, which is never renewed.
func Fixed(token string) *Source { return &Source{grant: newGrant(token, time.Time{})} }

// From returns a Source that calls ts, one call at a time, and keeps a token
// until 60 seconds before its expiry.
func From(ts oauth2.TokenSource) *Source {
	return &Source{
		exchange: func(context.Context) (*oauth2.Token, error) { return askTokenSource(ts) },
		endless:  true,
		users:    1,
	}
}

// Format hides the Source's fields from fmt.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("oauth.Source")) }

// Token returns a token. It begins an exchange if there is no token or the token
// expires soon. All callers share one exchange, and it goes on when the ctx of one
// of them ends. While the current token is valid, a failed or slow renewal does not
// fail a call. Without a valid token, Token returns the same failure for a second;
// for 30 seconds if the endpoint refused the client, or for the time of the
// endpoint's Retry-After.
//
// The error is ctx.Err(), an *[Error], or the error of the application's
// TokenSource.
func (s *Source) Token(ctx context.Context) (*Grant, error) {
	now := time.Now()
	s.mu.Lock()
	g := s.grant
	switch {
	case g.fresh(now), s.exchange == nil, g.valid(now) && now.Before(s.failure.renew):
		s.mu.Unlock()
		return g, nil
	case !g.valid(now) && now.Before(s.failure.until):
		err := s.failure.err
		s.mu.Unlock()
		return nil, err
	}
	f := s.join(now)
	s.mu.Unlock()

	var enough <-chan time.Time
	if g.valid(now) {
		t := time.NewTimer(f.began.Add(patience).Sub(now))
		defer t.Stop()
		enough = t.C
	}
	select {
	case <-f.done:
		if f.err != nil && g.valid(time.Now()) {
			return g, nil
		}
		return f.grant, f.err
	case <-enough:
		return g, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Renew returns a new token after the engine refused a call with the token
// refused. Concurrent callers with the same refused token share one exchange: a
// grant that is no longer the current one is not renewed again.
func (s *Source) Renew(ctx context.Context, refused *Grant) (*Grant, error) {
	if s.exchange == nil {
		return nil, ErrFixed
	}
	s.mu.Lock()
	if s.grant == refused {
		s.grant = nil
	}
	s.mu.Unlock()
	return s.Token(ctx)
}

// join returns the running exchange, or starts one. The caller holds mu.
func (s *Source) join(now time.Time) *flight {
	if s.flight != nil {
		return s.flight
	}
	ctx, cancel := context.WithTimeout(context.Background(), exchangeTimeout)
	f := &flight{began: now, done: make(chan struct{}), cancel: cancel}
	s.flight = f
	go s.fly(ctx, f)
	return f
}

func (s *Source) fly(ctx context.Context, f *flight) {
	defer close(f.done)
	defer f.cancel()
	token, err := s.exchange(ctx)
	if err == nil {
		f.grant = newGrant(token.AccessToken, token.Expiry)
	}
	f.err = err
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != f {
		return // ended by Release
	}
	s.flight = nil
	if err != nil {
		s.failure = newFailure(err, time.Now())
		return
	}
	s.grant, s.failure = f.grant, failure{}
}

// Release ends one use of a Source that Acquire or From returned. The last
// Release cancels a running exchange and waits for its end. It does not wait
// for a call of the application's TokenSource, because such a call cannot be
// interrupted.
func (s *Source) Release() {
	registry.Lock()
	s.users--
	if s.users > 0 {
		registry.Unlock()
		return
	}
	// The registry's mu is still held: the next user of s must not join the
	// exchange that ends here.
	s.mu.Lock()
	f := s.flight
	s.flight = nil
	s.mu.Unlock()
	registry.Unlock()
	if f == nil {
		return
	}
	f.cancel()
	if !s.endless {
		<-f.done
	}
}
