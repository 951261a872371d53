package e6data_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	e6data "github.com/e6data/e6data-go"
	"github.com/e6data/e6data-go/enginetest"
)

// An application imports the driver for its name and opens a DSN.
func Example() {
	db, err := sql.Open("e6data", "e6data://me@example.com:token@e6.example.com:443/sales?catalog=lake&secure=true")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	rows, err := db.QueryContext(ctx, "SELECT id, price FROM items")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		var price sql.NullString // a decimal, exact
		if err := rows.Scan(&id, &price); err != nil {
			log.Fatal(err)
		}
		fmt.Println(id, price.String)
	}
	if err := rows.Err(); err != nil { // includes a result that ended early
		log.Fatal(err)
	}
}

// An application's test runs against an engine inside its own process.
func Example_testing() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Handle("SELECT id, price FROM items", enginetest.NewResult().
		Column("id", "LONG").
		Column("price", "DECIMAL(10,2)").
		Row(1, "12.30").
		Row(2, nil))

	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	var id int64
	var price string
	err = db.QueryRow("SELECT id, price FROM items").Scan(&id, &price)
	fmt.Println(id, price, err)

	_ = db.Close()
	fmt.Println("leaks:", srv.WaitBalanced(context.Background()))

	// Output:
	// 1 12.30 <nil>
	// leaks: <nil>
}

// A Config instead of a DSN. Secrets in a Config need no encoding.
func ExampleNewConnector() {
	cfg := e6data.NewConfig()
	cfg.Host = "e6.example.com"
	cfg.Secure = true
	cfg.User = "me@example.com"
	cfg.Token = e6data.NewSecret("from/a:vault?")
	cfg.Database = "sales"
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector) // connects when it is first used
	defer func() { _ = db.Close() }()

	fmt.Println(cfg.Token)
	// Output: [redacted]
}

// A DSN, and the error for a wrong name.
func ExampleParseDSN() {
	cfg, err := e6data.ParseDSN("e6data://me@example.com:token@e6.example.com/sales?catalog=lake&cluster-name=etl&secure=true")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cfg.User, cfg.Host, cfg.Database, cfg.Catalog, cfg.ClusterName)

	_, err = e6data.ParseDSN("e6data://me@example.com:token@e6.example.com/sales?catalogue=lake&secure=true")
	fmt.Println(err)

	// Output:
	// me@example.com e6.example.com sales lake etl
	// e6data: unknown DSN parameter "catalogue": do you mean "catalog"?
}

// A DSN with an e-mail address, which needs no encoding, and an access token.
func ExampleParseDSN_token() {
	db, err := sql.Open("e6data", "e6data://me@example.com:token@e6.example.com/sales?secure=true")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
}

// A DSN in the form of JDBC tools.
func ExampleParseDSN_jdbc() {
	cfg, err := e6data.ParseDSN("jdbc:e6data://e6.example.com:443/database=sales&catalog=lake&secure=true&cluster-uuid=etl&user=me@example.com&password=token")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cfg.Port, cfg.Database, cfg.Catalog, cfg.ClusterName, cfg.User)
	// Output: 443 sales lake etl me@example.com
}

// TLS with a private certificate authority and a client certificate.
func ExampleParseDSN_tls() {
	cfg, err := e6data.ParseDSN("e6data://me@example.com:token@e6.example.com/sales?secure=true" +
		"&ca_cert=/etc/e6/ca.pem&client_cert=/etc/e6/me.pem&client_key=/etc/e6/me.key")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cfg.CACert)
	// Output: /etc/e6/ca.pem
}

// A HAProxy is reached by its address, and has a certificate for another name.
func ExampleParseDSN_haproxy() {
	cfg, err := e6data.ParseDSN("e6data://me@example.com:token@10.0.0.7:8443/sales?secure=true" +
		"&ca_cert=/etc/e6/haproxy-ca.pem&server_name=e6.internal&cluster_name=etl")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cfg.Host, cfg.ServerName)
	// Output: 10.0.0.7 e6.internal
}

// OAuth 2.0: the driver fetches access tokens for a client, or the DSN has a token.
func Example_oauth() {
	// A token endpoint, as an identity provider has.
	idp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, secret, _ := r.BasicAuth(); id != "etl" || secret != "the-client-secret" || r.PostFormValue("scope") != "e6.query" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"the-access-token","token_type":"Bearer","expires_in":3600}`)
	}))
	defer idp.Close()
	srv, err := enginetest.NewServer(enginetest.Config{Bearer: func(token string) bool { return token == "the-access-token" }})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	for _, credentials := range []string{
		"client_id=etl&client_secret=the-client-secret&oauth_scope=e6.query&token_url=" + url.QueryEscape(idp.URL+"/oauth2/token"),
		"access_token=the-access-token",
	} {
		// Such as e6data://e6.example.com/sales?secure=true&client_id=etl&...
		db, err := sql.Open("e6data", srv.DSN(credentials))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("ping:", db.Ping())
		_ = db.Close()
	}

	// Output:
	// ping: <nil>
	// ping: <nil>
}

// Credentials in the environment do not appear in the DSN, or in FormatDSN's text.
func ExampleNewConnector_environment() {
	_ = os.Setenv("E6DATA_USER", "me@example.com")
	_ = os.Setenv("E6DATA_TOKEN", "token")
	defer func() { _, _ = os.Unsetenv("E6DATA_USER"), os.Unsetenv("E6DATA_TOKEN") }()

	cfg, err := e6data.ParseDSN("e6data://e6.example.com/sales?secure=true")
	if err != nil {
		log.Fatal(err)
	}
	connector, err := e6data.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()

	fmt.Println(cfg.FormatDSN())
	// Output: e6data://e6.example.com/sales?secure=true
}

// An option of gRPC: a stats handler for tracing.
func ExampleWithDialOptions() {
	cfg, err := e6data.ParseDSN("e6data://me@example.com:token@e6.example.com/sales?secure=true")
	if err != nil {
		log.Fatal(err)
	}
	var tracing stats.Handler // for example otelgrpc.NewClientHandler()
	connector, err := e6data.NewConnector(cfg, e6data.WithDialOptions(grpc.WithStatsHandler(tracing)))
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
}

// A Config as a DSN, with its secrets.
func ExampleConfig_FormatDSN() {
	cfg := e6data.NewConfig()
	cfg.Host, cfg.Port, cfg.Secure = "e6.example.com", 443, true
	cfg.User, cfg.Token = "me@example.com", e6data.NewSecret("a/b:c")
	cfg.Database = "sales"
	fmt.Println(cfg.FormatDSN())
	// Output: e6data://me%40example.com:a%2Fb%3Ac@e6.example.com:443/sales?secure=true
}

// The phase, code and query of an error, and the place in the statement.
func ExampleError() {
	srv, err := enginetest.NewServer(enginetest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	srv.Handle("SELECT 1 / 0", enginetest.NewResult().
		Fail(enginetest.PhaseExecute, errors.New("line 1:10: division by zero")))
	db, err := sql.Open("e6data", srv.DSN())
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	_, err = db.Exec("SELECT 1 / 0")
	var e *e6data.Error
	if errors.As(err, &e) {
		fmt.Println(e.Phase, e.Code, e.QueryID)
		fmt.Println(e.Message)
	}
	if errors.Is(err, e6data.ErrSQL) {
		fmt.Printf("refused at line %d, column %d\n", e.Line, e.Column)
	}
	fmt.Println("may have run:", errors.Is(err, e6data.ErrAmbiguousExecution))

	// Output:
	// execute Internal query-blue-000001
	// line 1:10: division by zero
	// refused at line 1, column 10
	// may have run: false
}
