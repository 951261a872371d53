// Package oauth gets, keeps and renews the access tokens of connections that
// authenticate with OAuth 2.0 (docs/protocol.md, section 8).
//
// A [Source] gives tokens to any number of callers and makes one exchange at a
// time for all of them. [Acquire] gives equal clients the same Source in the
// whole process. No error, and nothing that fmt prints of a value of this
// package, shows a token, a secret, or text that a token endpoint wrote.
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
	// early is how long before it expires a token is renewed.
	early = 60 * time.Second
	// patience is how long, from the start of an exchange, callers wait for it
	// while the token that they have still holds.
	patience = 2 * time.Second
	// pauseAfterFailure is how long at least no further exchange is tried while the
	// token still holds.
	pauseAfterFailure = 5 * time.Second
	// keepFailure is how long at least a failure is the answer to all who ask
	// without a token that holds. Some failures last longer: see Error.
	keepFailure = time.Second
	// exchangeTimeout bounds an exchange with its repetitions.
	exchangeTimeout = 30 * time.Second
)

// ErrFixed says that a token was refused which nothing can renew.
var ErrFixed = errors.New("the access token is a fixed one and cannot be renewed")

// Grant is an access token. It never changes; its identity is what tells one
// grant from the next, also where an endpoint gives out equal tokens.
type Grant struct {
	header  string
	renew   time.Time // when another is asked for; zero is never
	expires time.Time // zero is never
}

const bearer = "Bearer "

// Header is the value of the authorization header.
func (g *Grant) Header() string { return g.header }

// Secret is the token itself.
func (g *Grant) Secret() string { return g.header[len(bearer):] }

// Format hides the token from fmt.
func (g *Grant) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// fresh tells that g needs no renewal yet.
func (g *Grant) fresh(now time.Time) bool {
	return g != nil && (g.renew.IsZero() || now.Before(g.renew))
}

// valid tells that g has not expired.
func (g *Grant) valid(now time.Time) bool {
	return g != nil && (g.expires.IsZero() || now.Before(g.expires))
}

// newGrant makes a grant of a token. One that lives for 60 seconds or less is
// renewed at half time: it could never be used if it were renewed 60 seconds
// early.
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

// Source gives access tokens. It is safe for concurrent use.
type Source struct {
	// exchange gets a token; nil for a fixed one.
	exchange func(context.Context) (*oauth2.Token, error)
	// deaf tells that exchange does not hear its context.
	deaf bool
	// users is guarded by the registry's mu.
	users int

	mu      sync.Mutex
	grant   *Grant // nil before the first, and after it was refused
	flight  *flight
	failure failure // of the latest exchange
}

// failure is an exchange that failed. The zero value is none.
type failure struct {
	err error
	// until is when an exchange is tried again where there is no token that holds,
	// renew where there is one.
	until, renew time.Time
}

func newFailure(err error, now time.Time) failure {
	pause := keepFailure
	if e, ok := errors.AsType[*Error](err); ok {
		pause = max(pause, e.pause)
	}
	return failure{err: err, until: now.Add(pause), renew: now.Add(max(pause, pauseAfterFailure))}
}

// flight is an exchange on its way. grant and err are written before done is
// closed.
type flight struct {
	began  time.Time
	done   chan struct{}
	cancel context.CancelFunc
	grant  *Grant
	err    error
}

// Fixed returns a Source of a ready token, which is never renewed.
func Fixed(token string) *Source { return &Source{grant: newGrant(token, time.Time{})} }

// From returns a Source that asks ts, one call at a time, and keeps its token
// until 60 seconds before it expires.
func From(ts oauth2.TokenSource) *Source {
	return &Source{
		exchange: func(context.Context) (*oauth2.Token, error) { return askTokenSource(ts) },
		deaf:     true,
		users:    1,
	}
}

// Format keeps fmt out of the Source.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("oauth.Source")) }

// Token returns a token, and gets one where there is none or its time is
// nearly over. All callers share one exchange, which goes on when one of them
// leaves because its ctx has ended. A renewal that fails or takes long harms
// nobody as long as the token that there is holds. Where there is none, a failure
// is the answer to all callers of the next second; of the next 30 seconds where the
// endpoint refused the client, and for as long as the endpoint asked for.
//
// An error is ctx's own, an *[Error], or what the application's TokenSource
// returned.
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

// Renew returns a token other than refused, which the engine did not accept.
// Callers whose calls were refused together share one exchange: a grant that
// is no longer the current one is not renewed again.
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

// join returns the exchange on its way, and starts one where there is none. The
// caller holds mu.
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
		return // given up by Release
	}
	s.flight = nil
	if err != nil {
		s.failure = newFailure(err, time.Now())
		return
	}
	s.grant, s.failure = f.grant, failure{}
}

// Release gives back what Acquire or From gave. With the last user of a Source
// an exchange that is on its way ends; Release waits for that, unless it is the
// application's TokenSource that is being asked, which nothing can interrupt.
func (s *Source) Release() {
	registry.Lock()
	s.users--
	if s.users > 0 {
		registry.Unlock()
		return
	}
	// Under the registry's mu still: who acquires s next must not join what ends
	// here.
	s.mu.Lock()
	f := s.flight
	s.flight = nil
	s.mu.Unlock()
	registry.Unlock()
	if f == nil {
		return
	}
	f.cancel()
	if !s.deaf {
		<-f.done
	}
}
