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
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/credentials"
)

// tlsRegistry holds copies of the configurations of RegisterTLSConfig, by name.
var tlsRegistry struct {
	sync.Mutex
	configs map[string]*tls.Config
}

// RegisterTLSConfig stores a copy of cfg under a name. The DSN parameter tls_config,
// and the field of a Config, refer to that name. It is for settings that have no
// parameter, such as keys in hardware, or a custom verification. A second
// registration under the same name replaces the first one for connectors that are
// made afterwards. A name consists of letters, digits and any of "-_.", and its
// letter case counts. RegisterTLSConfig may be called concurrently.
//
// ClientCert, ClientKey and ServerName of a Config are applied on top of cfg. CACert
// and InsecureSkipVerify are an error, because they contradict cfg. TLS versions
// below 1.2 are never used, whatever cfg allows.
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

// DeregisterTLSConfig removes the configuration that [RegisterTLSConfig] stored
// under name. Connectors that already use the configuration are not affected.
func DeregisterTLSConfig(name string) {
	tlsRegistry.Lock()
	defer tlsRegistry.Unlock()
	delete(tlsRegistry.configs, name)
}

// registeredTLS returns a copy of the configuration with the given name.
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

// tlsConfig returns the TLS configuration of a connector, or nil for plaintext. It
// starts from custom, or from the configuration registered under cfg.TLSConfig, or
// from an empty one, and applies cfg's own settings. It reads the files, so that
// faults in them are reported now. Failures to read the client certificate later are
// logged to log.
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
	t.MinVersion = max(t.MinVersion, tls.VersionTLS12) // HTTP/2 requires it
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
	if cfg.ClientCert == "" { // then ClientKey is empty, too: see checkTLS
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

// pemName returns the name of a setting for errors. It does not quote PEM text.
func pemName(pathOrText string) string {
	if isPEM(pathOrText) {
		return "the PEM text"
	}
	return "file " + strconv.Quote(pathOrText)
}

// readPEM returns the PEM text, from a file if the argument is not the text itself.
// The error does not contain the path.
func readPEM(pathOrText string) ([]byte, error) {
	if isPEM(pathOrText) {
		return []byte(pathOrText), nil
	}
	text, err := os.ReadFile(pathOrText) //nolint:gosec // the Config's author chooses the path
	var withPath *fs.PathError
	if errors.As(err, &withPath) {
		err = withPath.Err
	}
	return text, err
}

// clientPair is a client certificate and its key. They are read for each handshake,
// so that new files are used without a restart. Handshakes are rare.
type clientPair struct {
	cert string
	key  Secret
	log  *slog.Logger

	mu   sync.Mutex
	last *tls.Certificate
}

// load reads the pair. The key is a secret. No error contains even the path of its
// file, because the path may be a key that was pasted without its first line.
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

// get implements GetClientCertificate of tls.Config. While the files are being
// replaced, they may not belong to each other. Then get returns the pair that was
// read before.
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

// warnOfTransport logs unsafe settings of the transport, once.
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

// plaintextHosts holds the hosts for which the warning about plaintext was logged to
// slog's default logger, because the application gave no logger.
var plaintextHosts sync.Map

// handshakes records facts about a connector's TLS handshakes, because gRPC returns
// only the text of a failure.
type handshakes struct {
	// failed is the latest failure.
	failed atomic.Pointer[error]
	// certWanted is set when a server requested a client certificate and the driver
	// had none.
	certWanted atomic.Bool
}

// credentials returns gRPC's TLS credentials for t, with h as the recorder of
// failures.
func (h *handshakes) credentials(t *tls.Config) credentials.TransportCredentials {
	t = t.Clone()
	if len(t.Certificates) == 0 && t.GetClientCertificate == nil {
		t.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			h.certWanted.Store(true)
			return &tls.Certificate{}, nil // the same as without this function
		}
	}
	return &watchedTLS{TransportCredentials: credentials.NewTLS(t), handshakes: h}
}

type watchedTLS struct {
	credentials.TransportCredentials
	handshakes *handshakes
}

var _ credentials.TransportCredentials = (*watchedTLS)(nil)

// errNoALPN replaces gRPC's error, which is for authors of Go programs.
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
