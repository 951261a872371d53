package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// country is the argument of the tests' requests.
const country = "Côte d'Ivoire"

// response is what a client has read.
type response struct {
	status int
	header http.Header
	body   []byte
	// err is the error if the client could not read the response to its end.
	err error
}

// start serves db until the test ends. It uses a real HTTP server instead of a
// recorder, because the tests check how a broken response looks to a client.
func start(t *testing.T, db *sql.DB, timeout time.Duration) (get func(context.Context) response) {
	t.Helper()
	srv := httptest.NewServer(newService(db, timeout, slog.New(slog.DiscardHandler)))
	t.Cleanup(srv.Close)
	return func(ctx context.Context) response {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/sales?country="+url.QueryEscape(country), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			return response{err: err}
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return response{status: resp.StatusCode, header: resp.Header, body: body, err: err}
	}
}

// expectRows fails the test unless r is a complete response with n rows.
func expectRows(t *testing.T, r response, n int) {
	t.Helper()
	var rows []sale
	switch {
	case r.err != nil:
		t.Errorf("the response broke off: %v", r.err)
	case r.status != http.StatusOK:
		t.Errorf("status %d: %s", r.status, r.body)
	case json.Unmarshal(r.body, &rows) != nil:
		t.Errorf("no JSON array of sales: %.200s", r.body)
	case len(rows) != n:
		t.Errorf("%d rows, want %d", len(rows), n)
	}
}

// expectError fails the test unless r is an error with exactly this status and
// text.
func expectError(t *testing.T, r response, status int, text string) {
	t.Helper()
	if r.err != nil || r.status != status || string(r.body) != text+"\n" {
		t.Errorf("status %d, %v, body %.200q; want %d, %q", r.status, r.err, r.body, status, text)
	}
}

// within returns a context that ends long after the test should have ended.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
