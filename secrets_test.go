package e6data_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// secretSearch looks in the driver's log lines and error texts for secrets. It is an
// io.Writer for logs.
type secretSearch struct {
	mu       sync.Mutex
	secrets  []string
	searched int      // number of texts
	found    []string // texts that have a secret, with a stack trace
}

// outputSearch gets every log line and every error text of all tests of this package. The
// run fails if one of them has a secret.
var outputSearch = &secretSearch{secrets: []string{
	enginetest.DefaultToken, "wr0ng-t0ken", "s3cret", "s3cr3t", "t0ken-", "LEAK", "PRIVATE KEY",
}}

// keep adds a secret that no later text may have.
func (l *secretSearch) keep(secret string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets = append(l.secrets, secret)
}

// search searches a text for secrets.
func (l *secretSearch) search(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.searched++
	for _, secret := range l.secrets {
		if strings.Contains(text, secret) && len(l.found) < 10 {
			l.found = append(l.found, fmt.Sprintf("%q is in %q\n%s", secret, text, debug.Stack()))
		}
	}
}

func (l *secretSearch) Write(p []byte) (int, error) {
	l.search(string(p))
	return len(p), nil
}

// handler returns a handler that logs to l as text and as JSON. The two call different
// methods of the values.
func (l *secretSearch) handler() slog.Handler {
	opts := &slog.HandlerOptions{Level: slog.LevelDebug - 10}
	return slog.NewMultiHandler(slog.NewTextHandler(l, opts), slog.NewJSONHandler(l, opts))
}

// listen makes l search the output of all later connectors.
func (l *secretSearch) listen() { e6data.Listen(l.handler(), l.search) }

// result returns the number of texts, and the texts that have a secret.
func (l *secretSearch) result() (searched int, found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.searched, slices.Clone(l.found)
}

// searchedRun is a run of tests that fails if outputSearch has found a secret.
type searchedRun struct{ m *testing.M }

func (l searchedRun) Run() int {
	code := l.m.Run()
	if _, found := outputSearch.result(); len(found) > 0 {
		_, _ = fmt.Fprintf(os.Stderr, "FAIL: the driver showed secrets:\n%s\n", strings.Join(found, "\n"))
		return max(code, 1)
	}
	return code
}

// outputSearch gets the driver's texts, and finds a secret in a text.
func TestOutputIsSearched(t *testing.T) { // not parallel: the test counts texts, and other tests would add theirs
	before, _ := outputSearch.result()
	srv := newUncheckedEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1, 1))
	srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Err: status.Error(codes.InvalidArgument, "no")})
	db := openDB(t, srv)
	if _, err := readIDs(t.Context(), db, "q"); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	after, _ := outputSearch.result()
	if after-before < 3 { // a line of text, a line of JSON, and the text of the error
		t.Errorf("got %d texts about a query that could not be cleared", after-before)
	}
	own := &secretSearch{secrets: []string{"s3cret"}}
	slog.New(own.handler()).Debug("a", "b", []string{"all is well"})
	if searched, found := own.result(); searched != 2 || found != nil {
		t.Errorf("searched %d, found %v", searched, found)
	}
	slog.New(own.handler()).Debug("a", "b", []string{"the s3cret is out"})
	if searched, found := own.result(); searched != 4 || len(found) != 2 {
		t.Errorf("searched %d, found %v", searched, found)
	}
}

// forms returns the forms in which a text can show a secret.
func forms(secret string) []string {
	q := strings.Trim(fmt.Sprintf("%q", secret), `"`)
	return []string{
		secret, q, strings.Trim(fmt.Sprintf("%q", q), `"`), hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
		strings.Trim(fmt.Sprint([]byte(secret)), "[]"), base64.StdEncoding.EncodeToString([]byte(secret)),
	}
}

// printed returns the text of a value in every format except JSON.
func printed(v any) string {
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o"} {
		_, _ = fmt.Fprintf(&out, verb+"\n", v)
		_, _ = fmt.Fprintf(&out, verb+"\n", []any{v})
		_, _ = fmt.Fprintf(&out, verb+"\n", struct{ V any }{v})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	return out.String()
}

func marshalled(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var out strings.Builder
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	return string(text) + "\n" + out.String()
}

// checkNoSecret reports an error if text shows one of the secrets.
func checkNoSecret(t *testing.T, what, text string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("%s: %q is in ...%s...", what, form, text[max(at-200, 0):min(at+200, len(text))])
				return
			}
		}
	}
}

// checkErrorHasNoSecret calls checkNoSecret for an error and all its causes.
func checkErrorHasNoSecret(t *testing.T, what string, err error, secrets []string) {
	t.Helper()
	if err == nil {
		return
	}
	checkNoSecret(t, what, printed(err)+marshalled(err), secrets)
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		checkErrorHasNoSecret(t, what, u.Unwrap(), secrets)
	case interface{ Unwrap() []error }:
		for _, cause := range u.Unwrap() {
			checkErrorHasNoSecret(t, what, cause, secrets)
		}
	}
}

// awkward is a token that has another form in quotes.
const awkward = "t0ps3cret \"é\\n\u0001'"

// identity is a way to authenticate, and the secrets in it.
type identity struct {
	name    string
	secrets []string
	config  func(t *testing.T, addr string) (*e6data.Config, []e6data.Option)
}

func identities() []identity {
	at := func(t *testing.T, addr string) *e6data.Config {
		cfg := newTLSConfig(t, addr)
		cfg.Secure, cfg.User, cfg.Token = false, "", e6data.Secret{}
		cfg.MaxAttempts, cfg.Debug, cfg.LogStatements, cfg.Catalog = 1, true, true, "lake"
		return cfg
	}
	client := func(method e6data.ClientAuth) func(*testing.T, string) (*e6data.Config, []e6data.Option) {
		return func(t *testing.T, addr string) (*e6data.Config, []e6data.Option) {
			i, cfg := newIssuer(t), at(t, addr)
			cfg.ClientID, cfg.ClientSecret, cfg.TokenURL, cfg.ClientAuthMethod = "app", e6data.NewSecret(oauthSecret), i.URL+i.path, method
			return cfg, nil
		}
	}
	return []identity{
		{"user", []string{awkward, "session-"}, func(t *testing.T, addr string) (*e6data.Config, []e6data.Option) {
			cfg := at(t, addr)
			cfg.User, cfg.Token = enginetest.DefaultUser, e6data.NewSecret(awkward)
			return cfg, nil
		}},
		{"access token", []string{`t0ken-"\ready`}, func(t *testing.T, addr string) (*e6data.Config, []e6data.Option) {
			cfg := at(t, addr)
			cfg.AccessToken = e6data.NewSecret(`t0ken-"\ready`)
			return cfg, nil
		}},
		{"client, basic", []string{oauthSecret, "t0ken-"}, client(e6data.ClientAuthBasic)},
		{"client, post", []string{oauthSecret, "t0ken-"}, client(e6data.ClientAuthPost)},
		{"token source", []string{`t0ken-"\source`}, func(t *testing.T, addr string) (*e6data.Config, []e6data.Option) {
			return at(t, addr), []e6data.Option{e6data.WithTokenSource(printableSource{Value: `t0ken-"\source`})}
		}},
	}
}

// printableSource is a token source that fmt would print.
type printableSource struct{ Value string }

func (i printableSource) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: i.Value, Expiry: time.Now().Add(time.Hour)}, nil
}

// quotingEngine is an engine that quotes the request and its token in an error.
type quotingEngine struct {
	method atomic.Pointer[string] // the method that fails
	code   codes.Code
	prefix string
}

func (g *quotingEngine) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if m := g.method.Load(); m == nil || !strings.Contains(info.FullMethod, *m) {
		return handler(ctx, req)
	}
	md, _ := metadata.FromIncomingContext(ctx)
	said := fmt.Sprintf("%s%v %q %v", g.prefix, md["authorization"], md["authorization"], req)
	if r, ok := req.(interface{ GetPassword() string }); ok {
		said += fmt.Sprintf(" password %s, %q", r.GetPassword(), r.GetPassword())
	}
	return nil, status.Error(g.code, said)
}

// If the engine's errors quote all secrets, the driver's errors still show none. This holds
// for every way to authenticate, every phase and every kind of refusal: each two of them
// occur together.
func TestErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	for i, id := range identities() {
		for k, g := range []*quotingEngine{
			{code: codes.InvalidArgument}, {code: codes.Internal}, {code: codes.Internal, prefix: "Access denied: "},
			{code: codes.Unauthenticated}, {code: codes.PermissionDenied}, {code: codes.Unknown, prefix: "status: 456 "},
			{code: codes.Unavailable, prefix: "status: 503 "}, {code: codes.Unavailable}, {code: codes.DeadlineExceeded}, {code: codes.Unimplemented},
		} {
			t.Run(fmt.Sprintf("%s, %v %s", id.name, g.code, g.prefix), func(t *testing.T) {
				t.Parallel()
				cfg := enginetest.Config{Token: awkward, ServerOptions: []grpc.ServerOption{grpc.ChainUnaryInterceptor(g.intercept)}}
				if id.name != "user" {
					cfg.Bearer = func(string) bool { return true }
				}
				srv := newUncheckedEngine(t, cfg)
				srv.Handle("q", ids(3, 1))
				failed := 0
				for m, method := range []string{
					"authenticate", "healthCheck", "prepareStatement", "executeStatement", "getResultMetadata", "getNextResultBatch",
					"clearOrCancelQuery", "ClusterService/status", "ClusterService/resume", "getCataloges", "getTables", "dryRun",
					"QueryEngineService/status", "/explain", "cancelQuery",
				} {
					if (i+k+m)%3 != 0 {
						continue
					}
					g.method.Store(&method)
					srv.SetCluster(enginetest.ClusterActive)
					if strings.HasPrefix(method, "ClusterService/") {
						srv.SetCluster(enginetest.ClusterSuspended)
					}
					cfg, opts := id.config(t, srv.Addr())
					cfg.MaxAttempts = 2
					cfg.CleanupTimeout = 200 * time.Millisecond // more attempts would not clear the query
					c, err := e6data.NewConnector(cfg, append(opts, pollFast)...)
					if err != nil {
						t.Fatal(err)
					}
					db := sql.OpenDB(c)
					for _, err := range callEverything(t, db) {
						if err != nil {
							failed++
						}
						checkErrorHasNoSecret(t, method, err, id.secrets)
					}
					_ = db.Close()
				}
				if failed < 7 {
					t.Errorf("only %d errors", failed)
				}
			})
		}
	}
}

// callEverything makes every call that there is, and returns the errors.
func callEverything(t *testing.T, db *sql.DB) (errs []error) {
	note := func(err error) { errs = append(errs, err) }
	note(db.PingContext(t.Context()))
	_, err := readIDs(t.Context(), db, "q")
	note(err)
	_, err = db.ExecContext(t.Context(), "q")
	note(err)
	note(e6data.UseConn(t.Context(), db, func(c *e6data.Conn) error {
		_, err := c.Catalogs(t.Context())
		note(err)
		_, err = c.Tables(t.Context(), "lake", "s")
		note(err)
		_, err = c.DryRun(t.Context(), "q")
		note(err)
		h, err := c.Submit(t.Context(), "q")
		if err != nil {
			return err
		}
		_, err = c.Status(t.Context(), h)
		note(err)
		_, err = c.Explain(t.Context(), h)
		note(err)
		note(c.Cancel(t.Context(), h))
		note(c.Clear(t.Context(), h))
		return nil
	}))
	return errs
}

// gRPC quotes the answer of an HTTP proxy.
func TestProxysAnswersShowNoSecret(t *testing.T) {
	t.Parallel()
	for _, id := range identities() {
		for _, code := range []int{200, 401, 403, 456, 502, 503} {
			t.Run(fmt.Sprintf("%s, %d", id.name, code), func(t *testing.T) {
				lis, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				forget(t, lis.Addr().String())
				var h2c http.Protocols
				h2c.SetUnencryptedHTTP2(true)
				var calls atomic.Int64
				proxy := &http.Server{Protocols: &h2c, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					calls.Add(1)
					message, _ := io.ReadAll(r.Body)
					w.Header().Set("Content-Type", "text/plain")
					w.WriteHeader(code)
					_, _ = fmt.Fprintf(w, "%s %s", r.Header["Authorization"], message)
				})}
				var serving sync.WaitGroup
				serving.Go(func() { _ = proxy.Serve(lis) })
				defer serving.Wait()
				defer proxy.Close()
				cfg, opts := id.config(t, lis.Addr().String())
				cfg.AutoResume = false
				c, err := e6data.NewConnector(cfg, opts...)
				if err != nil {
					t.Fatal(err)
				}
				db := sql.OpenDB(c)
				defer db.Close()
				_, err = readIDs(t.Context(), db, "q")
				if err == nil || calls.Load() == 0 {
					t.Fatalf("%d calls, %v", calls.Load(), err)
				}
				checkErrorHasNoSecret(t, "query", err, id.secrets)
			})
		}
	}
}

// An application can print every value that it gets from the driver, and no secret is
// shown.
func TestValuesShowNoSecret(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the authority")
	client := ca.issue(t, nil)
	for _, id := range identities() {
		t.Run(id.name, func(t *testing.T) {
			cfg := enginetest.Config{Token: awkward}
			if id.name != "user" {
				cfg.Bearer = func(string) bool { return true }
			}
			srv := newUncheckedEngine(t, cfg)
			srv.Handle("q", ids(3, 1))
			p := newTLSProxy(t, srv, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil).Certificate}})
			config, opts := id.config(t, p.addr)
			config.Secure, config.CACert = true, ca.pem
			config.ClientCert, config.ClientKey = client.cert, e6data.NewSecret(client.key)
			secrets := append([]string{strings.Split(client.key, "\n")[1], "t0ken-", "session-"}, id.secrets...)
			show := func(name string, v any) {
				t.Helper()
				checkNoSecret(t, name, printed(v), secrets)
				if _, ok := v.(e6data.QueryHandle); !ok { // the text form of a handle is secret, as documented
					checkNoSecret(t, name, marshalled(v), secrets)
				}
			}
			show("Config", *config)
			show("*Config", config)
			c, err := e6data.NewConnector(config, opts...)
			if err != nil {
				t.Fatal(err)
			}
			show("Connector", c)
			db := sql.OpenDB(c)
			defer db.Close()
			show("DB", db)
			show("Stats", db.Stats())
			sc, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer sc.Close()
			show("sql.Conn", sc)
			err = sc.Raw(func(raw any) error {
				show("conn", raw)
				rows, err := raw.(driver.QueryerContext).QueryContext(t.Context(), "q", nil)
				if err != nil {
					return err
				}
				show("rows", rows)
				stmt, err := raw.(driver.ConnPrepareContext).PrepareContext(t.Context(), "q")
				if err != nil {
					return err
				}
				show("stmt", stmt)
				return errors.Join(rows.Close(), stmt.Close())
			})
			if err != nil {
				t.Fatal(err)
			}
			show("DB in use", db)
			show("Connector in use", c)
			show("Connector.Stats", c.Stats())
			info := &e6data.QueryInfo{Analyze: true}
			var out int64
			if err := sc.QueryRowContext(t.Context(), "q", e6data.CaptureQuery(info)).Scan(&out); err != nil {
				t.Fatal(err)
			}
			show("QueryInfo", info)
			show("QueryState", info.State())
			err = e6data.UseConn(t.Context(), sc, func(c *e6data.Conn) error {
				show("Conn", c)
				show("Conn's value", *c)
				batches, err := c.Query(t.Context(), "q")
				if err != nil {
					return err
				}
				show("Batches", batches)
				h, ok := c.Handle(batches.QueryID())
				if !ok {
					t.Error("no handle")
				}
				show("QueryHandle", h)
				return batches.Close()
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
