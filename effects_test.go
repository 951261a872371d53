package e6data_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
	"github.com/e6data/e6data-go/wire"
)

// Every parameter has a test that sees what it does, not only that it is read.
func TestParametersHaveEffects(t *testing.T) {
	t.Parallel()
	seenBy := map[string]string{
		"user": "TestCredentialsOnTheWire", "password": "TestCredentialsOnTheWire", "database": "TestCredentialsOnTheWire",
		"catalog": "TestCredentialsOnTheWire", "cluster_name": "TestCredentialsOnTheWire",
		"secure": "TestTLSByDSN", "ca_cert": "TestTLSByDSN", "client_cert": "TestTLSByDSN", "client_key": "TestTLSByDSN",
		"server_name": "TestTLSByDSN", "tls_config": "TestTLSByDSN", "insecure_skip_verify": "TestTLSByDSN",
		"access_token": "TestOAuthByDSN", "client_id": "TestOAuthByDSN", "client_secret": "TestOAuthByDSN", "token_url": "TestOAuthByDSN",
		"oauth_scope": "TestOAuthByDSN", "client_auth_method": "TestOAuthByDSN",
		"impersonate": "TestSettingsInCalls", "cache": "TestSettingsInCalls", "user_agent": "TestSettingsInCalls",
		"auto_resume": "TestResumeGivesUp", "resume_timeout": "TestResumeGivesUp", "resume_poll": "TestResumePoll",
		"prepare_timeout": "TestQueryTimeout", "query_timeout": "TestQueryTimeout",
		"cleanup_timeout": "TestCloseDoesNotWaitForASilentEngine", "connect_timeout": "TestConnectTimeout",
		"keepalive_time": "TestKeepalive", "keepalive_timeout": "TestKeepalive", "keepalive_without_calls": "TestKeepalive",
		"max_recv_bytes": "TestMessageLimits", "max_send_bytes": "TestMessageLimits", "channels": "TestChannels",
		"prefetch_bytes": "TestFetchingAheadIsBounded", "prefetch_total": "TestPrefetchTotal", "result_batch_v2": "TestFallBackToV1", "loc": "TestLocation",
		"strategy_ttl": "TestStrategyTTL", "max_attempts": "TestMaxAttempts", "compression": "TestCompression",
		// Not yet: arguments and observability.
		"transactions": "TestNoopTransactions",
		"params":       "TestServerParameters", "debug": "TestDebugLog", "log_statements": "TestDebugLog",
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	for _, name := range e6data.ParamNames() {
		test, ok := seenBy[name]
		if !ok || !strings.Contains(tests.String(), "\nfunc "+test+"(t *testing.T) {") {
			t.Errorf("%s: no test %q", name, test)
		}
	}
}

func TestCredentialsOnTheWire(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{User: "m/e?@example.com", Token: "a:b/c@d?e#f%", ClusterName: "Etl", Database: "sales 1=a@b"})
	srv.Handle("q", ids(3, 3))
	if n, err := readIDs(t.Context(), openDB(t, srv, "catalog=the+lake"), "q"); n != 3 || err != nil {
		t.Fatalf("%d rows, %v", n, err)
	}
	prepare := srv.CallsTo("prepareStatement")[0]
	r := prepare.Request.(*wire.PrepareStatementV2Request)
	if r.GetSchema() != "sales 1=a@b" || r.GetCatalog() != "the lake" || strings.Join(prepare.Header["cluster-name"], ",") != "etl" {
		t.Errorf("schema %q, catalog %q, cluster %q", r.GetSchema(), r.GetCatalog(), prepare.Header["cluster-name"])
	}
}

// What enginetest says lets in, does, whatever the server is like.
func TestDSNsOfEnginetest(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]enginetest.Config{
		"default":     {},
		"credentials": {User: "m/e?@example.com", Token: "a:b/c@d?e#f%&=+ ü"},
		"cluster":     {ClusterName: "A b&c"},
		"database":    {Database: "a/b?c#d%e=f@g h"},
		"TLS":         {TLS: true},
		"OAuth":       {Bearer: func(token string) bool { return token == "t0ken-1" }},
		"all":         {Bearer: func(token string) bool { return token == "t0ken-1" }, TLS: true, ClusterName: "x", Database: "y/z"},
		"IPv6":        {Listen: "[::1]:0"},
	} {
		t.Run(name, func(t *testing.T) {
			if cfg.Listen != "" {
				lis, err := net.Listen("tcp", cfg.Listen)
				if err != nil {
					t.Skip("this machine has no ", cfg.Listen)
				}
				lis.Close()
			}
			srv := newEngine(t, cfg)
			srv.Handle("q", ids(3, 3))
			var params []string
			if cfg.TLS {
				params = append(params, "ca_cert="+url.QueryEscape(string(srv.CertPEM())))
			}
			if cfg.Bearer != nil {
				params = append(params, "access_token=t0ken-1")
			}
			if n, err := readIDs(t.Context(), openDB(t, srv, params...), "q"); n != 3 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
}

func TestTLSByDSN(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the authority")
	client := ca.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "the client" })
	named := ca.issue(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"e6.example.com"} })
	if err := e6data.RegisterTLSConfig("by-dsn", &tls.Config{RootCAs: ca.pool()}); err != nil {
		t.Fatal(err)
	}
	defer e6data.DeregisterTLSConfig("by-dsn")
	file := func(text string) string { return url.QueryEscape(writeFile(t, "", text)) }
	caFile := "ca_cert=" + file(ca.pem)
	for _, test := range []struct {
		name   string
		server pair
		mutual bool
		params string
		want   string // of the error; "" is that it works
	}{
		{name: "CA file", server: ca.issue(t, nil), params: caFile},
		{name: "CA text", server: ca.issue(t, nil), params: "ssl_cert=" + url.QueryEscape(ca.pem)},
		{name: "system's CAs", server: ca.issue(t, nil), want: "set ca_cert to the PEM file"},
		{name: "server name", server: named, params: caFile + "&server_name=e6.example.com"},
		{name: "no server name", server: named, params: caFile, want: "set server_name"},
		{name: "not verified", server: named, params: "insecure_skip_verify=true"},
		{name: "registered", server: ca.issue(t, nil), params: "tls_config=by-dsn"},
		{name: "registered, server name", server: named, params: "tls_config=by-dsn&server_name=e6.example.com"},
		{name: "client files", server: ca.issue(t, nil), mutual: true, params: caFile + "&client_cert=" + file(client.cert) + "&client_key=" + file(client.key)},
		{name: "client text", server: ca.issue(t, nil), mutual: true, params: "tls_config=by-dsn&client_cert=" + url.QueryEscape(client.cert) + "&client_key=" + url.QueryEscape(client.key)},
		{name: "no client", server: ca.issue(t, nil), mutual: true, params: caFile, want: "set client_cert and client_key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(10, 3))
			cfg := &tls.Config{Certificates: []tls.Certificate{test.server.Certificate}}
			if test.mutual {
				cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, ca.pool()
			}
			p := newTLSProxy(t, srv, cfg)
			dsn := strings.Replace(srv.DSN("secure=true", test.params), srv.Addr(), p.addr, 1)
			n, err := readIDs(t.Context(), openWith(t, dsn), "q")
			switch calls, byClient := p.seen("the client"); {
			case test.want != "":
				if !errors.Is(err, e6data.ErrTLS) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v", err)
				}
			case n != 10 || err != nil || calls == 0 || byClient != test.mutual:
				t.Errorf("%d rows, %v; %d calls, by the client %v", n, err, calls, byClient)
			}
		})
	}
}

func TestOAuthByDSN(t *testing.T) {
	t.Parallel()
	const scope = "engine.read engine/write&x"
	for _, test := range []struct {
		name, params string
		post         bool
		scope        string
	}{
		{"basic by default", "", false, ""},
		{"basic", "client_auth_method=basic&oauth_scope=" + url.QueryEscape(scope), false, scope},
		{"post", "client_auth_method=post&oauth_scope=" + url.QueryEscape(scope), true, scope},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIssuer(t)
			i.answer = func(_ int64, _ http.ResponseWriter, r *http.Request) bool {
				_, _, basic := r.BasicAuth()
				if basic == test.post || (r.PostFormValue("client_secret") != "") != test.post || r.PostFormValue("scope") != test.scope {
					t.Errorf("basic %v, scope %q", basic, r.PostFormValue("scope"))
				}
				return false
			}
			srv := i.engine(t, enginetest.Config{})
			readFive(t, openDB(t, srv, "client_id=app&client_secret="+oauthSecret+"&token_url="+url.QueryEscape(i.URL+i.path), test.params))
			if n := i.exchanges.Load(); n != 1 {
				t.Errorf("%d exchanges", n)
			}
		})
	}
	t.Run("access token", func(t *testing.T) {
		i := newIssuer(t)
		i.exchanges.Add(1)
		readFive(t, openDB(t, i.engine(t, enginetest.Config{}), "access_token=t0ken-1"))
	})
}

// A session that is at hand is used whether or not something has confirmed its colour
// lately: the next call tells.
func TestStrategyTTL(t *testing.T) {
	t.Parallel()
	for _, ttl := range []string{"1ns", "0", "1h"} {
		srv := newEngine(t, enginetest.Config{})
		db := openDB(t, srv, "strategy_ttl="+ttl)
		db.SetMaxOpenConns(1)
		for range 4 {
			if err := db.PingContext(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := srv.Count("authenticate"); n != 1 {
			t.Errorf("%s: authenticated %d times", ttl, n)
		}
	}
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, 1, 2, 3} {
		srv := newEngine(t, enginetest.Config{})
		srv.Inject(enginetest.Fault{Method: "prepareStatement", Err: status.Error(codes.Unavailable, "not now")})
		_, err := readIDs(t.Context(), openDB(t, srv, fmt.Sprintf("max_attempts=%d", retries)), "q")
		if n := srv.Count("prepareStatement"); n != max(retries, 1) || status.Code(err) != codes.Unavailable {
			t.Errorf("max_attempts=%d: asked %d times, %v", retries, n, err)
		}
	}
}

// connect_timeout bounds the new session of a query that is under way, too.
func TestConnectTimeoutOfARunningQuery(t *testing.T) {
	t.Parallel()
	srv := newUncheckedEngine(t, enginetest.Config{})
	srv.Handle("q", ids(100, 10))
	db := openDB(t, srv, "connect_timeout=1s", "cleanup_timeout=50ms")
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	hang := srv.Inject(enginetest.Fault{Method: "authenticate", Hang: true})
	defer hang.Release()
	srv.Inject(enginetest.Fault{Method: "getNextResultBatch", Skip: 2, Times: 1, Do: srv.ExpireSessions})
	ctx := within(t, time.Minute)
	_, err := readIDs(ctx, db, "q")
	if !errors.Is(err, e6data.ErrIncompleteResult) || !errors.Is(err, e6data.ErrSessionExpired) || ctx.Err() != nil {
		t.Errorf("%v; the caller's context: %v", err, ctx.Err())
	}
}

// The times are those of the bubble's clock.
func TestKeepalive(t *testing.T) {
	for _, test := range []struct {
		params string
		during bool // a call is on its way
		want   string
	}{
		{"", false, "pinged after 30s, cut after 50s"}, // 30 s and 20 s
		{"", true, "pinged after 30s, cut after 50s"},
		{"keepalive_time=12s&keepalive_timeout=5s", false, "pinged after 12s, cut after 17s"},
		{"keepalive_time_ms=12000&keepalive_timeout_ms=5000", true, "pinged after 12s, cut after 17s"},
		{"keepalive_time=0", true, "left alone"},
		{"keepalive_without_calls=false", false, "left alone"},
		{"keepalive_without_calls=false", true, "pinged after 30s, cut after 50s"},
	} {
		t.Run(fmt.Sprintf("%s, during a call: %v", test.params, test.during), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := keepalive(t, test.params, test.during); got != test.want {
					t.Errorf("%s, want %s", got, test.want)
				}
			})
		})
	}
}

// keepalive tells what becomes in 20 minutes of a connection to a server that
// never answers. After 30 gRPC ends one that nobody uses.
func keepalive(t *testing.T, params string, during bool) string {
	t.Helper()
	cfg := parseDSN(t, "e6data://u:t@127.0.0.1:1/?connect_timeout=0&max_attempts=1&"+params)
	const watched = 20 * time.Minute
	var serving sync.WaitGroup
	seen := &silentServer{events: make(chan string, 100)}
	c, err := e6data.NewConnector(cfg, e6data.WithDialOptions(grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
		if seen.start.IsZero() {
			seen.start = time.Now()
		} else {
			return nil, errors.New("one connection is enough")
		}
		near, far := net.Pipe()
		serving.Go(func() { seen.serve(far) })
		return near, nil
	})))
	if err != nil {
		t.Fatal(err)
	}
	e6data.SetIdleAfter(c, 2*watched)
	limit := time.Nanosecond // of the call
	if during {
		limit = watched
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	_, _ = c.Connect(ctx)
	cancel()
	time.Sleep(watched - time.Since(seen.start))
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	serving.Wait()
	close(seen.events)
	var events []string
	for e := range seen.events {
		events = append(events, e)
	}
	if len(events) == 0 {
		return "not connected"
	}
	// The end of the test's own making is not worth telling.
	if last := len(events) - 1; strings.HasPrefix(events[last], "cut after 20m") {
		events = append(events[:last], "left alone")
	}
	return strings.Join(slices.Compact(events), ", ")
}

// silentServer speaks as much HTTP/2 as a connection takes, and tells of pings
// and of the connection's end.
type silentServer struct {
	start  time.Time
	events chan string
}

func (s *silentServer) serve(c net.Conn) {
	defer c.Close()
	defer func() { s.events <- fmt.Sprint("cut after ", time.Since(s.start)) }()
	const settings, ping = 4, 6
	out := make(chan []byte, 100) // a pipe has no buffer
	defer close(out)
	go func() {
		for frame := range out {
			if _, err := c.Write(frame); err != nil {
				return
			}
		}
	}()
	out <- []byte{0, 0, 0, settings, 0, 0, 0, 0, 0}
	if _, err := io.CopyN(io.Discard, c, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	for {
		var header [9]byte
		if _, err := io.ReadFull(c, header[:]); err != nil {
			return
		}
		length := int64(binary.BigEndian.Uint32(header[:4]) >> 8)
		if _, err := io.CopyN(io.Discard, c, length); err != nil {
			return
		}
		switch {
		case header[3] == settings && header[4] == 0:
			out <- []byte{0, 0, 0, settings, 1, 0, 0, 0, 0}
		case header[3] == ping:
			s.events <- fmt.Sprint("pinged after ", time.Since(s.start))
		}
	}
}
