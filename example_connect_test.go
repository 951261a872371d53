package e6data_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"log"
	"os"
	"time"

	"golang.org/x/oauth2"

	"github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// The DSN comes from the environment, and the application changes one setting.
func ExampleConfigFromEnv() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	_ = os.Setenv("E6DATA_DSN", srv.DSN()) // a deployment sets it
	defer func() { _ = os.Unsetenv("E6DATA_DSN") }()

	cfg, err := e6data.ConfigFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	cfg.QueryTimeout = time.Minute
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	fmt.Println("ping:", db.PingContext(context.Background()))
	// Output: ping: <nil>
}

// A Config starts with the defaults.
func ExampleNewConfig() {
	cfg := e6data.NewConfig()
	cfg.Host = "e6.example.com"
	cfg.Secure = true
	fmt.Println(cfg.ConnectTimeout, cfg.PrepareTimeout, cfg.QueryTimeout, cfg.MaxAttempts)
	// Output: 30s 10m0s 0s 5
}

// The application has its own source of OAuth 2.0 access tokens, here one with a
// fixed token. The Config has no credentials.
func ExampleWithTokenSource() {
	srv := itemsEngine(enginetest.Config{Bearer: func(token string) bool { return token == "the-access-token" }})
	defer srv.Close()
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	cfg.User, cfg.Token = "", e6data.Secret{}

	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "the-access-token"})
	connector, err := e6data.NewConnector(cfg, e6data.WithTokenSource(source))
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	fmt.Println("ping:", db.PingContext(context.Background()))
	// Output: ping: <nil>
}

// The application makes the TLS configuration itself, here for a private
// certificate authority.
func ExampleWithTLSConfig() {
	srv := itemsEngine(enginetest.Config{TLS: true})
	defer srv.Close()
	cfg, err := e6data.ParseDSN(srv.DSN()) // with secure=true
	if err != nil {
		log.Fatal(err)
	}

	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(srv.CertPEM())
	connector, err := e6data.NewConnector(cfg, e6data.WithTLSConfig(&tls.Config{
		RootCAs:    authorities,
		MinVersion: tls.VersionTLS13,
	}))
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	fmt.Println("ping:", db.PingContext(context.Background()))
	// Output: ping: <nil>
}

// A program ends: the pool is closed, and the queries that are still being cleared
// on the engine get ten seconds.
func ExampleConnector_Shutdown() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	if _, err := db.Exec(itemsQuery); err != nil {
		log.Fatal(err)
	}

	if err := db.Close(); err != nil {
		log.Print(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println("shutdown:", connector.Shutdown(ctx), "open queries:", srv.Stats().Open)
	// Output: shutdown: <nil> open queries: 0
}

// A native connection needs no pool.
func ExampleConnector_UseConn() {
	srv := itemsEngine(enginetest.Config{})
	defer srv.Close()
	cfg, err := e6data.ParseDSN(srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = connector.Close() }()

	ctx := context.Background()
	var rows int
	err = connector.UseConn(ctx, func(c *e6data.Conn) error {
		result, err := c.Query(ctx, itemsQuery)
		if err != nil {
			return err
		}
		for batch, err := range result.All() {
			if err != nil {
				return err
			}
			rows += batch.NumRows()
		}
		return nil
	})
	fmt.Println("rows:", rows, "error:", err)
	// Output: rows: 5 error: <nil>
}

// A secret is shown only on request.
func ExampleSecret() {
	token := e6data.NewSecret("token")
	fmt.Println(token, token.Reveal())
	// Output: [redacted] token
}
