package e6data

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// The texts of grpc-go about the failure of a new connection. TestTLSFailures,
// TestMutualTLSRefused, TestPlaintextToTLSPort and TestUnknownHost check them.
const (
	noAddresses     = "produced zero addresses"
	handshakeFailed = "authentication handshake failed: "
	remoteAlert     = "remote error: tls: "
)

// prefaceFailed reports whether a connection ended before the server sent anything
// on it. In TLS 1.3 the client completes the handshake before the server has checked
// the client's certificate.
func prefaceFailed(msg string) bool {
	return strings.Contains(msg, "error reading server preface: ") ||
		strings.Contains(msg, "failed to write client preface: ") ||
		strings.Contains(msg, "failed to write initial settings frame: ") ||
		strings.Contains(msg, "failed to write window update: ") ||
		strings.Contains(msg, "write tcp ") // the same, in a place where gRPC adds no text
}

// explainConnection adds the cause to the verdict on a call that was not sent, if
// the cause is TLS or the host's name. msg is gRPC's text.
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
			v.cause = ErrTLS // another connection has failed since
			return
		}
		c.tlsFailure(v, *failed)
	case preface:
		if _, alert, ok := strings.Cut(msg, remoteAlert); ok {
			alert, _, _ = strings.Cut(alert, `"`)
			c.tlsFailure(v, errors.New(remoteAlert+alert))
		} else if c.handshakes.certWanted.Load() {
			// The connection may have ended before the alert arrived. There may be
			// another cause, so that the call may be repeated.
			v.cause = fmt.Errorf("%w: the server ended the connection", ErrTLS)
			v.message = certWantedHint
		}
	}
}

const certWantedHint = "the server asks for a client certificate: set client_cert and client_key"

// tlsFailure makes v the verdict on a failed handshake.
func (c *caller) tlsFailure(v *verdict, err error) {
	v.message = c.tlsHint(err)
	if broken(err) {
		v.cause = fmt.Errorf("%w: %w", ErrTLS, err)
		return
	}
	v.condition, v.cause = tlsFailed, err
}

// broken reports whether a handshake failed because its connection broke, which may
// not happen again. If a peer refused the handshake, it will refuse the next one,
// too.
func broken(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") {
		return false // an alert
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled)
}

// tlsHint returns the cure for a failed handshake.
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

// alertHint returns the cure for an alert. msg has the alert's name in crypto/tls.
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

// certNames lists the names in a certificate.
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
