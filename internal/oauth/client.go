package oauth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Client is an OAuth 2.0 client for the client credentials grant.
type Client struct {
	ID, Secret string
	TokenURL   string // https; http only for a loopback host
	Scope      string // empty: no scope
	// Post puts ID and Secret into the request's body instead of its
	// Authorization header.
	Post bool
}

// Format hides the secret from fmt.
func (c Client) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("oauth.Client")) }

// key returns a hash that is the same for equal clients. It does not show the
// secret.
func (c Client) key() [sha256.Size]byte {
	var b []byte
	for _, field := range []string{c.ID, c.Secret, c.TokenURL, c.Scope} {
		b = binary.AppendUvarint(b, uint64(len(field)))
		b = append(b, field...)
	}
	if c.Post {
		b = append(b, 1)
	}
	return sha256.Sum256(b)
}

// registry holds the Sources of the process's clients. A Source without users
// stays as long as a later user needs its token or its failure.
var registry struct {
	sync.Mutex
	sources map[[sha256.Size]byte]*Source
}

// Acquire returns the Source for c. Equal clients have the same Source. The
// caller must call [Source.Release] when it is done.
func Acquire(c Client) *Source {
	key := c.key()
	registry.Lock()
	defer registry.Unlock()
	for k, s := range registry.sources {
		if k != key && s.users <= 0 && s.spent() {
			delete(registry.sources, k)
		}
	}
	s := registry.sources[key]
	if s == nil {
		s = &Source{exchange: c.exchanger(newTransport())}
		if registry.sources == nil {
			registry.sources = map[[sha256.Size]byte]*Source{}
		}
		registry.sources[key] = s
	}
	s.users++
	return s
}

// spent reports whether s has neither a token nor a failure that a later user
// needs. A token of unknown lifetime is not kept.
func (s *Source) spent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	return (!s.grant.fresh(now) || s.grant.expires.IsZero()) && !now.Before(s.failure.until)
}

// CheckToken reports whether a token can be sent in a header.
func CheckToken(token string) bool {
	for i := range len(token) {
		if token[i] <= ' ' || token[i] >= 0x7f {
			return false
		}
	}
	return token != ""
}

const (
	// maxAnswer bounds the body of a token endpoint's answer, in bytes, and
	// also its headers.
	maxAnswer = 256 << 10
	// tries bounds the attempts of an exchange.
	tries = 3
	// retryDelay is the approximate pause before the second attempt.
	retryDelay = 200 * time.Millisecond
)

// newTransport returns a transport that closes a connection after one exchange,
// because the next exchange may be an hour later.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: maxAnswer,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			return &refusal{err: fmt.Errorf("the proxy did not connect to it: HTTP status %d", resp.StatusCode)}
		},
	}
}

// exchanger returns the function that gets a token for c. The function tries
// again when a connection fails or the endpoint answers that it is overloaded
// or restarting.
func (c Client) exchanger(transport http.RoundTripper) func(context.Context) (*oauth2.Token, error) {
	cc := clientcredentials.Config{
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		TokenURL:     c.TokenURL,
		AuthStyle:    oauth2.AuthStyleInHeader,
	}
	if c.Post {
		cc.AuthStyle = oauth2.AuthStyleInParams
	}
	if c.Scope != "" {
		cc.Scopes = []string{c.Scope}
	}
	host := "?"
	if u, err := url.Parse(c.TokenURL); err == nil {
		host = u.Host
	}
	client := &http.Client{Transport: guard{transport}}
	return func(ctx context.Context) (*oauth2.Token, error) {
		for try := 1; ; try++ {
			token, err := cc.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
			if err == nil {
				if err := checkToken(token); err != nil {
					err.Host = host
					return nil, err
				}
				return token, nil
			}
			e := describe(ctx, err)
			e.Host = host
			if !e.again || try == tries {
				return nil, e
			}
			d := retryDelay << (try - 1)
			t := time.NewTimer(d/2 + rand.N(d))
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
				return nil, e
			}
		}
	}
}

// guard bounds the size of a token endpoint's answers and reads them to the
// end. It returns an error for a redirect, because the secret must go to the
// configured address only.
type guard struct{ next http.RoundTripper }

var (
	errTooLarge = errors.New("its answer is too large")
	errRedirect = errors.New("it redirects, which is not followed: configure the URL of the endpoint itself")
)

func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, &refusal{resp.StatusCode, errRedirect}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		if resp.StatusCode < 300 {
			return nil, &refusal{resp.StatusCode, errTooLarge}
		}
		body = nil // the status suffices
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// refusal is the error of an answer that guard rejects.
type refusal struct {
	status int // 0 if the endpoint did not answer
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }
