package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/e6data/e6data-go"
)

// soon is the time before a certificate's end in which the doctor warns.
const soon = 21 * 24 * time.Hour

// checkTLS makes the handshake, and shows the server's certificates, also if they are not
// trusted.
func (d *Doctor) checkTLS(ctx context.Context, s *Step) bool {
	if !d.Config.Secure {
		s.note("off: everything is sent in plaintext")
		if !isLoopback(d.Config.Host) {
			s.Status = Warning
			s.Cure = "turn it on: --secure, or secure=true in the DSN; others on the way can read the token"
		}
		return true
	}
	t, err := tlsConfig(d.Config)
	if err != nil {
		s.fail(err, "correct the file")
		return false
	}
	verify := !t.InsecureSkipVerify
	t.InsecureSkipVerify = true // the certificates are verified below, so that they can be shown
	defer d.deadline(ctx)()
	conn := tls.Client(d.conn, t)
	if err := conn.HandshakeContext(ctx); err != nil {
		s.fail(err, handshakeCure(err, d.address))
		return false
	}
	d.conn = conn
	state := conn.ConnectionState()
	s.note("%s, %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite))
	for i, c := range state.PeerCertificates {
		s.Details = append(s.Details, describe(i, c))
	}
	if !verify {
		s.Status, s.Cure = Warning, "set ca_cert instead of insecure_skip_verify: the certificate is not verified"
		return d.checkALPN(s, state)
	}
	if err := verifyChain(t, state.PeerCertificates); err != nil {
		s.fail(err, certificateCure(err, d.address))
		return false
	}
	warnOfExpiry(s, state.PeerCertificates)
	return d.checkALPN(s, state)
}

// checkALPN checks that the server chose HTTP/2.
func (d *Doctor) checkALPN(s *Step, state tls.ConnectionState) bool {
	if state.NegotiatedProtocol == http2Protocol {
		return true
	}
	s.fail(errors.New("the server did not choose HTTP/2 (ALPN h2)"),
		"have the proxy at "+d.address+" offer h2 by ALPN, or name another port")
	return false
}

const http2Protocol = "h2"

// tlsConfig returns the TLS configuration that the driver makes of cfg.
func tlsConfig(cfg *e6data.Config) (*tls.Config, error) {
	t := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: cfg.ServerName, NextProtos: []string{http2Protocol},
		InsecureSkipVerify: cfg.InsecureSkipVerify, //nolint:gosec // the user chose it, and is warned
	}
	if t.ServerName == "" {
		t.ServerName = strings.Trim(cfg.Host, "[]")
	}
	if cfg.CACert != "" {
		text, err := readPEM(cfg.CACert)
		if err != nil {
			return nil, fmt.Errorf("ca_cert: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("ca_cert: there is no certificate in PEM form")
		}
	}
	if cfg.ClientCert == "" {
		return t, nil
	}
	cert, err := readPEM(cfg.ClientCert)
	if err != nil {
		return nil, fmt.Errorf("client_cert: %w", err)
	}
	key, err := readPEM(cfg.ClientKey.Reveal())
	if err != nil {
		return nil, errors.New("client_key: its file cannot be read")
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("client_cert and client_key: %w", err)
	}
	t.Certificates = []tls.Certificate{pair}
	return t, nil
}

// readPEM returns PEM text, from a file if the argument is not the text itself.
func readPEM(pathOrText string) ([]byte, error) {
	if strings.Contains(pathOrText, "-----BEGIN") {
		return []byte(pathOrText), nil
	}
	return os.ReadFile(pathOrText) //nolint:gosec // the user names the file
}

// verifyChain verifies the server's certificates as crypto/tls does.
func verifyChain(t *tls.Config, chain []*x509.Certificate) error {
	opts := x509.VerifyOptions{Roots: t.RootCAs, DNSName: t.ServerName, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(opts)
	return err
}

// describe describes the certificate at place i of the chain.
func describe(i int, c *x509.Certificate) string {
	names := slices.Concat(c.DNSNames, addresses(c.IPAddresses))
	text := fmt.Sprintf("certificate %d: %s", i+1, c.Subject)
	if i == 0 && len(names) > 0 {
		text += " for " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s; by %s; from %s to %s", text, c.Issuer, c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
}

func addresses(list []net.IP) []string {
	out := make([]string, len(list))
	for i, ip := range list {
		out[i] = ip.String()
	}
	return out
}

// warnOfExpiry makes the step a warning if a certificate ends soon.
func warnOfExpiry(s *Step, chain []*x509.Certificate) {
	for i, c := range chain {
		if left := time.Until(c.NotAfter); left < soon {
			s.Status = Warning
			s.Cure = fmt.Sprintf("have certificate %d renewed: it ends in %d days", i+1, int(left.Hours()/24))
			return
		}
	}
}

// certificateCure returns the cure for certificates that are not trusted.
func certificateCure(err error, address string) string {
	var (
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &host):
		return "if " + address + " is the right server, set server_name to a name in its certificate: --param server_name=NAME"
	case errors.As(err, &unknown):
		return "set --ca-cert to the PEM file of the authority that signed the last certificate above"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().Before(invalid.Cert.NotBefore):
		return "correct this machine's clock: the certificate is not valid yet"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "have the certificate of " + address + " renewed, or correct this machine's clock"
	}
	return "have the certificate of " + address + " replaced"
}

// handshakeCure returns the cure for a handshake that failed before the certificates were
// verified.
func handshakeCure(err error, address string) string {
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &record):
		return address + " does not speak TLS: name another port, or turn TLS off with --no-secure"
	case strings.Contains(err.Error(), "certificate required"), strings.Contains(err.Error(), "bad certificate"):
		return "set client_cert and client_key: the server asks for a client's certificate"
	case strings.Contains(err.Error(), "no application protocol"):
		return "have the proxy at " + address + " offer h2 by ALPN, or name another port"
	}
	return "see whether " + address + " is a port that speaks TLS"
}

func isLoopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
