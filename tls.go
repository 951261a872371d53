package e6data

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/credentials"
)

// tlsRegistry holds what RegisterTLSConfig was given: clones, by name.
var tlsRegistry struct {
	sync.Mutex
	configs map[string]*tls.Config
}

// RegisterTLSConfig keeps a copy of cfg under a name that DSNs and Configs can
// refer to, with the parameter tls_config: for what the other parameters cannot
// say, such as keys in hardware or a verification of one's own. A second
// registration under the same name replaces the first, for connectors made from
// then on. A name is of letters, digits and any of "-_.", and tells upper from
// lower case. RegisterTLSConfig may be called concurrently.
//
// What a Config says besides, in ClientCert, ClientKey and ServerName, comes on
// top of cfg; CACert and InsecureSkipVerify would contradict it, and are an
// error. TLS versions below 1.2 are not spoken, whatever cfg says.
func RegisterTLSConfig(name string, cfg *tls.Config) error {
	switch {
	case name == "":
		return errors.New("e6data: RegisterTLSConfig without a name")
	case strings.ContainsFunc(name, notOfAName):
		return fmt.Errorf("e6data: %q cannot name a TLS configuration: only letters, digits and any of \"-_.\"", name)
	case cfg == nil:
		return fmt.Errorf("e6data: RegisterTLSConfig of %q without a configuration", name)
	}
	tlsRegistry.Lock()
	defer tlsRegistry.Unlock()
	if tlsRegistry.configs == nil {
		tlsRegistry.configs = map[string]*tls.Config{}
	}
	tlsRegistry.configs[name] = cfg.Clone()
	return nil
}

// DeregisterTLSConfig forgets what [RegisterTLSConfig] keeps under a name.
// Connectors that use it already are not affected.
func DeregisterTLSConfig(name string) {
	tlsRegistry.Lock()
	defer tlsRegistry.Unlock()
	delete(tlsRegistry.configs, name)
}

func notOfAName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
}

// registeredTLS returns a clone of what is registered under name.
func registeredTLS(name string) (*tls.Config, error) {
	tlsRegistry.Lock()
	defer tlsRegistry.Unlock()
	if cfg, ok := tlsRegistry.configs[name]; ok {
		return cfg.Clone(), nil
	}
	known := "none is"
	if len(tlsRegistry.configs) > 0 {
		var names []string
		for n := range tlsRegistry.configs {
			names = append(names, strconv.Quote(n))
		}
		slices.Sort(names)
		known = "there are " + strings.Join(names, ", ")
	}
	return nil, fmt.Errorf("e6data: no tls_config %q is registered, %s: call RegisterTLSConfig before the connector is made", name, known)
}

// tlsConfig makes what a connector speaks TLS with: custom, or what is
// registered under cfg.TLSConfig, or nothing, with cfg's own settings on top. The
// files are read, so that what is wrong with them is told now. nil stands for
// plaintext. log hears of client certificates that cannot be read later.
func (cfg *Config) tlsConfig(custom *tls.Config, log *slog.Logger) (*tls.Config, error) {
	t := &tls.Config{}
	switch {
	case !cfg.Secure && custom != nil:
		return nil, errors.New("e6data: WithTLSConfig needs secure=true")
	case !cfg.Secure:
		return nil, nil
	case custom != nil && cfg.TLSConfig != "":
		return nil, fmt.Errorf("e6data: there is tls_config %q and WithTLSConfig: use one of them", cfg.TLSConfig)
	case custom != nil:
		t = custom.Clone()
	case cfg.TLSConfig != "":
		var err error
		if t, err = registeredTLS(cfg.TLSConfig); err != nil {
			return nil, err
		}
	}
	t.MinVersion = max(t.MinVersion, tls.VersionTLS12) // what HTTP/2 asks for
	if cfg.ServerName != "" {
		t.ServerName = cfg.ServerName
	}
	if cfg.InsecureSkipVerify {
		t.InsecureSkipVerify = true
	}
	if cfg.CACert != "" {
		text, err := readPEM(cfg.CACert)
		if err != nil {
			return nil, fmt.Errorf("e6data: ca_cert: %s: %w", pemName(cfg.CACert), err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("e6data: ca_cert: %s: no certificate in PEM form is in it", pemName(cfg.CACert))
		}
	}
	if cfg.ClientCert == "" { // and no ClientKey: see checkTLS
		return t, nil
	}
	pair := &clientPair{cert: cfg.ClientCert, key: cfg.ClientKey, log: log}
	var err error
	if pair.last, err = pair.load(); err != nil {
		return nil, err
	}
	t.GetClientCertificate = pair.get
	return t, nil
}

func isPEM(pathOrText string) bool { return strings.Contains(pathOrText, "-----BEGIN") }

// pemName is what a message calls a setting that must not be quoted when it is
// the text itself.
func pemName(pathOrText string) string {
	if isPEM(pathOrText) {
		return "the PEM text"
	}
	return "file " + strconv.Quote(pathOrText)
}

// readPEM reads the file, unless its argument is the text. The error does not
// name the file.
func readPEM(pathOrText string) ([]byte, error) {
	if isPEM(pathOrText) {
		return []byte(pathOrText), nil
	}
	text, err := os.ReadFile(pathOrText) //nolint:gosec // G304: who makes the Config may read its files
	var withPath *fs.PathError
	if errors.As(err, &withPath) {
		err = withPath.Err
	}
	return text, err
}

// clientPair is a client certificate and its key. They are read for each
// handshake, of which there are few: a new pair in the files is used without a
// restart.
type clientPair struct {
	cert string
	key  Secret
	log  *slog.Logger

	mu   sync.Mutex
	last *tls.Certificate
}

// load reads the pair. The key is a secret: no error tells its file either,
// which may be no file but a key that was pasted without its first line.
func (p *clientPair) load() (*tls.Certificate, error) {
	cert, err := readPEM(p.cert)
	if err != nil {
		return nil, fmt.Errorf("e6data: client_cert: %s: %w", pemName(p.cert), err)
	}
	key, err := readPEM(p.key.Reveal())
	if err != nil {
		return nil, fmt.Errorf("e6data: client_key: its file cannot be read: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		if strings.Contains(string(key), "ENCRYPTED") {
			return nil, errors.New("e6data: client_key is encrypted: store it without a passphrase, in a file that only its user can read")
		}
		return nil, fmt.Errorf("e6data: client_cert (%s) and client_key: %w", pemName(p.cert), err)
	}
	return &pair, nil
}

// get is a tls.Config's GetClientCertificate. While the files are being
// replaced they may not fit each other: the pair that did is still good then.
func (p *clientPair) get(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pair, err := p.load()
	if err != nil {
		p.log.Warn("e6data: the client certificate cannot be read again: the one read before is used", "error", err)
		return p.last, nil
	}
	p.last = pair
	return pair, nil
}

// isLoopback tells that host names this computer for certain, so that what is
// sent to it does not leave it. Of names that is localhost alone, in this very
// spelling: with any other, also a.localhost, Go asks the proxy of HTTPS_PROXY or
// a name server.
func isLoopback(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost"
}

// warnOfTransport says once what is not safe about the configuration.
func (c *Connector) warnOfTransport() {
	cfg := c.cfg
	switch {
	case !cfg.Secure && !isLoopback(cfg.Host) && (!cfg.Token.IsZero() || !cfg.AccessToken.IsZero() || !cfg.ClientSecret.IsZero()):
		const msg = "e6data: the credentials are sent in plaintext: set secure=true if the server speaks TLS"
		c.log.Warn(msg, "address", cfg.address())
		if !c.silent {
			return
		}
		if _, before := plaintextHosts.LoadOrStore(cfg.Host, true); !before {
			slog.Default().Warn(msg, "address", cfg.address())
		}
	case cfg.Secure && c.tls.InsecureSkipVerify && c.tls.VerifyConnection == nil && c.tls.VerifyPeerCertificate == nil:
		c.log.Warn("e6data: the server's certificate is not verified: set ca_cert instead of insecure_skip_verify", "address", cfg.address())
	}
}

// plaintextHosts are the hosts that slog's default logger has had the warning
// about plaintext for, where the application gave no logger.
var plaintextHosts sync.Map

// handshakes is what a connector remembers of its TLS handshakes. gRPC hands on
// no more of a failure than its text.
type handshakes struct {
	// failed is the latest failure.
	failed atomic.Pointer[error]
	// certWanted is set once a server asked for a client certificate and there
	// was none to send.
	certWanted atomic.Bool
}

// credentials returns gRPC's TLS credentials, watched by h.
func (h *handshakes) credentials(t *tls.Config) credentials.TransportCredentials {
	t = t.Clone()
	if len(t.Certificates) == 0 && t.GetClientCertificate == nil {
		t.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			h.certWanted.Store(true)
			return &tls.Certificate{}, nil // as if this function were not set
		}
	}
	return &watchedTLS{TransportCredentials: credentials.NewTLS(t), handshakes: h}
}

type watchedTLS struct {
	credentials.TransportCredentials
	handshakes *handshakes
}

var _ credentials.TransportCredentials = (*watchedTLS)(nil)

// errNoALPN replaces gRPC's error, which speaks to those who write Go.
var errNoALPN = errors.New("the server did not choose HTTP/2 (ALPN h2)")

func (w *watchedTLS) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := w.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		if strings.Contains(err.Error(), "missing selected ALPN property") {
			err = errNoALPN
		}
		w.handshakes.failed.Store(&err)
	}
	return conn, info, err
}

func (w *watchedTLS) Clone() credentials.TransportCredentials {
	return &watchedTLS{TransportCredentials: w.TransportCredentials.Clone(), handshakes: w.handshakes}
}
