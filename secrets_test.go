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

// eavesdropper hears what the driver tells, and keeps what holds a secret. It is
// an io.Writer for what is logged.
type eavesdropper struct {
	mu      sync.Mutex
	secrets []string
	heard   int
	told    []string // what held a secret, and where it came from
}

// listener hears every log line and every text of an error of all the tests
// here; when it has heard a secret, the run fails.
var listener = &eavesdropper{secrets: []string{
	enginetest.DefaultToken, "wr0ng-t0ken", "s3cret", "s3cr3t", "t0ken-", "LEAK", "PRIVATE KEY",
}}

// keep adds a secret to those that must not be heard from now on.
func (l *eavesdropper) keep(secret string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets = append(l.secrets, secret)
}

func (l *eavesdropper) hear(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard++
	for _, secret := range l.secrets {
		if strings.Contains(text, secret) && len(l.told) < 10 {
			l.told = append(l.told, fmt.Sprintf("%q is in %q\n%s", secret, text, debug.Stack()))
		}
	}
}

func (l *eavesdropper) Write(p []byte) (int, error) {
	l.hear(string(p))
	return len(p), nil
}

// handler logs to l as text and as JSON, which ask values for different things.
func (l *eavesdropper) handler() slog.Handler {
	opts := &slog.HandlerOptions{Level: slog.LevelDebug - 10}
	return slog.NewMultiHandler(slog.NewTextHandler(l, opts), slog.NewJSONHandler(l, opts))
}

func (l *eavesdropper) listen() { e6data.Listen(l.handler(), l.hear) }

// result returns how much was heard, and what held a secret.
func (l *eavesdropper) result() (heard int, told []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard, slices.Clone(l.told)
}

// listening is a run of tests that fails when the listener heard a secret.
type listening struct{ m *testing.M }

func (l listening) Run() int {
	code := l.m.Run()
	if _, told := listener.result(); len(told) > 0 {
		_, _ = fmt.Fprintf(os.Stderr, "FAIL: the driver told secrets:\n%s\n", strings.Join(told, "\n"))
		return max(code, 1)
	}
	return code
}

// The listener can hear, and knows a secret when it hears one.
func TestListener(t *testing.T) { // not parallel: it counts what the others make the listener hear
	before, _ := listener.result()
	srv := newUncheckedEngine(t, enginetest.Config{})
	srv.Handle("q", ids(1, 1))
	srv.Inject(enginetest.Fault{Method: "clearOrCancelQuery", Err: status.Error(codes.InvalidArgument, "no")})
	db := openDB(t, srv)
	if _, err := readIDs(t.Context(), db, "q"); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	after, _ := listener.result()
	if after-before < 3 { // a line of text, one of JSON, and the error in it
		t.Errorf("heard %d texts of a query that could not be cleared", after-before)
	}
	own := &eavesdropper{secrets: []string{"s3cret"}}
	slog.New(own.handler()).Debug("a", "b", []string{"all is well"})
	if heard, told := own.result(); heard != 2 || told != nil {
		t.Errorf("heard %d, told %v", heard, told)
	}
	slog.New(own.handler()).Debug("a", "b", []string{"the s3cret is out"})
	if heard, told := own.result(); heard != 4 || len(told) != 2 {
		t.Errorf("heard %d, told %v", heard, told)
	}
}

// forms are the ways in which a text can be read out of another.
func forms(secret string) []string {
	q := strings.Trim(fmt.Sprintf("%q", secret), `"`)
	return []string{
		secret, q, strings.Trim(fmt.Sprintf("%q", q), `"`), hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
		strings.Trim(fmt.Sprint([]byte(secret)), "[]"), base64.StdEncoding.EncodeToString([]byte(secret)),
	}
}

// printed is a value in all ways to make text of it, but for JSON.
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

// tells reports the secrets that text shows.
func tells(t *testing.T, what, text string, secrets []string) {
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

// errorTells is tells for an error and all its causes.
func errorTells(t *testing.T, what string, err error, secrets []string) {
	t.Helper()
	if err == nil {
		return
	}
	tells(t, what, printed(err)+marshalled(err), secrets)
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		errorTells(t, what, u.Unwrap(), secrets)
	case interface{ Unwrap() []error }:
		for _, cause := range u.Unwrap() {
			errorTells(t, what, cause, secrets)
		}
	}
}

// awkward is a token that looks different where it is quoted.
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
			return at(t, addr), []e6data.Option{e6data.WithTokenSource(indiscreet{Value: `t0ken-"\source`})}
		}},
	}
}

// indiscreet is a token source that fmt would print.
type indiscreet struct{ Value string }

func (i indiscreet) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: i.Value, Expiry: time.Now().Add(time.Hour)}, nil
}

// gossip is an engine that puts all that a call brought into its error.
type gossip struct {
	method atomic.Pointer[string] // the method that fails so
	code   codes.Code
	prefix string
}

func (g *gossip) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
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

// An engine, a proxy and a log that know all secrets make no error tell them:
// every way to authenticate, every phase, every kind of refusal.
func TestErrorsTellNoSecret(t *testing.T) {
	t.Parallel()
	for _, id := range identities() {
		for _, g := range []*gossip{
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
				for _, method := range []string{
					"authenticate", "healthCheck", "prepareStatement", "executeStatement", "getResultMetadata", "getNextResultBatch",
					"clearOrCancelQuery", "ClusterService/status", "ClusterService/resume", "getCataloges", "getTables", "dryRun",
					"QueryEngineService/status", "/explain", "cancelQuery",
				} {
					g.method.Store(&method)
					srv.SetCluster(enginetest.ClusterActive)
					if strings.HasPrefix(method, "ClusterService/") {
						srv.SetCluster(enginetest.ClusterSuspended)
					}
					cfg, opts := id.config(t, srv.Addr())
					cfg.MaxAttempts = 2
					cfg.CleanupTimeout = 200 * time.Millisecond // nothing is cleared by trying longer
					c, err := e6data.NewConnector(cfg, append(opts, pollFast)...)
					if err != nil {
						t.Fatal(err)
					}
					db := sql.OpenDB(c)
					for _, err := range everything(t, db) {
						if err != nil {
							failed++
						}
						errorTells(t, method, err, id.secrets)
					}
					_ = db.Close()
				}
				if failed < 20 {
					t.Errorf("only %d errors", failed)
				}
			})
		}
	}
}

// everything makes every call that there is, and returns the errors.
func everything(t *testing.T, db *sql.DB) (errs []error) {
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

// What an HTTP proxy answers is quoted by gRPC.
func TestProxysAnswersTellNoSecret(t *testing.T) {
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
				errorTells(t, "query", err, id.secrets)
			})
		}
	}
}

// What an application has of the driver can be printed.
func TestValuesTellNoSecret(t *testing.T) {
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
				tells(t, name, printed(v), secrets)
				if _, ok := v.(e6data.QueryHandle); !ok { // whose text form is a secret, as documented
					tells(t, name, marshalled(v), secrets)
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
