package e6data_test

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"log"

	e6data "github.com/e6data/e6data-go"
)

// A DSN refers to a registered TLS configuration by its name.
func ExampleRegisterTLSConfig() {
	err := e6data.RegisterTLSConfig("pinned", &tls.Config{
		MinVersion: tls.VersionTLS13,
		VerifyConnection: func(state tls.ConnectionState) error {
			// crypto/tls has already verified the chain.
			if state.PeerCertificates[0].Issuer.CommonName != "Our Own Authority" {
				return x509.UnknownAuthorityError{Cert: state.PeerCertificates[0]}
			}
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	cfg := e6data.NewConfig()
	cfg.Host = "e6.example.com"
	cfg.Secure = true
	cfg.User, cfg.Token = "me@example.com", e6data.NewSecret("token")
	cfg.TLSConfig = "pinned" // the DSN's tls_config=pinned
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
}

// Mutual TLS with a private authority, to a proxy that is reached by its address.
func ExampleNewConnector_tls() {
	cfg := e6data.NewConfig()
	cfg.Host, cfg.Port = "192.0.2.10", 8443
	cfg.Secure = true
	cfg.CACert = "/etc/e6data/ca.pem"
	cfg.ServerName = "e6.example.com" // as in the proxy's certificate
	cfg.ClientCert = "/etc/e6data/client.pem"
	cfg.ClientKey = e6data.NewSecret("/etc/e6data/client.key")
	cfg.User, cfg.Token = "me@example.com", e6data.NewSecret("token")
	connector, err := e6data.NewConnector(cfg) // reads the files
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
}
