package e6data_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

func TestTLSThroughAProxy(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the authority")
	onlyName := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"e6.example.com"} }
	plain, named := ca.issue(t, nil), ca.issue(t, onlyName)
	client := ca.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "the client" })
	if err := e6data.RegisterTLSConfig("good", &tls.Config{RootCAs: ca.pool()}); err != nil {
		t.Fatal(err)
	}
	defer e6data.DeregisterTLSConfig("good")
	for _, test := range []struct {
		name   string
		server pair
		mutual bool
		set    func(t *testing.T, c *e6data.Config)
		opts   []e6data.Option
	}{
		{name: "CA file", server: plain, set: func(t *testing.T, c *e6data.Config) { c.CACert = writeFile(t, "", ca.pem) }},
		{name: "CA text", server: plain, set: func(_ *testing.T, c *e6data.Config) { c.CACert = ca.pem }},
		{name: "CA bundle", server: plain, set: func(t *testing.T, c *e6data.Config) {
			c.CACert = "# ours\n" + newAuthority(t, "another").pem + ca.pem
		}},
		{name: "server name by address", server: named, set: func(_ *testing.T, c *e6data.Config) {
			c.CACert, c.ServerName = ca.pem, "e6.example.com"
		}},
		{name: "not verified", server: named, set: func(_ *testing.T, c *e6data.Config) { c.InsecureSkipVerify = true }},
		{name: "registered", server: plain, set: func(_ *testing.T, c *e6data.Config) { c.TLSConfig = "good" }},
		{name: "registered and server name", server: named, set: func(_ *testing.T, c *e6data.Config) {
			c.TLSConfig, c.ServerName = "good", "e6.example.com"
		}},
		{name: "WithTLSConfig", server: plain, opts: []e6data.Option{e6data.WithTLSConfig(&tls.Config{RootCAs: ca.pool()})}},
		{name: "mutual by files", server: plain, mutual: true, set: func(t *testing.T, c *e6data.Config) {
			c.CACert, c.ClientCert = ca.pem, writeFile(t, "", client.cert)
			c.ClientKey = e6data.NewSecret(writeFile(t, "", client.key))
		}},
		{name: "mutual by text", server: plain, mutual: true, set: func(_ *testing.T, c *e6data.Config) {
			c.CACert, c.ClientCert, c.ClientKey = ca.pem, client.cert, e6data.NewSecret(client.key)
		}},
		{name: "mutual and WithTLSConfig", server: plain, mutual: true, opts: []e6data.Option{
			e6data.WithTLSConfig(&tls.Config{RootCAs: ca.pool(), Certificates: []tls.Certificate{client.Certificate}}),
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := newEngine(t, enginetest.Config{})
			srv.Handle("q", ids(1000, 100))
			server := &tls.Config{Certificates: []tls.Certificate{test.server.Certificate}}
			if test.mutual {
				server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, ca.pool()
			}
			p := newTLSProxy(t, srv, server)
			cfg := newTLSConfig(t, p.addr)
			if test.set != nil {
				test.set(t, cfg)
			}
			n, err := readIDs(t.Context(), openConfig(t, cfg, test.opts...), "q")
			if n != 1000 || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
			calls, byClient := p.seen("the client")
			// authenticate, prepare, execute, metadata, batches, clear
			if calls < 15 || byClient != test.mutual {
				t.Errorf("%d calls by HTTP/2 over TLS; with the client's certificate: %v", calls, byClient)
			}
		})
	}
}

// TestTLSToTheEngine has no proxy between.
func TestTLSToTheEngine(t *testing.T) {
	t.Parallel()
	srv := newEngine(t, enginetest.Config{TLS: true})
	srv.Handle("q", ids(10, 3))
	cfg := newTLSConfig(t, srv.Addr())
	cfg.CACert = string(srv.CertPEM())
	for _, host := range []string{cfg.Host, "localhost"} {
		cfg.Host = host
		if n, err := readIDs(t.Context(), openConfig(t, cfg), "q"); n != 10 || err != nil {
			t.Errorf("%s: %d rows, %v", host, n, err)
		}
	}
}

// TestSystemAuthorities asks the system's authorities, which a process reads
// once: they are replaced for a process of its own.
func TestSystemAuthorities(t *testing.T) {
	t.Parallel()
	const addrVariable = "E6DATA_TEST_TLS_ADDR"
	if addr := os.Getenv(addrVariable); addr != "" {
		if n, err := readIDs(t.Context(), openConfig(t, newTLSConfig(t, addr)), "q"); n != 10 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("SSL_CERT_FILE does not count on every system")
	}
	ca := newAuthority(t, "the system's authority")
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(10, 3))
	p := newTLSProxy(t, srv, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil).Certificate}})
	cmd := exec.CommandContext(within(t, time.Minute), os.Args[0], "-test.run=^TestSystemAuthorities$", "-test.count=1")
	cmd.Env = append(os.Environ(), addrVariable+"="+p.addr, "SSL_CERT_FILE="+writeFile(t, "", ca.pem))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if calls, _ := p.seen(""); calls == 0 {
		t.Error("no call came")
	}
}

// as tells whether errors.As finds a T.
func as[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

func TestTLSFailures(t *testing.T) {
	ca, other := newAuthority(t, "the authority"), newAuthority(t, "the other authority")
	good := ca.issue(t, nil)
	expired := func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
		c.NotBefore = c.NotAfter.Add(-time.Hour)
	}
	mutual := func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, ca.pool() }
	withCert := func(p pair) func(*e6data.Config) {
		return func(c *e6data.Config) { c.ClientCert, c.ClientKey = p.cert, e6data.NewSecret(p.key) }
	}
	const wantsCert = "set client_cert and client_key"
	for _, test := range []struct {
		name   string
		cert   *pair // of the server; nil is a good one
		server func(*tls.Config)
		set    func(*e6data.Config)
		is     func(error) bool // finds the cause
		says   []string
	}{
		{
			name: "unknown CA",
			cert: new(other.issue(t, nil)),
			is:   as[x509.UnknownAuthorityError],
			says: []string{"unknown authority", "set ca_cert", "the other authority"},
		},
		{
			name: "wrong host",
			cert: new(ca.issue(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"a.example.com", "b.example.com"}, nil })),
			set:  func(c *e6data.Config) { c.ServerName = "e6.example.com" },
			is:   as[x509.HostnameError],
			says: []string{"e6.example.com", `"a.example.com", "b.example.com"`, "set server_name"},
		},
		{
			name: "wrong address",
			cert: new(ca.issue(t, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} })),
			is:   as[x509.HostnameError],
			says: []string{"127.0.0.1", "192.0.2.1", "set server_name"},
		},
		{
			name: "expired",
			cert: new(ca.issue(t, expired)),
			is:   as[x509.CertificateInvalidError],
			says: []string{"expired", "ended on 2020-02-03T04:05:06Z", "clock"},
		},
		{
			name: "not yet valid",
			cert: new(ca.issue(t, func(c *x509.Certificate) {
				c.NotBefore = time.Date(2090, 2, 3, 4, 5, 6, 0, time.UTC)
				c.NotAfter = c.NotBefore.Add(time.Hour)
			})),
			is:   as[x509.CertificateInvalidError],
			says: []string{"not yet valid", "begins on 2090-02-03T04:05:06Z", "clock"},
		},
		{
			name: "mTLS certificate missing", server: mutual,
			says: []string{"remote error: tls: certificate required", wantsCert},
		},
		{
			name: "mTLS certificate of another authority", server: mutual, set: withCert(other.issue(t, nil)),
			says: []string{"remote error: tls: ", "does not accept the client certificate"},
		},
		{
			name: "mTLS certificate missing, TLS 1.2",
			server: func(c *tls.Config) {
				mutual(c)
				c.MaxVersion = tls.VersionTLS12
			},
			is: as[*net.OpError], says: []string{"remote error: tls: ", wantsCert},
		},
		{
			name: "mTLS certificate of another authority, TLS 1.2",
			server: func(c *tls.Config) {
				mutual(c)
				c.MaxVersion = tls.VersionTLS12
			},
			set:  withCert(other.issue(t, nil)),
			says: []string{"remote error: tls: ", "does not accept the client certificate"},
		},
		{
			name: "mTLS certificate expired, TLS 1.2",
			server: func(c *tls.Config) {
				mutual(c)
				c.MaxVersion = tls.VersionTLS12
			},
			set:  withCert(ca.issue(t, expired)),
			says: []string{"remote error: tls: ", "does not accept the client certificate", "valid now"},
		},
		{
			name:   "old TLS",
			server: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
			says:   []string{"protocol version", "TLS 1.2 and later"},
		},
		{
			name:   "HTTP/1 alone",
			server: func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} },
			says:   []string{"no application protocol", "ALPN", "h2"},
		},
		{
			name:   "name unknown to the server",
			server: func(c *tls.Config) { c.Certificates = nil },
			says:   []string{"remote error: tls: unrecognized name", "set server_name"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := &tls.Config{Certificates: []tls.Certificate{good.Certificate}, NextProtos: []string{"h2"}}
			if test.cert != nil {
				server.Certificates[0] = test.cert.Certificate
			}
			if test.server != nil {
				test.server(server)
			}
			addr := listen(t, func(c net.Conn) {
				// No answer: no handshake here may succeed on both sides. What the client
				// sends is read, or the kernel would cut the connection off before the
				// client has read the alert.
				_ = tls.Server(c, server).Handshake()
				_ = c.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, c)
			})
			cfg := newTLSConfig(t, addr)
			cfg.CACert, cfg.MaxAttempts = ca.pem, 1<<30 // either at once or never
			if test.set != nil {
				test.set(cfg)
			}
			err := openConfig(t, cfg).PingContext(within(t, time.Minute))
			checkTLSError(t, err, test.says)
			if test.is != nil && !test.is(err) {
				t.Errorf("the cause is not in %#v", err)
			}
			if strings.Contains(fmt.Sprint(err), cfg.Token.Reveal()) || strings.Contains(fmt.Sprint(err), "PRIVATE KEY") {
				t.Errorf("a secret is in %v", err)
			}
		})
	}
}

func checkTLSError(t *testing.T, err error, says []string) {
	t.Helper()
	var e *e6data.Error
	if !errors.Is(err, e6data.ErrTLS) || !errors.As(err, &e) || e.Phase != e6data.PhaseConnect || status.Code(err) != codes.Unavailable {
		t.Fatalf("got %v, want %v in phase connect", err, e6data.ErrTLS)
	}
	t.Log(err)
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %q", err, s)
		}
	}
}

// TestMutualTLSRefused is about TLS 1.3, where the client hears of it when its
// own handshake is over, from a proxy that may cut the connection off.
func TestMutualTLSRefused(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the authority")
	srv := newEngine(t, enginetest.Config{})
	p := newTLSProxy(t, srv, &tls.Config{
		Certificates: []tls.Certificate{ca.issue(t, nil).Certificate}, MinVersion: tls.VersionTLS13,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(),
	})
	cfg := newTLSConfig(t, p.addr)
	cfg.CACert = ca.pem
	checkTLSError(t, openConfig(t, cfg).Ping(), []string{"set client_cert and client_key"})

	t.Run("the alert is lost", func(t *testing.T) {
		addr := listen(t, func(c net.Conn) {
			_ = tls.Server(c, &tls.Config{
				Certificates: []tls.Certificate{ca.issue(t, nil).Certificate}, NextProtos: []string{"h2"}, ClientAuth: tls.RequestClientCert,
			}).Handshake()
		})
		cfg := newTLSConfig(t, addr)
		cfg.CACert, cfg.MaxAttempts = ca.pem, 1
		checkTLSError(t, openConfig(t, cfg).Ping(), []string{"ended the connection", "set client_cert and client_key"})
	})
}

func TestTLSToAnotherPort(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the authority")
	cert := ca.issue(t, nil).Certificate
	plaintext := newEngine(t, enginetest.Config{})
	for _, test := range []struct {
		name, addr string
		says       []string
		is         func(error) bool
	}{
		{"plaintext gRPC", plaintext.Addr(), []string{"does not speak TLS", "secure=false"}, as[tls.RecordHeaderError]},
		{
			"plaintext HTTP/1", listen(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
			}),
			[]string{"does not look like a TLS handshake", "does not speak TLS", "secure=false"}, as[tls.RecordHeaderError],
		},
		{
			"no ALPN", listen(t, func(c net.Conn) {
				_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}).Handshake()
				_, _ = io.Copy(io.Discard, c)
			}),
			[]string{"did not choose HTTP/2 (ALPN h2)", "alpn h2"}, nil,
		},
		{"nothing is said", listen(t, func(net.Conn) {}), []string{"a port that speaks TLS?"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := newTLSConfig(t, test.addr)
			cfg.CACert, cfg.MaxAttempts = ca.pem, 1
			err := openConfig(t, cfg).Ping()
			checkTLSError(t, err, test.says)
			if test.is != nil && !test.is(err) {
				t.Errorf("the cause is not in %v", err)
			}
		})
	}
}

func TestPlaintextToTLSPort(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the authority")
	srv := newEngine(t, enginetest.Config{TLS: true})
	p := newTLSProxy(t, srv, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil).Certificate}})
	for name, addr := range map[string]string{"engine": srv.Addr(), "proxy": p.addr} {
		t.Run(name, func(t *testing.T) {
			cfg := newTLSConfig(t, addr)
			cfg.Secure, cfg.MaxAttempts = false, 1
			err := openConfig(t, cfg).Ping()
			t.Log(err)
			if !strings.Contains(fmt.Sprint(err), "the port may want TLS: set secure=true") || errors.Is(err, e6data.ErrTLS) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestTLSFailsLater: a server that is not trusted any more is an error at once,
// also for a result that is being read, and a pool serves again when it is.
func TestTLSFailsLater(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the authority")
	good, bad := ca.issue(t, nil), newAuthority(t, "the other authority").issue(t, nil)
	var now atomic.Pointer[pair]
	now.Store(&good)
	srv := newUncheckedEngine(t, enginetest.Config{}) // it cannot be told to clear the query
	srv.Handle("q", ids(1000, 10))
	p := newTLSProxy(t, srv, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		return &now.Load().Certificate, nil
	}})
	cfg := newTLSConfig(t, p.addr)
	cfg.CACert, cfg.MaxAttempts = ca.pem, 1000
	ctx := within(t, time.Minute)
	cfg.PrefetchBytes = 0
	db := openConfig(t, cfg)
	conn, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows, err := db.QueryContext(ctx, "q")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}

	now.Store(&bad)
	p.drop()
	// Until the channel notices, the old connection answers.
	for err == nil {
		err = conn.PingContext(ctx)
	}
	if !errors.Is(err, e6data.ErrTLS) || !as[x509.UnknownAuthorityError](err) {
		t.Errorf("got %v", err)
	}
	for rows.Next() { // what is here already
	}
	if err := rows.Err(); !errors.Is(err, e6data.ErrIncompleteResult) || !errors.Is(err, e6data.ErrTLS) || !as[x509.UnknownAuthorityError](err) {
		t.Errorf("the result ended with %v", err)
	}

	now.Store(&good)
	for err := conn.PingContext(ctx); err != nil; err = conn.PingContext(ctx) {
		if !errors.Is(err, e6data.ErrTLS) {
			t.Fatal(err)
		}
		select {
		case <-time.After(10 * time.Millisecond): // gRPC asks again by itself
		case <-ctx.Done():
		}
	}
}

// TestClientCertificateRotation replaces the files of a connector in use.
func TestClientCertificateRotation(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the authority")
	named := func(name string) pair {
		return ca.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = name })
	}
	first, second, third := named("first"), named("second"), named("third")
	srv := newEngine(t, enginetest.Config{})
	srv.Handle("q", ids(10, 3))
	p := newTLSProxy(t, srv, &tls.Config{
		Certificates: []tls.Certificate{ca.issue(t, nil).Certificate},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(),
	})
	cert, key := writeFile(t, "", first.cert), writeFile(t, "", first.key)
	cfg := newTLSConfig(t, p.addr)
	cfg.CACert, cfg.ClientCert, cfg.ClientKey = ca.pem, cert, e6data.NewSecret(key)
	logged := &logBuffer{}
	cleared := clearings{ended: make(chan error)}
	db := openConfig(t, cfg, e6data.WithLogger(slog.New(slog.NewTextHandler(logged, nil))), e6data.WithHook(cleared))
	ctx := within(t, time.Minute)
	reconnected := func(name string) {
		t.Helper()
		p.mu.Lock()
		clear(p.names)
		p.mu.Unlock()
		p.drop()
		for _, ok := p.seen(name); !ok && ctx.Err() == nil; _, ok = p.seen(name) {
			if err := db.PingContext(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := readIDs(ctx, db, "q"); n != 10 || err != nil {
			t.Fatalf("%d rows, %v", n, err)
		}
		if err := <-cleared.ended; err != nil { // the next drop loses no answer
			t.Fatal(err)
		}
	}
	reconnected("first")

	writeFile(t, cert, second.cert)
	writeFile(t, key, second.key)
	reconnected("second")
	if got := logged.String(); got != "" {
		t.Errorf("logged %s", got)
	}

	// Half of a replacement: the old pair serves until the other half is there.
	writeFile(t, cert, third.cert)
	reconnected("second")
	if got := logged.String(); !strings.Contains(got, "the client certificate cannot be read again") ||
		strings.Contains(got, key) || strings.Contains(got, cfg.Token.Reveal()) {
		t.Errorf("logged %s", got)
	}
	writeFile(t, key, third.key)
	reconnected("third")
}

// clearings is a hook that sends the error of each clearing call.
type clearings struct {
	e6data.NoHook
	ended chan error
}

func (c clearings) CallEnd(_ context.Context, end e6data.CallEnd) {
	if end.Phase == e6data.PhaseClear {
		c.ended <- end.Err
	}
}

func TestTLSSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "the authority")
	client, stranger := ca.issue(t, nil), ca.issue(t, nil)
	missing := filepath.Join(t.TempDir(), "missing.pem")
	empty := writeFile(t, "", "nothing\n")
	for _, test := range []struct {
		name  string
		set   func(*e6data.Config)
		opts  []e6data.Option
		says  []string
		is    error
		never string // is not in the error
	}{
		{name: "CA file missing", set: func(c *e6data.Config) { c.CACert = missing }, says: []string{"ca_cert", missing}, is: fs.ErrNotExist},
		{name: "CA file empty", set: func(c *e6data.Config) { c.CACert = empty }, says: []string{"ca_cert", empty, "no certificate"}},
		{
			name: "CA text is a key", set: func(c *e6data.Config) { c.CACert = client.key },
			says: []string{"ca_cert", "ca_cert holds the text of a private key"}, never: client.key[28:60],
		},
		{name: "key unset", set: func(c *e6data.Config) { c.ClientCert = client.cert }, says: []string{"client_cert needs client_key"}},
		{name: "certificate unset", set: func(c *e6data.Config) { c.ClientKey = e6data.NewSecret(client.key) }, says: []string{"client_key needs client_cert"}},
		{
			name: "certificate missing", set: func(c *e6data.Config) { c.ClientCert, c.ClientKey = missing, e6data.NewSecret(client.key) },
			says: []string{"client_cert", missing}, is: fs.ErrNotExist,
		},
		{
			name: "key missing", set: func(c *e6data.Config) { c.ClientCert, c.ClientKey = client.cert, e6data.NewSecret(missing) },
			says: []string{"client_key"}, is: fs.ErrNotExist, never: missing,
		},
		{
			name: "key without its first line", set: func(c *e6data.Config) {
				_, key, _ := strings.Cut(client.key, "\n")
				c.ClientCert, c.ClientKey = client.cert, e6data.NewSecret(key)
			},
			says: []string{"client_key"}, never: client.key[28:60],
		},
		{
			name: "key of another", set: func(c *e6data.Config) { c.ClientCert, c.ClientKey = client.cert, e6data.NewSecret(stranger.key) },
			says: []string{"client_cert", "client_key", "does not match"}, never: stranger.key[28:60],
		},
		{
			name: "key encrypted", set: func(c *e6data.Config) {
				c.ClientCert, c.ClientKey = client.cert, e6data.NewSecret(string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("gibberish")})))
			},
			says: []string{"client_key is encrypted"}, never: "gibberish",
		},
		{
			name: "nothing is registered", set: func(c *e6data.Config) { c.TLSConfig = "nobody" },
			says: []string{`no tls_config "nobody" is registered`, "RegisterTLSConfig"},
		},
		{
			name: "two configurations", set: func(c *e6data.Config) { c.TLSConfig = "one" },
			opts: []e6data.Option{e6data.WithTLSConfig(&tls.Config{})}, says: []string{`tls_config "one"`, "WithTLSConfig"},
		},
		{
			name: "not secure", set: func(c *e6data.Config) { c.Secure, c.CACert = false, ca.pem },
			says: []string{"ca_cert", "needs secure=true"},
		},
		{
			name: "WithTLSConfig and not secure", set: func(c *e6data.Config) { c.Secure = false },
			opts: []e6data.Option{e6data.WithTLSConfig(&tls.Config{})}, says: []string{"WithTLSConfig needs secure=true"},
		},
		{
			name: "server name and not secure", set: func(c *e6data.Config) { c.Secure, c.ServerName = false, "e6" },
			says: []string{"server_name", "needs secure=true"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := newTLSConfig(t, "e6.example.com:8443")
			test.set(cfg)
			_, err := e6data.NewConnector(cfg, test.opts...)
			if err == nil || test.is != nil && !errors.Is(err, test.is) {
				t.Fatalf("got %v", err)
			}
			for _, s := range test.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			if test.never != "" && strings.Contains(err.Error(), test.never) {
				t.Errorf("%q says %q", err, test.never)
			}
		})
	}
}

func TestRegisterTLSConfig(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", " ", "a b", "a/b", "a&b", "é", "a\n"} {
		if err := e6data.RegisterTLSConfig(name, &tls.Config{}); err == nil {
			t.Errorf("%q was accepted", name)
			e6data.DeregisterTLSConfig(name)
		}
	}
	if err := e6data.RegisterTLSConfig("none", nil); err == nil {
		t.Error("nil was accepted")
	}
	ca := newAuthority(t, "the authority")
	srv := newEngine(t, enginetest.Config{})
	p := newTLSProxy(t, srv, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil).Certificate}})
	custom := &tls.Config{RootCAs: ca.pool()}
	for _, name := range []string{"My-conf_1.2", "another"} {
		if err := e6data.RegisterTLSConfig(name, custom); err != nil {
			t.Fatal(err)
		}
		defer e6data.DeregisterTLSConfig(name)
	}
	custom.RootCAs = x509.NewCertPool() // the caller's own again
	cfg := newTLSConfig(t, p.addr)
	cfg.TLSConfig = "My-conf_1.2"
	db := openConfig(t, cfg)
	e6data.DeregisterTLSConfig("My-conf_1.2")
	if err := db.Ping(); err != nil {
		t.Errorf("a configuration that was registered when the connector was made: %v", err)
	}
	_, err := e6data.NewConnector(cfg)
	if err == nil || !strings.Contains(err.Error(), `there are "another"`) {
		t.Errorf("got %v", err)
	}
	cfg.TLSConfig, cfg.ServerName = "another", "e6.example.com"
	if err := openConfig(t, cfg).Ping(); !as[x509.HostnameError](err) {
		t.Errorf("got %v", err)
	}
	cfg.ServerName = "" // was set in a copy
	if err := openConfig(t, cfg).Ping(); err != nil {
		t.Error(err)
	}
}

func TestTransportWarnings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		set  func(*e6data.Config)
		want string // "" is none
	}{
		{"plaintext", func(c *e6data.Config) { c.Secure = false }, "set secure=true"},
		{"plaintext on loopback", func(c *e6data.Config) { c.Secure, c.Host = false, "127.0.0.9" }, ""},
		{"TLS", func(*e6data.Config) {}, ""},
		{"TLS, not verified", func(c *e6data.Config) { c.InsecureSkipVerify = true }, "set ca_cert"},
	} {
		t.Run(test.name, func(t *testing.T) {
			logged := &logBuffer{}
			cfg := newTLSConfig(t, "192.0.2.1:80")
			cfg.Token = e6data.NewSecret("s3cr3t")
			test.set(cfg)
			c, err := e6data.NewConnector(cfg, e6data.WithLogger(slog.New(slog.NewTextHandler(logged, nil))))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			for range 3 { // connections do not warn again
				if _, err := c.Connect(ended); err == nil {
					t.Fatal("connected")
				}
			}
			got := logged.String()
			if test.want == "" && got != "" || !strings.Contains(got, test.want) || strings.Contains(got, "s3cr3t") ||
				test.want != "" && (strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN")) {
				t.Errorf("logged %s", got)
			}
		})
	}
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.9.9.9": true,
		"::1": true, "[::1]": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "128.0.0.1": false, "127.0.0.1.example.com": false, "localhost.example.com": false,
		"notlocalhost": false, "127.1": false, "LOCALHOST": false, "localhost.": false, "a.localhost": false, "e6.example.com": false,
	} {
		if got := e6data.IsLoopback(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}
