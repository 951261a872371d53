package e6data_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

const oauthSecret = "client-s3cret"

// issuer is a token endpoint. Its tokens are t0ken-1, t0ken-2 and so on, and only the
// latest one is valid.
type issuer struct {
	*httptest.Server
	exchanges atomic.Int64
	revoked   atomic.Int64 // tokens up to this one are refused
	life      int          // expires_in
	// path differs from that of every other issuer: the system reuses ports, and the
	// process caches tokens by URL.
	path string
	// answer, if set, is called first. It reports whether it has answered.
	answer func(n int64, w http.ResponseWriter, r *http.Request) bool
}

var issuers atomic.Int64

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	i := &issuer{life: 3600, path: fmt.Sprintf("/token/%d", issuers.Add(1))}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, secret, ok := r.BasicAuth()
		if !ok {
			id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
		}
		n := i.exchanges.Add(1)
		if i.answer != nil && i.answer(n, w, r) {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if id != "app" || secret != oauthSecret {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(w, `{"error":"invalid_client","error_description":"LEAK %s"}`, secret)
			return
		}
		_, _ = fmt.Fprintf(w, `{"access_token":"t0ken-%d","token_type":"Bearer","expires_in":%d}`, n, i.life)
	}))
	t.Cleanup(i.Close)
	return i
}

// Token implements oauth2.TokenSource.
func (i *issuer) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: fmt.Sprintf("t0ken-%d", i.exchanges.Add(1)), Expiry: time.Now().Add(time.Hour)}, nil
}

// accepts reports whether the engine accepts a token.
func (i *issuer) accepts(token string) bool {
	n, err := strconv.ParseInt(strings.TrimPrefix(token, "t0ken-"), 10, 64)
	return err == nil && n > i.revoked.Load()
}

// revoke makes the engine refuse all tokens that the issuer has returned so far.
func (i *issuer) revoke() { i.revoked.Store(i.exchanges.Load()) }

// engine starts an engine that accepts the issuer's tokens.
func (i *issuer) engine(t *testing.T, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	cfg.Bearer = i.accepts
	srv := newEngine(t, cfg)
	srv.Handle("q", ids(5, 2))
	return srv
}

// config returns the Config of a client of the issuer.
func (i *issuer) config(t testing.TB, srv *enginetest.Server) *e6data.Config {
	t.Helper()
	cfg := oauthConfig(t, srv)
	cfg.ClientID, cfg.ClientSecret, cfg.TokenURL = "app", e6data.NewSecret(oauthSecret), i.URL+i.path
	return cfg
}

// oauthConfig returns a Config for srv without a way to authenticate.
func oauthConfig(t testing.TB, srv *enginetest.Server) *e6data.Config {
	t.Helper()
	host, port, err := net.SplitHostPort(srv.Addr())
	if err != nil {
		t.Fatal(err)
	}
	cfg := e6data.NewConfig()
	cfg.Host, cfg.Database = host, "db"
	if cfg.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// noSecrets reports an error if a text has a secret.
func noSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{oauthSecret, "t0ken-", "LEAK", "Bearer "} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in %s", secret, text)
		}
	}
}

// checkSilent reports an error if the text of err or of one of its causes has a secret, in
// any format.
func checkSilent(t *testing.T, err error) {
	t.Helper()
	noSecrets(t, fmt.Sprintf("%v %+v %#v %q", err, err, err, err))
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		if u.Unwrap() != nil {
			checkSilent(t, u.Unwrap())
		}
	case interface{ Unwrap() []error }:
		for _, err := range u.Unwrap() {
			checkSilent(t, err)
		}
	}
}

func readFive(t *testing.T, db *sql.DB) {
	t.Helper()
	if n, err := readIDs(t.Context(), db, "q"); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Every call has the token, no call has a session, and authenticate is not called.
func TestOAuth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		open func(*testing.T, *issuer, *enginetest.Server) *sql.DB
	}{
		{"client, basic", func(t *testing.T, i *issuer, srv *enginetest.Server) *sql.DB {
			return openConfig(t, i.config(t, srv))
		}},
		{"client, post", func(t *testing.T, i *issuer, srv *enginetest.Server) *sql.DB {
			cfg := i.config(t, srv)
			cfg.ClientAuthMethod = e6data.ClientAuthPost
			return openConfig(t, cfg)
		}},
		{"ready token", func(t *testing.T, i *issuer, srv *enginetest.Server) *sql.DB {
			cfg := oauthConfig(t, srv)
			cfg.AccessToken = e6data.NewSecret("t0ken-1")
			i.exchanges.Add(1)
			return openConfig(t, cfg)
		}},
		{"token source", func(t *testing.T, i *issuer, srv *enginetest.Server) *sql.DB {
			return openConfig(t, oauthConfig(t, srv), e6data.WithTokenSource(i))
		}},
		{"token source beside a DSN", func(t *testing.T, i *issuer, srv *enginetest.Server) *sql.DB {
			return openWith(t, srv.DSN(), e6data.WithTokenSource(i))
		}},
	} {
		for _, live := range []string{enginetest.Blue, enginetest.Green} {
			t.Run(test.name+", "+live, func(t *testing.T) {
				i := newIssuer(t)
				srv := i.engine(t, enginetest.Config{Live: []string{live}})
				db := test.open(t, i, srv)
				for range 3 {
					if err := db.Ping(); err != nil {
						t.Fatal(err)
					}
					readFive(t, db)
				}
				for _, c := range srv.Calls() {
					if got := c.Header.Get("authorization"); len(got) != 1 || got[0] != "Bearer t0ken-1" {
						t.Errorf("%s brought %q", c.Method, got)
					}
					if r, ok := c.Request.(interface{ GetSessionId() string }); ok && r.GetSessionId() != "" {
						t.Errorf("%s brought session %q", c.Method, r.GetSessionId())
					}
				}
				if n := srv.Count("authenticate"); n != 0 {
					t.Errorf("%d calls of authenticate", n)
				}
				if n := i.exchanges.Load(); n != 1 {
					t.Errorf("%d exchanges", n)
				}
			})
		}
	}
}

func TestOAuthFirstUseByMany(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	srv := i.engine(t, enginetest.Config{})
	// Equal configurations share a token, also in different pools.
	pools := []*sql.DB{openConfig(t, i.config(t, srv)), openConfig(t, i.config(t, srv))}
	var wg sync.WaitGroup
	ready := make(chan struct{})
	for n := range 100 {
		wg.Go(func() {
			conn, err := pools[n%2].Conn(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			<-ready // every worker has a connection
			if n, err := readIDs(t.Context(), conn, "q"); n != 5 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
	close(ready)
	wg.Wait()
	if n := i.exchanges.Load(); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

// If the engine refuses a token during use, the token is renewed once for all connections
// that were refused. This holds at every step except execute. No statement runs twice.
func TestOAuthTokenRefusedDuringUse(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"healthCheck", "prepareStatement", "getResultMetadata", "getNextResultBatch", "clearOrCancelQuery"} {
		for _, life := range []int{3600, 30, 0} {
			t.Run(fmt.Sprintf("%s, expires_in %d", method, life), func(t *testing.T) {
				i := newIssuer(t)
				i.life = life
				srv := i.engine(t, enginetest.Config{})
				db := openConfig(t, i.config(t, srv))
				readFive(t, db)
				if err := srv.WaitBalanced(within(t, time.Minute)); err != nil { // so that the fault does not strike its clearing call
					t.Fatal(err)
				}
				revoking := srv.Inject(enginetest.Fault{Method: method, Times: 1, Do: i.revoke})
				if err := db.Ping(); err != nil {
					t.Error(err)
				}
				readFive(t, db)
				if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
					t.Error(err)
				}
				if revoking.Hits() != 1 || i.exchanges.Load() != 2 || srv.Stats().Executed != 2 {
					t.Errorf("revoked %d times, %d exchanges, %d executions", revoking.Hits(), i.exchanges.Load(), srv.Stats().Executed)
				}
			})
		}
	}
}

// UNAUTHENTICATED does not prove that execute did nothing.
func TestOAuthTokenRefusedAtExecute(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	srv := i.engine(t, enginetest.Config{})
	db := openConfig(t, i.config(t, srv))
	readFive(t, db)
	srv.Inject(enginetest.Fault{Method: "executeStatement", Times: 1, Do: i.revoke})
	_, err := readIDs(t.Context(), db, "q")
	if !errors.Is(err, e6data.ErrAuthentication) || status.Code(err) != codes.Unauthenticated || errors.Is(err, e6data.ErrAmbiguousExecution) {
		t.Errorf("error %v", err)
	}
	checkSilent(t, err)
	if n := srv.Count("executeStatement"); n != 2 {
		t.Errorf("%d calls of execute", n)
	}
	readFive(t, db)
	if n := i.exchanges.Load(); n != 2 {
		t.Errorf("%d exchanges", n)
	}
}

// 100 connections that are refused at the same time cause one token exchange.
func TestOAuthRefusedTogether(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	srv := i.engine(t, enginetest.Config{})
	db := openConfig(t, i.config(t, srv))
	var refused sync.WaitGroup
	refused.Add(100)
	srv.Inject(enginetest.Fault{Method: "prepareStatement", Times: 100, Do: func() {
		refused.Done()
		refused.Wait()
	}})
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	i.revoke()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { readFive(t, db) })
	}
	wg.Wait()
	if n := i.exchanges.Load(); n != 2 {
		t.Errorf("%d exchanges", n)
	}
}

// The driver gives up after one renewal if the engine accepts no token. It gives up at once
// if the engine refuses a token that cannot be renewed.
func TestOAuthAlwaysRefused(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{codes.Unauthenticated, codes.Internal} {
		for _, method := range []string{"healthCheck", "prepareStatement", "getResultMetadata", "getNextResultBatch"} {
			for _, fixed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %v, fixed %v", method, code, fixed), func(t *testing.T) {
					i := newIssuer(t)
					srv := i.engine(t, enginetest.Config{})
					cfg, calls, answer := i.config(t, srv), 2, "Access denied to t0ken-2 of "+oauthSecret
					if fixed {
						cfg, calls, answer = oauthConfig(t, srv), 1, "Access denied to t0ken-1"
						cfg.AccessToken = e6data.NewSecret("t0ken-1")
					}
					n := &notes{}
					db := openConfig(t, cfg, e6data.WithHook(n))
					srv.Inject(enginetest.Fault{Method: method, Err: status.Error(code, answer)})
					_, err := readIDs(t.Context(), db, "q")
					again := func(line string) bool { return strings.HasPrefix(line, "again") }
					if told := slices.ContainsFunc(n.take(), again); told == fixed {
						t.Errorf("the hook was called for a retry: %t", told)
					}
					if !errors.Is(err, e6data.ErrAuthentication) {
						t.Errorf("error %v", err)
					}
					if strings.HasPrefix(method, "get") && !errors.Is(err, e6data.ErrIncompleteResult) {
						t.Errorf("error %v", err)
					}
					if !strings.Contains(err.Error(), srv.Addr()+" refused the access token: Access denied to [redacted]") {
						t.Errorf("error %v", err)
					}
					checkSilent(t, err)
					if n := srv.Count(method); n != calls {
						t.Errorf("%d calls of %s", n, method)
					}
					if n := i.exchanges.Load(); n > 2 {
						t.Errorf("%d exchanges", n)
					}
				})
			}
		}
	}
}

// Each failure of a token endpoint gives the caller this error.
func TestOAuthEndpointFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer func(n int64, w http.ResponseWriter, r *http.Request) bool
		want   error // nil: the query succeeds
		text   string
		// exchanges is the number of requests to the endpoint.
		exchanges int64
	}{
		{"500 once", func(n int64, w http.ResponseWriter, _ *http.Request) bool {
			if n == 1 {
				http.Error(w, "LEAK", http.StatusInternalServerError)
			}
			return n == 1
		}, nil, "", 2},
		{"500 always", func(_ int64, w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "LEAK", http.StatusInternalServerError)
			return true
		}, e6data.ErrTokenUnavailable, "HTTP status 500", 3},
		{"refused", func(_ int64, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"LEAK `+oauthSecret+`"}`)
			return true
		}, e6data.ErrAuthentication, "HTTP status 401 invalid_client", 1},
		{"HTML", func(_ int64, w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, "<html>LEAK</html>")
			return true
		}, e6data.ErrTokenUnavailable, "no valid bearer token", 1},
		{"malformed", func(_ int64, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"LEAK`)
			return true
		}, e6data.ErrTokenUnavailable, "no valid bearer token", 1},
		{"oversized", func(_ int64, w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"`+strings.Repeat("LEAK", 1<<20)+`"}`)
			return true
		}, e6data.ErrTokenUnavailable, "too large", 1},
		{"redirect", func(_ int64, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "/LEAK", http.StatusTemporaryRedirect)
			return true
		}, e6data.ErrTokenUnavailable, "HTTP status 307: it redirects", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIssuer(t)
			i.answer = test.answer
			srv := i.engine(t, enginetest.Config{})
			db := openConfig(t, i.config(t, srv))
			if test.want == nil {
				readFive(t, db)
				if n := i.exchanges.Load(); n != test.exchanges {
					t.Errorf("%d exchanges", n)
				}
				return
			}
			_, err := readIDs(t.Context(), db, "q")
			var e *e6data.Error
			if !errors.As(err, &e) || e.Phase != e6data.PhaseConnect || !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error %v", err)
			}
			checkSilent(t, err)
			if n := i.exchanges.Load(); n != test.exchanges {
				t.Errorf("%d exchanges", n)
			}
			if test.want == e6data.ErrAuthentication {
				// No request follows at once after the endpoint has refused the client.
				for range 20 {
					if _, again := readIDs(t.Context(), openConfig(t, i.config(t, srv)), "q"); !errors.Is(again, test.want) || again.Error() != err.Error() {
						t.Errorf("error %v, at first %v", again, err)
					}
				}
				if n := i.exchanges.Load(); n != test.exchanges {
					t.Errorf("%d exchanges", n)
				}
			}
			if n := srv.Stats().Calls; n != 0 {
				t.Errorf("%d calls without a token", n)
			}
		})
	}
}

// A caller waits for a slow endpoint until its context ends. The exchange continues for
// other callers.
func TestOAuthSlowEndpoint(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	asked, release := make(chan struct{}), make(chan struct{})
	i.answer = func(int64, http.ResponseWriter, *http.Request) bool {
		close(asked)
		<-release
		return false
	}
	srv := i.engine(t, enginetest.Config{})
	db := openConfig(t, i.config(t, srv))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { readFive(t, db) })
	wg.Go(func() {
		<-asked
		cancel()
	})
	_, err := readIDs(ctx, db, "q")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := readIDs(short, db, "q"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	close(release)
	wg.Wait()
	if n := i.exchanges.Load(); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

// The engine refuses a token in the middle of a result, and the endpoint returns no other.
// The result ends with an error that wraps both failures. The next query fails with the
// endpoint's error, too.
func TestOAuthEndpointFailsDuringUse(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	i.answer = func(n int64, w http.ResponseWriter, _ *http.Request) bool {
		if n == 2 {
			http.Error(w, "LEAK", http.StatusForbidden)
		}
		return n == 2
	}
	srv := newUncheckedEngine(t, enginetest.Config{Bearer: i.accepts}) // a client without a valid token cannot clear its query
	srv.Handle("q", ids(5, 2))
	db := openConfig(t, i.config(t, srv))
	readFive(t, db)
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Times: 1, Do: i.revoke})
	_, err := readIDs(t.Context(), db, "q")
	if !errors.Is(err, e6data.ErrIncompleteResult) || !errors.Is(err, e6data.ErrAuthentication) ||
		!strings.Contains(err.Error(), "HTTP status 403") || status.Code(err) != codes.Unauthenticated {
		t.Errorf("error %v", err)
	}
	checkSilent(t, err)
	if _, err := readIDs(t.Context(), db, "q"); !errors.Is(err, e6data.ErrAuthentication) || i.exchanges.Load() != 2 {
		t.Errorf("%d exchanges, error %v", i.exchanges.Load(), err)
	}
}

// A query is cleared as soon as the endpoint, which was down, returns tokens again.
func TestOAuthClearingOutlastsTheEndpoint(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	i.answer = func(n int64, w http.ResponseWriter, _ *http.Request) bool {
		down := n > 1 && n < 8 // two exchanges with three requests each
		if down {
			http.Error(w, "LEAK", http.StatusServiceUnavailable)
		}
		return down
	}
	srv := i.engine(t, enginetest.Config{})
	db := openConfig(t, i.config(t, srv))
	readFive(t, db)
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Times: 1, Do: i.revoke})
	_, err := readIDs(t.Context(), db, "q")
	if !errors.Is(err, e6data.ErrIncompleteResult) || !errors.Is(err, e6data.ErrTokenUnavailable) || !strings.Contains(err.Error(), "HTTP status 503") {
		t.Errorf("error %v", err)
	}
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	readFive(t, db)
	if n := i.exchanges.Load(); n != 8 {
		t.Errorf("%d exchanges", n)
	}
}

func TestOAuthTokenSourceFails(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	srv := i.engine(t, enginetest.Config{})
	sealed := errors.New("the vault is sealed")
	db := openConfig(t, oauthConfig(t, srv), e6data.WithTokenSource(failing{sealed}))
	if err := db.Ping(); !errors.Is(err, sealed) || !errors.Is(err, e6data.ErrTokenUnavailable) || errors.Is(err, e6data.ErrIncompleteResult) {
		t.Errorf("Ping: %v", err)
	}
}

// The engine forbids one pool the probe for the live colour, while another pool waits for
// the result of that probe. The other pool then probes itself.
func TestOAuthProbeForbiddenToAnotherPool(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	srv := i.engine(t, enginetest.Config{})
	forbidden := srv.Inject(enginetest.Fault{Method: "healthCheck", Times: 1, Hang: true, Err: status.Error(codes.PermissionDenied, "not for you")})
	defer forbidden.Release()
	ping := func(ts oauth2.TokenSource) <-chan error {
		db := openConfig(t, oauthConfig(t, srv), e6data.WithTokenSource(ts))
		done := make(chan error, 1)
		go func() { done <- db.PingContext(within(t, time.Minute)) }()
		return done
	}
	first := ping(i)
	<-forbidden.Struck()
	asked := make(chan struct{})
	second := ping(notifyingSource{i, sync.OnceFunc(func() { close(asked) })})
	<-asked // the second pool has got a token, and waits for the probe next
	forbidden.Release()
	if err := <-first; status.Code(err) != codes.PermissionDenied {
		t.Errorf("first: %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("second: %v", err)
	}
}

// notifyingSource calls notify before it returns a token.
type notifyingSource struct {
	oauth2.TokenSource
	notify func()
}

func (s notifyingSource) Token() (*oauth2.Token, error) {
	s.notify()
	return s.TokenSource.Token()
}

type failing struct{ err error }

func (f failing) Token() (*oauth2.Token, error) { return nil, f.err }

// The live colour of an engine without healthCheck is found, too.
func TestOAuthWithoutHealthCheck(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	srv := i.engine(t, enginetest.Config{DisableHealthCheck: true, Live: []string{enginetest.Green}})
	db := openConfig(t, i.config(t, srv))
	readFive(t, db)
	if got := strategies(srv, "healthCheck"); got != "blue green" {
		t.Errorf("probed %s", got)
	}
}

func TestOAuthSwitch(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"healthCheck", "prepareStatement", "executeStatement"} {
		t.Run(method, func(t *testing.T) {
			i := newIssuer(t)
			srv := i.engine(t, enginetest.Config{})
			db := openConfig(t, i.config(t, srv))
			readFive(t, db)
			srv.Inject(enginetest.Fault{
				Method: method, Times: 1,
				Do:  func() { srv.SetLive(enginetest.Blue, enginetest.Green) },
				Err: status.Error(codes.Unknown, "Received http2 header with Status: 456"),
			})
			if err := db.Ping(); err != nil {
				t.Fatal(err)
			}
			readFive(t, db)
			if got := strategies(srv, method); !strings.Contains(got, "blue green") {
				t.Errorf("%s went to %s", method, got)
			}
			if n := srv.Stats().Executed; n != 2 {
				t.Errorf("executed %d times", n)
			}
		})
	}
}

func TestOAuthAnnouncedSwitch(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	srv := i.engine(t, enginetest.Config{Live: []string{enginetest.Blue, enginetest.Green}})
	db := openConfig(t, i.config(t, srv))
	rows, err := db.Query("q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	srv.Announce("green")
	n := 0
	for ; rows.Next(); n++ {
	}
	if n != 5 || rows.Err() != nil {
		t.Errorf("%d rows, %v", n, rows.Err())
	}
	srv.Announce("")
	readFive(t, db)
	if got := strategies(srv, "prepareStatement"); got != "blue green" {
		t.Errorf("prepared on %s", got)
	}
	if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	for _, method := range []string{"getNextResultBatch", "clearOrCancelQuery"} {
		if got := strategies(srv, method); !strings.HasPrefix(got, "blue") || !strings.HasSuffix(got, "green") || strings.Contains(got, "green blue") {
			t.Errorf("%s went to %s", method, got)
		}
	}
}

// The calls to both services have the token, and neither user nor password.
func TestOAuthResume(t *testing.T) {
	t.Parallel()
	for _, warm := range []bool{false, true} {
		t.Run(fmt.Sprintf("warm %v", warm), func(t *testing.T) {
			i := newIssuer(t)
			srv := i.engine(t, enginetest.Config{})
			db := openConfig(t, i.config(t, srv), pollFast)
			if warm {
				readFive(t, db)
			}
			srv.SetResume(3, enginetest.ClusterActive)
			srv.SetCluster(enginetest.ClusterSuspended)
			srv.Inject(enginetest.Fault{Method: "ClusterService/resume", Times: 1, Do: i.revoke})
			readFive(t, db)
			for _, c := range srv.CallsTo("") {
				r, ok := c.Request.(interface{ GetPassword() string })
				if !ok {
					continue
				}
				if u := c.Request.(interface{ GetUser() string }); u.GetUser() != "" || r.GetPassword() != "" {
					t.Errorf("%s brought user %q", c.Method, u.GetUser())
				}
			}
			if n := srv.Count("resume"); n != 2 || i.exchanges.Load() != 2 {
				t.Errorf("resumed %d times, %d exchanges", n, i.exchanges.Load())
			}
		})
	}
}

// The session that a response names is used for later calls of its query. When such
// sessions expire, the query continues without a session.
func TestOAuthRotatedSessions(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"", "executeStatement", "getResultMetadata", "getNextResultBatch", "clearOrCancelQuery"} {
		t.Run(method, func(t *testing.T) {
			i := newIssuer(t)
			srv := i.engine(t, enginetest.Config{RotateSessions: true})
			db := openConfig(t, i.config(t, srv))
			if method != "" {
				srv.Inject(enginetest.Fault{Method: method, Times: 1, Do: srv.ExpireSessions})
			}
			readFive(t, db)
			if err := srv.WaitBalanced(within(t, time.Minute)); err != nil {
				t.Error(err)
			}
			if n := i.exchanges.Load(); n != 1 || srv.Stats().Executed != 1 {
				t.Errorf("%d exchanges, %d executions", n, srv.Stats().Executed)
			}
		})
	}
}

func TestOAuthOverTLS(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	srv := i.engine(t, enginetest.Config{TLS: true})
	cfg := i.config(t, srv)
	cfg.Secure = true
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(srv.CertPEM())
	readFive(t, openConfig(t, cfg, e6data.WithTLSConfig(&tls.Config{RootCAs: roots})))
}

func TestOAuthIsLogged(t *testing.T) {
	t.Parallel()
	var out logBuffer
	i := newIssuer(t)
	srv := i.engine(t, enginetest.Config{})
	db := openConfig(t, i.config(t, srv), e6data.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	readFive(t, db)
	i.revoke()
	readFive(t, db)
	if text := out.String(); !strings.Contains(text, "refused the access token") {
		t.Errorf("log %s", text)
	} else {
		noSecrets(t, text)
	}
}

func TestOAuthConfig(t *testing.T) {
	t.Parallel()
	client := func(c *e6data.Config) {
		c.ClientID, c.ClientSecret, c.TokenURL = "app", e6data.NewSecret(oauthSecret), "https://idp.example/token"
	}
	token := func(c *e6data.Config) { c.AccessToken = e6data.NewSecret("t0ken-1") }
	user := func(c *e6data.Config) { c.User, c.Token = "u", e6data.NewSecret(oauthSecret) }
	for _, test := range []struct {
		name   string
		source bool
		set    []func(*e6data.Config)
		want   string // "" is valid
	}{
		{"user", false, []func(*e6data.Config){user}, ""},
		{"token", false, []func(*e6data.Config){token}, ""},
		{"client", false, []func(*e6data.Config){client}, ""},
		{"source", true, nil, ""},
		{"nothing", false, nil, "credentials are missing"},
		{"user without token", false, []func(*e6data.Config){func(c *e6data.Config) { c.User = "u" }}, "user needs password"},
		{"user and token", false, []func(*e6data.Config){user, token}, "user and access_token contradict each other"},
		{"user and client", false, []func(*e6data.Config){user, client}, "user and client_id contradict each other"},
		{"token and client", false, []func(*e6data.Config){token, client}, "access_token and client_id contradict each other"},
		{"user and source", true, []func(*e6data.Config){user}, "WithTokenSource and user contradict each other"},
		{"client and source", true, []func(*e6data.Config){client}, "WithTokenSource and client_id contradict each other"},
		{"without client_id", false, []func(*e6data.Config){client, func(c *e6data.Config) { c.ClientID = "" }}, "needs client_id, which is missing"},
		{"without client_secret", false, []func(*e6data.Config){client, func(c *e6data.Config) { c.ClientSecret = e6data.Secret{} }}, "needs client_secret, which is missing"},
		{"without token_url", false, []func(*e6data.Config){client, func(c *e6data.Config) { c.TokenURL = "" }}, "needs token_url, which is missing"},
		{"scope alone", false, []func(*e6data.Config){func(c *e6data.Config) { c.OAuthScope = "x" }}, "needs client_id, which is missing"},
		{"method", false, []func(*e6data.Config){client, func(c *e6data.Config) { c.ClientAuthMethod = "jwt" }}, `"jwt" is none of basic, post`},
		{"method in a literal", false, []func(*e6data.Config){client, func(c *e6data.Config) { c.ClientAuthMethod = "" }}, ""},
		{"plain token_url", false, []func(*e6data.Config){client, func(c *e6data.Config) { c.TokenURL = "http://idp.example/LEAK" }}, "token_url: the value is not https"},
		{"loopback token_url", false, []func(*e6data.Config){client, func(c *e6data.Config) { c.TokenURL = "http://localhost:1/token" }}, ""},
		{"no token_url", false, []func(*e6data.Config){client, func(c *e6data.Config) { c.TokenURL = "https:/\x00LEAK" }}, "token_url: the value is not a URL"},
		{"line break", false, []func(*e6data.Config){func(c *e6data.Config) { c.AccessToken = e6data.NewSecret("LEAK\r\nx: y") }}, "holds other characters"},
		{"impersonate", false, []func(*e6data.Config){token, func(c *e6data.Config) { c.Impersonate = "v" }}, "impersonate"},
		{"plaintext token", false, []func(*e6data.Config){token, plaintext}, "needs secure=true"},
		{"plaintext client", false, []func(*e6data.Config){client, plaintext}, "needs secure=true"},
		{"plaintext source", true, []func(*e6data.Config){plaintext}, "needs secure=true"},
		{"plaintext user", false, []func(*e6data.Config){user, plaintext}, ""},
		{"plaintext on loopback", false, []func(*e6data.Config){token, plaintext, func(c *e6data.Config) { c.Host = "::1" }}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := e6data.NewConfig()
			cfg.Host, cfg.Secure = "e6.example", true
			for _, set := range test.set {
				set(cfg)
			}
			var opts []e6data.Option
			if test.source {
				opts = append(opts, e6data.WithTokenSource(failing{}))
			}
			_, err := e6data.NewConnector(cfg, opts...)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Fatalf("error %v, want %q", err, test.want)
			}
			if err != nil {
				checkSilent(t, err)
			}
			if text := fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg); strings.Contains(text, oauthSecret) || strings.Contains(text, "t0ken-") {
				t.Errorf("a secret is in %s", text)
			}
		})
	}
}

func plaintext(c *e6data.Config) { c.Secure = false }
