package enginetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// The credentials that a server accepts unless its [Config] says otherwise.
const (
	DefaultUser  = "user@example.com"
	DefaultToken = "secret-token"
)

// Config says how a [Server] is set up. The zero value is a plaintext server
// with one live colour, blue, and the default credentials.
type Config struct {
	// User and Token are the credentials that authenticate and the cluster
	// service accept; empty stands for [DefaultUser] and [DefaultToken].
	User, Token string
	// Bearer, when set, makes this an OAuth deployment: every call must carry an
	// authorization header whose token Bearer accepts, else UNAUTHENTICATED; an
	// empty sessionId is accepted, and authenticate is refused. It may be called
	// concurrently.
	Bearer func(token string) bool
	// ClusterName, when set, is what the cluster-name header must be, in lower
	// case, on every call.
	ClusterName string
	// Listen is the address to listen on, host:port; empty stands for a free port
	// of 127.0.0.1. Where it names no host the server listens on all interfaces,
	// and [Server.Addr] and [Server.DSN] name an address, such as [::]:8080, that
	// is of use on the same machine only.
	Listen string
	// Mark, when set, is put into the ids of sessions and queries, so that servers
	// with different marks, in one process or several, never give out equal ones.
	Mark string
	// Database is the schema that DSN names; empty stands for "db".
	Database string
	// TLS serves with a certificate made for the occasion: see [Server.CertPEM].
	TLS bool
	// Live are the live colours; none stands for blue. See [Server.SetLive].
	Live []string
	// RotateSessions makes every response about a query carry a fresh session,
	// which replaces the one the query had: the next call about it must bring the
	// new one. Not so calls that end or watch a query (clear, cancel, status and
	// explain), which others than its reader make, too: they may bring any live
	// session, and replace none.
	RotateSessions bool
	// DisableV2 makes getNextResultBatchV2 UNIMPLEMENTED. See [Server.SetV2].
	DisableV2 bool
	// V2Chunks is the largest number of chunks in a response of
	// getNextResultBatchV2; 0 stands for 8.
	V2Chunks int
	// DisableHealthCheck makes healthCheck UNIMPLEMENTED.
	DisableHealthCheck bool
	// Compat makes this a server for the vendor's own clients, as their mock server is.
	// The message of a 456 is exactly "status: 456", with which some of them compare.
	// [Server.Balanced] does not report queries that are cleared again and batches that
	// are asked for after the end of the result. Those calls succeed without Compat, too.
	Compat bool
	// MaxCalls is how many calls are kept for [Server.Calls], the latest ones; 0
	// stands for 10,000, less than 0 for none.
	MaxCalls int
	// Pings, when set, is how often a client may ping, as keepalive does. When a client
	// pings too soon three times, with no answer to a call in between, the server ends the
	// connection with a GOAWAY: error code ENHANCE_YOUR_CALM, debug data "too_many_pings".
	// The zero policy is what a gRPC server has without any: 5 minutes between two pings
	// while a call is in flight, 2 hours otherwise. Nil: every ping is accepted.
	Pings *keepalive.EnforcementPolicy
	// Backend, when set, answers for statements that the server has no script of, and for
	// catalogs, in place of SetCatalogs. The server does not close it. Nil: statements without a
	// script are refused.
	Backend Backend
	// ServerOptions come after the server's own gRPC options.
	ServerOptions []grpc.ServerOption
}

func (c Config) withDefaults() Config {
	if c.User == "" {
		c.User = DefaultUser
	}
	if c.Token == "" {
		c.Token = DefaultToken
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Mark != "" {
		c.Mark += "-" // what is asked for is the ids' middle
	}
	if c.Database == "" {
		c.Database = "db"
	}
	if c.Pings == nil {
		// Drivers ping every 30 s, also without calls (docs/protocol.md, section 1), tests of that
		// more often, and net/http's client with each call that it cancels.
		c.Pings = &keepalive.EnforcementPolicy{MinTime: time.Nanosecond, PermitWithoutStream: true}
	}
	if len(c.Live) == 0 {
		c.Live = []string{Blue}
	}
	if c.V2Chunks <= 0 {
		c.V2Chunks = 8
	}
	switch {
	case c.MaxCalls == 0:
		c.MaxCalls = 10_000
	case c.MaxCalls < 0:
		c.MaxCalls = 0
	}
	c.ClusterName = strings.ToLower(c.ClusterName)
	return c
}

// Addr returns the server's address, such as 127.0.0.1:41234.
func (s *Server) Addr() string { return s.lis.Addr().String() }

// DSN returns a data source name that the server lets in: its address,
// credentials (none in an OAuth deployment) and database, with secure=true when
// it speaks TLS and cluster_name where one is asked for. params are added to the
// query, each in the form key=value and escaped already.
func (s *Server) DSN(params ...string) string { return s.dsn(s.Addr(), params) }

func (s *Server) dsn(addr string, params []string) string {
	u := url.URL{Scheme: "e6data", Host: addr, Path: "/" + s.cfg.Database}
	u.RawPath = "/" + strings.NewReplacer("=", "%3D", "@", "%40").Replace(url.PathEscape(s.cfg.Database))
	var own []string
	if s.cfg.ClusterName != "" {
		own = append(own, "cluster_name="+url.QueryEscape(s.cfg.ClusterName))
	}
	if s.cfg.TLS {
		own = append(own, "secure=true")
	}
	u.RawQuery = strings.Join(append(own, params...), "&")
	if s.cfg.Bearer != nil {
		return u.String()
	}
	// The driver takes no "&" and ";" before the host, which package url leaves.
	credentials := strings.NewReplacer("&", "%26", ";", "%3B").Replace(url.UserPassword(s.cfg.User, s.cfg.Token).String())
	return strings.Replace(u.String(), "//", "//"+credentials+"@", 1)
}

// CertPEM returns the certificate to trust in PEM form, nil for a plaintext
// server. It is its own authority, valid for 127.0.0.1 and localhost. The caller
// owns the bytes.
func (s *Server) CertPEM() []byte { return append([]byte(nil), s.certPEM...) }

// newCertificate makes a self-signed certificate for loopback.
func newCertificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("enginetest: making a key: %w", err)
	}
	now := time.Now()
	tmpl := &x509.Certificate{
		SerialNumber:          big.NewInt(now.UnixNano()),
		Subject:               pkix.Name{CommonName: "enginetest"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("enginetest: making a certificate: %w", err)
	}
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
