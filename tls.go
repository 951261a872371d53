package e6data

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
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
	"time"

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
// registered under c.TLSConfig, or nothing, with c's own settings on top. The
// files are read, so that what is wrong with them is told now. nil stands for
// plaintext. log hears of client certificates that cannot be read later.
func (c *Config) tlsConfig(custom *tls.Config, log *slog.Logger) (*tls.Config, error) {
	t := &tls.Config{}
	switch {
	case !c.Secure && custom != nil:
		return nil, errors.New("e6data: WithTLSConfig needs secure=true")
	case !c.Secure:
		return nil, nil
	case custom != nil && c.TLSConfig != "":
		return nil, fmt.Errorf("e6data: there is tls_config %q and WithTLSConfig: use one of them", c.TLSConfig)
	case custom != nil:
		t = custom.Clone()
	case c.TLSConfig != "":
		var err error
		if t, err = registeredTLS(c.TLSConfig); err != nil {
			return nil, err
		}
	}
	t.MinVersion = max(t.MinVersion, tls.VersionTLS12) // what HTTP/2 asks for
	if c.ServerName != "" {
		t.ServerName = c.ServerName
	}
	if c.InsecureSkipVerify {
		t.InsecureSkipVerify = true
	}
	if c.CACert != "" {
		text, err := readPEM(c.CACert)
		if err != nil {
			return nil, fmt.Errorf("e6data: ca_cert: %s: %w", pemName(c.CACert), err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("e6data: ca_cert: %s: no certificate in PEM form is in it", pemName(c.CACert))
		}
	}
	if c.ClientCert == "" { // and no ClientKey: see checkTLS
		return t, nil
	}
	pair := &clientPair{cert: c.ClientCert, key: c.ClientKey, log: log}
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

// How grpc-go says that a new connection failed; pinned by TestTLSFailures,
// TestMutualTLSRefused, TestPlaintextToTLSPort and TestUnknownHost.
const (
	noAddresses     = "produced zero addresses"
	handshakeFailed = "authentication handshake failed: "
	remoteAlert     = "remote error: tls: "
)

// prefaceFailed tells that a connection ended before the server said anything
// on it: in TLS 1.3 the handshake is over for the client before the server has
// seen the client's certificate.
func prefaceFailed(msg string) bool {
	return strings.Contains(msg, "error reading server preface: ") ||
		strings.Contains(msg, "failed to write client preface: ") ||
		strings.Contains(msg, "failed to write initial settings frame: ") ||
		strings.Contains(msg, "failed to write window update: ") ||
		strings.Contains(msg, "write tcp ") // the same, from where gRPC adds nothing to it
}

// explainConnection finds out what TLS, or the host's name, has to do with the
// failure of a call that was not sent, of which gRPC says msg.
func (c *caller) explainConnection(v *verdict, msg string) {
	preface := prefaceFailed(msg)
	switch {
	case strings.Contains(msg, noAddresses):
		v.message += fmt.Sprintf("; no address is known of the host %q", c.cfg.Host)
	case !c.cfg.Secure:
		if preface {
			v.message += "; the port may want TLS: set secure=true"
		}
	case strings.Contains(msg, handshakeFailed):
		failed := c.handshakes.failed.Load()
		if failed == nil || !strings.Contains(msg, quoted((*failed).Error())) {
			v.cause = ErrTLS // another connection failed since
			return
		}
		c.tlsFailure(v, *failed)
	case preface:
		if _, alert, ok := strings.Cut(msg, remoteAlert); ok {
			alert, _, _ = strings.Cut(alert, `"`)
			c.tlsFailure(v, errors.New(remoteAlert+alert))
		} else if c.handshakes.certWanted.Load() {
			// The alert that says so may get lost with the connection. It may be
			// something else, too, so that the call may be made again.
			v.cause = fmt.Errorf("%w: the server ended the connection", ErrTLS)
			v.message = certWantedHint
		}
	}
}

// quoted is s as it stands in a %q of a longer text.
func quoted(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

const certWantedHint = "the server asks for a client certificate: set client_cert and client_key"

// tlsFailure makes v the report of a handshake's failure.
func (c *caller) tlsFailure(v *verdict, err error) {
	v.message = c.tlsHint(err)
	if broken(err) {
		v.cause = fmt.Errorf("%w: %w", ErrTLS, err)
		return
	}
	v.condition, v.cause = tlsFailed, err
}

// broken tells that a handshake failed by its connection, which may be better
// another time: what a peer did not like will be the same.
func broken(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") {
		return false // an alert
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled)
}

// tlsHint says what to do about a failed handshake.
func (c *caller) tlsHint(err error) string {
	var (
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		roots   x509.SystemRootsError
		record  tls.RecordHeaderError
	)
	address := c.cfg.address()
	switch {
	case errors.As(err, &host):
		return fmt.Sprintf("the certificate of %s is for %s: if it is the right server, set server_name to a name that the certificate holds",
			address, certNames(host.Certificate))
	case errors.As(err, &unknown):
		issuer := ""
		if unknown.Cert != nil {
			issuer = fmt.Sprintf(" (%q)", unknown.Cert.Issuer)
		}
		return fmt.Sprintf("set ca_cert to the PEM file of the authority%s that signed the certificate of %s", issuer, address)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		return expiryHint(address, invalid.Cert, time.Now())
	case errors.As(err, &roots):
		return "this computer's certificate authorities cannot be read: set ca_cert to a PEM file"
	case errors.As(err, &record):
		return fmt.Sprintf("%s does not speak TLS: set another port, or secure=false", address)
	case errors.Is(err, errNoALPN):
		return fmt.Sprintf("gRPC needs it: have the proxy at %s offer h2 by ALPN (HAProxy: \"alpn h2\" on the bind line), or set another port", address)
	case broken(err):
		return fmt.Sprintf("is %s a port that speaks TLS?", address)
	}
	return c.alertHint(err.Error())
}

// alertHint says what to do about an alert, whose names are those of crypto/tls.
func (c *caller) alertHint(msg string) string {
	_, alert, _ := strings.Cut(msg, remoteAlert)
	wanted := c.handshakes.certWanted.Load()
	switch alert {
	case "certificate required":
		return certWantedHint
	case "bad certificate", "unsupported certificate", "revoked certificate", "expired certificate", "unknown certificate",
		"unknown certificate authority", "access denied", "handshake failure":
		if wanted {
			return certWantedHint
		}
		if alert == "handshake failure" {
			return "server and driver have no TLS version or cipher in common, or the server does not accept the client certificate"
		}
		return "the server does not accept the client certificate of client_cert: it must be valid now, and signed by an authority that the server trusts"
	case "no application protocol":
		return c.tlsHint(errNoALPN)
	case "unrecognized name":
		return "the server does not know the name that it was called by: set server_name to one that it has"
	case "protocol version not supported":
		return "the driver speaks TLS 1.2 and later"
	}
	return fmt.Sprintf("TLS with %s is not possible as the two are set up", c.cfg.address())
}

// certNames lists whom a certificate is for.
func certNames(cert *x509.Certificate) string {
	var names []string
	for _, n := range cert.DNSNames {
		names = append(names, strconv.Quote(n))
	}
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no host name"
	}
	const shown = 10
	if n := len(names) - shown; n > 0 {
		names = append(names[:shown], fmt.Sprintf("%d more", n))
	}
	return strings.Join(names, ", ")
}

func expiryHint(address string, cert *x509.Certificate, now time.Time) string {
	what := fmt.Sprintf("ended on %s: the server needs a new one", date(cert.NotAfter))
	if now.Before(cert.NotBefore) {
		what = fmt.Sprintf("begins on %s", date(cert.NotBefore))
	}
	return fmt.Sprintf("the certificate of %s %s, or this computer's clock is wrong, which shows %s", address, what, date(now))
}

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }
