package oauth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// issuer is an exchange whose tokens are numbered: token-1, token-2, ...
type issuer struct {
	mu    sync.Mutex
	life  time.Duration // 0: the tokens have no expiry
	takes time.Duration
	err   error
	count int
}

func (i *issuer) exchange(ctx context.Context) (*oauth2.Token, error) {
	i.mu.Lock()
	i.count++
	n, life, takes, err := i.count, i.life, i.takes, i.err
	i.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	t := &oauth2.Token{AccessToken: fmt.Sprintf("token-%d", n)}
	if life != 0 {
		t.Expiry = time.Now().Add(life)
	}
	return t, nil
}

// Token makes issuer an oauth2.TokenSource.
func (i *issuer) Token() (*oauth2.Token, error) { return i.exchange(context.Background()) }

func (i *issuer) set(f func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f()
}

func (i *issuer) exchanges() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.count
}

func (i *issuer) source() *Source { return &Source{exchange: i.exchange, users: 1} }

// want calls Token and compares the token with the given one.
func want(t *testing.T, s *Source, token string) *Grant {
	t.Helper()
	g, err := s.Token(t.Context())
	if err != nil || g.Secret() != token || g.Header() != "Bearer "+token {
		t.Fatalf("got %q, %v; want %q", secretOf(g), err, token)
	}
	return g
}

func secretOf(g *Grant) string {
	if g == nil {
		return ""
	}
	return g.Secret()
}

func TestRenewalBeforeExpiry(t *testing.T) {
	for _, test := range []struct {
		life time.Duration
		at   time.Duration // when the token is renewed
	}{
		{time.Hour, time.Hour - time.Minute},
		{90 * time.Second, 30 * time.Second},
		{time.Minute, 30 * time.Second}, // half time
		{time.Second, time.Second / 2},
	} {
		t.Run(test.life.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{life: test.life}
				s := i.source()
				want(t, s, "token-1")
				time.Sleep(test.at - time.Millisecond)
				want(t, s, "token-1")
				time.Sleep(time.Millisecond)
				want(t, s, "token-2")
				want(t, s, "token-2")
			})
		})
	}
}

func TestTokenOfUnknownLifetimeIsUsedUntilRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		s := i.source()
		g := want(t, s, "token-1")
		time.Sleep(1000 * time.Hour)
		want(t, s, "token-1")
		if g, err := s.Renew(t.Context(), g); err != nil || g.Secret() != "token-2" {
			t.Errorf("renewed: %q, %v", secretOf(g), err)
		}
	})
}

// A token that has expired when it arrives is used once, because the clock of
// this machine may be wrong.
func TestTokenThatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: -time.Hour}
		s := i.source()
		want(t, s, "token-1")
		want(t, s, "token-2")
	})
}

func TestOneExchangeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, takes: time.Second}
		s := i.source()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { want(t, s, "token-1") })
		}
		wg.Wait()
		if n := i.exchanges(); n != 1 {
			t.Errorf("%d exchanges", n)
		}
	})
}

// All callers that wait for a failing exchange return its error. The exchange
// is not repeated for each.
func TestFailureIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		i := &issuer{err: down, takes: time.Second}
		s := i.source()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if _, err := s.Token(t.Context()); !errors.Is(err, down) {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
		if n := i.exchanges(); n != 1 {
			t.Errorf("%d exchanges", n)
		}
	})
}

// Later callers return the failure too, for a time that depends on its kind.
// After that time one exchange is made for all.
func TestFailureIsKept(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		kept time.Duration
	}{
		{"the network's", &Error{Problem: "it cannot be reached", again: true}, keepFailure},
		{"the application's", errors.New("the vault is sealed"), keepFailure},
		{"refused", &Error{Refused: true, pause: pauseRefused}, 30 * time.Second},
		{"to be asked later", &Error{Status: 429, pause: 7 * time.Second}, 7 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{err: test.err}
				s := i.source()
				fails := func(exchanges int) {
					t.Helper()
					for range 100 {
						if _, err := s.Token(t.Context()); !errors.Is(err, test.err) {
							t.Fatalf("error %v", err)
						}
					}
					if n := i.exchanges(); n != exchanges {
						t.Errorf("%d exchanges, want %d", n, exchanges)
					}
				}
				fails(1)
				time.Sleep(test.kept - time.Nanosecond)
				fails(1)
				time.Sleep(time.Nanosecond)
				fails(2)
				i.set(func() { i.err = nil })
				fails(2)
				time.Sleep(test.kept)
				g := want(t, s, "token-3")
				// A success ends the pause: the next failure is a new one.
				if g, err := s.Renew(t.Context(), g); err != nil || g.Secret() != "token-4" {
					t.Errorf("renewed: %q, %v", secretOf(g), err)
				}
			})
		})
	}
}

// A refused renewal causes the same pause with a valid token as without one.
func TestRefusedRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour}
		s := i.source()
		want(t, s, "token-1")
		time.Sleep(time.Hour - early)
		i.set(func() { i.err = &Error{Refused: true, pause: pauseRefused} })
		want(t, s, "token-1")
		time.Sleep(pauseRefused - time.Nanosecond)
		want(t, s, "token-1")
		if n := i.exchanges(); n != 2 {
			t.Errorf("%d exchanges", n)
		}
		time.Sleep(time.Nanosecond)
		want(t, s, "token-1")
		if n := i.exchanges(); n != 3 {
			t.Errorf("%d exchanges", n)
		}
	})
}

// All callers whose calls were refused with one token share one renewal. That
// includes late callers, and an endpoint that returns the same text again.
func TestOneForcedRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{takes: time.Second}
		s := i.source()
		g := want(t, s, "token-1")
		var wg sync.WaitGroup
		for n := range 100 {
			wg.Go(func() {
				time.Sleep(time.Duration(n) * 100 * time.Millisecond)
				if g, err := s.Renew(t.Context(), g); err != nil || g.Secret() != "token-2" {
					t.Errorf("renewed: %q, %v", secretOf(g), err)
				}
			})
		}
		wg.Wait()
		if n := i.exchanges(); n != 2 {
			t.Errorf("%d exchanges", n)
		}
	})
}

// While the token is valid, a failed or slow renewal does not fail a caller. A
// failed renewal is tried again after a pause.
func TestFailedOrSlowRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		i := &issuer{life: time.Hour}
		s := i.source()
		want(t, s, "token-1")

		time.Sleep(time.Hour - early)
		i.set(func() { i.err = down })
		for range 10 {
			want(t, s, "token-1")
		}
		if n := i.exchanges(); n != 2 {
			t.Errorf("%d exchanges", n)
		}
		time.Sleep(pauseAfterFailure)
		want(t, s, "token-1")
		if n := i.exchanges(); n != 3 {
			t.Errorf("%d exchanges", n)
		}

		// With a slow endpoint all callers wait for a moment, then use the token
		// that they have.
		time.Sleep(pauseAfterFailure)
		i.set(func() { i.err, i.takes = nil, 20*time.Second })
		began := time.Now()
		want(t, s, "token-1")
		if waited := time.Since(began); waited != patience {
			t.Errorf("waited for %v", waited)
		}
		want(t, s, "token-1")
		if waited := time.Since(began); waited != patience {
			t.Errorf("the second waited, too: %v", waited)
		}
		time.Sleep(20 * time.Second)
		want(t, s, "token-4")

		// After the token has expired, Token returns the failure.
		i.set(func() { i.err, i.takes = down, 0 })
		time.Sleep(time.Hour)
		if _, err := s.Token(t.Context()); !errors.Is(err, down) {
			t.Errorf("error %v", err)
		}
		i.set(func() { i.err = nil })
		time.Sleep(keepFailure)
		want(t, s, "token-6")
	})
}

// A refused token is not used again because its renewal fails.
func TestRefusedTokenIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		i := &issuer{life: time.Hour}
		s := i.source()
		g := want(t, s, "token-1")
		i.set(func() { i.err = down })
		if _, err := s.Renew(t.Context(), g); !errors.Is(err, down) {
			t.Errorf("renewed: %v", err)
		}
		if _, err := s.Token(t.Context()); !errors.Is(err, down) {
			t.Errorf("error %v", err)
		}
	})
}

// A waiter leaves when its context ends; the exchange goes on for the others.
func TestWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, takes: 10 * time.Second}
		s := i.source()
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := s.Token(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
				t.Errorf("error %v after %v", err, time.Since(began))
			}
		})
		synctest.Wait()
		wg.Go(func() { want(t, s, "token-1") })
		wg.Wait()
		if n := i.exchanges(); n != 1 {
			t.Errorf("%d exchanges", n)
		}
	})
}

func TestFixed(t *testing.T) {
	s := Fixed("ready")
	g := want(t, s, "ready")
	if _, err := s.Renew(t.Context(), g); !errors.Is(err, ErrFixed) {
		t.Errorf("renewed: %v", err)
	}
	want(t, s, "ready")
	s.Release()
}

func TestTokenSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour}
		s := From(i)
		want(t, s, "token-1")
		want(t, s, "token-1")
		time.Sleep(time.Hour - time.Minute)
		want(t, s, "token-2")
		s.Release()
	})
}

type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

func TestTokenSourceFails(t *testing.T) {
	own := errors.New("the vault is sealed")
	quoting := &oauth2.RetrieveError{Body: []byte("s3cret"), ErrorCode: "invalid_client", ErrorDescription: "s3cret"}
	for _, test := range []struct {
		name  string
		token *oauth2.Token
		err   error
		want  string
	}{
		{"its own error", nil, fmt.Errorf("vault: %w", own), "the token source: vault: the vault is sealed"},
		{"an answer", nil, fmt.Errorf("x: %w", quoting), "token endpoint: it refused the client"},
		{"nothing", nil, nil, "returned no bearer token"},
		{"an empty token", &oauth2.Token{}, nil, "returned no bearer token"},
		{"no header value", &oauth2.Token{AccessToken: "s3cret\r\nx: y"}, nil, "returned no bearer token"},
		{"another type", &oauth2.Token{AccessToken: "s3cret", TokenType: "MAC"}, nil, "returned no bearer token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := From(sourceFunc(func() (*oauth2.Token, error) { return test.token, test.err }))
			_, err := s.Token(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v", err)
			}
			if errors.Is(test.err, own) && !errors.Is(err, own) {
				t.Errorf("the cause is lost: %v", err)
			}
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "s3cret") {
				t.Errorf("the secret is in %s", text)
			}
			if _, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
				t.Errorf("the answer can be read from %v", err)
			}
		})
	}
}

// A token source that does not return does not block its callers.
func TestTokenSourceHangs(t *testing.T) {
	hang := make(chan struct{})
	asked := make(chan struct{})
	s := From(sourceFunc(func() (*oauth2.Token, error) {
		close(asked)
		<-hang
		return nil, errors.New("too late")
	}))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := s.Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	s.Release()
	close(hang)
}

func TestFormatShowsNoSecret(t *testing.T) {
	c := Client{ID: "me", Secret: "s3cret", TokenURL: "https://h/t"}
	s := Fixed("s3cret")
	g := want(t, s, "s3cret")
	if text := fmt.Sprintf("%v %+v %#v %s %q %v %+v %v %+v %#v", c, c, c, c, c, s, s, g, g, g); strings.Contains(text, "s3cret") {
		t.Errorf("the secret is in %s", text)
	}
}
