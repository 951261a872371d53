package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"
)

const (
	clientID     = "client:me@example"
	clientSecret = "t0p s3cret/&+"
	goodAnswer   = `{"access_token":"the-t0ken","token_type":"bearer","expires_in":3600}`
)

// newEndpoint starts a token endpoint.
func newEndpoint(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

// acquire returns the Source of a client of the endpoint at url.
func acquire(t *testing.T, url string, change ...func(*Client)) *Source {
	t.Helper()
	c := Client{ID: clientID, Secret: clientSecret, TokenURL: url}
	for _, f := range change {
		f(&c)
	}
	s := Acquire(c)
	t.Cleanup(s.Release)
	return s
}

// checkSilent fails the test if an error shows a secret or the endpoint's text.
func checkSilent(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		text := fmt.Sprintf("%v %+v %#v", e, e, e)
		for _, secret := range []string{clientSecret, "s3cret", "t0ken", "LEAK"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in %s", secret, text)
			}
		}
	}
}

func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestExchange(t *testing.T) {
	for _, test := range []struct {
		name  string
		post  bool
		scope string
	}{
		{"basic", false, ""},
		{"basic with scope", false, "engine.read engine.write"},
		{"post", true, "engine"},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
				id, secret, basic := r.BasicAuth()
				if test.post {
					id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
				} else {
					// RFC 6749, section 2.3.1: ID and secret are form-encoded
					// before they are joined.
					if id != "client%3Ame%40example" || secret != "t0p+s3cret%2F%26%2B" {
						t.Errorf("basic %q %q", id, secret)
					}
					id, secret = clientID, clientSecret
				}
				if basic == test.post || id != clientID || secret != clientSecret || r.Method != http.MethodPost ||
					r.PostFormValue("grant_type") != "client_credentials" || r.PostFormValue("scope") != test.scope {
					t.Errorf("%s, basic %v, form %v", r.Method, basic, r.PostForm)
				}
				answer(200, "application/json", goodAnswer)(w, r)
			})
			s := acquire(t, srv.URL+"/token", func(c *Client) { c.Post, c.Scope = test.post, test.scope })
			g := want(t, s, "the-t0ken")
			if left := time.Until(g.renew); left < 58*time.Minute || left > 59*time.Minute {
				t.Errorf("renewed in %v", left)
			}
		})
	}
}

func TestBadAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		handler   http.HandlerFunc
		want      string
		exchanges int
		refused   bool
	}{
		{"500", answer(500, "text/html", "<h1>LEAK t0ken</h1>"), "HTTP status 500: it returned no token", tries, false},
		{"503 in JSON", answer(503, "application/json", `{"error":"temporarily_unavailable","error_description":"LEAK"}`),
			"HTTP status 503 temporarily_unavailable: it returned no token", tries, false},
		{"429", answer(429, "text/plain", "LEAK"), "HTTP status 429: it returned no token", 1, false},
		{"401", answer(401, "application/json", `{"error":"invalid_client","error_description":"LEAK t0p s3cret/&+"}`),
			"HTTP status 401 invalid_client: it refused the client", 1, true},
		{"404", answer(404, "text/html", "LEAK"), "HTTP status 404: it refused the client: check the URL, ", 1, true},
		{"400 with an unknown code", answer(400, "application/json", `{"error":"LEAK"}`), "HTTP status 400: it refused the client", 1, true},
		{"an error with status 200", answer(200, "application/json", `{"error":"invalid_scope"}`), "HTTP status 200 invalid_scope: it refused", 1, true},
		{"malformed", answer(200, "application/json", `{"access_token": LEAK`), problemMalformed, 1, false},
		{"HTML", answer(200, "text/html", "<html>LEAK</html>"), problemMalformed, 1, false},
		{"text", answer(200, "text/plain", "LEAK=%zz"), problemMalformed, 1, false},
		{"empty", answer(200, "application/json", ""), problemMalformed, 1, false},
		{"without a token", answer(200, "application/json", `{"token":"LEAK"}`), problemMalformed, 1, false},
		{"a token of another type", answer(200, "application/json", `{"access_token":"LEAK","token_type":"mac"}`), problemMalformed, 1, false},
		{"a token with a line break", answer(200, "application/json", `{"access_token":"LEAK\r\nx: y"}`), problemMalformed, 1, false},
		{"a lifetime that is no number", answer(200, "application/json", `{"access_token":"LEAK","expires_in":"LEAK"}`), problemMalformed, 1, false},
		{"oversized", answer(200, "application/json", `{"access_token":"`+strings.Repeat("LEAK", maxAnswer/4)+`"}`), "too large", 1, false},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := io.WriteString(w, strings.Repeat(" LEAK", 1000)); err != nil {
					return
				}
			}
		}, "too large", 1, false},
		{"an oversized error", answer(401, "application/json", strings.Repeat("LEAK", maxAnswer)), "HTTP status 401: it refused", 1, true},
		{"oversized headers", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("x", strings.Repeat("LEAK", maxAnswer))
			answer(200, "application/json", goodAnswer)(w, r)
		}, problemMalformed, 1, false},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "LEAK")
		}, "closed before the answer was complete", tries, false},
		{"the connection is dropped", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"closed before the answer was complete", tries, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var exchanges atomic.Int32
			srv := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
				exchanges.Add(1)
				test.handler(w, r)
			})
			_, err := acquire(t, srv.URL).Token(t.Context())
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Refused != test.refused || e.Host != strings.TrimPrefix(srv.URL, "http://") ||
				!strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), e.Host) {
				t.Errorf("error %#v", err)
			}
			checkSilent(t, err)
			if n := int(exchanges.Load()); n != test.exchanges {
				t.Errorf("%d exchanges, want %d", n, test.exchanges)
			}
		})
	}
}

// net/http quotes an answer that is not HTTP. The error of this package does
// not.
func TestNotHTTP(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, "LEAK t0ken\r\n\r\n")
			_ = conn.Close()
		}
	}()
	_, err = acquire(t, "http://"+lis.Addr().String()).Token(t.Context())
	if _, ok := errors.AsType[*Error](err); !ok {
		t.Errorf("error %v", err)
	}
	checkSilent(t, err)
	_ = lis.Close()
	<-done
}

// The error says that a port does not speak TLS.
func TestNotTLS(t *testing.T) {
	http1 := newEndpoint(t, func(http.ResponseWriter, *http.Request) { t.Error("the request was sent") })
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "LEAK t0ken")
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	})
	defer serving.Wait()
	defer lis.Close()
	for _, addr := range []string{http1.Listener.Addr().String(), lis.Addr().String()} {
		_, err := acquire(t, "https://"+addr).Token(t.Context())
		if err == nil || !strings.Contains(err.Error(), "token endpoint "+addr+": it does not speak TLS") {
			t.Errorf("error %v", err)
		}
		checkSilent(t, err)
	}
}

// A proxy's answer is not taken for the endpoint's.
func TestProxyRefuses(t *testing.T) {
	proxy := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			t.Errorf("method %s", r.Method)
		}
		answer(407, "text/html", "LEAK")(w, r)
	})
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := newTransport()
	transport.Proxy = http.ProxyURL(at)
	s := &Source{exchange: Client{ID: "a", Secret: "b", TokenURL: "https://idp.example.invalid/token"}.exchanger(transport), users: 1}
	defer s.Release()
	_, err = s.Token(t.Context())
	if err == nil || !strings.HasSuffix(err.Error(), "token endpoint idp.example.invalid: the proxy did not connect to it: HTTP status 407") {
		t.Errorf("error %v", err)
	}
	checkSilent(t, err)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// An exchange that takes too long ends, even if the caller's context has no
// deadline.
func TestExchangeIsBounded(t *testing.T) {
	for _, test := range []struct {
		name  string
		never roundTripper
	}{
		{"no answer", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}},
		{"an answer without an end", func(r *http.Request) (*http.Response, error) {
			body, w := io.Pipe()
			context.AfterFunc(r.Context(), func() { _ = w.CloseWithError(r.Context().Err()) })
			return &http.Response{StatusCode: http.StatusOK, Body: body}, nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &Source{exchange: Client{ID: "a", Secret: "b", TokenURL: "https://idp.example.com"}.exchanger(test.never), users: 1}
				defer s.Release()
				began := time.Now()
				_, err := s.Token(context.Background())
				if e, ok := errors.AsType[*Error](err); !ok || e.Refused || !strings.Contains(err.Error(), "idp.example.com: no answer within 30s") {
					t.Errorf("error %v", err)
				}
				if took := time.Since(began); took != exchangeTimeout {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestEndpointRecovers(t *testing.T) {
	t.Parallel()
	var exchanges atomic.Int32
	srv := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		if exchanges.Add(1) < tries {
			answer(502, "text/html", "bad gateway")(w, r)
			return
		}
		answer(200, "application/json", goodAnswer)(w, r)
	})
	want(t, acquire(t, srv.URL), "the-t0ken")
}

func TestEndpointIsDown(t *testing.T) {
	t.Parallel()
	srv := newEndpoint(t, answer(200, "application/json", goodAnswer))
	srv.Close()
	_, err := acquire(t, srv.URL).Token(t.Context())
	if _, ok := errors.AsType[*net.OpError](err); !ok || !strings.Contains(err.Error(), "it cannot be reached: dial tcp") {
		t.Errorf("error %v", err)
	}
	checkSilent(t, err)
}

// The secret goes to the configured address and to no other.
func TestRedirectIsRefused(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			other := newEndpoint(t, func(_ http.ResponseWriter, r *http.Request) {
				t.Errorf("the redirect was followed: %v", r.Header)
			})
			srv := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL+"/LEAK", status)
			})
			_, err := acquire(t, srv.URL).Token(t.Context())
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("HTTP status %d: it redirects", status)) {
				t.Errorf("error %v", err)
			}
			checkSilent(t, err)
		})
	}
}

func TestCertificateIsChecked(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the request was sent")
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	_, err := acquire(t, srv.URL).Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), "its certificate was not accepted") {
		t.Errorf("error %v", err)
	}
	checkSilent(t, err)
}

func TestOverTLS(t *testing.T) {
	srv := httptest.NewTLSServer(answer(200, "application/json", goodAnswer))
	defer srv.Close()
	transport := newTransport()
	transport.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	s := &Source{exchange: Client{ID: "a", Secret: "b", TokenURL: srv.URL}.exchanger(transport), users: 1}
	defer s.Release()
	want(t, s, "the-t0ken")
}

// The last Release ends a running exchange.
func TestReleaseEndsTheExchange(t *testing.T) {
	began := make(chan struct{})
	ended := make(chan struct{})
	srv := newEndpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server watches the connection only after this
		close(began)
		<-r.Context().Done()
		close(ended)
	})
	c := Client{ID: clientID, Secret: clientSecret, TokenURL: srv.URL}
	s := Acquire(c)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-began
		cancel()
	}()
	if _, err := s.Token(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	s.Release()
	<-ended
}

// A caller that acquires a Source while its last user releases it does not join
// the exchange that ends.
func TestAcquireDuringTheLastRelease(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	c := Client{ID: "spared", Secret: "x", TokenURL: "https://h"}
	for range 200 {
		s := Acquire(c)
		var exchanges atomic.Int32
		began := make(chan struct{})
		s.mu.Lock()
		s.grant = nil
		s.exchange = func(ctx context.Context) (*oauth2.Token, error) {
			if exchanges.Add(1) == 1 {
				close(began)
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return &oauth2.Token{AccessToken: "x"}, nil
		}
		s.mu.Unlock()
		_, _ = s.Token(ended) // the exchange goes on
		<-began
		var wg sync.WaitGroup
		released := make(chan struct{})
		wg.Go(func() {
			defer close(released)
			s.Release()
		})
		wg.Go(func() { // keeps s busy, so that Release has to wait
			for {
				select {
				case <-released:
					return
				default:
					s.mu.Lock()
					time.Sleep(time.Microsecond)
					s.mu.Unlock()
				}
			}
		})
		wg.Go(func() {
			for users := 1; users > 0; {
				registry.Lock()
				users = s.users
				registry.Unlock()
			}
			next := Acquire(c)
			defer next.Release()
			if _, err := next.Token(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
	}
}

func TestEqualClientsShare(t *testing.T) {
	var exchanges atomic.Int32
	srv := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		exchanges.Add(1)
		answer(200, "application/json", goodAnswer)(w, r)
	})
	c := Client{ID: "a", Secret: "b", TokenURL: srv.URL, Scope: "c"}
	first := Acquire(c)
	want(t, first, "the-t0ken")
	first.Release()
	// A client acquired after the last Release shares it, too.
	if again := Acquire(c); again != first {
		t.Error("the token was forgotten")
	}
	for _, change := range []func(*Client){
		func(c *Client) { c.ID = "x" },
		func(c *Client) { c.Secret = "x" },
		func(c *Client) { c.TokenURL += "/x" },
		func(c *Client) { c.Scope = "x" },
		func(c *Client) { c.Post = true },
		func(c *Client) { c.ID, c.Secret = "ab", "" },
	} {
		d := c
		change(&d)
		s := Acquire(d)
		if s == first {
			t.Errorf("%+v shares with %+v", d.ID, c.ID)
		}
		s.Release()
	}
	first.Release()
	if n := exchanges.Load(); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

// The time for which no request goes to an endpoint depends on its last answer.
func TestPauses(t *testing.T) {
	for _, test := range []struct {
		status     int
		code       string
		retryAfter string // a duration means a date that much later
		want       time.Duration
		exchanges  int
	}{
		{400, "invalid_client", "", 30 * time.Second, 1},
		{401, "", "", 30 * time.Second, 1},
		{403, "access_denied", "120", 30 * time.Second, 1},
		{429, "", "", 5 * time.Second, 1},
		{429, "", "17", 17 * time.Second, 1},
		{429, "", "0", time.Second, 1},
		{429, "", "86400", time.Minute, 1},
		{429, "", "99999999999999999999", time.Minute, 1},
		{429, "", "-5", 5 * time.Second, 1},
		{429, "", "soon", 5 * time.Second, 1},
		{429, "", "1.5", 5 * time.Second, 1},
		{429, "", (20 * time.Second).String(), 20 * time.Second, 1},
		{429, "", (time.Hour).String(), time.Minute, 1},
		{429, "", (-time.Hour).String(), time.Second, 1},
		{500, "", "", time.Second, tries},
		{503, "temporarily_unavailable", "12", 12 * time.Second, tries},
		{408, "", "", time.Second, 1},
	} {
		t.Run(fmt.Sprintf("%d %s %s", test.status, test.code, test.retryAfter), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				exchanges := 0
				endpoint := roundTripper(func(*http.Request) (*http.Response, error) {
					exchanges++
					h := http.Header{"Content-Type": {"application/json"}, "Retry-After": {test.retryAfter}}
					if d, err := time.ParseDuration(test.retryAfter); err == nil && test.retryAfter != "0" {
						h.Set("Retry-After", time.Now().Add(d).UTC().Format(http.TimeFormat))
					}
					body := io.NopCloser(strings.NewReader(fmt.Sprintf(`{"error":%q}`, test.code)))
					return &http.Response{StatusCode: test.status, Header: h, Body: body}, nil
				})
				s := &Source{exchange: Client{ID: "a", Secret: "b", TokenURL: "https://idp.example.com"}.exchanger(endpoint), users: 1}
				defer s.Release()
				_, first := s.Token(t.Context())
				failed := time.Now() // the exchange may have paused between its attempts
				if first == nil || exchanges != test.exchanges {
					t.Fatalf("error %v after %d exchanges", first, exchanges)
				}
				if says := fmt.Sprintf("no further request for %v", test.want); test.want > time.Second && !strings.Contains(first.Error(), says) {
					t.Errorf("error %v", first)
				}
				if _, err := s.Token(t.Context()); !errors.Is(err, first) {
					t.Errorf("error %v", err)
				}
				// A date has a resolution of one second.
				time.Sleep(time.Until(failed.Add(test.want - time.Nanosecond)))
				if _, err := s.Token(t.Context()); !errors.Is(err, first) || exchanges != test.exchanges {
					t.Errorf("error %v after %d exchanges", err, exchanges)
				}
				time.Sleep(time.Nanosecond)
				if _, err := s.Token(t.Context()); err == nil || exchanges != 2*test.exchanges {
					t.Errorf("error %v after %d exchanges", err, exchanges)
				}
			})
		})
	}
}

// A failure outlives the users of its Source. A program that opens and closes a
// pool for each query does not send more requests to the endpoint.
func TestFailureOutlivesTheUsers(t *testing.T) {
	var exchanges atomic.Int32
	srv := newEndpoint(t, func(w http.ResponseWriter, r *http.Request) {
		exchanges.Add(1)
		answer(401, "application/json", `{"error":"invalid_client"}`)(w, r)
	})
	for i := range 20 {
		s := Acquire(Client{ID: "a", Secret: "b", TokenURL: srv.URL})
		if _, err := s.Token(t.Context()); err == nil {
			t.Error("no error")
		}
		s.Release()
		Acquire(Client{ID: fmt.Sprint("other ", i), Secret: "x", TokenURL: "https://h"}).Release()
	}
	if n := exchanges.Load(); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

// The registry drops clients that are no longer used.
func TestRegistryForgets(t *testing.T) {
	for i := range 1000 {
		Acquire(Client{ID: fmt.Sprint(i), Secret: "x", TokenURL: "https://h"}).Release()
	}
	registry.Lock()
	defer registry.Unlock()
	if n := len(registry.sources); n > 100 {
		t.Errorf("%d sources are kept", n)
	}
}
