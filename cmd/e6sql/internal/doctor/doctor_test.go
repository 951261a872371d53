package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/cmdtest"
	"github.com/e6data/e6data-go/cmd/e6sql/internal/doctor"
	"github.com/e6data/e6data-go/enginetest"
)

// proxyAddr is the address of the HTTP proxy in the environment. gRPC reads the
// environment once, so that it is set before all tests, and never changes.
var proxyAddr string

func TestMain(m *testing.M) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	proxyAddr = lis.Addr().String()
	_ = lis.Close() // TestProxy listens there
	_ = os.Setenv("HTTPS_PROXY", "http://"+proxyAddr)
	_ = os.Setenv("NO_PROXY", ".invalid")
	goleak.VerifyTestMain(m)
}

// examine checks a connection, and returns the steps and whether it is healthy.
func examine(t *testing.T, ctx context.Context, dsn string, timeout time.Duration) (map[string]doctor.Step, bool) { //nolint:revive // t comes first, as in all helpers
	t.Helper()
	cfg, err := e6data.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]doctor.Step{}
	var order []string
	d := doctor.Doctor{Config: cfg, Timeout: timeout, Report: func(s doctor.Step) {
		steps[s.Name] = s
		order = append(order, s.Name)
	}}
	healthy := d.Run(ctx)
	if got := strings.Join(order, " "); got != "DNS TCP TLS HTTP/2 colour authentication cluster session SELECT 1" {
		t.Errorf("steps: %s", got)
	}
	return steps, healthy
}

func engine(t *testing.T, cfg enginetest.Config) *enginetest.Server {
	t.Helper()
	srv := cmdtest.Engine(t, cfg)
	srv.Handle("SELECT 1", enginetest.NewResult().Column("n", "LONG").Row(1))
	return srv
}

// trusting returns a DSN with the engine's certificate.
func trusting(srv *enginetest.Server) string {
	return srv.DSN("ca_cert=" + strings.ReplaceAll(pemQuery(srv.CertPEM()), "+", "%2B"))
}

// pemQuery escapes a PEM text for a DSN.
func pemQuery(text []byte) string {
	return strings.NewReplacer("\n", "%0A", " ", "%20", "/", "%2F", "=", "%3D").Replace(string(text))
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	for name, srv := range map[string]*enginetest.Server{
		"plaintext": engine(t, enginetest.Config{}),
		"TLS":       engine(t, enginetest.Config{TLS: true}),
		"green":     engine(t, enginetest.Config{Live: []string{enginetest.Green}}),
		"cluster":   engine(t, enginetest.Config{ClusterName: "c1"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps, healthy := examine(t, t.Context(), trusting(srv), time.Minute)
			if !healthy {
				t.Errorf("%+v", steps)
			}
			for name, s := range steps {
				if len(s.Details) == 0 || s.Took <= 0 || s.Err != nil {
					t.Errorf("%s: %+v", name, s)
				}
				if s.Status != doctor.OK && (name != doctor.StepTLS || s.Status != doctor.Warning) { // the certificate lives for a day
					t.Errorf("%s: %+v", name, s)
				}
			}
			if name == "green" && strings.Join(steps[doctor.StepColour].Details, "; ") != "blue is not live; green is live" {
				t.Errorf("%+v", steps[doctor.StepColour])
			}
			if name == "TLS" && !strings.Contains(strings.Join(steps[doctor.StepTLS].Details, "\n"), "certificate 1: ") {
				t.Errorf("%+v", steps[doctor.StepTLS])
			}
			if got := srv.Stats(); got.Executed != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Each step that fails has an error and a cure, and the steps after it are skipped if
// they cannot be checked.
func TestFailures(t *testing.T) {
	t.Parallel()
	refused := status.Error(codes.Internal, "no")
	for _, c := range []struct {
		name  string
		setup func(t *testing.T) (dsn string)
		step  string
		err   string
		cure  string
	}{
		{"unknown host", func(*testing.T) string { return "e6data://u:t@no-such-host.invalid:80/db" }, doctor.StepDNS, "", ""},
		{"closed port", func(*testing.T) string { return "e6data://u:t@127.0.0.1:1/db" }, doctor.StepTCP, "", "correct the port"},
		{"untrusted", func(t *testing.T) string { return engine(t, enginetest.Config{TLS: true}).DSN() }, doctor.StepTLS, "unknown authority", "--ca-cert"},
		{"other name", func(t *testing.T) string {
			return trusting(engine(t, enginetest.Config{TLS: true})) + "&server_name=other.example.com"
		}, doctor.StepTLS, "other.example.com", "server_name"},
		{"no TLS", func(t *testing.T) string { return engine(t, enginetest.Config{}).DSN("secure=true") }, doctor.StepTLS, "", "TLS"},
		{"no CA file", func(t *testing.T) string {
			return engine(t, enginetest.Config{TLS: true}).DSN("ca_cert=/none.pem")
		}, doctor.StepTLS, "none.pem", "correct the file"},
		{"expired", func(t *testing.T) string { return serveTLS(t, time.Now().Add(-time.Hour), "h2") }, doctor.StepTLS, "expired", "renewed"},
		{"no ALPN", func(t *testing.T) string { return serveTLS(t, time.Now().Add(time.Hour), "http/1.1") }, doctor.StepTLS, "", "h2 by ALPN"},
		{"no HTTP/2", func(t *testing.T) string { return serve(t, "HTTP/1.1 400 Bad Request\r\n\r\n") }, doctor.StepHTTP2, "HTTP/2", "port"},
		{"no live colour", func(t *testing.T) string {
			srv := engine(t, enginetest.Config{})
			srv.SetLive()
			return srv.DSN()
		}, doctor.StepColour, "", "live colour"},
		{"unknown cluster", func(t *testing.T) string {
			return strings.Replace(engine(t, enginetest.Config{ClusterName: "c1"}).DSN(), "cluster_name=c1", "cluster_name=c2", 1)
		}, doctor.StepColour, "", "--cluster"},
		{"engine down", func(t *testing.T) string {
			srv := engine(t, enginetest.Config{})
			srv.Inject(enginetest.Fault{Method: "authenticate", Err: status.Error(codes.Unavailable, "upstream connect error")})
			return srv.DSN()
		}, doctor.StepColour, "upstream", "the engine does not"},
		{"wrong token", func(t *testing.T) string {
			return strings.Replace(engine(t, enginetest.Config{}).DSN(), enginetest.DefaultToken, "wrong", 1)
		}, doctor.StepAuth, "", "correct the user"},
		{"suspended", func(t *testing.T) string {
			srv := engine(t, enginetest.Config{})
			srv.SetCluster(enginetest.ClusterSuspended)
			return srv.DSN()
		}, doctor.StepCluster, "suspended", "resumes it"},
		{"resuming", func(t *testing.T) string {
			srv := engine(t, enginetest.Config{})
			srv.SetResume(1000, enginetest.ClusterActive)
			srv.SetCluster(enginetest.ClusterResuming)
			return srv.DSN()
		}, doctor.StepCluster, "resuming", "wait"},
		{"cluster service", func(t *testing.T) string {
			srv := engine(t, enginetest.Config{})
			srv.Inject(enginetest.Fault{Method: "ClusterService/status", Err: refused})
			return srv.DSN()
		}, doctor.StepCluster, "no", "cluster service"},
		{"session", func(t *testing.T) string {
			srv := engine(t, enginetest.Config{})
			srv.Inject(enginetest.Fault{Method: "healthCheck", Err: refused})
			return srv.DSN()
		}, doctor.StepSession, "no", ""},
		{"statement", func(t *testing.T) string { return cmdtest.Engine(t, enginetest.Config{}).DSN() }, doctor.StepQuery, "SELECT 1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			steps, healthy := examine(t, t.Context(), c.setup(t), time.Minute)
			checkFailure(t, steps, healthy, c.step, c.err, c.cure)
		})
	}
}

// checkFailure checks that one step failed.
func checkFailure(t *testing.T, steps map[string]doctor.Step, healthy bool, name, text, cure string) {
	t.Helper()
	got := steps[name]
	if healthy || got.Status != doctor.Failed || got.Err == nil || !strings.Contains(got.Err.Error(), text) || !strings.Contains(got.Cure, cure) {
		t.Errorf("healthy %v, %+v, want the error %q and the cure %q", healthy, got, text, cure)
	}
	for other, s := range steps {
		if other != name && s.Status == doctor.Failed {
			t.Errorf("%s failed, too: %+v", other, s)
		}
		if s.Err != nil && strings.Contains(s.Err.Error(), enginetest.DefaultToken) {
			t.Errorf("%s shows the token", other)
		}
	}
	if name != doctor.StepQuery && steps[doctor.StepQuery].Status != doctor.Skipped {
		t.Errorf("the last step was checked: %+v", steps[doctor.StepQuery])
	}
}

// A step that gets no answer fails after the timeout.
func TestHangingStep(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true})
	steps, healthy := examine(t, t.Context(), srv.DSN(), 2*time.Second)
	checkFailure(t, steps, healthy, doctor.StepQuery, "no answer within 2s", "")
}

// After Ctrl-C the step that is checked fails, and the others are skipped.
func TestCancelled(t *testing.T) {
	t.Parallel()
	srv := engine(t, enginetest.Config{})
	fault := srv.Inject(enginetest.Fault{Method: "healthCheck", Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-fault.Struck()
		cancel()
	}()
	steps, healthy := examine(t, ctx, srv.DSN(), time.Minute)
	checkFailure(t, steps, healthy, doctor.StepSession, "", "")
}

// Behind an HTTP proxy the doctor checks the way through it.
func TestProxy(t *testing.T) {
	srv := engine(t, enginetest.Config{})
	allowed := true
	startProxy(t, func() (string, bool) { return srv.Addr(), allowed })
	dsn := strings.Replace(srv.DSN(), srv.Addr(), "e6.example.com:8080", 1)
	steps, healthy := examine(t, t.Context(), dsn, time.Minute)
	if !healthy || !strings.Contains(strings.Join(steps[doctor.StepTCP].Details, "\n"), "the proxy passes connections to e6.example.com:8080") {
		t.Errorf("%+v", steps)
	}
	cmdtest.Forget(t, "e6.example.com:8080")
	allowed = false
	steps, healthy = examine(t, t.Context(), dsn, time.Minute)
	checkFailure(t, steps, healthy, doctor.StepTCP, "403", "NO_PROXY")
}

// listen accepts connections until the test ends, and passes each to handle.
func listen(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	serving.Go(func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[conn] = true
			mu.Unlock()
			serving.Go(func() {
				defer func() { _ = conn.Close() }()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = lis.Close()
		mu.Lock()
		for conn := range conns {
			_ = conn.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
	return lis.Addr().String()
}

// serve answers each connection with a text, and returns a DSN.
func serve(t *testing.T, text string) (dsn string) {
	t.Helper()
	return "e6data://u:t@" + listen(t, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1))
		_, _ = io.WriteString(conn, text)
		_, _ = io.Copy(io.Discard, conn)
	}) + "/db"
}

// serveTLS speaks TLS with a certificate that ends at a time, and returns a DSN that
// trusts it.
func serveTLS(t *testing.T, until time.Time, protocol string) (dsn string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{protocol}, MinVersion: tls.VersionTLS12}
	if protocol != "h2" {
		cfg.NextProtos = nil
	}
	addr := listen(t, func(conn net.Conn) {
		_ = tls.Server(conn, cfg).Handshake()
		_, _ = io.Copy(io.Discard, conn)
	})
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return "e6data://u:t@" + addr + "/db?secure=true&ca_cert=" + strings.ReplaceAll(pemQuery(text), "+", "%2B")
}

// startProxy starts an HTTP proxy that passes connections to the engine that to returns.
func startProxy(t *testing.T, to func() (addr string, allowed bool)) {
	t.Helper()
	front := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr, allowed := to()
		if r.Method != http.MethodConnect || !allowed {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		out, err := net.Dial("tcp", addr)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer func() { _ = out.Close() }()
		in, _, err := w.(http.Hijacker).Hijack() //nolint:forcetypeassert // net/http's own writer
		if err != nil {
			return
		}
		defer func() { _ = in.Close() }()
		_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
		back := make(chan struct{})
		go func() {
			defer close(back)
			_, _ = io.Copy(in, out)
			_ = in.Close()
		}()
		_, _ = io.Copy(out, in)
		_ = out.Close()
		<-back
	})}
	lis, err := net.Listen("tcp", proxyAddr)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- front.Serve(lis) }()
	t.Cleanup(func() {
		_ = front.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}
